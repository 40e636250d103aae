"""Rows by the ten thousand: what SQLAlchemy and SQLite are told where there are so many."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

# Rows fetched at a time. At 1 each costs a call; at all of them, a hundred thousand lie in memory at once.
_FETCHED = 500


def driver_rows(connection: Connection, statement: str, values: Sequence[object] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement as the driver's tuples: SQLAlchemy's own rows take longer to make than to read."""
    result = connection.exec_driver_sql(statement, tuple(values))
    cursor = result.cursor
    assert cursor is not None
    try:
        while rows := cursor.fetchmany(_FETCHED):
            yield from rows
    finally:
        result.close()


def hold_pages(connection: Connection, megabytes: int) -> None:
    """Let the connection hold so many MB of the database in memory.

    By default it is 2: rows for thousands of places in many indexes would be written to disk and read again, each page
    several times in one transaction.
    """
    cursor = connection.connection.cursor()  # the driver's own: no transaction is begun for it
    cursor.execute(f"PRAGMA cache_size=-{megabytes * 1000}")
    cursor.close()
