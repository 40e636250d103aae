"""What was posted, waits, or failed: a server's deliveries as people look them up."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, text

from bot.models import DeliveryKind, DeliveryState
from bot.store.rows import moment

# The newest deliveries of a server are found by its index; a year of them is never walked.
_MOST = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery as it is looked up: what it held, and what became of it when.

    `at` is when it was posted, else when it was queued; `titles` are of those articles that the store still has.
    """

    id: int
    subscription_id: int
    channel_id: int
    kind: DeliveryKind
    state: DeliveryState
    reason: str | None
    at: datetime
    due_at: datetime
    message_id: int | None
    articles: int
    titles: tuple[str, ...]


def posted(connection: Connection, guild_id: int, subscription_id: int | None = None) -> tuple[Entry, ...]:
    """Return the newest 50 deliveries of a server, or of one of its subscriptions, newest first."""
    rows = connection.execute(
        text("""
            SELECT d.id, d.subscription_id, d.channel_id, d.kind, d.state, d.reason, d.sent_at, d.queued_at, d.due_at,
                   d.message_id,
                   (SELECT count(*) FROM delivery_articles p WHERE p.delivery_id = d.id),
                   (SELECT json_group_array(title) FROM (
                        SELECT a.title FROM delivery_articles p JOIN articles a ON a.key = p.key
                        WHERE p.delivery_id = d.id ORDER BY p.position))
            FROM deliveries d
            WHERE d.guild_id = :guild AND (:subscription IS NULL OR d.subscription_id = :subscription)
            ORDER BY d.queued_at DESC, d.id DESC LIMIT :most"""),
        {"guild": guild_id, "subscription": subscription_id, "most": _MOST},
    )
    found = []
    for number, order, channel, kind, state, reason, sent, queued, due, message, count, titles in rows:
        at, due_at = moment(sent or queued), moment(due)
        assert at is not None
        assert due_at is not None
        found.append(
            Entry(
                id=number,
                subscription_id=order,
                channel_id=channel,
                kind=DeliveryKind(kind),
                state=DeliveryState(state),
                reason=reason,
                at=at,
                due_at=due_at,
                message_id=message,
                articles=count,
                titles=tuple(json.loads(titles)),
            )
        )
    return tuple(found)


def key_of_message(connection: Connection, guild_id: int, message_id: int) -> str | None:
    """Return the key of the first article of a message that was posted in the server."""
    found: str | None = connection.execute(
        text("""SELECT p.key FROM deliveries d JOIN delivery_articles p ON p.delivery_id = d.id
                WHERE d.guild_id = :guild AND d.message_id = :message ORDER BY p.position LIMIT 1"""),
        {"guild": guild_id, "message": message_id},
    ).scalar()
    return found
