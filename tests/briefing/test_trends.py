"""The days and weeks of a period, and what the counts in them come to."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.briefing.trends import PERIODS, Calendar, Course, busiest, calendar, course, leading

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
LONG_AGO = 0


def moment(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def spans(when: Calendar, counts: dict[str, int]) -> list[int]:
    """Return the counts of all spans: so many stories at each of the times."""
    found = [0] * (len(when.edges) - 1)
    for at, count in counts.items():
        found[when.place(moment(at))] += count
    return found


def test_a_week_is_seven_days_that_end_with_today() -> None:
    when = calendar(NOON, 7, None)
    assert when.starts == tuple(date(2026, 3, day) for day in range(4, 11))
    assert (when.step, when.days, when.first) == (1, 7, moment("2026-03-04T00:00Z"))
    assert when.edges[0] == moment("2026-02-25T00:00Z")
    assert when.edges[-1] == moment("2026-03-10T12:00:01Z")
    # the day a week ago is cut at the same time of day
    assert when.edges[6:9] == tuple(map(moment, ("2026-03-03T00:00Z", "2026-03-03T12:00:01Z", "2026-03-04T00:00Z")))


def test_a_year_goes_by_weeks_the_last_of_which_ends_with_today() -> None:
    when = calendar(NOON, 365, None)
    assert (when.step, len(when.starts), when.days) == (7, 52, 364)
    assert when.starts[-1] == date(2026, 3, 4)
    assert {later - earlier for earlier, later in zip(when.starts, when.starts[1:], strict=False)} == {
        timedelta(days=7)
    }


@pytest.mark.parametrize(
    ("timezone", "now", "today", "midnight"),
    [
        ("Asia/Tokyo", "2026-03-10T16:00Z", date(2026, 3, 11), "2026-03-10T15:00Z"),
        ("America/New_York", "2026-03-10T03:00Z", date(2026, 3, 9), "2026-03-09T04:00Z"),
        ("Asia/Kathmandu", "2026-03-10T18:15Z", date(2026, 3, 11), "2026-03-10T18:15Z"),
    ],
)
def test_days_are_those_of_the_time_zone(timezone: str, now: str, today: date, midnight: str) -> None:
    when = calendar(datetime.fromisoformat(now), 7, timezone)
    assert (when.starts[-1], when.edges[-2]) == (today, moment(midnight))


def test_the_day_on_which_clocks_change_has_another_length() -> None:
    when = calendar(datetime(2026, 3, 29, 20, 0, tzinfo=UTC), 7, "Europe/Berlin")
    assert when.edges[-2] == moment("2026-03-29T00:00+01:00")
    tomorrow = calendar(datetime(2026, 3, 30, 20, 0, tzinfo=UTC), 7, "Europe/Berlin")
    assert tomorrow.edges[-2] - tomorrow.edges[-3] == 23 * 3600


@given(
    st.integers(moment("2000-01-01T00:00Z"), moment("2040-01-01T00:00Z")),
    st.sampled_from(PERIODS),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Australia/Lord_Howe"]),
)
def test_spans_follow_each_other_in_every_zone(at: int, days: int, timezone: str) -> None:
    when = calendar(datetime.fromtimestamp(at, UTC), days, timezone)
    assert list(when.edges) == sorted(when.edges)
    assert len(when.edges) == 2 * len(when.starts) + 2
    assert when.place(at) == len(when.edges) - 2
    assert when.place(when.edges[0] - 1) == -1


def test_a_course_counts_its_period_and_compares_it_with_as_much_before() -> None:
    when = calendar(NOON, 7, None)
    counts = {
        "2026-02-25T08:00Z": 1,
        "2026-03-03T11:59Z": 2,
        "2026-03-03T12:01Z": 40,  # later in the day a week ago than it is now
        "2026-03-04T00:00Z": 5,
        "2026-03-10T12:00Z": 3,
    }
    found = course("AI", spans(when, counts), when, LONG_AGO)
    assert (found.counts, found.total, found.before) == ((5, 0, 0, 0, 0, 0, 3), 8, 3)


def test_means_reach_back_a_week_and_leave_out_the_day_that_is_not_over() -> None:
    when = calendar(NOON, 7, None)
    counts = {"2026-02-26T08:00Z": 70, "2026-03-03T13:00Z": 14, "2026-03-05T08:00Z": 7}
    found = course("AI", spans(when, counts), when, LONG_AGO)
    assert found.means == (12.0, 3.0, 3.0, 3.0, 3.0, 3.0, None)


def test_means_of_a_year_are_of_four_weeks() -> None:
    when = calendar(NOON, 365, None)
    found = course("AI", spans(when, {"2026-02-27T08:00Z": 8}), when, LONG_AGO)
    assert found.means[-4:] == (0.0, 0.0, 2.0, None)


def test_what_reaches_back_beyond_all_news_is_not_known() -> None:
    when = calendar(NOON, 7, None)
    found = course("AI", spans(when, {"2026-03-04T08:00Z": 7}), when, moment("2026-03-01T00:00Z"))
    assert found.before is None
    assert found.means == (None, None, None, 1.0, 1.0, 1.0, None)


def test_leading_topics_are_those_with_the_most_stories() -> None:
    some = [Course("B", (1, 1)), Course("None", (0, 0)), Course("A", (2, 0)), Course("C", (0, 9))]
    assert [each.name for each in leading(some)] == ["C", "A", "B"]


def test_the_busiest_day_is_the_newest_of_equals() -> None:
    assert busiest(Course("A", (3, 1, 3, 2))) == 2
