"""The menus of a message: the story behind an address in it, in its embeds, in a card or in a shared answer."""

import discord
import pytest
from simcord.results import InteractionResult

from tests.commands.reading import answer, labels, options, words
from tests.conftest import World


@pytest.fixture
def filled(world: World) -> World:
    """Two stories; the first is covered elsewhere."""
    report = {"title": "Another view", "webUrl": "https://other.example/view", "provider": {"name": "Other"}}
    world.corpus.write("chip", title="Chip maker opens plant", heat=120, related=[report])
    world.corpus.write("robot", title="Robots learn to fold", heat=100)
    world.load()
    return world


async def coverage(world: World, message: discord.Message) -> InteractionResult:
    """Choose “Find coverage” in the message's menu."""
    found = await world.mo.context_menu(world.news, "Find coverage", message)
    assert found.ephemeral
    return found


@pytest.mark.parametrize(
    "said",
    [
        "https://news.example/chip",
        "Seen this? <https://news.example/chip?utm_source=friend>!",
        "(it says **https://other.example/view**.)",
        "||https://news.example/chip|| and https://elsewhere.example/",
        "[a link](https://elsewhere.example/), and [another](https://other.example/view)",
    ],
)
async def test_the_story_behind_an_address(filled: World, said: str) -> None:
    found = await coverage(filled, await filled.ann.send(filled.news, said))
    assert words(found).startswith("### Chip maker opens plant")
    assert labels(found) == ["Read at Example Times", "Save", "Share here", "More like this"]


async def test_what_is_said_where_there_is_none(filled: World) -> None:
    hello = await filled.ann.send(filled.news, "Good morning! See news.example/chip")
    assert words(await coverage(filled, hello)) == "There is no link in that message."
    other = await filled.ann.send(filled.news, "https://elsewhere.example/")
    assert words(await coverage(filled, other)) == "That link is not in the news here."
    many = " ".join(f"https://a.example/{number}" for number in range(10))
    late = await filled.ann.send(filled.news, f"{many} https://news.example/chip")
    assert words(await coverage(filled, late)) == "That link is not in the news here."


async def test_while_there_is_no_news_a_link_is_not_called_unknown(world: World) -> None:
    said = await world.ann.send(world.news, "https://news.example/chip")
    assert words(await coverage(world, said)).startswith("There is no news yet: ")


async def test_a_forwarded_message_and_a_shared_answer_are_about_their_story(filled: World) -> None:
    said = await filled.ann.send(filled.news, "https://news.example/robot")
    forwarded = await filled.ann.forward(said, filled.news)
    found = await coverage(filled, forwarded)
    assert words(found).startswith("### Robots learn to fold")
    await filled.mo.click(answer(found), label="Share here")
    shared = filled.messages(filled.news)[-1]
    assert "Shared by" in words(shared)
    assert words(await coverage(filled, shared)).startswith("### Robots learn to fold")


async def test_a_story_is_saved_from_a_message(filled: World) -> None:
    said = await filled.ann.send(filled.news, "https://other.example/view")
    saved = await filled.mo.context_menu(filled.news, "Save story", said)
    assert saved.ephemeral
    assert words(saved).startswith("### Chip maker opens plant")
    assert "Remove from saved" in labels(saved)
    listed = await filled.mo.slash(filled.news, "saved")
    assert list(options(listed)) == ["Chip maker opens plant"]
    again = await filled.mo.context_menu(filled.news, "Save story", said)
    assert "Remove from saved" in labels(again)
    assert words(await filled.mo.slash(filled.news, "saved")).startswith("### Saved · 1 story")
    hello = await filled.ann.send(filled.news, "Good morning!")
    refused = await filled.mo.context_menu(filled.news, "Save story", hello)
    assert words(refused) == "There is no link in that message."
