"""Dates as publishers write them."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

_DATE = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:[Tt]|[ \t]+)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d*)?)?"
    r"[ \t]*(?:[Zz]|UTC|GMT|([+-])(\d{1,2})(?::?(\d{2}))?)?)?"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(value: object) -> datetime:
    """Return the moment in UTC, in whole seconds; without a zone it is UTC, without a time it is midnight.

    Raises ValueError for anything else than a date from 1970 on, as text or as YAML made it.
    """
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, date):
        moment = datetime(value.year, value.month, value.day, tzinfo=UTC)
    elif isinstance(value, str):
        moment = _parsed(value)
    else:
        raise ValueError("not a date")
    if moment.tzinfo is not UTC:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else _in_utc(moment)
    # an empty date of other languages is written as the year 1
    if moment < _EPOCH:
        raise ValueError("before 1970")
    return moment.replace(microsecond=0)


def _in_utc(moment: datetime) -> datetime:
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("outside the calendar") from None


def _parsed(text: str) -> datetime:
    match = _DATE.fullmatch(text.strip())
    if match is None:
        raise ValueError("not a date")
    year, month, day, hour, minute, second, sign, hours, minutes = match.groups()
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    zone = timezone(-offset if sign == "-" else offset)
    return datetime(int(year), int(month), int(day), int(hour or 0), int(minute or 0), int(second or 0), tzinfo=zone)
