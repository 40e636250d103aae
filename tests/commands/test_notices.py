"""Trouble that could be told in no channel: an admin hears of it beside an answer, once."""

from datetime import timedelta

import pytest

from bot.store.notices import add_notice
from bot.store.subscriptions import pause_for_trouble, subscriptions_of
from tests.commands.reading import words
from tests.conftest import World

LOST = "I lost access to <#{}>, so AI news there is paused."


async def heard(world: World) -> list[str]:
    """Return the notices that were whispered in #other so far."""
    shown = [words(message) for message in world.other.history(viewer=world.ann)]
    return [text for text in shown if text.startswith("I lost access") or "dropped" in text]


@pytest.fixture
async def troubled(world: World) -> World:
    """#news gets AI news, and lost Heatline; nobody was told."""
    world.corpus.write("known")
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI")
    (made,) = await world.program.database.read(subscriptions_of, world.guild.id)
    missing = ["Send Messages"]
    await world.program.database.write(pause_for_trouble, made.id, "no permission", missing, world.clock())
    return world


async def test_an_admin_is_told_once_after_a_command(troubled: World) -> None:
    await troubled.ann.slash(troubled.other, "subscriptions list")
    await troubled.env.settle()
    (told,) = await heard(troubled)
    assert told.startswith(LOST.format(troubled.news.id))
    assert told.endswith("Missing: Send Messages.")
    await troubled.ann.slash(troubled.other, "subscriptions list")
    await troubled.env.settle()
    assert len(await heard(troubled)) == 1


async def test_members_and_readers_hear_nothing(troubled: World) -> None:
    await troubled.mo.slash(troubled.other, "news top")
    await troubled.ann.slash(troubled.other, "news top")
    await troubled.env.settle()
    assert await heard(troubled) == []


async def test_more_trouble_than_fits_is_told_bit_by_bit(troubled: World) -> None:
    for number in range(40):
        await troubled.program.database.write(
            add_notice,
            guild_id=troubled.guild.id,
            channel_id=9_000 + number,
            subscription_id=None,
            because="too old",
            detail=["3"],
            now=troubled.clock() + timedelta(minutes=number),
        )
    lines = []
    for _ in range(6):
        await troubled.ann.slash(troubled.other, "subscriptions list")
        await troubled.env.settle()
        lines = "\n".join(await heard(troubled)).split("\n")
    assert len(lines) == len(set(lines)) == 41


async def test_what_a_channel_is_told_no_admin_hears(troubled: World) -> None:
    await troubled.ann.slash(troubled.other, "settings", notices=troubled.other)
    await troubled.ann.slash(troubled.other, "subscriptions list")
    await troubled.env.settle()
    assert await heard(troubled) == []
    await troubled.program.teller.tell()
    (told,) = [message for message in troubled.messages(troubled.other) if message.content]
    assert told.content.startswith(LOST.format(troubled.news.id))
