"""Subscriptions: channels' standing orders."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, case, delete, func, insert, select, text, update

from bot.models import DeliveryState, Subscription, SubscriptionState, Terms
from bot.store.loads import newest_load
from bot.store.notices import add_notice, drop_notices
from bot.store.rows import epoch, moment
from bot.store.tables import deliveries, subscriptions
from bot.store.terms import terms_of, terms_text

LEFT = "left"
"""Why what a server had is paused once it has removed Heatline."""

_last_post = (
    select(func.max(deliveries.c.sent_at))
    .where(deliveries.c.subscription_id == subscriptions.c.id, deliveries.c.state == DeliveryState.SENT.value)
    .scalar_subquery()
    .label("last_post_at")
)


def _from_row(row: RowMapping) -> Subscription:
    created, edited = moment(row["created_at"]), moment(row["edited_at"])
    assert created is not None
    assert edited is not None
    return Subscription(
        id=row["id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        terms=terms_of(row["terms"]),
        state=SubscriptionState(row["state"]),
        paused_because=row["paused_because"],
        after_load=row["after_load"],
        created_at=created,
        edited_at=edited,
        next_run_at=moment(row["next_run_at"]),
        last_post_at=moment(row.get("last_post_at")),
    )


def _select(connection: Connection, condition: ColumnElement[bool]) -> tuple[Subscription, ...]:
    query = select(subscriptions, _last_post).where(condition).order_by(subscriptions.c.id)
    return tuple(map(_from_row, connection.execute(query).mappings()))


def subscription(connection: Connection, subscription_id: int) -> Subscription | None:
    """Return the subscription with this id, if it is still there."""
    return next(iter(_select(connection, subscriptions.c.id == subscription_id)), None)


def subscriptions_by_id(connection: Connection, ids: Collection[int]) -> dict[int, Subscription]:
    """Return those of the subscriptions that are still there, by id, without when they last posted."""
    query = text("SELECT * FROM subscriptions WHERE id IN (SELECT value FROM json_each(:ids))")
    rows = connection.execute(query, {"ids": json.dumps(sorted(ids))}).mappings()
    return {row["id"]: _from_row(row) for row in rows}


def subscription_states(connection: Connection, ids: Collection[int]) -> dict[int, SubscriptionState]:
    """Return the states of those of the subscriptions that are still there, by id."""
    query = text("SELECT id, state FROM subscriptions WHERE id IN (SELECT value FROM json_each(:ids))")
    return {row.id: SubscriptionState(row.state) for row in connection.execute(query, {"ids": json.dumps(list(ids))})}


def subscriptions_of(connection: Connection, guild_id: int) -> tuple[Subscription, ...]:
    """Return the subscriptions of a server, oldest first."""
    return _select(connection, subscriptions.c.guild_id == guild_id)


def same_subscription(connection: Connection, channel_id: int, terms: Terms) -> Subscription | None:
    """Return the channel's subscription to just the same, if there is one."""
    known = _select(connection, subscriptions.c.channel_id == channel_id)
    return next((each for each in known if each.terms.subject == terms.subject), None)


def add_subscription(
    connection: Connection,
    *,
    guild_id: int,
    channel_id: int,
    terms: Terms,
    next_run_at: datetime | None,
    now: datetime,
) -> Subscription:
    """Add an active subscription that will get what is first sighted from the next load on."""
    added = connection.execute(
        insert(subscriptions).values(
            guild_id=guild_id,
            channel_id=channel_id,
            terms=terms_text(terms),
            state=SubscriptionState.ACTIVE.value,
            strikes=0,
            after_load=newest_load(connection),
            created_at=epoch(now),
            edited_at=epoch(now),
            next_run_at=epoch(next_run_at),
        )
    )
    assert added.inserted_primary_key is not None
    made = subscription(connection, added.inserted_primary_key[0])
    assert made is not None
    return made


