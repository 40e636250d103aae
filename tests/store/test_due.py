"""Which subscriptions the planner reads, and whether they still are what it read."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.models import Subscription, Terms
from bot.store import subscriptions
from bot.store.bulk import driver_rows, hold_pages
from bot.store.due import Due, due, set_next_runs, unchanged, waiting, waiting_terms
from tests.conftest import NOW

HOUR = timedelta(hours=1)


def add(connection: Connection, channel: int, topic: str = "AI") -> Subscription:
    """Add a subscription that waits for the next load."""
    return subscriptions.add_subscription(
        connection, guild_id=1, channel_id=channel, terms=Terms(topics=(topic,)), next_run_at=None, now=NOW
    )


def read(connection: Connection, most: int = 10) -> list[list[Due]]:
    """Return all that wait, as the planner reads them."""
    return list(waiting(connection, waiting_terms(connection), most=most))


def test_slices_have_all_of_a_channel(connection: Connection) -> None:
    with connection.begin():
        for channel in (3, 1, 2, 1, 1):
            add(connection, channel)
        assert [[each.channel_id for each in found] for found in read(connection, most=2)] == [[1, 1, 1], [2, 3]]


def test_terms_are_told_once_and_only_of_those_that_wait(connection: Connection) -> None:
    with connection.begin():
        *_, timed, paused = [add(connection, 1, topic) for topic in ("AI", "AI", "Robotics", "Space", "Law")]
        subscriptions.set_next_run(connection, timed.id, NOW)
        subscriptions.pause_subscription(connection, paused.id, None)
        assert len(waiting_terms(connection)) == 2
        assert [each.id for found in due(connection, NOW, most=10) for each in found] == [timed.id]


@pytest.mark.parametrize(
    "change",
    [
        lambda connection, one: subscriptions.pause_subscription(connection, one.id, None),
        lambda connection, one: subscriptions.remove_subscription(connection, one.id),
        lambda connection, one: subscriptions.set_next_run(connection, one.id, NOW + HOUR),
        lambda connection, one: subscriptions.set_terms(connection, one.id, one.terms, None, NOW + HOUR),
        lambda connection, one: subscriptions.set_terms(connection, one.id, Terms(), None, NOW),  # in the same second
    ],
    ids=["paused", "removed", "another time", "edited", "edited at once"],
)
def test_what_changed_is_known(connection: Connection, change: Callable[[Connection, Subscription], None]) -> None:
    with connection.begin():
        one, other = add(connection, 1), add(connection, 2)
        planned = [each for found in read(connection) for each in found]
        assert unchanged(connection, planned) == {one.id, other.id}
        change(connection, one)
        assert unchanged(connection, planned) == {other.id}


def test_each_is_found_by_its_number(connection: Connection) -> None:
    """Without statistics, SQLite would read all active ones for each; that took most of a big pass."""
    with connection.begin():
        add(connection, 1)
        planned = [each for found in read(connection) for each in found]
        statements: list[str] = []
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.set_trace_callback(statements.append)
        unchanged(connection, planned)
        driver.set_trace_callback(None)
        plan = [str(row[3]) for row in driver_rows(connection, f"EXPLAIN QUERY PLAN {statements[-1]}")]
    assert any("USING INTEGER PRIMARY KEY" in step for step in plan)


def test_times_are_set_together(connection: Connection) -> None:
    with connection.begin():
        one, other = add(connection, 1), add(connection, 2)
        set_next_runs(connection, {one.id: NOW + HOUR, other.id: NOW})
        set_next_runs(connection, {other.id: None})
        assert [each.id for found in read(connection) for each in found] == [other.id]
        assert subscriptions.next_run(connection) == NOW + HOUR


def test_pages_are_held_outside_of_any_transaction(connection: Connection) -> None:
    hold_pages(connection, 16)
    assert not connection.in_transaction()
    assert list(driver_rows(connection, "PRAGMA cache_size")) == [(-16_000,)]
