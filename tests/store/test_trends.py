"""How many stories came in each day, from the store."""

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Connection

from bot.briefing.trends import Trends
from bot.models import NOTHING_BLOCKED, Article, Blocked, key_of
from bot.store import trends as module
from bot.store.trends import trends
from tests.conftest import NOW
from tests.store.kept import article, keep

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def by_topic(found: Trends) -> dict[str, int]:
    return {each.name: each.total for each in found.leading}


def test_a_story_counts_once_on_the_day_of_its_first_article(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", seen_at=NOW - 2 * DAY),
                article("a again", seen_at=NOW - DAY, story=key_of("a")),
                article("a once more", seen_at=NOW, story=key_of("a")),
                article("b", seen_at=NOW - DAY),
                article("hidden", seen_at=NOW, published=False),
                article("later", seen_at=NOW + HOUR),
            ],
        )
        found = trends(connection, "ai", 7, NOW)
        assert found.stories.counts == (0, 0, 0, 0, 1, 1, 0)
        assert found.everything.counts == found.stories.counts
        assert (found.leading, found.other, found.apart) == ((), None, True)


def test_of_a_topic_the_first_article_that_has_it_counts(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", seen_at=NOW - 2 * DAY, topics=("Law",)),
                article("a too", seen_at=NOW - DAY, topics=("AI", "Law"), story=key_of("a")),
                article("a again", seen_at=NOW, topics=("AI",), story=key_of("a")),
            ],
        )
        assert trends(connection, "AI", 7, NOW).stories.counts == (0, 0, 0, 0, 0, 1, 0)
        assert trends(connection, "AI", 7, NOW).everything.counts == (0, 0, 0, 0, 1, 0, 0)
        assert trends(connection, "Law", 7, NOW).stories.counts == (0, 0, 0, 0, 1, 0, 0)


def test_a_story_that_was_told_before_the_period_is_not_of_it(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("old", seen_at=NOW - 13 * DAY),
                article("old again", seen_at=NOW - DAY, story=key_of("old")),
                article("older", seen_at=NOW - 20 * DAY),  # before the period before
                article("older again", seen_at=NOW - 10 * DAY, story=key_of("older")),
            ],
        )
        found = trends(connection, "AI", 7, NOW)
        assert (found.stories.total, found.stories.before) == (0, 1)


def test_without_a_topic_the_five_with_the_most_and_the_rest(connection: Connection) -> None:
    every = [article(f"{name}{n}", topics=(name,)) for n, name in enumerate("AAAAAABBBBBCCCCDDDEEFG")]
    both = article("both", topics=("A", "B"))
    with connection.begin():
        keep(connection, [*every, both, article("none", topics=())])
        found = trends(connection, None, 30, NOW)
        assert by_topic(found) == {"A": 7, "B": 6, "C": 4, "D": 3, "E": 2}
        assert found.other is not None
        assert (found.other.total, found.stories.total) == (3, 24)
        assert found.stories == found.everything


def test_topics_are_written_as_the_corpus_prefers(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article("one", topics=("Robotics",)), article("two", topics=("Robotics",))])
        assert by_topic(trends(connection, None, 7, NOW)) == {"Robotics": 2}


def test_without_news_there_is_nothing(connection: Connection) -> None:
    with connection.begin():
        found = trends(connection, None, 30, NOW)
        assert (found.stories.total, found.leading, found.other) == (0, (), None)
        assert trends(connection, "AI", 365, NOW).stories.total == 0


def test_without_topics_all_are_others(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article("a", topics=()), article("b", topics=())])
        found = trends(connection, None, 30, NOW)
        assert found.leading == ()
        assert found.other is not None
        assert found.other.total == 2


@pytest.mark.parametrize(
    ("blocked", "ai", "everything"),
    [
        (NOTHING_BLOCKED, 4, 5),
        (Blocked(frozenset({"loud"})), 3, 4),
        (Blocked(words=("towels",)), 3, 4),
        (Blocked(words=("C++",)), 3, 4),
        (Blocked(frozenset({"loud"}), ("towels",)), 2, 3),
    ],
)
def test_what_is_blocked_is_not_there(connection: Connection, blocked: Blocked, ai: int, everything: int) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("loud", provider="Loud", seen_at=NOW - HOUR),
                article("not only loud", story=key_of("loud")),
                article("only loud", provider="Loud"),
                article("words", title="Folding towels"),
                article("sign", title="What is new in C++"),
                article("law", topics=("Law",)),
            ],
        )
        assert trends(connection, "AI", 7, NOW, None, blocked).stories.total == ai
        assert trends(connection, None, 7, NOW, None, blocked).stories.total == everything


def test_days_are_those_of_the_time_zone(connection: Connection) -> None:
    now = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    with connection.begin():
        keep(connection, [article("evening", seen_at=datetime(2026, 3, 9, 23, 30, tzinfo=UTC))])
        assert trends(connection, "AI", 7, now).stories.counts[-2:] == (1, 0)
        assert trends(connection, "AI", 7, now, "Europe/Berlin").stories.counts[-2:] == (0, 1)


def test_a_year_goes_by_weeks(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article(f"{weeks}", seen_at=NOW - weeks * 7 * DAY) for weeks in (0, 0.1, 1, 51, 52, 60, 110)])
        found = trends(connection, "AI", 365, NOW)
        assert (found.stories.counts[0], found.stories.counts[-2:], found.stories.before) == (1, (1, 2), 2)


def test_too_many_are_not_told_apart(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    with connection.begin():
        keep(connection, [article("a"), article("a again", story=key_of("a")), article("b")])
        assert trends(connection, None, 7, NOW).stories.total == 2
        monkeypatch.setattr(module, "_TOLD_APART", 2)
        found = trends(connection, None, 7, NOW)
        assert (found.stories.total, found.apart, by_topic(found)) == (3, False, {"AI": 3})


def naive(every: list[Article], topic: str | None, days: int, blocked: frozenset[str]) -> Counter[date]:
    """Return how many stories came in on each day, counted one by one."""
    firsts: dict[str | None, datetime] = {}
    for each in every:
        assert each.seen_at is not None
        if each.published and each.provider not in blocked and each.seen_at <= NOW and topic in (None, *each.topics):
            firsts[each.story] = min(each.seen_at, firsts.get(each.story, each.seen_at))
    found = Counter(first.date() for first in firsts.values())
    return Counter({day: found[day] for day in found if day > (NOW - days * DAY).date()})


@pytest.mark.parametrize("seed", range(4))
def test_any_news_counts_as_one_by_one(connection: Connection, seed: int) -> None:
    chance = random.Random(seed)
    every = []
    for number in range(400):
        # A story's articles come within 14 days.
        story, since = key_of(f"story {number % 150}"), 10 + number % 150
        every.append(
            article(
                f"{number}",
                seen_at=NOW - timedelta(hours=since * 8) + timedelta(hours=chance.randrange(14 * 24)),
                story=story if number % 3 else key_of(f"{number}"),
                topics=tuple(chance.sample("ABCDEFG", chance.randrange(4))),
                provider=chance.choice(("one", "two")),
                published=chance.random() < 0.8,
            )
        )
    with connection.begin():
        keep(connection, every)
        for topic, days, hidden in product((None, "A", "G"), (7, 30), (frozenset[str](), frozenset({"two"}))):
            found = trends(connection, topic, days, NOW, None, Blocked(hidden))
            expected = naive(every, topic, days, hidden)
            assert dict(zip(found.starts, found.stories.counts, strict=True)) == {d: expected[d] for d in found.starts}
