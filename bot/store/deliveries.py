"""The outbox: queueing, claiming and recording deliveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    bindparam,
    func,
    literal_column,
    select,
    update,
)

from bot.models import DeliveryKind, DeliveryState, nonce_of
from bot.store.candidates import Told, had
from bot.store.notes import drop_note, keep_note, note
from bot.store.quarantine import BAD_PAYLOAD, quarantine_refused
from bot.store.rows import epoch, moment
from bot.store.tables import articles, deliveries, delivery_articles

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


class Message(NamedTuple):
    """One message to be queued: `bar` is the heat that was demanded, `role_id` the role to ping."""

    subscription_id: int
    guild_id: int
    channel_id: int
    kind: DeliveryKind
    told: Sequence[Told]
    more: int = 0
    bar: int = 0
    role_id: int | None = None


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
    queue_deliveries(connection, [Message(subscription_id, guild_id, channel_id, kind, told, more, bar, role_id)], now)
    return newest_delivery(connection)


def queue_deliveries(connection: Connection, messages: Sequence[Message], now: datetime) -> None:
    """Queue messages, in their order; the channels have had nothing of what is in them."""
    at = int(now.timestamp())
    numbered = list(enumerate(messages, newest_delivery(connection) + 1))
    connection.exec_driver_sql(
        """INSERT INTO deliveries (id, subscription_id, guild_id, channel_id, kind, state, nonce, bar, role_id, more,
                                   attempts, queued_at, due_at, uncertain, edits)
           VALUES (?, ?, ?, ?, ?, 'pending', ?, ?, ?, ?, 0, ?, ?, 0, 0)""",
        [
            (
                *(number, each.subscription_id, each.guild_id, each.channel_id, each.kind.value),
                *(nonce_of(number, each.channel_id, at), each.bar, each.role_id, each.more, at, at),
            )
            for number, each in numbered
        ],
    )
    connection.exec_driver_sql(
        """INSERT INTO delivery_articles (delivery_id, position, channel_id, key, url_key, story, heat, at)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)""",
        [
            (number, position, each.channel_id, piece.key, piece.url_key, piece.story, piece.heat, at)
            for number, each in numbered
            for position, piece in enumerate(each.told)
        ],
    )


def newest_delivery(connection: Connection) -> int:
    """Return the id of the delivery that was queued last, whether it is still there or not; 0 before the first."""
    found = connection.exec_driver_sql("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'").scalar_one_or_none()
    return found or 0


def channels_told_since(connection: Connection, delivery_id: int) -> set[int]:
    """Return the channels for which anything was queued after this delivery."""
    return set(connection.execute(select(deliveries.c.channel_id).where(deliveries.c.id > delivery_id)).scalars())


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
    shown: str | None = None


def release_claims(connection: Connection, now: datetime) -> int:
    """Make every delivery that a former run of the program left in sending due at once; return their number."""
    statement = update(deliveries).where(deliveries.c.state == DeliveryState.SENDING.value).values(due_at=epoch(now))
    return connection.execute(statement).rowcount


_PAUSED = "sending_paused"


def pause_sending(connection: Connection, now: datetime) -> None:
    """Let nothing be claimed for sending, also after a restart, until `resume_sending`."""
    keep_note(connection, _PAUSED, str(epoch(now)))


def resume_sending(connection: Connection) -> None:
    """Let deliveries be claimed again."""
    drop_note(connection, _PAUSED)


def sending_paused(connection: Connection) -> datetime | None:
    """Return since when the whole program's sending is paused; None if it is not."""
    since = note(connection, _PAUSED)
    return moment(int(since)) if since else None


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
                shown=bindparam("showing"),
            ),
            [{"of": o.delivery_id, "message": o.message_id, "because": o.reason, "showing": o.shown} for o in sent],
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
    refused = [o.delivery_id for o in others if o.state is DeliveryState.FAILED and o.reason in BAD_PAYLOAD]
    if refused:
        quarantine_refused(connection, refused, now)
    uncertain = [o.delivery_id for o in outcomes if o.uncertain]
    if uncertain:
        connection.execute(update(deliveries).where(deliveries.c.id.in_(uncertain)).values(uncertain=True))


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
