"""Housekeeping: what nobody needs any more goes, a slice at a time."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, func, select

from bot.models import DeliveryState
from bot.store.rows import epoch
from bot.store.tables import (
    bars,
    deliveries,
    delivery_articles,
    drafts,
    loads,
    notices,
    sightings,
)

_DAY = 86_400
# A year, and a month in which somebody may still ask about it.
_HISTORY = timedelta(days=400)
_REPORTS = timedelta(days=365)
_DRAFTS = timedelta(days=7)
_NOTICES = timedelta(days=30)


def prune(connection: Connection, now: datetime, most: int) -> int:
    """Delete up to so many rows of each kind that are too old, and return the number deleted.

    Bars go after 400 days, reports of loads after a year but for the newest, drafts after a week, notices a month after
    they were told.
    """
    before = epoch(now - _HISTORY) or 0
    old_bars = select(bars.c.filter, bars.c.day).where(bars.c.day < before // _DAY).limit(most)
    rows = [(bars.c.filter == name) & (bars.c.day == day) for name, day in connection.execute(old_bars)]
    deleted = sum(connection.execute(delete(bars).where(row)).rowcount for row in rows)
    newest = select(func.max(loads.c.number)).scalar_subquery()
    old_loads = select(loads.c.number).where(
        loads.c.at < epoch(now - _REPORTS), loads.c.planned_at.is_not(None), loads.c.number < newest
    )
    for statement in (
        delete(loads).where(loads.c.number.in_(old_loads.limit(most))),
        delete(drafts).where(drafts.c.used_at < epoch(now - _DRAFTS)),
        delete(notices).where(notices.c.told_at < epoch(now - _NOTICES)),
    ):
        deleted += connection.execute(statement).rowcount
    return deleted


def prune_deliveries(connection: Connection, now: datetime, beyond: int, most: int) -> int | None:
    """Delete what was sent or failed over 400 days ago, among so many deliveries beyond an id.

    What holds an article that was first sighted later stays, so that nothing is posted twice. Returns the last id
    looked at, None once the rest is younger.
    """
    before = epoch(now - _HISTORY)
    looked_at = connection.execute(
        select(deliveries.c.id, deliveries.c.queued_at)
        .where(deliveries.c.id > beyond)
        .order_by(deliveries.c.id)
        .limit(most)
    ).all()
    old = [delivery_id for delivery_id, queued_at in looked_at if before is not None and queued_at < before]
    young = (
        select(delivery_articles.c.delivery_id)
        .join(sightings, sightings.c.key == delivery_articles.c.key)
        .where(sightings.c.seen_at >= before, delivery_articles.c.delivery_id.in_(old))
    )
    done = (DeliveryState.SENT.value, DeliveryState.FAILED.value)
    connection.execute(
        delete(deliveries).where(deliveries.c.id.in_(old), deliveries.c.state.in_(done), deliveries.c.id.not_in(young))
    )
    return old[-1] if old and len(old) == len(looked_at) else None
