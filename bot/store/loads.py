"""The loads: numbered readings of the corpus, and what has been planned after them."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, func, select, update

from bot.models import LoadReport
from bot.store import notes
from bot.store.articles import load_report
from bot.store.rows import epoch, moment
from bot.store.tables import loads, touched_articles

_PLANNED_ON = "planned_on"


def newest_load(connection: Connection) -> int:
    """Return the number of the newest load that changed anything, 0 before the first."""
    return connection.execute(select(func.max(loads.c.number))).scalar_one() or 0


def unplanned_loads(connection: Connection) -> tuple[int, ...]:
    """Return the numbers of the loads after which nothing has been planned yet, oldest first."""
    query = select(loads.c.number).where(loads.c.planned_at.is_(None)).order_by(loads.c.number)
    return tuple(connection.execute(query).scalars())


def mark_planned(connection: Connection, numbers: Sequence[int], now: datetime) -> None:
    """Record that the loads have been planned, and that this was done today."""
    connection.execute(update(loads).where(loads.c.number.in_(numbers)).values(planned_at=epoch(now)))
    connection.execute(delete(touched_articles).where(touched_articles.c.load.in_(numbers)))
    notes.keep_note(connection, _PLANNED_ON, _day(now))


def was_planned_today(connection: Connection, now: datetime) -> bool:
    """Whether a load was planned on this day already: bars go by days, in UTC."""
    return notes.note(connection, _PLANNED_ON) == _day(now)


def _day(now: datetime) -> str:
    return f"{now.astimezone(UTC):%Y-%m-%d}"


def last_load(connection: Connection) -> tuple[LoadReport, datetime] | None:
    """Return the report and the time of the last load, whether it changed anything or not."""
    kept = notes.note(connection, "last_load")
    if kept is None:
        return None
    value = json.loads(kept)
    at = moment(value.pop("at"))
    assert at is not None
    return load_report(value), at
