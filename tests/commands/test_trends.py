"""`/trends`: how much news there was."""

from datetime import timedelta
from typing import Any

import discord
import pytest
from simcord.results import InteractionResult

from bot.cards import drawing
from bot.cards.drawing import Charts
from bot.models import Server
from bot.store.servers import keep_server
from tests.commands.reading import Message, answer, labels, pieces, words
from tests.conftest import NOW, World

GALLERY = 12


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for pictures as long as a busy machine takes."""
    monkeypatch.setattr(drawing, "_SECONDS", 100.0)


@pytest.fixture
def filled(world: World) -> World:
    """Twelve stories in AI, two a day, and three in Robotics of today."""
    for number in range(12):
        world.corpus.write(f"ai{number}", publishedDateTime=NOW - timedelta(days=number // 2, hours=1))
    for number in range(3):
        world.corpus.write(f"robot{number}", topics=["Robotics"], provider="Robot Times")
    world.load()
    return world


def pictures(message: Message | InteractionResult) -> list[dict[str, Any]]:
    """Return the pictures of a gallery: their addresses and their words."""
    if isinstance(message, InteractionResult):
        message = answer(message)
    return [item for piece in pieces(message) if piece["type"] == GALLERY for item in piece["items"]]


async def test_a_topic_in_a_picture_and_in_words(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "trends", topic="ai", period=7)
    assert asked.ephemeral
    text = words(asked)
    assert text.startswith("### AI · 12 stories in the last 7 days\n")
    assert "Busiest day: Sunday 1 March, 2 stories. 80% of all stories." in text
    (picture,) = pictures(asked)
    assert picture["media"]["url"].endswith("/trends.png")
    assert picture["description"].startswith("Chart of AI: stories a day in the last 7 days, 12 stories in all.")
    assert labels(asked) == ["Share here"]


async def test_without_a_topic_the_leading_ones_of_30_days(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "trends")
    text = words(asked)
    assert text.startswith("### Trends · 15 stories in the last 30 days\n")
    assert "\n**1. AI** · 12\n**2. Robotics** · 3\n" in text
    assert len(pictures(asked)) == 1


async def test_a_year(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "trends", topic="AI", period=365)
    assert words(asked).startswith("### AI · 12 stories in the last 52 weeks\n")


async def test_few_stories_are_told_in_words_alone(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "trends", topic="Robotics")
    assert words(asked).startswith("### Robotics · 3 stories in the last 30 days\n")
    assert "no picture" not in words(asked)
    assert pictures(asked) == []
    assert labels(asked) == ["Share here"]


async def test_days_and_what_is_blocked_are_the_servers(filled: World) -> None:
    settings = Server(filled.guild.id, timezone="Asia/Tokyo", blocked_providers=("Robot Times",))
    await filled.program.database.write(keep_server, settings)
    asked = await filled.mo.slash(filled.news, "trends")
    assert words(asked).startswith("### Trends · 12 stories")
    assert "Days are those of Asia/Tokyo; today, outlined, is not over." in words(asked)
    alone = await filled.mo.user.slash("trends")
    assert words(alone).startswith("### Trends · 15 stories")
    assert "Days are those of UTC" in words(alone)


async def test_sharing_shows_what_the_reader_saw(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "trends", topic="AI", period=7)
    filled.clock.forward(minutes=5)
    filled.corpus.write("new", publishedDateTime=filled.clock())
    filled.load()
    await filled.restart()
    await filled.mo.click(answer(asked), label="Share here")
    (shared,) = filled.messages(filled.news)
    assert words(shared).startswith("### AI · 12 stories in the last 7 days\n")
    assert f"Shared by <@{filled.mo.id}>" in words(shared)
    assert len(pictures(shared)) == 1
    assert labels(shared) == []


async def test_sharing_needs_the_right_to_post_and_the_servers_leave(filled: World) -> None:
    silent = discord.PermissionOverwrite(send_messages=False)
    hall = filled.guild.create_text_channel("hall", overwrites={filled.mo.user: silent})
    asked = await filled.mo.slash(hall, "trends", topic="Robotics")
    refused = await filled.mo.click(answer(asked), label="Share here")
    assert words(refused) == "You can't post in this channel, so only you see this."
    asked = await filled.mo.slash(filled.news, "trends", topic="Robotics")
    await filled.program.database.write(keep_server, Server(filled.guild.id, share=False))
    refused = await filled.mo.click(answer(asked), label="Share here")
    assert words(refused) == "Sharing is switched off in this server."
    assert labels(await filled.mo.slash(filled.news, "trends")) == []
    assert filled.messages(filled.news) == filled.messages(hall) == []


async def test_what_is_gone_is_not_shared(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "trends", topic="Robotics")
    for number in range(3):
        filled.corpus.remove(f"robot{number}")
    filled.load()
    refused = await filled.mo.click(answer(asked), label="Share here")
    assert words(refused) == "Nothing in the last 30 days. Try a longer period."


async def test_a_picture_that_cannot_be_drawn_is_missed_in_words(
    filled: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def none(_self: Charts, _trends: object) -> None:
        return None

    monkeypatch.setattr(Charts, "png", none)
    asked = await filled.mo.slash(filled.news, "trends")
    assert "There is no picture this time: try again in a minute." in words(asked)
    assert pictures(asked) == []


async def test_unknown_topics_and_periods_without_news(filled: World) -> None:
    unknown = await filled.mo.slash(filled.news, "trends", topic="Robtics")
    assert words(unknown) == "No topic “Robtics”. Did you mean Robotics (3)?"
    filled.clock.forward(days=40)
    nothing = await filled.mo.slash(filled.news, "trends", topic="AI")
    assert words(nothing) == "Nothing in the last 30 days. Try a longer period."


async def test_topics_are_completed(filled: World) -> None:
    offered = await filled.mo.autocomplete(filled.news, "trends", "topic", "rob")
    assert [choice["value"] for choice in offered] == ["Robotics"]
