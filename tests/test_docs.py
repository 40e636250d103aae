"""The documents say what the program does, all of it and nothing else."""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from discord import app_commands
from discord.ext import commands

from bot import __version__
from bot.commands.admin import Admin
from bot.commands.brief import Briefing
from bot.commands.help import Help
from bot.commands.host import Host
from bot.commands.news import News
from bot.commands.readers import Readers
from bot.commands.settings import Settings as ServerSettings
from bot.commands.subscribe import Subscribe
from bot.commands.subscriptions import Subscriptions
from bot.commands.trends import Trending
from bot.settings import HOME, Settings

CHECKOUT = Path(__file__).parents[1]
LOCKS = sorted((CHECKOUT / "requirements").glob("*.txt"))

SEEDS = {
    "000_300f991829d3df7f.txt": "85d485ff95544f2f5ba114da8f07b16851eddcd9c3bb900bf3fcc8acc659617d",
    "004_eec557f0eb51af83.txt": "e8433eaaee8ddded3ce347f805c75ecc9eeb1ffdd66cdc27386aafa0e7fe91de",
}


def read(name: str) -> str:
    """Return a document of the checkout."""
    return (CHECKOUT / name).read_text(encoding="utf-8")


# --- settings ------------------------------------------------------------------------------------------------


def documented_settings() -> dict[str, tuple[str, str]]:
    """Return what `.env.example` says: each setting's line of help and its default."""
    entries = re.findall(r"^# (.+)\n(?:# )?([A-Z][A-Z_]*)=(.*)$", read(".env.example"), re.MULTILINE)
    return {name: (help_line, default) for help_line, name, default in entries}


def default_of(name: str) -> str:
    """Return a setting's default as it is written in `.env.example`."""
    default = Settings.model_fields[name].default
    if default is None or default == frozenset():
        return ""
    return str(default).replace(f"{HOME}/", "")


def test_env_example_has_every_setting_and_no_other() -> None:
    named = re.findall(r"^(?:# ?)?([A-Z][A-Z_]*)=", read(".env.example"), re.MULTILINE)
    assert named == [name.upper() for name in Settings.model_fields]


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_env_example_explains_a_setting_and_has_its_default(name: str) -> None:
    help_line, default = documented_settings()[name.upper()]
    assert help_line == Settings.model_fields[name].description
    assert default == default_of(name)


def test_env_example_changes_nothing_when_it_is_copied() -> None:
    assert re.findall(r"^[A-Z_]+=.+", read(".env.example"), re.MULTILINE) == []


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_the_readme_has_every_setting(name: str) -> None:
    assert re.search(rf"^\| `{name.upper()}` \|", read("README.md"), re.MULTILINE)


# --- commands ------------------------------------------------------------------------------------------------


COGS = (Briefing, News, Readers, Trending, Subscribe, Subscriptions, ServerSettings, Admin, Help)


def slash_commands() -> Iterator[str]:
    """Yield every slash command of the program in full: `news top`."""
    host = cast(Host, None)  # nothing is asked of it before a command runs
    for cog in COGS:
        made: commands.Cog = cog(host)
        group = made.app_command
        every = made.get_app_commands() if group is None else [group, *group.walk_commands()]
        yield from (each.qualified_name for each in every if isinstance(each, app_commands.Command))


def test_every_cog_is_known_here() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (CHECKOUT / "bot" / "commands").glob("*.py")]
    written = {name for source in sources for name in re.findall(r"^class (\w+)\(\s*commands\.\w*Cog\b", source, re.M)}
    assert written - {"Life"} == {cog.__name__ for cog in COGS}  # that one only listens


def test_the_readme_has_every_slash_command_and_no_other() -> None:
    rows = re.findall(r"^\| `/([^`]+)`", read("README.md"), re.MULTILINE)
    there = sorted(slash_commands(), key=len, reverse=True)
    named = [next((name for name in there if f"{row} ".startswith(f"{name} ")), row) for row in rows]
    assert sorted(named) == sorted(there)


def test_the_readme_has_every_command_of_the_program() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", "bot", "--help"], cwd=CHECKOUT, capture_output=True, text=True, check=True, timeout=60
    ).stdout
    there = re.findall(r"^ {4}([a-z]+) {2,}\S", shown, re.MULTILINE)
    assert {"run", "preview", "load", "check", "export"} <= set(there)
    for command in there:
        assert re.search(rf"^\| `{command}\b[^`]*` \|", read("README.md"), re.MULTILINE), command


@pytest.mark.parametrize("target", ["run", "test"])
def test_the_readme_has_the_two_commands(target: str) -> None:
    assert re.search(rf"^make {target}$", read("README.md"), re.MULTILINE)
    assert re.search(rf"^{target}:", read("Makefile"), re.MULTILINE)


# --- pictures, links, versions -------------------------------------------------------------------------------


@pytest.mark.parametrize("document", ["README.md", "CHANGELOG.md"])
def test_what_a_document_points_to_is_there(document: str) -> None:
    targets = re.findall(r"]\(([^)#\s]+)", read(document))
    local = [target for target in targets if "://" not in target]
    assert [target for target in local if not (CHECKOUT / target).exists()] == []


def test_the_readme_shows_pictures_with_words_for_them() -> None:
    pictures = re.findall(r"!\[([^]]*)]\(([^)]+)\)", read("README.md"))
    assert pictures
    for words, path in pictures:
        assert len(words) > 10
        assert (CHECKOUT / path).read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"


def test_the_changelog_has_this_version() -> None:
    versions = re.findall(r"^## \[?(\d+\.\d+\.\d+)", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] == __version__
    assert f'version = "{__version__}"' in read("pyproject.toml")


# --- lock files and seeds ------------------------------------------------------------------------------------


def test_there_are_lock_files() -> None:
    assert [path.name for path in LOCKS] == ["all.txt", "core.txt"]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_pins_everything_with_hashes_and_names_no_host(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert re.findall(r"^\s*-(?!-hash=).*|://", re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE), re.MULTILINE) == []
    requirements = re.split(r"\n(?=[A-Za-z0-9])", text.strip())
    loose = [
        entry.splitlines()[0]
        for entry in requirements
        if not re.match(r"[A-Za-z0-9._-]+(\[[^]]+])?==\S+( ; [^\\]+)? \\\n {4}--hash=sha256:[0-9a-f]{64}\b", entry)
    ]
    assert loose == []
    assert len(requirements) > 10


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_a_lock_file_has_all_that_pyproject_asks_for(path: Path) -> None:
    asked = re.findall(r'^  "([a-z0-9._-]+)(?:\[[^]]*])?[<>=]', read("pyproject.toml"), re.MULTILINE)
    core = asked[: asked.index("simcord")]
    locked = set(re.findall(r"^([a-z0-9._-]+)(?:\[[^]]+])?==", path.read_text(), re.MULTILINE))
    assert {name.replace("_", "-").replace(".", "-") for name in (core if path.name == "core.txt" else asked)} <= {
        name.replace("_", "-").replace(".", "-") for name in locked
    }


def test_the_seeds_are_as_they_were_given() -> None:
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in (CHECKOUT / "seeds").iterdir()}
    assert found == SEEDS
