"""The catalogues: every text of the code is in each, and nothing else; what a text fills in, its translation does."""

import ast
import re
import string
from collections.abc import Iterator
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po

import bot
from bot.cards import language
from bot.cards.language import ENGLISH, NAME, _, long_date, ngettext, number, speaking, weekday
from bot.commands.localisation import Names
from tests.conftest import NOW, World
from tests.loopback.world import Json

PACKAGE = Path(bot.__file__).parent
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2), "pgettext": ((1, "c"), 2), "NP_": ((1, "c"), 2)}
LANGUAGES = [tag for tag in language.languages() if tag != ENGLISH]
COMMAND_NAME = re.compile(r"[-_'\w]{1,32}")

Id = tuple[str | None, str | tuple[str, ...]]


@pytest.fixture(scope="module")
def texts() -> set[Id]:
    """Every text of the code, with its context."""
    keywords = {**DEFAULT_KEYWORDS, **KEYWORDS}
    found = extract_from_dir(str(PACKAGE), keywords=keywords)
    return {(context, message) for _file, _line, message, _comments, context in found}


def catalogue(tag: str) -> Catalog:
    """Return the catalogue of a language as it is written."""
    return read_po(BytesIO((files("bot") / "locale" / f"{tag}.po").read_bytes()), locale=tag)


def messages(tag: str) -> list[Message]:
    """Return the texts of a catalogue, without its head."""
    return [message for message in catalogue(tag) if message.id]


def forms(text: str | tuple[str, ...] | list[str] | None) -> list[str]:
    """Return the singular and the plurals of a text."""
    return [] if text is None else [text] if isinstance(text, str) else list(text)


def fields(text: str) -> set[str]:
    """Return what is filled into a text."""
    return {name for _before, name, _format, _conversion in string.Formatter().parse(text) if name}


def test_there_is_a_second_language() -> None:
    assert "de" in LANGUAGES


def marked(tree: ast.AST) -> Iterator[str | tuple[str, ...]]:
    """Yield the texts that are marked in a module, as Python reads it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
            given = [part.value if isinstance(part, ast.Constant) else None for part in node.args]
            wanted = given[:2] if node.func.id == "ngettext" else given[1:2] if len(given) > 1 else given[:1]
            if None not in wanted:
                yield tuple(map(str, wanted)) if len(wanted) > 1 else str(wanted[0])


def test_no_text_is_hidden_from_the_catalogues(texts: set[Id]) -> None:
    # Babel finds no call inside an f-string, nor inside another marked text.
    known = {message for _context, message in texts}
    for path in PACKAGE.rglob("*.py"):
        for text in marked(ast.parse(path.read_text("utf-8"))):
            assert text in known, path


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_text_is_in_the_catalogue_and_nothing_else(tag: str, texts: set[Id]) -> None:
    known = {
        (message.context, message.id if isinstance(message.id, str) else tuple(message.id)) for message in messages(tag)
    }
    assert sorted(map(str, texts - known)) == [], "missing: run `make texts` and translate what is empty"
    assert sorted(map(str, known - texts)) == [], "unused: run `make texts`"


@pytest.mark.parametrize("tag", LANGUAGES)
def test_every_text_is_translated_whole(tag: str) -> None:
    found = catalogue(tag)
    for message in messages(tag):
        translated = forms(message.string)
        assert all(translated), message.id
        assert not message.fuzzy, message.id
        assert len(translated) == (1 if isinstance(message.id, str) else found.num_plurals), message.id
        wanted = set().union(*map(fields, forms(message.id)))
        for text in translated:
            assert fields(text) <= wanted, message.id
            assert wanted - fields(text) <= {"number"}, message.id  # "one story" needs no number
            assert (text[:1].isspace(), text[-1:].isspace()) == (
                forms(message.id)[0][:1].isspace(),
                forms(message.id)[0][-1:].isspace(),
            )


@pytest.mark.parametrize("tag", LANGUAGES)
def test_names_of_commands_are_such_as_discord_takes(tag: str) -> None:
    for message in messages(tag):
        if message.context == NAME and not message.id[0].isupper():  # message menus are named as one likes
            assert COMMAND_NAME.fullmatch(str(message.string)), message.id
            assert str(message.string) == str(message.string).lower()


async def test_commands_are_offered_in_every_language_within_discords_limits(world: World) -> None:
    german: dict[str, str] = {}
    for command in world.program.bot.tree.get_commands():
        payload = await command.get_translated_payload(world.program.bot.tree, Names())
        for each in walk(payload):
            for name, text in (each.get("name_localizations") or {}).items():
                assert 1 <= len(text) <= 32, (name, text)
            for name, text in (each.get("description_localizations") or {}).items():
                assert 1 <= len(text) <= 100, (name, text)
        siblings(payload)
        german[payload["name"]] = (payload.get("name_localizations") or {}).get("de", "")
    assert german["news"] == "nachrichten"


def walk(payload: Json) -> list[Json]:
    """Return a command with its options and choices, all levels."""
    below = [*(payload.get("options") or ()), *(payload.get("choices") or ())]
    return [payload, *(each for part in below for each in walk(part))]


def siblings(payload: Json) -> None:
    """Assert that no two options of a level have one name in a language."""
    for each in walk(payload):
        options = each.get("options") or ()
        for tag in ("de",):
            names = [(option.get("name_localizations") or {}).get(tag, option["name"]) for option in options]
            assert len(names) == len(set(names)), names


# --- the language itself -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("de",), "de"),
        (("de-AT",), "de"),
        (("en-US",), "en"),
        (("zz", "de"), "de"),
        ((None, "de"), "de"),
        (("zz",), "en"),
        ((None,), "en"),
        (("",), "en"),
        ((), "en"),
    ],
)
def test_the_language_of_a_locale(tags: tuple[str | None, ...], expected: str) -> None:
    assert language.language_of(*tags) == expected


def test_numbers_and_dates_are_written_as_the_language_does() -> None:
    assert (number(1234567), long_date(NOW), weekday(NOW)) == ("1,234,567", "1 March 2026", "Sunday")
    with speaking("de"):
        assert (number(1234567), long_date(NOW), weekday(NOW)) == ("1.234.567", "1. März 2026", "Sonntag")


def test_what_is_filled_in_is_never_read_as_a_text() -> None:
    assert _("{a} and {b}", a="{b}", b=1200) == "{b} and 1,200"
    assert _("no {values}") == "no {values}"
    assert ngettext("{number} story", "{number} stories", 1) == "1 story"
    assert ngettext("{number} story", "{number} stories", 12_000) == "12,000 stories"
