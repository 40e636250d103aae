"""Subscriptions as the planner reads them: many at a time, with no more of each than it needs."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection

from bot.store.bulk import driver_rows
from bot.store.rows import epoch

_COLUMNS = "id, guild_id, channel_id, terms, after_load, next_run_at, edited_at"

# Most subscriptions are such: one look at all is quicker than as many jumps from an index.
_WAITING = "FROM subscriptions NOT INDEXED WHERE state = 'active' AND next_run_at IS NULL"


class Due(NamedTuple):
    """A subscription whose time has come; `terms` is their text, times are epoch seconds."""

    id: int
    guild_id: int
    channel_id: int
    terms: str
    after_load: int
    next_run_at: int | None
    edited_at: int


def due(connection: Connection, now: datetime, *, most: int) -> Iterator[list[Due]]:
    """Yield the active subscriptions whose time has come, by channel and id, in slices of `most` or a few more.

    A slice has all of a channel.
    """
    rows = driver_rows(
        connection,
        f"SELECT {_COLUMNS} FROM subscriptions WHERE state = 'active' AND next_run_at <= ? ORDER BY +channel_id, id",
        (epoch(now),),
    )
    return _slices(rows, most)


def waiting_terms(connection: Connection) -> list[str]:
    """Return the terms, each once, of the active subscriptions that wait for no time but for the next load."""
    return [terms for (terms,) in driver_rows(connection, f"SELECT DISTINCT terms {_WAITING}")]


def waiting(connection: Connection, terms: Collection[str], *, most: int) -> Iterator[list[Due]]:
    """Yield those of the subscriptions that wait for the next load which have one of these terms, as `due` does."""
    rows = driver_rows(
        connection,
        f"SELECT {_COLUMNS} {_WAITING} AND terms IN (SELECT value FROM json_each(?)) ORDER BY channel_id, id",
        (json.dumps(list(terms), ensure_ascii=False),),
    )
    return _slices(rows, most)


def _slices(rows: Iterable[tuple[Any, ...]], most: int) -> Iterator[list[Due]]:
    found: list[Due] = []
    for row in map(Due._make, rows):
        if len(found) >= most and row.channel_id != found[-1].channel_id:
            yield found
            found = []
        found.append(row)
    if found:
        yield found


def unchanged(connection: Connection, planned: Sequence[Due]) -> set[int]:
    """Return the ids of those that are as they were: active, with the same terms, to be looked at at the same time."""
    rows = driver_rows(
        connection,
        """SELECT s.id, s.next_run_at, s.edited_at, s.terms
           FROM json_each(?) j CROSS JOIN subscriptions s ON s.id = j.value WHERE s.state = 'active'""",
        (json.dumps([each.id for each in planned]),),
    )
    now = set(rows)
    return {each.id for each in planned if (each.id, each.next_run_at, each.edited_at, each.terms) in now}


def set_next_runs(connection: Connection, times: Mapping[int, datetime | None]) -> None:
    """Set when subscriptions are looked at next; None for at the next load."""
    if times:
        connection.exec_driver_sql(
            "UPDATE subscriptions SET next_run_at = ? WHERE id = ?",
            [(epoch(at), subscription_id) for subscription_id, at in times.items()],
        )
