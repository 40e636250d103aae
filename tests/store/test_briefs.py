"""The short briefing, from the store."""

from datetime import timedelta

from sqlalchemy import Connection

from bot.models import Brief, key_of
from bot.store.briefs import brief
from tests.conftest import NOW
from tests.store.kept import article, keep

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def ids(made: Brief) -> list[str]:
    return [each.id for each in made.articles]


def test_one_of_each_story_the_rest_counted_and_the_hottest_outside(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", heat=100, story=key_of("a"), provider="One"),
                article("a2", heat=99, story=key_of("a"), provider="Two"),
                article("b", heat=90, provider="Two"),
                article("c", heat=80, provider="Three"),
                article("d", heat=70, provider="Four"),
                article("law", heat=200, topics=("Law",), provider="Five"),
                article("law of a", heat=300, topics=("Law",), story=key_of("a"), provider="Six"),
                article("hidden", heat=400, published=False),
            ],
        )
        made = brief(connection, "ai", 3, NOW)
        assert ids(made) == ["a", "b", "c"]
        assert (made.stories, made.reports, made.days, made.in_first_window) == (4, 1, 7, None)
        assert made.outside is not None
        assert made.outside.id == "law"
        everything = brief(connection, None, 3, NOW)
        assert ids(everything) == ["law of a", "law", "b"]
        assert (everything.stories, everything.reports, everything.outside) == (5, 2, None)


def test_the_window_is_widened_until_it_holds_as_many_stories(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("today", heat=1, provider="One"),
                article("last week", heat=50, seen_at=NOW - 8 * DAY, provider="Two"),
                article("last month", heat=60, seen_at=NOW - 20 * DAY, provider="Three"),
                article("last year", heat=99, seen_at=NOW - 200 * DAY, provider="Four"),
            ],
        )
        made = brief(connection, None, 3, NOW)
        assert ids(made) == ["last month", "last week", "today"]
        assert (made.days, made.in_first_window) == (30, 1)
        made = brief(connection, None, 5, NOW)
        assert (made.days, made.stories) == (None, 4)
        assert ids(brief(connection, "Unknown", 5, NOW)) == []


def test_what_is_new_since_the_last_look_counts_stories_by_their_first_report(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("old", seen_at=NOW - 2 * DAY, provider="One"),
                article("old again", seen_at=NOW - HOUR, story=key_of("old"), provider="Two"),
                article("new", seen_at=NOW - HOUR, provider="Three"),
                article("newer", seen_at=NOW, provider="Four"),
            ],
        )
        assert brief(connection, None, 5, NOW, NOW - DAY).new == 2
        assert brief(connection, None, 5, NOW, NOW - HOUR).new == 1
        assert brief(connection, None, 5, NOW).new == 0


def test_a_briefing_of_an_earlier_time_knows_nothing_of_what_came_later(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article("first", seen_at=NOW - HOUR, heat=1), article("later", seen_at=NOW, heat=99)])
        assert ids(brief(connection, None, 5, NOW - HOUR)) == ["first"]
