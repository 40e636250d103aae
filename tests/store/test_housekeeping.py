"""What is deleted when it is old, and what never is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert, select

from bot.store.housekeeping import prune, prune_deliveries
from bot.store.rows import epoch
from bot.store.tables import bars, deliveries, delivery_articles, drafts, loads, notices, sightings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

_DRAFT = {"guild_id": 1, "channel_id": 1, "subscription_id": 1, "user_id": 1, "terms": "{}"}


def ago(days: float) -> int:
    """Return the time so many days ago, as the tables keep it."""
    return epoch(NOW - timedelta(days=days)) or 0


def row(table: Table, days: float, number: int) -> dict[str, Any]:
    """Return a row of a table that is so many days old."""
    at = ago(days)
    return {
        "bars": {"filter": f"f{number}", "day": at // 86_400, "hot": 1, "hottest": 2, "counted": 30},
        "loads": {"number": number, "at": at, "report": "{}", "planned_at": at},
        "drafts": {"key": f"k{number}", **_DRAFT, "used_at": at},
        "notices": {"guild_id": 1, "channel_id": 1, "because": "gone", "detail": "[]", "at": at, "told_at": at},
    }[table.name]


@pytest.mark.parametrize(
    ("table", "kept", "deleted"),
    [(bars, 399, 402), (loads, 364, 366), (drafts, 6, 8), (notices, 29, 31)],
    ids=lambda value: getattr(value, "name", None),
)
def test_what_is_too_old_goes(connection: Connection, table: Table, kept: float, deleted: float) -> None:
    connection.execute(insert(table), [row(table, deleted, 1), row(table, kept, 2), row(table, 0, 3)])
    assert prune(connection, NOW, 100) == 1
    assert len(connection.execute(select(table)).all()) == 2
    assert prune(connection, NOW, 100) == 0


def test_the_newest_load_and_untold_notices_stay_for_ever(connection: Connection) -> None:
    connection.execute(insert(loads), [row(loads, 3000, 7)])
    connection.execute(insert(notices), [row(notices, 3000, 1) | {"told_at": None}])
    assert prune(connection, NOW, 100) == 0


def test_a_slice_is_no_longer_than_asked_for(connection: Connection) -> None:
    connection.execute(insert(bars), [row(bars, 500, number) for number in range(25)])
    assert [prune(connection, NOW, 10) for _ in range(4)] == [10, 10, 5, 0]


@pytest.mark.parametrize(
    ("state", "queued", "seen", "goes"),
    [
        pytest.param("sent", 401, 401, True, id="sent"),
        pytest.param("failed", 401, 401, True, id="failed"),
        pytest.param("sending", 401, 401, False, id="may have arrived"),
        pytest.param("sent", 399, 2000, False, id="too young"),
        pytest.param("sent", 401, 399, False, id="its article is too young"),
        pytest.param("sent", 401, None, True, id="its article was never seen"),
    ],
)
def test_deliveries_go_unless_that_could_repeat_one(
    connection: Connection, state: str, queued: float, seen: float | None, goes: bool
) -> None:
    for number in range(1, 4):
        connection.execute(
            insert(deliveries).values(
                id=number,
                subscription_id=1,
                guild_id=1,
                channel_id=1,
                kind="push",
                state=state if number == 1 else "sent",
                nonce=str(number),
                bar=0,
                more=0,
                attempts=1,
                queued_at=ago(queued if number == 1 else 1),
                due_at=0,
                uncertain=False,
                edits=0,
            )
        )
        connection.execute(
            insert(delivery_articles).values(
                delivery_id=number, position=0, channel_id=1, key=f"k{number}", url_key="u", story="s", at=0
            )
        )
    if seen is not None:
        connection.execute(insert(sightings).values(key="k1", seen_at=ago(seen), load=1, quiet=False))
    beyond: int | None = 0
    steps = 0
    while beyond is not None:
        beyond = prune_deliveries(connection, NOW, beyond, 1)
        steps += 1
    assert steps <= 3
    left = set(connection.execute(select(deliveries.c.id)).scalars())
    assert left == ({2, 3} if goes else {1, 2, 3})
    assert len(connection.execute(select(delivery_articles)).all()) == len(left)
