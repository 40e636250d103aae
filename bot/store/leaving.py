"""Servers that remove Heatline, and come back or do not."""

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, exists, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.models import DeliveryState, SubscriptionState
from bot.store.rows import epoch
from bot.store.subscriptions import LEFT
from bot.store.tables import deliveries, drafts, edits, guilds, notices, subscriptions

KEPT_FOR = timedelta(days=30)
"""So long what a server had is kept after it removed Heatline."""

_NEW = {"share": True, "blocked_providers": "[]", "blocked_words": "[]"}


def add_server(connection: Connection, guild_id: int) -> bool:
    """Take note of a server that Heatline was invited to, and return whether it is new."""
    statement = upsert(guilds).values(guild_id=guild_id, **_NEW).on_conflict_do_nothing(index_elements=["guild_id"])
    return connection.execute(statement).rowcount > 0


def leave_server(connection: Connection, guild_id: int, now: datetime) -> None:
    """Stop everything for a server that removed Heatline, and keep it for 30 days.

    What may be on its way stays: whether it arrived is found out as after a crash.
    """
    statement = upsert(guilds).values(guild_id=guild_id, left_at=epoch(now), **_NEW)
    connection.execute(
        statement.on_conflict_do_update(
            index_elements=["guild_id"], set_={"left_at": epoch(now)}, where=guilds.c.left_at.is_(None)
        )
    )
    # What a person paused stays so: it is not to resume when the server returns.
    active_or_troubled = (subscriptions.c.state == SubscriptionState.ACTIVE.value) | (
        subscriptions.c.paused_because.is_not(None)
    )
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.guild_id == guild_id, active_or_troubled)
        .values(state=SubscriptionState.PAUSED.value, paused_because=LEFT)
    )
    of_server = deliveries.c.guild_id == guild_id
    connection.execute(
        update(deliveries)
        .where(of_server, deliveries.c.state == DeliveryState.PENDING.value)
        .values(state=DeliveryState.FAILED.value, reason=LEFT)
    )
    connection.execute(delete(edits).where(edits.c.delivery_id.in_(select(deliveries.c.id).where(of_server))))
    connection.execute(delete(notices).where(notices.c.guild_id == guild_id, notices.c.told_at.is_(None)))


def return_server(connection: Connection, guild_id: int) -> bool:
    """Take a server back that returned, and return whether it had left.

    What it had counts as paused by trouble, and so resumes wherever Heatline may post.
    """
    back = update(guilds).where(guilds.c.guild_id == guild_id, guilds.c.left_at.is_not(None)).values(left_at=None)
    if not connection.execute(back).rowcount:
        return False
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.guild_id == guild_id, subscriptions.c.paused_because == LEFT)
        .values(paused_because="no permission", paused_at=None, strikes=0)
    )
    return True


def reconcile_servers(connection: Connection, present: Collection[int], now: datetime) -> tuple[list[int], list[int]]:
    """Return the servers that left, and those that returned, while nobody listened; `present` are all there are now."""
    there = set(present)
    known = set(connection.execute(select(subscriptions.c.guild_id).distinct()).scalars())
    known |= set(connection.execute(select(guilds.c.guild_id)).scalars())
    gone = set(connection.execute(select(guilds.c.guild_id).where(guilds.c.left_at.is_not(None))).scalars())
    left, returned = sorted(known - gone - there), sorted(gone & there)
    for guild_id in left:
        leave_server(connection, guild_id, now)
    for guild_id in returned:
        return_server(connection, guild_id)
    return left, returned


def forget_servers(connection: Connection, now: datetime, most: int) -> int:
    """Delete what servers had that left over 30 days ago; at most so many deliveries, and return their number.

    A server's row goes when nothing else of it is left.
    """
    overdue = select(guilds.c.guild_id).where(guilds.c.left_at < epoch(now - KEPT_FOR))
    for table in (drafts, subscriptions, notices):
        connection.execute(delete(table).where(table.c.guild_id.in_(overdue)))
    some = select(deliveries.c.id).where(deliveries.c.guild_id.in_(overdue)).limit(most)
    deleted = connection.execute(delete(deliveries).where(deliveries.c.id.in_(some))).rowcount
    rest = exists().where(deliveries.c.guild_id == guilds.c.guild_id)
    connection.execute(delete(guilds).where(guilds.c.guild_id.in_(overdue), ~rest))
    return deleted
