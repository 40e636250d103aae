"""The outbox: queueing, claiming and recording deliveries."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    and_,
    bindparam,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from bot.models import Delivery, DeliveryKind, DeliveryState, SubscriptionState, nonce_of
from bot.store.candidates import had
from bot.store.rows import epoch, moment
from bot.store.tables import articles, deliveries, delivery_articles, subscriptions

# The partial index serves only a condition written like its own, with literals.
_OPEN: ColumnElement[bool] = literal_column("deliveries.state IN ('pending', 'sending')", Boolean)


# --- queueing ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Piece:
    """What is remembered of an article that goes to a channel: by these it is never repeated there."""

    key: str
    url_key: str
    story: str
    heat: int | None = None


def pieces(connection: Connection, keys: Sequence[str]) -> list[Piece]:
    """Return the pieces of the articles, in the order of the keys."""
    columns = (articles.c.key, articles.c.url_key, articles.c.story, articles.c.heat)
    rows = {row.key: Piece(*row) for row in connection.execute(select(*columns).where(articles.c.key.in_(keys)))}
    return [rows[key] for key in keys if key in rows]


def queue_delivery(
    connection: Connection,
    *,
    subscription_id: int,
    guild_id: int,
    channel_id: int,
    kind: DeliveryKind,
    told: Sequence[Piece],
    now: datetime,
    more: int = 0,
    most: int | None = None,
    bar: int = 0,
    role_id: int | None = None,
) -> int | None:
    """Queue one message and return its id; what the channel has had by now is left out, None if that is everything.

    Of what is left, no more than the first `most` are told. `bar` is the heat that was demanded, and `role_id` the
    role to ping.
    """
    had_by_now = had(connection, {channel_id}, told, now)
    told = [piece for piece in told if not had_by_now.includes(channel_id, piece)][:most]
    if not told:
        return None
    at = epoch(now)
    assert at is not None
    queued = connection.execute(
        insert(deliveries).values(
            subscription_id=subscription_id,
            guild_id=guild_id,
            channel_id=channel_id,
            kind=kind.value,
            state=DeliveryState.PENDING.value,
            nonce="",
            bar=bar,
            role_id=role_id,
            more=more,
            attempts=0,
            queued_at=at,
            due_at=at,
            uncertain=False,
            edits=0,
        )
    )
    assert queued.inserted_primary_key is not None
    delivery_id: int = queued.inserted_primary_key[0]
    connection.execute(
        update(deliveries).where(deliveries.c.id == delivery_id).values(nonce=nonce_of(delivery_id, channel_id, at))
    )
    connection.execute(
        insert(delivery_articles),
        [
            {
                "delivery_id": delivery_id,
                "position": position,
                "channel_id": channel_id,
                "key": piece.key,
                "url_key": piece.url_key,
                "story": piece.story,
                "heat": piece.heat,
                "at": at,
            }
            for position, piece in enumerate(told)
        ],
    )
    return delivery_id


# --- sending -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt, to be recorded: the columns of the delivery that change."""

    delivery_id: int
    state: DeliveryState
    reason: str | None = None
    message_id: int | None = None
    due_at: datetime | None = None
    first_attempt_at: datetime | None = None
    uncertain: bool = False


def release_claims(connection: Connection, now: datetime) -> int:
    """Make every delivery that a former run of the program left in sending due at once; return their number."""
    statement = update(deliveries).where(deliveries.c.state == DeliveryState.SENDING.value).values(due_at=epoch(now))
    return connection.execute(statement).rowcount


def _to_be_sent(in_flight: Collection[int]) -> ColumnElement[bool]:
    """Return the condition of what is to be sent when it is due: open, not in flight, and not of a paused
    subscription.

    What was already tried is finished whatever became of its subscription: it may have arrived. What lost its
    subscription on the way is taken up too, so that it ends.
    """
    return and_(
        _OPEN,
        deliveries.c.id.not_in(in_flight),
        or_(
            subscriptions.c.state == SubscriptionState.ACTIVE.value,
            subscriptions.c.id.is_(None),
            deliveries.c.state == DeliveryState.SENDING.value,
        ),
    )


