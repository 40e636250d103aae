"""When a subscription runs next."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from bot.models import Often, Terms, fold

_WEEKDAYS = range(5)


def next_run(now: datetime, terms: Terms, timezone: str) -> datetime:
    """Return when a digest with these terms comes next, later than `now`, in UTC.

    A time that the clocks skip comes an hour later by the clock, that is at the same moment it would have been; one
    that they show twice comes the first time. Zones that skip a whole day skip its briefing.
    """
    zone = ZoneInfo(timezone)
    wanted = time(terms.minute // 60, terms.minute % 60)
    today = now.astimezone(zone).date()
    for days in range(10):
        day = today + timedelta(days=days)
        if not _is_day_of(terms, day.weekday()):
            continue
        run = datetime.combine(day, wanted, zone).astimezone(UTC)
        if run > now:
            return run
    raise AssertionError("a local time of a weekday comes at least every other week")


def _is_day_of(terms: Terms, weekday: int) -> bool:
    if terms.often is Often.WEEKDAYS:
        return weekday in _WEEKDAYS
    return terms.often is not Often.WEEKLY or weekday == terms.weekday


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
