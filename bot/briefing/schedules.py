"""When a subscription runs next."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bot.models import fold

DAILY_LIMIT = 5
"""As it happens means at most so many messages a day: more is what people mute."""

DEFAULT_MINUTE = 9 * 60
"""09:00, the local time of daily briefings."""


def next_daily_run(now: datetime, minute: int, timezone: str) -> datetime:
    """Return the next time, later than `now`, at which local clocks show the minute of the day, in UTC.

    A time that the clocks skip comes an hour later by the clock, that is at the same moment it would have been; one
    that they show twice comes the first time.
    """
    zone = ZoneInfo(timezone)
    wanted = time(minute // 60, minute % 60)
    day = now.astimezone(zone).date()
    for days in range(3):
        local = datetime.combine(day + timedelta(days=days), wanted, zone)
        run = local.astimezone(UTC)
        if run > now:
            return run
    raise AssertionError("a local time of day comes at least every other day")


# Cities that people name, and the time zones' list does not.
_ELSEWHERE = {
    "gmt": "utc",
    "barcelona": "madrid",
    "basel": "zurich",
    "beijing": "shanghai",
    "birmingham": "london",
    "boston": "new york",
    "cologne": "berlin",
    "dallas": "chicago",
    "delhi": "kolkata",
    "edinburgh": "london",
    "frankfurt": "berlin",
    "geneva": "zurich",
    "hamburg": "berlin",
    "houston": "chicago",
    "kyoto": "tokyo",
    "las vegas": "los angeles",
    "lyon": "paris",
    "manchester": "london",
    "miami": "new york",
    "milan": "rome",
    "montreal": "toronto",
    "mumbai": "kolkata",
    "munich": "berlin",
    "new delhi": "kolkata",
    "osaka": "tokyo",
    "ottawa": "toronto",
    "philadelphia": "new york",
    "rio de janeiro": "sao paulo",
    "san diego": "los angeles",
    "san francisco": "los angeles",
    "seattle": "los angeles",
    "washington": "new york",
}


def known_timezone(typed: str) -> str | None:
    """Return the time zone that was typed: its name in any case, or its city alone; None if there is no such."""
    wanted = _ELSEWHERE.get(fold(typed), fold(typed)).replace(" ", "_")
    zones = sorted(zone for zone in available_timezones() if "/" in zone or zone == "UTC")
    exact = [zone for zone in zones if zone.lower() == wanted]
    cities = [zone for zone in zones if zone.lower().rpartition("/")[2] == wanted and not zone.startswith("Etc/")]
    return next(iter(exact + cities), None)
