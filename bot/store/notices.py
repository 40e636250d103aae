"""Notices: trouble that a server is to be told of, once."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from bot.store.rows import epoch, moment
from bot.store.tables import deliveries, notices

DROPPED = "too old"
"""Why messages that had waited too long were dropped: the detail of such a notice is their number."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Trouble with a channel; `detail` holds the missing permissions, or the number of messages dropped."""

    id: int
    guild_id: int
    channel_id: int
    subscription_id: int | None
    because: str
    detail: tuple[str, ...]
    at: datetime


def _from_row(row: RowMapping) -> Notice:
    at = moment(row["at"])
    assert at is not None
    return Notice(
        id=row["id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        subscription_id=row["subscription_id"],
        because=row["because"],
        detail=tuple(json.loads(row["detail"])),
        at=at,
    )


def add_notice(
    connection: Connection,
    *,
    guild_id: int,
    channel_id: int,
    subscription_id: int | None,
    because: str,
    detail: Sequence[str] = (),
    now: datetime,
) -> None:
    """Add a notice, unless the same trouble of the same channel is to be told already, or was told in this outage.

    An outage lasts until the channel gets a message again. For dropped messages `detail` is their number: what is to
    be told already grows by it.
    """
    query = (
        select(notices)
        .where(notices.c.guild_id == guild_id, notices.c.channel_id == channel_id, notices.c.because == because)
        .order_by(notices.c.id.desc())
        .limit(1)
    )
    last = connection.execute(query).mappings().first()
    if last is not None and last["told_at"] is None:
        before = json.loads(last["detail"])
        if because == DROPPED:
            detail = [str(int(before[0]) + int(detail[0]))]
        connection.execute(update(notices).where(notices.c.id == last["id"]).values(detail=json.dumps(list(detail))))
        return
    if last is not None and not _posted_since(connection, channel_id, last["at"]):
        return
    connection.execute(
        insert(notices).values(
            guild_id=guild_id,
            channel_id=channel_id,
            subscription_id=subscription_id,
            because=because,
            detail=json.dumps(list(detail)),
            at=epoch(now),
        )
    )


def _posted_since(connection: Connection, channel_id: int, at: int) -> bool:
    newest = select(func.max(deliveries.c.sent_at)).where(deliveries.c.channel_id == channel_id)
    return (connection.execute(newest).scalar_one() or 0) > at


def untold_servers(connection: Connection) -> tuple[int, ...]:
    """Return the servers that have something to be told."""
    query = select(notices.c.guild_id).where(notices.c.told_at.is_(None)).distinct().order_by(notices.c.guild_id)
    return tuple(connection.execute(query).scalars())


def untold_notices(connection: Connection, guild_id: int, most: int = 10) -> tuple[Notice, ...]:
    """Return what a server is to be told, oldest first."""
    query = (
        select(notices)
        .where(notices.c.told_at.is_(None), notices.c.guild_id == guild_id)
        .order_by(notices.c.id)
        .limit(most)
    )
    return tuple(map(_from_row, connection.execute(query).mappings()))


def mark_told(connection: Connection, ids: Collection[int], now: datetime) -> bool:
    """Record that a server was told these notices; return whether any of them had not been told."""
    untold = notices.c.id.in_(ids) & notices.c.told_at.is_(None)
    return connection.execute(update(notices).where(untold).values(told_at=epoch(now))).rowcount > 0


def drop_notices(connection: Connection, channel_id: int) -> None:
    """Forget the trouble of a channel that has not been told and is over; messages that were dropped are still told."""
    over = notices.c.told_at.is_(None) & (notices.c.channel_id == channel_id) & (notices.c.because != DROPPED)
    connection.execute(delete(notices).where(over))
