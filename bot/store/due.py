"""Subscriptions as the planner reads them: many at a time, with no more of each than it needs."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from bot.store.rows import epoch

_FETCHED = 1000


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
    return _slices(connection, f"next_run_at <= {int(now.timestamp()):d}", most)


def waiting(connection: Connection, *, most: int) -> Iterator[list[Due]]:
    """Yield the active subscriptions that wait for no time but for the next load, as `due` does."""
    return _slices(connection, "next_run_at IS NULL", most)


def _slices(connection: Connection, when: str, most: int) -> Iterator[list[Due]]:
    rows = connection.exec_driver_sql(
        f"""SELECT id, guild_id, channel_id, terms, after_load, next_run_at, edited_at FROM subscriptions
            WHERE state = 'active' AND {when} ORDER BY channel_id, id"""
    )
    found: list[Due] = []
    while fetched := rows.fetchmany(_FETCHED):
        for row in map(Due._make, fetched):
            if len(found) >= most and row.channel_id != found[-1].channel_id:
                yield found
                found = []
            found.append(row)
    if found:
        yield found


def unchanged(connection: Connection, planned: Sequence[Due]) -> set[int]:
    """Return the ids of those that are as they were: active, with the same terms, to be looked at at the same time."""
    rows = connection.exec_driver_sql(
        """SELECT s.id, s.next_run_at, s.edited_at, s.terms FROM json_each(?) j JOIN subscriptions s ON s.id = j.value
           WHERE s.state = 'active'""",
        (json.dumps([each.id for each in planned]),),
    )
    now = {subscription_id: tuple(values) for subscription_id, *values in rows}
    return {each.id for each in planned if now.get(each.id) == (each.next_run_at, each.edited_at, each.terms)}


def set_next_runs(connection: Connection, times: Mapping[int, datetime | None]) -> None:
    """Set when subscriptions are looked at next; None for at the next load."""
    if times:
        connection.exec_driver_sql(
            "UPDATE subscriptions SET next_run_at = ? WHERE id = ?",
            [(epoch(at), subscription_id) for subscription_id, at in times.items()],
        )
