"""The deliveries of all servers, as a host looks them up: by state and by server, page by page."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, text

from bot.models import DeliveryKind, DeliveryState
from bot.store.posted import Entry
from bot.store.rows import moment

PAGE = 8

# What deliveries are ordered by, newest first: when they were done, those of one state; else as they were queued. Each
# is led through by an index: a rare failure is not looked for among a million. The plus keeps SQLite from walking all
# there ever were down to the few that are open.
_ORDERS = {
    DeliveryState.PENDING: "+d.id",
    DeliveryState.SENDING: "+d.id",
    DeliveryState.SENT: "d.sent_at",
    DeliveryState.FAILED: "d.due_at",
}
# The partial indexes serve only a condition written like their own, with literals.
_STATES = {
    DeliveryState.PENDING: "d.state = 'pending' AND d.state IN ('pending', 'sending')",
    DeliveryState.SENDING: "d.state = 'sending' AND d.state IN ('pending', 'sending')",
    DeliveryState.SENT: "d.state = 'sent' AND d.sent_at IS NOT NULL",
    DeliveryState.FAILED: "d.state = 'failed'",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page of deliveries begins or ends: beside the one with this id, which stands at `at` in their order."""

    at: int
    id: int
    newer: bool = False
    """Whether what is newer than it is asked for, else what is older."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A delivery as a host looks it up; `held` says that its subscription is paused, `place` where it stands."""

    entry: Entry
    guild_id: int
    attempts: int
    held: bool
    place: Place


@dataclass(frozen=True, slots=True)
class TrackedPage:
    """A page of deliveries, newest first, and whether there are newer and older ones."""

    deliveries: tuple[Tracked, ...]
    has_newer: bool
    has_older: bool


def tracked(
    connection: Connection, state: DeliveryState | None, guild_id: int | None, place: Place | None = None
) -> TrackedPage:
    """Return a page of the deliveries in a state, of a server, both or all; the newest ones without a place."""
    order = _ORDERS[state] if state else "d.id"
    newer = place is not None and place.newer
    conditions = [_STATES[state]] if state else []
    if guild_id is not None:
        conditions.append("d.guild_id = :guild")
    if place is not None:
        conditions.append(f"({order}, d.id) {'>' if newer else '<'} (:at, :id)")
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    way = "ASC" if newer else "DESC"
    rows = connection.execute(
        text(f"""
            SELECT d.*, {order} AS place,
                   (SELECT count(*) FROM delivery_articles p WHERE p.delivery_id = d.id) AS articles,
                   (SELECT a.title FROM delivery_articles p JOIN articles a ON a.key = p.key
                    WHERE p.delivery_id = d.id ORDER BY p.position LIMIT 1) AS title,
                   EXISTS (SELECT 1 FROM subscriptions s WHERE s.id = d.subscription_id AND s.state = 'paused') AS held
            FROM (SELECT d.id FROM deliveries d {where} ORDER BY {order} {way}, d.id {way} LIMIT :most) found
            JOIN deliveries d ON d.id = found.id
            ORDER BY {order} {way}, d.id {way}"""),
        {
            "guild": guild_id,
            "at": place.at if place else None,
            "id": place.id if place else None,
            "most": PAGE + 1,
        },
    ).mappings()
    found = [_tracked(row) for row in rows]
    more = len(found) > PAGE
    found = found[:PAGE]
    if newer:
        return TrackedPage(tuple(reversed(found)), has_newer=more, has_older=True)
    return TrackedPage(tuple(found), has_newer=place is not None, has_older=more)


def _tracked(row: RowMapping) -> Tracked:
    at, due_at = moment(row["sent_at"] or row["queued_at"]), moment(row["due_at"])
    assert at is not None
    assert due_at is not None
    entry = Entry(
        id=row["id"],
        subscription_id=row["subscription_id"],
        channel_id=row["channel_id"],
        kind=DeliveryKind(row["kind"]),
        state=DeliveryState(row["state"]),
        reason=row["reason"],
        at=at,
        due_at=due_at,
        message_id=row["message_id"],
        articles=row["articles"],
        titles=(row["title"],) if row["title"] else (),
    )
    return Tracked(entry, row["guild_id"], row["attempts"], bool(row["held"]), Place(row["place"], row["id"]))
