"""A database that was put back from a backup does not know what was sent since: that must not be sent again."""

from datetime import datetime

from sqlalchemy import Connection, func, update

from bot.models import DeliveryState
from bot.store.loads import newest_load
from bot.store.notes import keep_note, note
from bot.store.rows import epoch
from bot.store.tables import deliveries, subscriptions

_CLAIMS = "claims"


def claims_made(connection: Connection) -> int:
    """Return how often anything was claimed for sending: by that number an older database is known."""
    return int(note(connection, _CLAIMS) or 0)


def count_claim(connection: Connection) -> None:
    """Count a claim, in its own transaction."""
    keep_note(connection, _CLAIMS, str(claims_made(connection) + 1))


def fence(connection: Connection, claims: int, now: datetime) -> bool:
    """Make up for claims that the database does not know of.

    What it holds as unsent is looked for in its channel before it is sent. What is first sighted up to the next load
    goes to nobody: that load brings what came since the backup, and most of it was posted. Returns whether the database
    holds anything that this is for; one that is new does not.
    """
    keep_note(connection, _CLAIMS, str(claims))
    unsent = connection.execute(
        update(deliveries)
        .where(deliveries.c.state.in_(("pending", "sending")))
        .values(
            state=DeliveryState.SENDING.value,
            first_attempt_at=func.coalesce(deliveries.c.first_attempt_at, deliveries.c.queued_at),
            due_at=epoch(now),
        )
    )
    held = connection.execute(update(subscriptions).values(after_load=newest_load(connection) + 1))
    return unsent.rowcount > 0 or held.rowcount > 0
