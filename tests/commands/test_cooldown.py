"""Cooldowns: who asks too much is told for how long to wait, and nobody else is."""

import pytest
from discord import app_commands

from bot.commands.cooldown import Cooldowns
from tests.commands.reading import answer, words
from tests.conftest import World


class Seconds:
    """A clock moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_who_asks_too_much_is_told_to_wait_and_nobody_else_is(world: World) -> None:
    seconds = Seconds()
    world.program.bot.cooldowns = Cooldowns(answers=3, clock=seconds)
    world.corpus.write("a")
    world.load()
    for _ in range(3):
        assert "Story a" in words(await world.mo.slash(world.news, "news top"))
    refused = await world.mo.slash(world.news, "news top")
    assert (words(refused), refused.ephemeral) == ("A bit fast: try again in 20 seconds.", True)
    assert "Story a" in words(await world.ann.slash(world.news, "news top"))
    seconds.now += 21
    asked = await world.mo.slash(world.news, "news top")
    assert "Story a" in words(asked)


async def test_controls_count_too_and_typing_does_not(world: World) -> None:
    world.program.bot.cooldowns = Cooldowns(answers=2, clock=Seconds())
    for number in range(6):
        world.corpus.write(f"a{number}")
    world.load()
    for _ in range(5):
        await world.mo.autocomplete(world.news, "news top", "topic", "A")
    asked = await world.mo.slash(world.news, "news top")
    await world.mo.click(answer(asked), label="Next")
    refused = await world.mo.click(answer(asked), label="Previous")
    assert words(refused) == "A bit fast: try again in 20 seconds."


def test_the_many_who_need_not_wait_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.commands.cooldown._MOST", 3)
    cooldowns = Cooldowns(answers=1, clock=Seconds())
    cooldowns.answer(1)
    with pytest.raises(app_commands.CommandOnCooldown):
        cooldowns.answer(1)
    for user_id in range(2, 10):
        cooldowns.answer(user_id)
    with pytest.raises(app_commands.CommandOnCooldown):
        cooldowns.answer(1)


def test_what_a_person_shows_in_a_channel_is_counted_by_channel() -> None:
    cooldowns = Cooldowns(shared=1, clock=Seconds())
    cooldowns.share(1, 10)
    cooldowns.share(1, 11)
    cooldowns.share(2, 10)
    with pytest.raises(app_commands.CommandOnCooldown):
        cooldowns.share(1, 10)
