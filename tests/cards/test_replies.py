"""Replies made of Components V2: they fit Discord's limits whatever the news says, and show it as it is written."""

import re
from datetime import timedelta
from typing import Any

import pytest
from discord import ComponentType
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.cards.help import help_layout
from bot.cards.layout import sentence
from bot.cards.listing import names_layout, page_layout
from bot.cards.status import problem_line, progress_layout, report_layout
from bot.cards.story import story_layout
from bot.cards.subscriptions import subscription_layout, subscriptions_layout
from bot.models import (
    Article,
    Level,
    Listing,
    LoadReport,
    Name,
    Often,
    Order,
    Page,
    Problem,
    Server,
    Subscription,
    SubscriptionState,
)
from tests.cards.markdown import active, unescaped
from tests.cards.news import (
    ARTICLES,
    FIVE,
    NOW,
    article,
    components,
    names,
    refused,
    reply,
    report,
    subscription,
    texts,
    written,
)
from tests.loopback.world import Json

KEY = "ABCDEFGHIJKLMNOP"
LINK = re.compile(r"\[(?:Read|Read the story)]\([^()\s]+\)")
OURS = re.compile(r"^(?:### |-# |\*\*\d+\. )|\*\*|<#\d+>|<t:\d+:[tDR]>|</[a-z ]+:\d+>", re.MULTILINE)


def page_of(articles: list[Article], **fields: Any) -> Page:
    """Return a page with these articles in the middle of a list."""
    values: dict[str, Any] = {
        "listing": Listing(Order.TOP),
        "articles": tuple(articles),
        "total": 41,
        "days": 7,
        "in_first_window": None,
        "rank": 6,
        "has_previous": True,
        "has_next": True,
    }
    return Page(**(values | fields))


def labels(message: Json) -> list[str]:
    """Return what the buttons say."""
    return [each["label"] for each in components(message, ComponentType.button)]


def plain(message: Json) -> str:
    """Return a reply's Markdown without the markup that is ours."""
    return OURS.sub("", LINK.sub("", unescaped(written(message))))


# --- a page of a list ----------------------------------------------------------------------------------------


def test_a_page() -> None:
    covered = article(2, coverage=(report(1), report(2)), published_at=NOW - timedelta(days=2))
    message = reply(page_layout(page_of([article(1), covered]), KEY, NOW))
    assert refused(message) == []
    assert written(message).split("\n") == [
        "### Hottest",
        "-# 6 to 7 of 41 stories, last 7 days",
        "**6. Robots learn to fold, part 1**",
        "After two years of practice the towels are square.",
        "-# Example Times · today · [Read](https://example.com/fold/1)",
        "**7. Robots learn to fold, part 2**",
        "After two years of practice the towels are square.",
        "-# Example Times · 2 days ago · also 2 others · [Read](https://example.com/fold/2)",
    ]
    assert labels(message) == ["Previous", "Next", "Share here"]
    (select,) = components(message, ComponentType.string_select)
    assert [option["value"] for option in select["options"]] == [article(1).key, article(2).key]


def test_a_shared_page_names_who_shared_it_and_turns_no_pages() -> None:
    message = reply(page_layout(page_of([article(1)]), KEY, NOW, shared_by=42))
    assert refused(message) == []
    assert written(message).endswith("-# Shared by <@42>")
    assert labels(message) == []


def test_an_empty_page_is_a_header() -> None:
    message = reply(page_layout(page_of([], total=0), KEY, NOW, note="Nothing."))
    assert refused(message) == []
    assert components(message, ComponentType.button, ComponentType.string_select) == []


@settings(deadline=None, max_examples=50)
@given(FIVE, st.sampled_from(Order), st.none() | names(), st.none() | names(), texts(100), st.booleans())
def test_any_page_fits(
    articles: list[Article], order: Order, topic: str | None, provider: str | None, words: str, shared: bool
) -> None:
    listing = Listing(order, topic, provider, words if order is Order.SEARCH else None)
    page = page_of(articles, listing=listing, total=1_000_000, days=30, in_first_window=4, rank=999_996)
    note = "Sample news only: the newest story is from 28 February 2020. The host has not connected a news folder yet."
    message = reply(page_layout(page, KEY, NOW, note=note, shared_by=10**18 if shared else None))
    assert refused(message) == []
    entries = [each["content"] for each in components(message, ComponentType.text_display)][1 : len(articles) + 1]
    for entry in entries:
        assert active(OURS.sub("", LINK.sub("", unescaped(entry)))) == []


# --- names ---------------------------------------------------------------------------------------------------


def test_names() -> None:
    message = reply(names_layout("topic", [Name("AI", 1041), Name("C*", 1)], {"AI": KEY}))
    assert written(message) == "### Topics\n**AI** · 1,041\n**C\\*** · 1"
    assert labels(message) == ["AI"]


@pytest.mark.parametrize("many", [60, 61, 2000])
def test_many_names_are_counted_not_listed(many: int) -> None:
    message = reply(names_layout("provider", [Name(f"P{number}", 1) for number in range(many)], {}))
    assert refused(message) == []
    left = many - 60
    assert (f"and {left:,} more: type a few letters in /news provider" in written(message)) == bool(left)


@settings(deadline=None)
@given(
    st.lists(names(), max_size=30, unique=True).flatmap(
        lambda few: st.sampled_from([[*few], [*few, *(f"Topic no. {n}" for n in range(99))]])
    )
)
def test_any_names_fit(every: list[str]) -> None:
    keys = {name: f"{number:016}" for number, name in enumerate(every)}
    message = reply(names_layout("topic", [Name(name, 10**6) for name in every], keys))
    assert refused(message) == []
    assert active(plain(message)) == []


# --- a story -------------------------------------------------------------------------------------------------


def test_a_story() -> None:
    reports = (report(1, quality=1), report(2, quality=9), report(3, url="https://www.example.com/fold/1/"))
    sibling = article(2, quality=5, coverage=(report(2), report(4)))
    message = reply(story_layout(article(1, coverage=reports), [sibling], NOW))
    assert refused(message) == []
    assert written(message).split("\n") == [
        "### Robots learn to fold, part 1",
        "After two years of practice the towels are square.",
        "-# Example Times · today · Robotics, AI",
        "**4 other reports**",
        "Square towels, part 2",
        "-# Other 2 · [Read](https://other.example/towels/2)",
        "Robots learn to fold, part 2",
        f"-# Example Times · <t:{int((NOW - timedelta(hours=3)).timestamp())}:f> · [Read](https://example.com/fold/2)",
        "Square towels, part 1",
        "-# Other 1 · [Read](https://other.example/towels/1)",
        "Square towels, part 4",
        "-# Other 4 · [Read](https://other.example/towels/4)",
    ]
    assert labels(message) == ["Read at Example Times", "Save", "Share here", "More like this"]


def test_who_was_first_is_told_where_all_have_a_time() -> None:
    early = report(1, published_at=NOW - timedelta(hours=9), provider="Early *Bird*")
    first = f"-# First to report: Early \\*Bird\\*, <t:{int((NOW - timedelta(hours=9)).timestamp())}:f>"
    assert f"**1 other report**\n{first}\n" in written(reply(story_layout(article(coverage=(early,)), [], NOW)))
    undated = written(reply(story_layout(article(coverage=(early, report(2))), [], NOW)))
    assert "First" not in undated


def test_a_shared_story_has_no_buttons_of_the_reader() -> None:
    message = reply(story_layout(article(), [], NOW, shared_by=7))
    assert labels(message) == ["Read at Example Times"]
    assert written(message).endswith("-# Shared by <@7>")


def test_a_story_alone() -> None:
    message = reply(story_layout(article(excerpt="", topics=()), [], NOW))
    assert refused(message) == []
    assert written(message) == "### Robots learn to fold, part 1\n-# Example Times · today"


def test_many_reports_are_counted() -> None:
    message = reply(story_layout(article(coverage=tuple(report(number) for number in range(50))), [], NOW))
    assert refused(message) == []
    assert "**50 other reports**" in written(message)
    assert written(message).endswith("-# and 42 more")


@settings(deadline=None)
@given(ARTICLES, st.lists(ARTICLES, max_size=3))
def test_any_story_fits(lead: Article, siblings: list[Article]) -> None:
    message = reply(story_layout(lead, siblings, NOW))
    assert refused(message) == []
    assert active(re.sub(r"<t:\d+:f>", "", plain(message))) == []


def test_the_longest_story_fits() -> None:
    hostile: dict[str, Any] = {"title": "*" * 300, "provider": "_" * 100}
    long_url = "https://example.com/".ljust(2048, "a")
    reports = tuple(report(number, url=f"https://e.example/{'a' * 220}{number}", **hostile) for number in range(50))
    lead = article(url=long_url, excerpt="|" * 2000, topics=("[" * 100,) * 5, coverage=reports, **hostile)
    assert refused(reply(story_layout(lead, [], NOW))) == []


# --- subscriptions -------------------------------------------------------------------------------------------

SUBSCRIPTIONS = st.lists(
    st.builds(
        subscription,
        id=st.integers(1, 10**9),
        channel_id=st.just(10**18 + 1),
        topic=st.none() | names(),
        provider=st.none() | names(),
        level=st.sampled_from(Level),
        often=st.sampled_from(Often),
        state=st.sampled_from(SubscriptionState),
        paused_because=st.sampled_from([None, "no permission", "gone"]),
        next_run_at=st.sampled_from([None, NOW]),
        last_post_at=st.sampled_from([None, NOW]),
    ),
    min_size=1,
    max_size=25,
    unique_by=lambda each: each.id,
)


