"""`/news`: lists page by page, names, search, stories, sharing."""

import re
from datetime import timedelta

import discord
import pytest
from simcord.backend.errors import SetupError

from tests.commands.reading import answer, headlines, labels, links, options, words
from tests.conftest import NOW, World

DAY = timedelta(days=1)


@pytest.fixture
def filled(world: World) -> World:
    """Twelve articles: ten in AI, two in Robotics, of which one by another publisher."""
    for number in range(10):
        world.corpus.write(f"ai{number}", title=f"AI story {number}", heat=100 - number)
    world.corpus.write("robot", title="Robots learn to fold", topics=["Robotics"], heat=80)
    world.corpus.write("arm", title="A new arm", topics=["Robotics"], heat=95, provider="Daily Sample")
    world.load()
    return world


# --- lists ---------------------------------------------------------------------------------------------------


async def test_top_shows_five_hottest_only_to_whoever_asked(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news top")
    assert asked.ephemeral
    assert words(asked).startswith("### Hottest\n-# 5 of 12 stories, last 7 days\n")
    assert headlines(asked) == [
        "1. AI story 0",
        "2. AI story 1",
        "3. AI story 2",
        "4. AI story 3",
        "5. AI story 4",
    ]
    assert "What happened in ai0." in words(asked)
    assert "-# Example Times · today · [Read](https://news.example/ai0)" in words(asked)
    assert labels(asked) == ["Next", "Share here"]
    assert list(options(asked)) == [f"AI story {n}" for n in range(5)]


async def test_pages_forth_and_back_show_each_story_once(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news top")
    message = answer(asked)
    forth = [headlines(message)]
    while "Next" in labels(message):
        await filled.mo.click(message, label="Next")
        forth.append(headlines(message))
    listed = [line for lines in forth for line in lines]
    assert [int(line.split(".")[0]) for line in listed] == list(range(1, 13))
    assert len({line.split(". ")[1] for line in listed}) == 12
    back = [forth[-1]]
    while "Previous" in labels(message):
        await filled.mo.click(message, label="Previous")
        back.append(headlines(message))
    assert back == forth[::-1]
    assert labels(message) == ["Next", "Share here"]
    assert words(message).startswith("### Hottest\n-# 5 of 12 stories")


@pytest.mark.parametrize(
    ("command", "given", "title", "first", "total"),
    [
        ("news top", {"topic": "Robotics"}, "### Hottest in Robotics", "A new arm", 2),
        ("news top", {"topic": "robotics "}, "### Hottest in Robotics", "A new arm", 2),
        ("news top", {"provider": "daily sample"}, "### Hottest from Daily Sample", "A new arm", 1),
        (
            "news top",
            {"topic": "Robotics", "provider": "Example Times"},
            "### Hottest in Robotics from Example Times",
            "Robots learn to fold",
            1,
        ),
        ("news topic", {"name": "ROBOTICS"}, "### Hottest in Robotics", "A new arm", 2),
        ("news provider", {"name": "DAILY SAMPLE"}, "### Hottest from Daily Sample", "A new arm", 1),
        ("news latest", {"topic": "Robotics"}, "### Latest in Robotics", "Robots learn to fold", 2),
        ("news search", {"words": "fold robots"}, "### “fold robots”", "Robots learn to fold", 1),
        ("news search", {"words": "arm", "topic": "Robotics"}, "### “arm” in Robotics", "A new arm", 1),
        ("news search", {"words": "ARM", "provider": "Daily Sample"}, "### “ARM” from Daily Sample", "A new arm", 1),
    ],
)
async def test_filters(filled: World, command: str, given: dict[str, str], title: str, first: str, total: int) -> None:
    asked = await filled.mo.slash(filled.news, command, **given)
    lines = words(asked).splitlines()
    assert lines[0] == title
    assert lines[1].startswith(f"-# {total} ")
    assert headlines(asked)[0] == first


@pytest.mark.parametrize(
    ("period", "expected"),
    [(1, ["Today"]), (7, ["Today", "Week"]), (30, ["Today", "Week", "Month"]), (0, ["Today", "Week", "Month", "Old"])],
)
async def test_periods(world: World, period: int, expected: list[str]) -> None:
    for title, age in (("Today", 0), ("Week", 5), ("Month", 20), ("Old", 800)):
        world.corpus.write(title, title=title, publishedDateTime=NOW - age * DAY, heat=100 - age // 10)
    world.load()
    asked = await world.mo.slash(world.news, "news top", period=period)
    assert headlines(asked) == expected
    assert "Only" not in words(asked)


async def test_the_window_widens_and_says_so(world: World) -> None:
    world.corpus.write("new", title="New")
    for number in range(4):
        world.corpus.write(f"older{number}", publishedDateTime=NOW - 20 * DAY)
    world.load()
    asked = await world.mo.slash(world.news, "news top")
    assert "-# 5 stories, last 30 days\n-# Only 1 story in 7 days, so these are from the last 30 days." in words(asked)


async def test_latest_goes_by_first_sight(world: World) -> None:
    world.corpus.write("a", title="Came first", heat=120)
    world.load()
    world.clock.forward(hours=1)
    world.corpus.write("b", title="Came later", heat=70, publishedDateTime=NOW - 3 * DAY)
    world.load()
    asked = await world.mo.slash(world.news, "news latest")
    assert headlines(asked) == ["Came later", "Came first"]


async def test_one_story_is_listed_once(world: World) -> None:
    report = {"title": "Other report", "webUrl": "https://news.example/b", "provider": {"name": "Daily Sample"}}
    world.corpus.write("a", title="The best report", related=[report])
    world.corpus.write("b", title="Another report", heat=80)
    world.load()
    assert headlines(await world.mo.slash(world.news, "news top")) == ["The best report"]
    assert len(headlines(await world.mo.slash(world.news, "news latest"))) == 2


async def test_hidden_articles_are_nowhere(world: World) -> None:
    world.corpus.write("a", title="Hidden thing", published=False, topics=["Secret"])
    world.corpus.write("b", title="Seen")
    world.load()
    for command, given in (("news top", {}), ("news latest", {}), ("news search", {"words": "thing"})):
        assert "Hidden" not in words(await world.mo.slash(world.news, command, **given))
    assert "Secret" not in words(await world.mo.slash(world.news, "news topic"))


# --- nothing there -------------------------------------------------------------------------------------------


async def test_without_any_news(world: World) -> None:
    for command in ("news top", "news latest", "news topic", "news provider"):
        assert words(await world.mo.slash(world.news, command)).startswith("There is no news yet")


async def test_an_unknown_topic_offers_those_that_may_be_meant(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news topic", name="Robtics")
    assert words(asked).startswith("No topic “Robtics”. Did you mean Robotics (2)")
    assert labels(asked)[0] == "Robotics"
    await filled.mo.click(answer(asked), label="Robotics")
    assert words(asked).startswith("### Hottest in Robotics")


async def test_an_unknown_publisher_with_nothing_like_it(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news top", provider="zzzzqqqq")
    assert words(asked) == "No publisher “zzzzqqqq”. Run /news provider without a name to see them all."
    assert labels(asked) == []


@pytest.mark.parametrize("typed", ["zzzz", "!!!", '" OR "', "@everyone"])
async def test_no_hits(filled: World, typed: str) -> None:
    asked = await filled.mo.slash(filled.news, "news search", words=typed)
    assert words(asked).startswith("Nothing for “")
    assert words(asked).endswith("Try fewer or other words.")


async def test_an_empty_period_and_an_empty_pair(filled: World) -> None:
    filled.clock.forward(days=10)
    quiet = await filled.mo.slash(filled.news, "news top", period=7)
    assert words(quiet) == "Nothing in the last 7 days. Try a longer period."
    pair = await filled.mo.slash(filled.news, "news top", topic="AI", provider="Daily Sample")
    assert words(pair) == "Nothing in AI from Daily Sample. Try one of the two alone."


# --- names ---------------------------------------------------------------------------------------------------


async def test_all_topics_with_buttons_that_work(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news topic")
    assert words(asked) == "### Topics\n**AI** · 10\n**Robotics** · 2"
    assert labels(asked) == ["AI", "Robotics"]
    await filled.mo.click(answer(asked), label="Robotics")
    assert words(asked).startswith("### Hottest in Robotics")


async def test_all_publishers(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news provider")
    assert words(asked) == "### Publishers\n**Example Times** · 11\n**Daily Sample** · 1"
    await filled.mo.click(answer(asked), label="Daily Sample")
    assert words(asked).startswith("### Hottest from Daily Sample")


@pytest.mark.parametrize(
    ("typed", "first"),
    [("", "AI (10)"), ("rob", "Robotics (2)"), ("ROB", "Robotics (2)"), ("Robtics", "Robotics (2)"), ("ai", "AI (10)")],
)
async def test_topics_complete(filled: World, typed: str, first: str) -> None:
    for command, option in (("news top", "topic"), ("news topic", "name")):
        choices = await filled.mo.autocomplete(filled.news, command, option, typed)
        assert choices[0]["name"] == first


async def test_publishers_complete(filled: World) -> None:
    choices = await filled.mo.autocomplete(filled.news, "news provider", "name", "sample")
    assert choices[0] == {"name": "Daily Sample (1)", "value": "Daily Sample"}


async def test_completion_of_many_topics_stays_within_limits(world: World) -> None:
    for number in range(30):
        world.corpus.write(f"a{number}", topics=[f"Topic {number:02}", "x" * 120])
    world.load()
    choices = await world.mo.autocomplete(world.news, "news top", "topic", "")
    assert len(choices) in (24, 25)
    assert all(len(choice["name"]) <= 100 and len(choice["value"]) <= 100 for choice in choices)
    everything = await world.mo.slash(world.news, "news topic")
    assert "**Topic 29** · 1" in words(everything)


# --- stories -------------------------------------------------------------------------------------------------


async def test_a_story_opens_from_a_list(world: World) -> None:
    reports = [
        {"title": "A worse report", "webUrl": "https://w.example/1", "provider": {"name": "Worse"}, "quality": 10},
        {"title": "A better report", "webUrl": "https://b.example/1", "provider": {"name": "Better"}, "quality": 90},
    ]
    world.corpus.write("a", title="The story", excerpt="What it is about.", related=reports)
    world.load()
    asked = await world.mo.slash(world.news, "news top")
    opened = await world.mo.select(answer(asked), [options(asked)["The story"]])
    assert opened.ephemeral
    assert answer(opened).id != answer(asked).id
    text = words(opened)
    assert text.startswith("### The story\nWhat it is about.\n-# Example Times · today · AI")
    assert text.index("**2 other reports**") < text.index("A better report") < text.index("A worse report")
    assert links(opened) == ["https://news.example/a"]


async def test_a_story_that_was_hidden_since_still_opens_and_one_that_is_gone_says_so(world: World) -> None:
    world.corpus.write("a", title="The story")
    world.load()
    asked = await world.mo.slash(world.news, "news top")
    world.corpus.write("a", title="The story", published=False)
    world.load()
    key = options(asked)["The story"]
    assert words(await world.mo.select(answer(asked), [key])).startswith("### The story")
    world.corpus.remove("a")
    world.load()
    assert words(await world.mo.select(answer(asked), [key])) == "That story is no longer in the news folder."


# --- sharing -------------------------------------------------------------------------------------------------


async def test_sharing_shows_the_page_to_everybody(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news top")
    await filled.mo.click(answer(asked), label="Next")
    shared = answer(await filled.mo.click(answer(asked), label="Share here"))
    assert not shared.ephemeral
    assert headlines(shared) == headlines(asked)
    assert words(shared).endswith(f"-# Shared by <@{filled.mo.id}>")
    assert labels(shared) == []
    opened = await filled.ann.select(shared, [options(shared)["AI story 5"]])
    assert opened.ephemeral
    assert words(opened).startswith("### AI story 5")


async def test_sharing_without_the_right_to_post(filled: World) -> None:
    silent = discord.PermissionOverwrite(send_messages=False)
    hall = filled.guild.create_text_channel("hall", overwrites={filled.mo.user: silent})
    asked = await filled.mo.slash(hall, "news top")
    refused = await filled.mo.click(answer(asked), label="Share here")
    assert refused.ephemeral
    assert words(refused) == "You can't post in this channel, so only you see this."
    assert not [message for message in hall.history() if not message.flags.ephemeral]


async def test_in_a_thread(filled: World) -> None:
    asked = await filled.mo.slash(filled.thread("talk"), "news top")
    shared = await filled.mo.click(answer(asked), label="Share here")
    assert not shared.ephemeral


async def test_in_a_direct_message(filled: World) -> None:
    user = filled.mo.user
    asked = await user.slash("news top")
    assert headlines(asked)[0] == "1. AI story 0"
    await user.click(answer(asked), label="Next")
    assert headlines(asked)[0].startswith("6. ")
    shared = await user.click(answer(asked), label="Share here")
    assert not shared.ephemeral
    with pytest.raises(SetupError, match="not visible"):
        await user.slash("subscribe")


# --- the program starts anew ---------------------------------------------------------------------------------


async def test_controls_of_answers_survive_a_restart(filled: World) -> None:
    lists = await filled.mo.slash(filled.news, "news top")
    names = await filled.mo.slash(filled.news, "news topic")
    await filled.restart()
    await filled.mo.click(answer(lists), label="Next")
    assert headlines(lists)[0].startswith("6. ")
    opened = await filled.mo.select(answer(lists), [next(iter(options(lists).values()))])
    assert words(opened).startswith("### ")
    await filled.mo.click(answer(names), label="AI")
    assert words(names).startswith("### Hottest in AI")
    shared = await filled.mo.click(answer(lists), label="Share here")
    assert not shared.ephemeral


async def test_a_list_that_nobody_used_for_a_year_says_so(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "news top")
    filled.clock.forward(days=366)
    await filled.mo.slash(filled.news, "news latest")
    turned = await filled.mo.click(answer(asked), label="Next")
    assert words(turned).startswith("This button is from an older version.")


async def test_a_search_that_finds_nothing_offers_the_nearest_words(world: World) -> None:
    world.corpus.write("a", title="Robots learn to fold")
    world.corpus.write("b", title="More robots")
    world.load()
    asked = await world.mo.slash(world.news, "news search", words="robtos")
    assert words(asked).startswith("Nothing for “robtos”. Try “robots” (2), or fewer words.")
    await world.mo.click(answer(asked), label="robots")
    assert headlines(asked) == ["More robots", "Robots learn to fold"]


async def test_what_matches_a_search_is_bold(world: World) -> None:
    world.corpus.write("a", title="Robots learn to fold", excerpt="A robot of *ours* folds.")
    world.load()
    asked = await world.mo.slash(world.news, "news search", words="robot")
    assert "### **Robots** learn to fold\nA **robot** of \\*ours\\* folds." in words(asked)


async def test_who_shares_much_is_told_to_wait(world: World) -> None:
    world.corpus.write("a")
    world.load()
    asked = await world.mo.slash(world.news, "news top")
    for _ in range(3):
        await world.mo.click(answer(asked), label="Share here")
    refused = await world.mo.click(answer(asked), label="Share here")
    assert re.fullmatch(r"A bit fast: try again in \d+ seconds\.", words(refused))
    assert len(world.messages(world.news)) == 3


async def test_the_completion_of_a_headline_takes_two_letters_for_a_word(world: World) -> None:
    world.corpus.write("a", title="AI writes a novel")
    world.corpus.write("b", title="Airports close")
    world.load()
    for typed, found in (("AI", 1), ("air", 1), ("", 2), ("zz", 0)):
        assert len(await world.mo.autocomplete(world.news, "news story", "headline", typed)) == found, typed
