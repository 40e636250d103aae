"""Subscriptions, and the time zone of their servers."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, delete, func, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.models import DeliveryState, Level, Often, Subscription, SubscriptionState, fold
from bot.store.loads import newest_load
from bot.store.rows import epoch, moment
from bot.store.tables import deliveries, guilds, subscriptions

_last_post = (
    select(func.max(deliveries.c.sent_at))
    .where(deliveries.c.subscription_id == subscriptions.c.id, deliveries.c.state == DeliveryState.SENT.value)
    .scalar_subquery()
    .label("last_post_at")
)


def _from_row(row: RowMapping) -> Subscription:
    created = moment(row["created_at"])
    assert created is not None
    return Subscription(
        id=row["id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        topic=row["topic"],
        provider=row["provider"],
        level=Level(row["level"]),
        often=Often(row["often"]),
        minute=row["minute"],
        state=SubscriptionState(row["state"]),
        paused_because=row["paused_because"],
        after_load=row["after_load"],
        created_at=created,
        next_run_at=moment(row["next_run_at"]),
        last_post_at=moment(row.get("last_post_at")),
    )


def _select(connection: Connection, condition: ColumnElement[bool]) -> tuple[Subscription, ...]:
    query = select(subscriptions, _last_post).where(condition).order_by(subscriptions.c.id)
    return tuple(map(_from_row, connection.execute(query).mappings()))


def subscription(connection: Connection, subscription_id: int) -> Subscription | None:
    """Return the subscription with this id, if it is still there."""
    return next(iter(_select(connection, subscriptions.c.id == subscription_id)), None)


def subscriptions_of(connection: Connection, guild_id: int) -> tuple[Subscription, ...]:
    """Return the subscriptions of a server, oldest first."""
    return _select(connection, subscriptions.c.guild_id == guild_id)


def same_subscription(
    connection: Connection, channel_id: int, topic: str | None, provider: str | None
) -> Subscription | None:
    """Return the channel's subscription to just this topic and provider, if there is one."""
    for known in _select(connection, subscriptions.c.channel_id == channel_id):
        if (fold(known.topic or ""), fold(known.provider or "")) == (fold(topic or ""), fold(provider or "")):
            return known
    return None


def add_subscription(
    connection: Connection,
    *,
    guild_id: int,
    channel_id: int,
    topic: str | None,
    provider: str | None,
    level: Level,
    often: Often,
    minute: int,
    next_run_at: datetime | None,
    now: datetime,
) -> Subscription:
    """Add an active subscription that will get what is first sighted from the next load on."""
    added = connection.execute(
        insert(subscriptions).values(
            guild_id=guild_id,
            channel_id=channel_id,
            topic=topic,
            provider=provider,
            level=level.value,
            often=often.value,
            minute=minute,
            state=SubscriptionState.ACTIVE.value,
            after_load=newest_load(connection),
            created_at=epoch(now),
            next_run_at=epoch(next_run_at),
        )
    )
    assert added.inserted_primary_key is not None
    made = subscription(connection, added.inserted_primary_key[0])
    assert made is not None
    return made


def remove_subscription(connection: Connection, subscription_id: int) -> None:
    """Remove a subscription and what it still had to send. What was sent stays on record, so it is never repeated."""
    connection.execute(
        delete(deliveries).where(
            deliveries.c.subscription_id == subscription_id, deliveries.c.state == DeliveryState.PENDING.value
        )
    )
    connection.execute(delete(subscriptions).where(subscriptions.c.id == subscription_id))


def pause_subscription(connection: Connection, subscription_id: int, because: str | None) -> None:
    """Stop a subscription from posting; `because` is None where a person did it, else the reason as people read it."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id)
        .values(state=SubscriptionState.PAUSED.value, paused_because=because)
    )


def resume_subscription(connection: Connection, subscription_id: int, next_run_at: datetime) -> None:
    """Let a subscription post again from the time given."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id)
        .values(state=SubscriptionState.ACTIVE.value, paused_because=None, next_run_at=epoch(next_run_at))
    )


def due_subscriptions(
    connection: Connection, now: datetime, *, after_a_load: bool, beyond: int, most: int
) -> tuple[Subscription, ...]:
    """Return active subscriptions whose time has come, by id, from those beyond an id.

    After a load these are also the ones that wait for no time but for the next load.
    """
    when = subscriptions.c.next_run_at <= epoch(now)
    if after_a_load:
        when |= subscriptions.c.next_run_at.is_(None)
    query = (
        select(subscriptions)
        .where(subscriptions.c.state == SubscriptionState.ACTIVE.value, subscriptions.c.id > beyond, when)
        .order_by(subscriptions.c.id)
        .limit(most)
    )
    return tuple(map(_from_row, connection.execute(query).mappings()))


def set_next_run(connection: Connection, subscription_id: int, at: datetime | None) -> None:
    """Set when a subscription is looked at next; None for at the next load."""
    connection.execute(update(subscriptions).where(subscriptions.c.id == subscription_id).values(next_run_at=epoch(at)))


def next_run(connection: Connection) -> datetime | None:
    """Return the earliest time at which a subscription is due."""
    earliest = select(func.min(subscriptions.c.next_run_at)).where(
        subscriptions.c.state == SubscriptionState.ACTIVE.value
    )
    return moment(connection.execute(earliest).scalar_one())


def count_subscriptions(connection: Connection) -> tuple[int, int]:
    """Return the numbers of active and of paused subscriptions."""
    rows = connection.execute(select(subscriptions.c.state, func.count()).group_by(subscriptions.c.state))
    counts: dict[str, int] = {state: count for state, count in rows}  # noqa: C416 - typed
    return counts.get(SubscriptionState.ACTIVE.value, 0), counts.get(SubscriptionState.PAUSED.value, 0)


def timezone_of(connection: Connection, guild_id: int) -> str | None:
    """Return the time zone that a server chose."""
    return connection.execute(select(guilds.c.timezone).where(guilds.c.guild_id == guild_id)).scalar_one_or_none()


def set_timezone(
    connection: Connection, guild_id: int, timezone: str, next_runs: Sequence[tuple[int, datetime]]
) -> None:
    """Set a server's time zone, and with it the next runs of its daily subscriptions (by id)."""
    statement = upsert(guilds).values(guild_id=guild_id, timezone=timezone)
    connection.execute(statement.on_conflict_do_update(index_elements=["guild_id"], set_={"timezone": timezone}))
    for subscription_id, at in next_runs:
        set_next_run(connection, subscription_id, at)