def test_subscriptions() -> None:
    paused = subscription(id=8, topic=None, state=SubscriptionState.PAUSED, paused_because="gone", last_post_at=NOW)
    message = reply(subscriptions_layout([subscription(), paused], Server(10), {}))
    assert refused(message) == []
    assert "**AI news** → <#123456789012345678>" in written(message)
    assert "**paused**: the channel is gone" in written(message)
    (select,) = components(message, ComponentType.string_select)
    assert [option["value"] for option in select["options"]] == ["7", "8"]


@settings(deadline=None)
@given(SUBSCRIPTIONS)
def test_any_subscriptions_fit(every: list[Subscription]) -> None:
    message = reply(subscriptions_layout(every, Server(10), {}))
    assert refused(message) == []
    assert active(plain(message)) == []


@pytest.mark.parametrize("topic", ["AI", "*" * 100])
def test_25_subscriptions_fit(topic: str) -> None:
    every = [
        subscription(id=n, topic=topic, provider=topic, state=SubscriptionState.PAUSED, paused_because="gone")
        for n in range(1, 26)
    ]
    assert refused(reply(subscriptions_layout(every, Server(10), {}))) == []


@pytest.mark.parametrize(
    ("state", "ask_timezone", "buttons"),
    [
        (SubscriptionState.ACTIVE, False, ["Change", "Pause", "Remove"]),
        (SubscriptionState.PAUSED, False, ["Change", "Resume", "Remove"]),
        (SubscriptionState.ACTIVE, True, ["Set time zone", "Change", "Pause", "Remove"]),
    ],
)
def test_one_subscription(state: SubscriptionState, ask_timezone: bool, buttons: list[str]) -> None:
    message = reply(subscription_layout(subscription(state=state), "Done.", ask_timezone=ask_timezone))
    assert refused(message) == []
    assert labels(message) == buttons


# --- hosts, help, sentences ----------------------------------------------------------------------------------


def load_report(**fields: Any) -> LoadReport:
    """Return the report of a load."""
    values: dict[str, Any] = dict.fromkeys(
        ("added", "updated", "hidden", "gone", "unchanged", "skipped", "rejected", "backfilled", "problem_count"), 0
    )
    values |= {"number": 3, "articles": 40, "problems": (), "seconds": 0.25}
    return LoadReport(**(values | fields))


def test_a_report() -> None:
    problem = Problem("ai/bad.md", "not a date", "left out", 7, "publishedDateTime")
    report = load_report(added=1200, updated=2, hidden=1, unchanged=3, problem_count=7, problems=(problem,) * 7)
    message = reply(report_layout(report, 1))
    assert refused(message) == []
    text = written(message)
    assert "1,200 added, 2 updated, 1 hidden, 3 unchanged" in text
    assert "1 message queued for channels" in text
    assert text.count("-# ai/bad.md line 7 publishedDateTime: not a date; left out") == 5
    assert "-# and 2 more: /admin problems" in text


@pytest.mark.parametrize(("number", "said"), [(3, "### Reloaded"), (None, "### Reloaded: nothing changed")])
def test_a_report_says_whether_anything_changed(number: int | None, said: str) -> None:
    assert written(reply(report_layout(load_report(number=number), 0))).split("\n")[0] == said


@settings(deadline=None)
@example("*" * 300, "*" * 100, "*" * 300)
@given(texts(4000), texts(100), texts(300))
def test_any_problems_fit(file: str, field: str, what: str) -> None:
    problem = Problem(file, what, "left out", 10**9, field)
    every = dict.fromkeys(("added", "updated", "hidden", "gone", "unchanged", "skipped", "backfilled"), 10**7)
    report = load_report(**every, problem_count=10**6, problems=(problem,) * 10)
    assert refused(reply(report_layout(report, 10**6, sync_failure=what))) == []
    assert active(problem_line(problem).removeprefix("-# ")) == []


@pytest.mark.parametrize(
    ("done", "total", "bar"), [(0, 0, None), (0, 9, "░" * 20), (5, 10, "█" * 10 + "░" * 10), (10, 10, "█" * 20)]
)
def test_progress(done: int, total: int, bar: str | None) -> None:
    message = reply(progress_layout(done, total))
    assert refused(message) == []
    assert (f"`{bar}`" in written(message)) == (bar is not None)


@pytest.mark.parametrize("manages", [False, True])
@pytest.mark.parametrize("hosts", [False, True])
def test_help_shows_what_the_person_may_use(manages: bool, hosts: bool) -> None:
    message = reply(help_layout(lambda name: f"</{name}:123456789012345678>", manages=manages, hosts=hosts))
    assert refused(message) == []
    text = written(message)
    assert "</news top:123456789012345678>" in text
    assert ("</subscribe:" in text) == manages
    assert ("</admin reload:" in text) == hosts


@pytest.mark.parametrize("text", ["x", "x" * 4000, "word " * 2000])
def test_a_sentence_fits(text: str) -> None:
    assert refused(reply(sentence(text))) == []
