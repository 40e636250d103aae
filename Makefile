# Heatline. `make run` starts it, `make test` runs everything that guards it; each sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help run test check format install screenshots texts lock clean

# The newest Python that is there, 3.11 or later; `make run PYTHON=/path/to/python` chooses another.
PYTHON ?= $(shell for p in python3.14 python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo "$$p"; break; }; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

help: ## Show this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 18

run: $(READY) ## Start Heatline (without DISCORD_TOKEN: the offline preview)
	@exec $(BIN)/python -m bot run --preview-without-token

test: check ## Check, then run the tests
	$(BIN)/python -m pytest

check: $(READY) ## Format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(READY) ## Rewrite the code in the project's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

install: $(READY) ## Set up .venv with everything

$(READY): requirements/all.txt pyproject.toml
	@test -n "$(PYTHON)" || { echo "Heatline needs Python 3.11 or newer: install it, or run make PYTHON=/path/to/python" >&2; exit 1; }
	@echo "Setting up $(VENV) (once; about a minute)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python's venv module is missing: on Debian and Ubuntu, apt install python3-venv" >&2; exit 1; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/all.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

screenshots: $(READY) ## Take the README's pictures anew (needs Chromium)
	$(BIN)/python -m tests.preview.screenshots docs/pictures

texts: $(READY) ## Bring bot/locale/*.po up to date with the code (NEW=fr begins a language)
	@$(BIN)/pybabel --quiet extract --no-location --sort-output --project=Heatline -k N_ -k _ -k ngettext:1,2 -k pgettext:1c,2 -k NP_:1c,2 -o .texts.pot bot
	@test -z "$(NEW)" || $(BIN)/pybabel --quiet init -i .texts.pot -o bot/locale/$(NEW).po -l $(NEW) --no-wrap
	@for po in bot/locale/*.po; do $(BIN)/pybabel --quiet update -i .texts.pot -o "$$po" -l "$$(basename "$$po" .po)" --no-fuzzy-matching --ignore-obsolete --no-wrap --omit-header; done
	@rm .texts.pot

lock: $(READY) ## Resolve the lock files anew from pyproject.toml (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade pyproject.toml -o requirements/core.txt
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --upgrade --all-extras -c requirements/core.txt pyproject.toml -o requirements/all.txt

clean: ## Remove .venv and what tools left behind
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache
