"""The figures of /admin status: what waits, what holds it, and what became of the rest in a day."""

import re
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from bot.models import DeliveryKind, DeliveryState, Terms
from bot.store.database import connect
from bot.store.migrate import migrate
from bot.store.operations import figures
from bot.store.rows import epoch
from bot.store.subscriptions import add_subscription, pause_subscription
from bot.store.tables import deliveries, edits, notices
from bot.store.tracked import Place, tracked
from tests.conftest import NOW

HOUR = timedelta(hours=1)


@pytest.fixture
def url(tmp_path: Path) -> str:
    url = f"sqlite+aiosqlite:///{tmp_path / 'heatline.db'}"
    migrate(url)
    return url


def add(connection: Connection, number: int, state: DeliveryState, **values: Any) -> None:
    """Add a delivery of today with this state."""
    row = {
        "id": number,
        "subscription_id": 1,
        "guild_id": 10,
        "channel_id": 20,
        "kind": DeliveryKind.PUSH.value,
        "state": state.value,
        "nonce": str(number),
        "bar": 0,
        "more": 0,
        "attempts": 0,
        "queued_at": epoch(NOW),
        "due_at": epoch(NOW),
        "uncertain": False,
        "edits": 0,
    }
    connection.execute(insert(deliveries).values(row | values))


def subscribe(connection: Connection) -> int:
    made = add_subscription(connection, guild_id=10, channel_id=20, terms=Terms(), next_run_at=None, now=NOW)
    return made.id


def test_of_an_empty_database(url: str) -> None:
    with connect(url, writes=False) as connection:
        found = figures(connection, NOW)
    assert found.outbox.waiting == found.results.sent_count == found.results.failed_count == 0
    assert found.outbox.due_since is None
    assert found.corpus.last_load is None
    assert found.size > 0


def test_what_waits(url: str) -> None:
    with connect(url, writes=True) as connection, connection.begin():
        for _ in range(3):
            subscribe(connection)
        pause_subscription(connection, 2, None)
        pause_subscription(connection, 3, "no permission")
        long_due, later = epoch(NOW - HOUR), epoch(NOW + HOUR)
        add(connection, 1, DeliveryState.PENDING)
        add(connection, 2, DeliveryState.PENDING, due_at=long_due)
        add(connection, 3, DeliveryState.PENDING, due_at=later)
        add(connection, 4, DeliveryState.PENDING, due_at=later, subscription_id=9)  # removed: it is still ended
        add(connection, 5, DeliveryState.PENDING, subscription_id=2, due_at=epoch(NOW - 9 * HOUR))
        add(connection, 6, DeliveryState.SENDING, subscription_id=3, due_at=later)
        add(connection, 7, DeliveryState.SENT, sent_at=long_due)
        add(connection, 8, DeliveryState.FAILED)
        connection.execute(insert(edits).values(delivery_id=7, because="title", attempts=0, due_at=0))
        values = {"guild_id": 10, "channel_id": 20, "because": "gone", "detail": "[]", "at": 0}
        connection.execute(insert(notices).values(**values))
        connection.execute(insert(notices).values(**values, told_at=1))
        found = figures(connection, NOW)
    assert (found.outbox.due, found.outbox.due_since) == (2, NOW - HOUR)
    assert (found.outbox.later, found.outbox.held, found.outbox.sending, found.outbox.waiting) == (2, 1, 1, 6)
    assert (found.active, found.paused, found.troubled) == (1, 2, 1)
    assert (found.edits, found.notices) == (1, 1)


def test_what_became_of_the_rest_in_a_day(url: str) -> None:
    with connect(url, writes=True) as connection, connection.begin():
        for number, hours in enumerate((0, 1, 2, 23, 25), 1):
            add(connection, number, DeliveryState.SENT, sent_at=epoch(NOW - hours * HOUR), uncertain=hours > 2)
        add(connection, 6, DeliveryState.SENT, sent_at=epoch(NOW), kind=DeliveryKind.DIGEST.value)
        for number, (reason, hours) in enumerate(
            (("gone", 0), ("too old", 3), ("gone", 5), ("gone", 25), (None, 1)), 7
        ):
            add(connection, number, DeliveryState.FAILED, reason=reason, due_at=epoch(NOW - hours * HOUR))
        found = figures(connection, NOW).results
    assert found.last_hour == 3
    assert found.sent == ((DeliveryKind.PUSH, 4), (DeliveryKind.DIGEST, 1))
    assert found.failed == (("gone", 2), ("", 1), ("too old", 1))
    assert found.uncertain == 1


# --- their speed ---------------------------------------------------------------------------------------------


def plans(url: str, ask: Callable[[Connection], object]) -> list[str]:
    """Return how SQLite goes about what is asked, a line for each step that touches deliveries."""
    with connect(url, writes=False) as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        asked: list[str] = []
        driver.set_trace_callback(asked.append)
        ask(connection)
        driver.set_trace_callback(None)
        steps = [
            step[3]
            for statement in asked
            if "FROM deliveries" in statement
            for step in driver.execute(f"EXPLAIN QUERY PLAN {statement}")
        ]
    return [step for step in steps if re.match(r"(SCAN|SEARCH) (d|deliveries)\b", step)]


def test_figures_come_from_indexes(url: str) -> None:
    steps = plans(url, lambda connection: figures(connection, NOW))
    assert len(steps) == 3
    for step, index in zip(steps, ("due", "sent", "failed"), strict=True):
        assert f"INDEX ix_deliveries_{index}" in step


@pytest.mark.parametrize("state", [None, *DeliveryState])
@pytest.mark.parametrize("guild_id", [None, 10])
@pytest.mark.parametrize("place", [None, Place(5, 5), Place(5, 5, newer=True)])
def test_no_page_of_deliveries_reads_all(
    url: str, state: DeliveryState | None, guild_id: int | None, place: Place | None
) -> None:
    steps = plans(url, lambda connection: tracked(connection, state, guild_id, place))
    assert steps
    whole = "SCAN d"  # all of them, newest first: eight are read, and no more
    assert [step for step in steps if "INDEX" not in step and "PRIMARY KEY" not in step] == (
        [whole] if (state, guild_id, place) == (None, None, None) else []
    )
