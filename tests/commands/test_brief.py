"""`/brief`: the short briefing."""

import pytest

from tests.commands.reading import answer, headlines, labels, options, words
from tests.conftest import World


@pytest.fixture
def filled(world: World) -> World:
    """Seven stories in AI by four publishers, and one in Robotics."""
    for number in range(7):
        world.corpus.write(f"ai{number}", title=f"AI story {number}", heat=100 - number, provider=f"Paper {number % 4}")
    world.corpus.write("robot", title="Robots learn to fold", topics=["Robotics"], heat=95, provider="Paper 0")
    world.load()
    return world


async def test_the_briefing_of_a_topic(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "brief", topic="ai", size=3)
    assert asked.ephemeral
    text = words(asked)
    assert text.startswith("### AI briefing · 3 of 7 stories, last 7 days\n")
    assert headlines(asked) == ["AI story 0", "AI story 1", "AI story 2"]
    assert "-# 4 less hot stories left out." in text
    assert "-# Outside AI: **Robots learn to fold** (Robotics) · [Read](https://news.example/robot)" in text
    assert labels(asked) == ["Share here", "More stories"]
    opened = await filled.mo.select(answer(asked), [options(asked)["AI story 1"]])
    assert words(opened).startswith("### AI story 1")


async def test_without_a_topic_five_of_all(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "brief")
    assert words(asked).startswith("### Briefing · 5 of 8 stories, last 7 days\n")
    assert headlines(asked) == ["AI story 0", "AI story 1", "AI story 2", "AI story 3", "Robots learn to fold"]
    assert "Outside" not in words(asked)


async def test_what_is_new_comes_first_and_nothing_new_says_so(filled: World) -> None:
    await filled.mo.slash(filled.news, "brief")
    again = await filled.mo.slash(filled.news, "brief")
    assert "new since" not in words(again)
    filled.clock.forward(days=2)
    asked = await filled.mo.slash(filled.news, "brief")
    assert words(asked) == "Nothing new since you looked on Sunday."
    await filled.mo.click(answer(asked), label="Show the week anyway")
    assert words(asked).startswith("### Briefing · 5 of 8 stories")
    filled.clock.forward(days=1)
    filled.corpus.write("new", title="Fresh", heat=300, provider="Paper 9")
    filled.load()
    asked = await filled.mo.slash(filled.news, "brief")
    assert "\n**1 new since you looked yesterday.**\n" in words(asked)
    assert headlines(asked)[0] == "1 new since you looked yesterday."
    other = await filled.ann.slash(filled.news, "brief")
    assert "new since" not in words(other)


async def test_sharing_shows_what_the_reader_saw(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "brief", topic="AI", size=3)
    filled.clock.forward(minutes=5)
    filled.corpus.write("new", title="Fresh", heat=300)
    filled.load()
    await filled.restart()
    await filled.mo.click(answer(asked), label="Share here")
    (shared,) = filled.messages(filled.news)
    assert headlines(shared) == ["AI story 0", "AI story 1", "AI story 2"]
    assert f"Shared by <@{filled.mo.id}>" in words(shared)
    assert labels(shared) == []


async def test_a_public_briefing_needs_the_right_to_post(filled: World) -> None:
    public = await filled.mo.slash(filled.news, "brief", public=True)
    assert not public.ephemeral
    assert f"Shared by <@{filled.mo.id}>" in words(public)


async def test_more_stories_and_unknown_topics(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "brief", topic="AI", size=3)
    await filled.mo.click(answer(asked), label="More stories")
    assert words(asked).startswith("### Hottest in AI")
    unknown = await filled.mo.slash(filled.news, "brief", topic="Robtics")
    assert words(unknown) == "No topic “Robtics”. Did you mean Robotics (1)?"


async def test_no_news(world: World) -> None:
    assert "no news yet" in words(await world.mo.slash(world.news, "brief"))


async def test_a_manager_gets_the_briefing_daily(world: World) -> None:
    for number in range(3):
        world.corpus.write(f"a{number}")
    world.load()
    asked = await world.ann.slash(world.news, "brief", topic="AI")
    made = await world.ann.click(answer(asked), label="Get this daily")
    assert words(made).startswith("**Done: AI news goes to <#")
    assert "daily at" in words(made)
    plain = await world.mo.slash(world.news, "brief", topic="AI")
    assert "Get this daily" not in words(plain)
