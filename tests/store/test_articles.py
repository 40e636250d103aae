"""Pages of listings against a plain oracle; stories, names and the summary."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.briefing.windows import PAGE, WINDOWS
from bot.models import Article, Listing, Name, Order, Page, fold, key_of
from bot.store.articles import articles_by_key, corpus_summary, names_of, page, story
from tests.conftest import NOW
from tests.store.kept import article, keep

# --- the oracle ----------------------------------------------------------------------------------------------


def numbered(articles: Sequence[Article]) -> dict[str, int]:
    """Return the row numbers that the articles get: by first sight, then id."""
    ordered = sorted(articles, key=lambda a: (a.seen_at or NOW, a.id))
    return {a.key: number for number, a in enumerate(ordered)}


def expected(articles: Sequence[Article], listing: Listing, now: datetime) -> tuple[list[str], int | None]:
    """Return the keys of the whole listing in order, and its window in days."""
    numbers = numbered(articles)

    def rank(a: Article) -> tuple[int, int, float, int]:
        return (
            -2 if a.heat is None else a.heat,
            -1 if a.quality is None else a.quality,
            a.published_at.timestamp() if a.published_at else 0,
            numbers[a.key],
        )

    def within(days: int | None) -> list[str]:
        found = [
            a
            for a in articles
            if a.published
            and (days is None or (a.seen_at or now) >= now - timedelta(days=days))
            and (listing.topic is None or fold(listing.topic) in map(fold, a.topics))
            and (listing.provider is None or fold(listing.provider) == fold(a.provider))
        ]
        if listing.order is Order.LATEST:
            return [a.key for a in sorted(found, key=lambda a: (a.seen_at or now, numbers[a.key]), reverse=True)]
        best: dict[str, Article] = {}
        for a in sorted(found, key=rank):
            best[a.story] = a
        return [a.key for a in sorted(best.values(), key=rank, reverse=True)]

    if listing.order is Order.LATEST or listing.everything:
        return within(None), None
    if listing.days is not None:
        return within(listing.days), listing.days
    for days in WINDOWS:
        if len(within(days)) >= PAGE or days is None:
            return within(days), days
    raise AssertionError


def walk(connection: Connection, listing: Listing, now: datetime) -> tuple[list[Page], list[Page]]:
    """Return the pages from the first to the last, and those on the way back to the first."""
    forth = [page(connection, listing, now)]
    while forth[-1].has_next:
        last = forth[-1]
        forth.append(page(connection, listing, now, ("after", last.articles[-1].key), last.rank + len(last.articles)))
    back = [forth[-1]]
    while back[-1].has_previous:
        first = back[-1]
        back.append(page(connection, listing, now, ("before", first.articles[0].key), max(1, first.rank - PAGE)))
    return forth, back


def ages() -> st.SearchStrategy[datetime]:
    """Times that meet, miss and touch the windows; few enough for ties."""
    return st.sampled_from([0, 1, 7, 8, 29, 30, 31, 364, 365, 366, 900]).map(lambda days: NOW - timedelta(days=days))


@st.composite
def corpora(draw: st.DrawFn) -> list[Article]:
    """Up to 24 articles with ties, gaps, hidden ones and stories."""
    count = draw(st.integers(0, 24))
    return [
        article(
            f"a{number}",
            heat=draw(st.sampled_from([None, -1, 0, 90, 90, 120])),
            quality=draw(st.sampled_from([None, 10, 60])),
            published=draw(st.integers(0, 4)) > 0,
            published_at=draw(st.none() | ages()),
            seen_at=draw(ages()),
            topics=draw(st.sampled_from([(), ("AI",), ("ai", "Robotics"), ("Robotics",)])),
            provider=draw(st.sampled_from(["Example Times", "EXAMPLE TIMES", "Daily Sample"])),
            story=draw(st.sampled_from([f"own{number}", f"own{number}", "shared", "common"])),
        )
        for number in range(count)
    ]


LISTINGS = st.builds(
    Listing,
    order=st.sampled_from([Order.TOP, Order.LATEST]),
    topic=st.sampled_from([None, "AI", "robotics"]),
    provider=st.sampled_from([None, None, "example times"]),
    days=st.sampled_from([None, None, 1, 7, 30, 365]),
    everything=st.booleans(),
)


@given(articles=corpora(), listing=LISTINGS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_pages_hold_what_the_oracle_says_forth_and_back(
    connection: Connection, articles: list[Article], listing: Listing
) -> None:
    keys, days = expected(articles, listing, NOW)
    with connection.begin() as transaction:
        if articles:
            keep(connection, articles)
        forth, back = walk(connection, listing, NOW)
        transaction.rollback()
    assert [a.key for found in forth for a in found.articles] == keys
    assert [found.rank for found in forth] == list(range(1, max(1, len(keys)) + 1, PAGE))
    assert {(found.total, found.days) for found in forth} == {(len(keys), days)}
    assert back == forth[::-1]


# --- what happens between two clicks -------------------------------------------------------------------------


def test_a_page_whose_article_is_gone_is_the_first(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article(f"a{n}", heat=100 - n) for n in range(7)])
        turned = page(connection, Listing(Order.TOP), NOW, ("after", key_of("gone")), rank=6)
    assert (turned.rank, turned.articles[0].id, turned.has_previous, turned.has_next) == (1, "a0", False, True)


@pytest.mark.parametrize(("way", "at"), [("after", "a6"), ("before", "a0")])
def test_a_page_with_nothing_beyond_is_the_first(connection: Connection, way: str, at: str) -> None:
    with connection.begin():
        keep(connection, [article(f"a{n}", heat=100 - n) for n in range(7)])
        place = ("after", key_of(at)) if way == "after" else ("before", key_of(at))
        turned = page(connection, Listing(Order.TOP), NOW, place, rank=6)  # type: ignore[arg-type]  # a literal
    assert [a.id for a in turned.articles] == ["a0", "a1", "a2", "a3", "a4"]
    assert turned.rank == 1


def test_ranks_are_true_though_stories_came_in_front(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article(f"a{n}", heat=100 - n) for n in range(7)])
        keep(connection, [article(f"new{n}", heat=200 + n) for n in range(2)])
        turned = page(connection, Listing(Order.TOP), NOW, ("before", key_of("a5")), rank=1)
        start = page(connection, Listing(Order.TOP), NOW, ("before", turned.articles[0].key), rank=1)
    assert [a.id for a in turned.articles] == ["a0", "a1", "a2", "a3", "a4"]
    assert turned.has_previous
    assert turned.rank == 3
    assert [a.id for a in start.articles] == ["new1", "new0", "a0", "a1", "a2"]
    assert (start.rank, start.has_previous, start.has_next) == (1, False, True)


def test_the_window_is_widened_and_says_so(connection: Connection) -> None:
    old = [article(f"old{n}", seen_at=NOW - timedelta(days=20)) for n in range(4)]
    with connection.begin():
        keep(connection, [article("new"), *old])
        found = page(connection, Listing(Order.TOP), NOW)
        plain = page(connection, Listing(Order.TOP, days=7), NOW)
    assert (found.days, found.in_first_window, found.total) == (30, 1, 5)
    assert (plain.days, plain.in_first_window, plain.total) == (7, None, 1)


# --- stories, names, the summary -----------------------------------------------------------------------------


def test_a_story_leads_with_what_was_asked_for_then_goes_by_quality(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("low", quality=10, story="s"),
                article("none", quality=None, story="s"),
                article("high", quality=90, story="s"),
                article("hidden", published=False, story="s"),
                article("other", story="t"),
            ],
        )
        assert [a.id for a in story(connection, key_of("low"))] == ["low", "high", "none"]
        assert story(connection, key_of("nowhere")) == ()
        by_key = articles_by_key(connection, [key_of("hidden"), key_of("nowhere")])
    assert [a.id for a in by_key.values()] == ["hidden"]


def test_names_count_what_can_be_seen(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", topics=("AI", "Robotics")),
                article("b", topics=("AI",), provider="Daily Sample"),
                article("c", topics=("Secret",), provider="Nobody", published=False),
                article("d", topics=()),
            ],
        )
        topics, providers = names_of(connection, "topic"), names_of(connection, "provider")
        keep(connection, [article("b", topics=("Robotics",), provider="Daily Sample")])
        later = names_of(connection, "topic")
    assert topics == (Name("AI", 2), Name("Robotics", 1))
    assert providers == (Name("Example Times", 2), Name("Daily Sample", 1))
    assert later == (Name("Robotics", 2), Name("AI", 1))


def test_the_summary_of_nothing_and_of_something(connection: Connection) -> None:
    empty = corpus_summary(connection)
    connection.rollback()
    assert (empty.articles, empty.newest, empty.topics, empty.last_load, empty.last_load_at) == (0, None, 0, None, None)
    early = NOW - timedelta(days=3)
    with connection.begin():
        keep(connection, [article("a", published_at=early), article("b", published=False)])
        found = corpus_summary(connection)
    assert (found.articles, found.newest, found.topics, found.last_load_at) == (1, early, 1, NOW)
    assert found.last_load is not None
    assert found.last_load.number == 1