def claim_deliveries(
    connection: Connection,
    *,
    now: datetime,
    until: datetime,
    stale: datetime,
    most: int,
    in_flight: Collection[int] = (),
) -> tuple[int, list[Delivery]]:
    """Take up to `most` due deliveries for sending, as they were before, oldest first; none that is in flight.

    They are not due again before `until`, so that one whose outcome is lost is taken up again. Pending ones that were
    queued before `stale` are failed instead, but for first briefings; their number is returned too.
    """
    dropped = connection.execute(
        update(deliveries)
        .where(
            _OPEN,
            deliveries.c.state == DeliveryState.PENDING.value,
            deliveries.c.queued_at < epoch(stale),
            deliveries.c.kind != DeliveryKind.FIRST.value,
        )
        .values(state=DeliveryState.FAILED.value, reason="too old")
    ).rowcount
    query = (
        select(deliveries)
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id, isouter=True)
        .where(_to_be_sent(in_flight), deliveries.c.due_at <= epoch(now))
        .order_by(deliveries.c.kind == DeliveryKind.DIGEST.value, deliveries.c.due_at, deliveries.c.id)
        .limit(most)
    )
    rows = connection.execute(query).mappings().all()
    if not rows:
        return dropped, []
    ids = [row["id"] for row in rows]
    keys: dict[int, list[str]] = {}
    for delivery_id, key in connection.execute(
        select(delivery_articles.c.delivery_id, delivery_articles.c.key)
        .where(delivery_articles.c.delivery_id.in_(ids))
        .order_by(delivery_articles.c.delivery_id, delivery_articles.c.position)
    ):
        keys.setdefault(delivery_id, []).append(key)
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids))
        .values(
            state=DeliveryState.SENDING.value,
            attempts=deliveries.c.attempts + 1,
            first_attempt_at=func.coalesce(deliveries.c.first_attempt_at, epoch(now)),
            due_at=epoch(until),
        )
    )
    claimed = []
    for row in rows:
        queued_at = moment(row["queued_at"])
        assert queued_at is not None
        claimed.append(
            Delivery(
                id=row["id"],
                subscription_id=row["subscription_id"],
                guild_id=row["guild_id"],
                channel_id=row["channel_id"],
                kind=DeliveryKind(row["kind"]),
                state=DeliveryState(row["state"]),
                nonce=row["nonce"],
                keys=tuple(keys.get(row["id"], ())),
                more=row["more"],
                attempts=row["attempts"],
                queued_at=queued_at,
                first_attempt_at=moment(row["first_attempt_at"]),
                bar=row["bar"],
                role_id=row["role_id"],
            )
        )
    return dropped, claimed


def record_outcomes(connection: Connection, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Record what became of attempts."""
    sent = [o for o in outcomes if o.state is DeliveryState.SENT]
    others = [o for o in outcomes if o.state is not DeliveryState.SENT]
    of = deliveries.c.id == bindparam("of")
    if sent:
        connection.execute(
            update(deliveries)
            .where(of)
            .values(
                state=DeliveryState.SENT.value,
                sent_at=epoch(now),
                message_id=bindparam("message"),
                reason=bindparam("because"),
            ),
            [{"of": o.delivery_id, "message": o.message_id, "because": o.reason} for o in sent],
        )
    if others:
        connection.execute(
            update(deliveries)
            .where(of)
            .values(
                state=bindparam("to"),
                reason=bindparam("because"),
                due_at=func.coalesce(bindparam("at"), deliveries.c.due_at),
                first_attempt_at=bindparam("first"),
            ),
            [
                {
                    "of": o.delivery_id,
                    "to": o.state.value,
                    "because": o.reason,
                    "at": epoch(o.due_at),
                    "first": epoch(o.first_attempt_at),
                }
                for o in others
            ],
        )
    uncertain = [o.delivery_id for o in outcomes if o.uncertain]
    if uncertain:
        connection.execute(update(deliveries).where(deliveries.c.id.in_(uncertain)).values(uncertain=True))


def next_due(connection: Connection, in_flight: Collection[int] = ()) -> datetime | None:
    """Return the earliest time at which a delivery that is not in flight is due."""
    query = (
        select(func.min(deliveries.c.due_at))
        .join(subscriptions, subscriptions.c.id == deliveries.c.subscription_id, isouter=True)
        .where(_to_be_sent(in_flight))
    )
    return moment(connection.execute(query).scalar_one())


# --- looking back --------------------------------------------------------------------------------------------


def delivered_keys(connection: Connection, nonce: str) -> tuple[str, ...]:
    """Return the keys of the articles in the message with this nonce, in order."""
    query = (
        select(delivery_articles.c.key)
        .join(deliveries, deliveries.c.id == delivery_articles.c.delivery_id)
        .where(deliveries.c.nonce == nonce)
        .order_by(delivery_articles.c.position)
    )
    return tuple(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True)
class Queue:
    """The outbox in figures: what waits, the age of the oldest of it, and what became of the rest."""

    waiting: int
    oldest: datetime | None
    sent: int
    failed: int
    uncertain: int


def queue_figures(connection: Connection, since: datetime) -> Queue:
    """Return the outbox in figures; those that are done are counted since the time given."""
    waiting, oldest = connection.execute(select(func.count(), func.min(deliveries.c.queued_at)).where(_OPEN)).one()
    rows = connection.execute(
        select(deliveries.c.state, func.count(), func.sum(deliveries.c.uncertain))
        .where(deliveries.c.queued_at >= epoch(since))
        .group_by(deliveries.c.state)
    )
    counts = {state: (count, uncertain or 0) for state, count, uncertain in rows}
    return Queue(
        waiting,
        moment(oldest),
        counts.get("sent", (0, 0))[0],
        counts.get("failed", (0, 0))[0],
        sum(uncertain for _, uncertain in counts.values()),
    )
