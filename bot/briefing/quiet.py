"""Quiet hours: times of day in which nothing is posted. What comes in them is held, not dropped."""

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.models import Terms

_NIGHT = (23 * 60, 7 * 60)
_DAY_MINUTES = 24 * 60


def quiet_hours(terms: Terms, timezone: str | None) -> tuple[int, int] | None:
    """Return from which minute of the day until which nothing is posted; None for no quiet hours.

    They are those of the terms, else the night once the server has a time zone.
    """
    hours = terms.quiet if terms.quiet is not None else _NIGHT if timezone else None
    return None if hours is None or hours[0] == hours[1] else hours


@lru_cache(maxsize=4096)  # a pass asks for one moment and a few zones, a hundred thousand times
def quiet_until(at: datetime, hours: tuple[int, int], timezone: str | None) -> datetime | None:
    """Return when the quiet hours that `at` falls into end, in UTC; None if it falls into none."""
    zone = ZoneInfo(timezone or "UTC")
    local = at.astimezone(zone)
    minute = local.hour * 60 + local.minute
    start, end = hours
    if not (start <= minute < end if start < end else minute >= start or minute < end):
        return None
    day = local.date() + timedelta(days=minute >= end)
    until = datetime.combine(day, time(end // 60, end % 60), zone)
    if until.astimezone(UTC) <= at:  # the clocks show this hour twice, and it is the second time
        until = until.replace(fold=1)
    return until.astimezone(UTC)


def length(hours: tuple[int, int]) -> timedelta:
    """Return how long quiet hours are by the clock."""
    return timedelta(minutes=(hours[1] - hours[0]) % _DAY_MINUTES)
