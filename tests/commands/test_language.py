"""The language of a server: chosen by its admins, else the one that it has in Discord; posts and notices come in it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cards import language
from bot.commands.choices import quiet_of, quiet_text
from bot.commands.outlook import Heat, Outlook, heat_of
from bot.models import Bars, Level
from bot.store.servers import server
from bot.store.subscriptions import pause_for_trouble, subscriptions_of
from tests.commands.reading import answer, labels, options, words
from tests.conftest import World

CATALOGUE = r"""
msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\n"

msgid "Read at {provider}"
msgstr "Weiterlesen bei {provider}"

msgid "{topics} news"
msgstr "Nachrichten zu {topics}"

msgid "I lost access to {channel}, so {news} there is paused. Your set-up is kept and resumes by itself."
msgstr "Ich komme nicht mehr in {channel}: {news} machen dort Pause."

msgid "Missing: {permissions}."
msgstr "Es fehlt: {permissions}."

msgid "Send Messages"
msgstr "Nachrichten senden"

msgid "Hot"
msgstr "Heiß"

msgctxt "between two times of day"
msgid "to"
msgstr "bis"

msgctxt "no quiet hours"
msgid "none"
msgstr "keine"
"""


@pytest.fixture(autouse=True)
def _german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have a catalogue of the test's own, and no other."""
    folder = tmp_path / "locale"
    folder.mkdir()
    (folder / "de.po").write_text(CATALOGUE, encoding="utf-8")
    monkeypatch.setattr(language, "_folder", lambda: folder)
    for kept in (language.languages, language.catalogue):
        kept.cache_clear()
    yield
    for kept in (language.languages, language.catalogue):
        kept.cache_clear()


async def chosen(world: World) -> str | None:
    return (await world.program.database.read(server, world.guild.id)).language


def read_labels(world: World) -> list[str]:
    """Return the labels of the links to the stories that were posted, oldest first."""
    every = [label for message in world.messages(world.news) for label in labels(message)]
    return [label for label in every if label.endswith("Example Times")]


async def test_a_language_is_chosen_by_its_own_name(world: World) -> None:
    choices = await world.ann.autocomplete(world.news, "settings", "language", "")
    assert [choice["name"] for choice in choices] == ["As this server's Discord language", "English", "Deutsch"]
    (choice,) = await world.ann.autocomplete(world.news, "settings", "language", "deu")
    asked = await world.ann.slash(world.news, "settings", language=choice["value"])
    assert await chosen(world) == "de"
    assert "**Language** Deutsch" in words(asked)
    assert "Posts and notices come in Deutsch." in words(asked)
    asked = await world.ann.slash(world.news, "settings", share=False)
    assert "**Language** Deutsch" in words(asked)
    assert "Posts and notices come in Deutsch." not in words(asked)
    refused = await world.ann.slash(world.news, "settings", language="Klingon", share=True)
    assert "I don't know that language" in words(refused)
    asked = await world.ann.slash(world.news, "settings", language="as this server's discord language")
    assert await chosen(world) is None
    assert "Posts and notices come in the language that this server has in Discord." in words(asked)


async def test_a_language_is_chosen_in_the_panel_too(world: World) -> None:
    asked = await world.ann.slash(world.news, "settings")
    assert "**Language** as in Discord" in words(asked)
    await world.restart()
    await world.ann.select(answer(asked), [options(asked)["Deutsch"]], custom_id="hl1:tl")
    assert await chosen(world) == "de"
    assert "Posts and notices come in Deutsch." in words(asked)
    await world.ann.select(answer(asked), ["discord"], custom_id="hl1:tl")
    assert await chosen(world) is None


async def test_posts_and_notices_come_in_the_language_that_was_chosen(world: World) -> None:
    world.corpus.write("known")
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI", how_hot="everything")
    await world.push()
    assert read_labels(world) == ["Read at Example Times"]
    await world.ann.slash(world.news, "settings", language="de", notices=world.other)
    world.corpus.write("fresh", title="Robots learn to fold")
    world.load()
    await world.push()
    assert read_labels(world) == ["Read at Example Times", "Weiterlesen bei Example Times"]

    (made,) = await world.program.database.read(subscriptions_of, world.guild.id)
    await world.program.database.write(pause_for_trouble, made.id, "no permission", ["Send Messages"], world.clock())
    await world.program.teller.tell()
    assert [message.content for message in world.messages(world.other)] == [
        f"Ich komme nicht mehr in <#{world.news.id}>: Nachrichten zu AI machen dort Pause. "
        "Es fehlt: Nachrichten senden."
    ]


@pytest.mark.parametrize("hours", [(23 * 60, 7 * 60), None])
def test_quiet_hours_are_understood_as_they_are_shown(hours: tuple[int, int] | None) -> None:
    with language.speaking("de"):
        assert quiet_text(hours) == ("23:00 bis 07:00" if hours else "keine")
        assert quiet_of(quiet_text(hours)) == (hours or (0, 0))
        assert quiet_of("none") == (0, 0)
        assert quiet_of("22 to 6") == quiet_of("22 bis 6") == (22 * 60, 6 * 60)


@pytest.mark.parametrize("typed", ["hot", "Heiß", "heiss · etwa 1 pro Woche", "HEIß · etwa 1 pro Woche"])
def test_a_level_is_understood_by_its_name_and_in_english(typed: str) -> None:
    with language.speaking("de"):
        assert heat_of(typed, Outlook(Bars(0, 0, 0), (), 30)) == Heat(Level.HOT)
