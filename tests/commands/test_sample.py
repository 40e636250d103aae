"""With the bundled corpus there is one old article, and every list says that it is a sample."""

import pytest

from bot.settings import SEEDS, Settings
from tests.commands.reading import answer, headlines, labels, words
from tests.conftest import World

NOTE = "-# Sample news only: the newest story is from 28 February 2020. The host has not connected a news folder yet."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return settings.model_copy(update={"corpus_dir": str(SEEDS)})


async def test_lists_say_that_it_is_a_sample(world: World) -> None:
    world.load()
    asked = await world.mo.slash(world.news, "news top")
    assert len(headlines(asked)) == 1
    lines = words(asked).splitlines()
    assert lines[:4] == [
        "### Hottest",
        "-# 1 story, all time",
        "-# No stories in 7 days, so this is from all time.",
        NOTE,
    ]
    shared = await world.mo.click(answer(asked), label="Share here")
    assert NOTE in words(shared)
    topics = await world.mo.slash(world.news, "news topic")
    await world.mo.click(answer(topics), label=labels(topics)[0])
    assert NOTE in words(topics)


async def test_the_first_briefing_says_it_too(world: World) -> None:
    world.load()
    await world.ann.slash(world.news, "subscribe")
    await world.push()
    (sent,) = world.messages(world.news)
    assert sent.content.startswith("Sample story, posted to show how cards look. New stories will follow here.\n")