def set_terms(
    connection: Connection, subscription_id: int, terms: Terms, next_run_at: datetime | None, now: datetime
) -> None:
    """Give a subscription other terms, and the time at which it is looked at next."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id)
        .values(terms=terms_text(terms), edited_at=epoch(now), next_run_at=epoch(next_run_at))
    )


def remove_subscription(connection: Connection, subscription_id: int) -> None:
    """Remove a subscription and what it still had to send. What was sent stays on record, so it is never repeated.

    What waits but may have arrived stays on record too, as failed.
    """
    waits = (deliveries.c.subscription_id == subscription_id) & (deliveries.c.state == DeliveryState.PENDING.value)
    tried = deliveries.c.first_attempt_at.is_not(None)
    connection.execute(update(deliveries).where(waits, tried).values(state="failed", reason="unsubscribed"))
    connection.execute(delete(deliveries).where(waits))
    connection.execute(delete(subscriptions).where(subscriptions.c.id == subscription_id))


def pause_subscription(connection: Connection, subscription_id: int, because: str | None) -> None:
    """Stop a subscription from posting; `because` is None where a person did it, else the reason as people read it."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id)
        .values(state=SubscriptionState.PAUSED.value, paused_because=because)
    )


def pause_for_trouble(
    connection: Connection, subscription_id: int, because: str, missing: Sequence[str], now: datetime
) -> None:
    """Pause a subscription, and the others of its channel, for what keeps Heatline from posting there.

    Its server is to be told, once in an outage; `missing` are the permissions that are known to be missing. Each time
    that no post lay between two pauses is a strike, by which the next try waits longer.
    """
    known = subscription(connection, subscription_id)
    if known is None or known.state is SubscriptionState.PAUSED:
        return
    posted = (
        select(deliveries.c.id)
        .where(
            deliveries.c.channel_id == subscriptions.c.channel_id,
            deliveries.c.state == DeliveryState.SENT.value,
            deliveries.c.sent_at >= subscriptions.c.paused_at,
        )
        .exists()
    )
    connection.execute(
        update(subscriptions)
        .where(
            subscriptions.c.channel_id == known.channel_id,
            subscriptions.c.guild_id == known.guild_id,
            subscriptions.c.state == SubscriptionState.ACTIVE.value,
        )
        .values(
            state=SubscriptionState.PAUSED.value,
            paused_because=because,
            strikes=case((posted, 1), else_=subscriptions.c.strikes + 1),
            paused_at=epoch(now),
        )
    )
    add_notice(
        connection,
        guild_id=known.guild_id,
        channel_id=known.channel_id,
        subscription_id=known.id,
        because=because,
        detail=missing,
        now=now,
    )


def resume_subscription(connection: Connection, subscription_id: int, next_run_at: datetime) -> None:
    """Let a subscription post again from the time given."""
    connection.execute(
        update(subscriptions)
        .where(subscriptions.c.id == subscription_id)
        .values(state=SubscriptionState.ACTIVE.value, paused_because=None, next_run_at=epoch(next_run_at))
    )


@dataclass(frozen=True, slots=True)
class Trouble:
    """A subscription that trouble paused: since when, and how often in a row."""

    subscription: Subscription
    paused_at: datetime | None
    strikes: int


def troubled_subscriptions(connection: Connection, guild_id: int | None = None) -> tuple[Trouble, ...]:
    """Return what trouble paused, in one server or in all; not what a person paused, nor what left with its server."""
    query = (
        select(subscriptions)
        .where(
            subscriptions.c.state == SubscriptionState.PAUSED.value,
            subscriptions.c.paused_because.is_not(None),
            subscriptions.c.paused_because != LEFT,
        )
        .order_by(subscriptions.c.id)
    )
    if guild_id is not None:
        query = query.where(subscriptions.c.guild_id == guild_id)
    rows = connection.execute(query).mappings()
    return tuple(Trouble(_from_row(row), moment(row["paused_at"]), row["strikes"]) for row in rows)


def subscriptions_in(connection: Connection, channel_id: int) -> tuple[Subscription, ...]:
    """Return the subscriptions of a channel, oldest first."""
    return _select(connection, subscriptions.c.channel_id == channel_id)


def resume_after_trouble(connection: Connection, subscription_id: int, next_run_at: datetime) -> bool:
    """Let a subscription post again that trouble paused, unless a person has paused it since.

    What its server was not told yet of the trouble need not be told any more.
    """
    known = subscription(connection, subscription_id)
    if known is None or known.state is SubscriptionState.ACTIVE or known.paused_because is None:
        return False
    resume_subscription(connection, subscription_id, next_run_at)
    drop_notices(connection, known.channel_id)
    return True


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
