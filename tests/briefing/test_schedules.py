"""When a subscription runs next."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing.schedules import known_timezone, next_run
from bot.models import Often, Terms

ZONES = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Kiritimati",
    "Africa/Casablanca",
]


NINE = 9 * 60


def next_daily_run(now: datetime, minute: int, timezone: str) -> datetime:
    """Return the next run of a daily digest."""
    return next_run(now, Terms(often=Often.DAILY, minute=minute), timezone)


def utc(text: str) -> datetime:
    """Return a moment written in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "minute", "timezone", "run"),
    [
        pytest.param("2026-06-10 06:00", 540, "UTC", "2026-06-10 09:00", id="today"),
        pytest.param("2026-06-10 09:00", 540, "UTC", "2026-06-11 09:00", id="later than now, never now"),
        pytest.param("2026-06-10 08:59:59", 540, "UTC", "2026-06-10 09:00", id="a second before"),
        pytest.param("2026-06-10 06:00", 540, "Europe/Berlin", "2026-06-10 07:00", id="summer"),
        pytest.param("2026-01-10 06:00", 540, "Europe/Berlin", "2026-01-10 08:00", id="winter"),
        pytest.param("2026-06-10 23:30", 540, "Asia/Tokyo", "2026-06-11 00:00", id="their tomorrow is our today"),
        pytest.param("2026-03-28 12:00", 540, "Europe/Berlin", "2026-03-29 07:00", id="Berlin, spring: 23 hours"),
        pytest.param("2026-10-24 12:00", 540, "Europe/Berlin", "2026-10-25 08:00", id="Berlin, autumn: 25 hours"),
        pytest.param("2026-03-07 20:00", 540, "America/New_York", "2026-03-08 13:00", id="New York, spring"),
        pytest.param("2026-10-31 20:00", 540, "America/New_York", "2026-11-01 14:00", id="New York, autumn"),
        pytest.param("2026-03-28 12:00", 150, "Europe/Berlin", "2026-03-29 01:30", id="a time the clocks skip"),
        pytest.param("2026-10-24 12:00", 150, "Europe/Berlin", "2026-10-25 00:30", id="shown twice: the first"),
        pytest.param("2026-10-25 00:30", 150, "Europe/Berlin", "2026-10-26 01:30", id="shown twice: not again"),
        pytest.param("2011-12-29 20:00", 540, "Pacific/Apia", "2011-12-30 19:00", id="a day that never was"),
    ],
)
def test_the_next_run(now: str, minute: int, timezone: str, run: str) -> None:
    assert next_daily_run(utc(now), minute, timezone) == utc(run)


@pytest.mark.parametrize(
    ("often", "weekday", "now", "run"),
    [
        pytest.param(Often.WEEKDAYS, 0, "2026-06-12 06:00", "2026-06-12 07:00", id="Friday morning"),
        pytest.param(Often.WEEKDAYS, 0, "2026-06-12 08:00", "2026-06-15 07:00", id="after Friday comes Monday"),
        pytest.param(Often.WEEKDAYS, 0, "2026-06-14 08:00", "2026-06-15 07:00", id="Sunday"),
        pytest.param(Often.WEEKLY, 0, "2026-06-15 06:00", "2026-06-15 07:00", id="Monday, before"),
        pytest.param(Often.WEEKLY, 0, "2026-06-15 07:00", "2026-06-22 07:00", id="Monday, at"),
        pytest.param(Often.WEEKLY, 6, "2026-10-19 08:00", "2026-10-25 08:00", id="the Sunday on which clocks change"),
        pytest.param(Often.WEEKLY, 6, "2026-10-24 22:30", "2026-10-25 08:00", id="Sunday there, Saturday in UTC"),
    ],
)
def test_weekdays_and_weekly_in_berlin(often: Often, weekday: int, now: str, run: str) -> None:
    assert next_run(utc(now), Terms(often=often, weekday=weekday), "Europe/Berlin") == utc(run)


@pytest.mark.parametrize("timezone", ZONES)
@pytest.mark.parametrize("minute", [NINE, 0, 150, 23 * 60 + 59])
def test_there_is_one_run_a_local_day_for_a_year(timezone: str, minute: int) -> None:
    zone = ZoneInfo(timezone)
    at = datetime(2026, 1, 1, tzinfo=zone).astimezone(UTC) - timedelta(seconds=1)
    days: list[date] = []
    while (at := next_daily_run(at, minute, timezone)) < datetime(2027, 1, 1, tzinfo=zone):
        days.append(at.astimezone(zone).date())
    assert days == [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]


@settings(deadline=None)
@given(
    st.integers(0, 6 * 366 * 86_400).map(lambda seconds: utc("2024-01-01") + timedelta(seconds=seconds)),
    st.integers(0, 24 * 60 - 1),
    st.sampled_from(ZONES),
)
def test_the_next_run_is_the_first_later_moment_of_that_local_time(now: datetime, minute: int, timezone: str) -> None:
    zone = ZoneInfo(timezone)
    run = next_daily_run(now, minute, timezone)
    assert run.tzinfo is UTC
    assert now < run <= now + timedelta(days=1, hours=1)
    local = run.astimezone(zone)
    wanted = time(minute // 60, minute % 60)
    exists = datetime.combine(local.date(), wanted, zone).astimezone(UTC).astimezone(zone).time() == wanted
    assert (local.time() == wanted) == exists


@pytest.mark.parametrize("typed", ["UTC", "Europe/Berlin", "America/New_York", "America/Argentina/Buenos_Aires"])
def test_a_time_zone_by_its_name_in_any_case(typed: str) -> None:
    for spelled in (typed, typed.lower(), typed.upper(), f" {typed} ", typed.replace("_", " ")):
        assert known_timezone(spelled) == typed


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Berlin", "Europe/Berlin"),
        ("berlin", "Europe/Berlin"),
        ("new york", "America/New_York"),
        ("buenos aires", "America/Argentina/Buenos_Aires"),
        ("Kolkata", "Asia/Kolkata"),
        ("utc", "UTC"),
        ("Etc/UTC", "Etc/UTC"),
        ("etc/gmt+5", "Etc/GMT+5"),
    ],
)
def test_a_time_zone_by_its_city(typed: str, zone: str) -> None:
    assert known_timezone(typed) == zone


@pytest.mark.parametrize(
    "typed",
    ["", " ", "Atlantis", "Europe", "Europe/", "/Berlin", "../../etc/passwd", "/etc/localtime", "\0", "9" * 5000],
)
def test_no_such_time_zone(typed: str) -> None:
    assert known_timezone(typed) is None


@settings(deadline=None)
@given(st.sampled_from(sorted(available_timezones())))
def test_what_is_known_can_be_used(zone: str) -> None:
    known = known_timezone(zone)
    assert known is None or next_daily_run(utc("2026-06-10"), NINE, known) > utc("2026-06-10")
