"""What the last load knew of the corpus: its roots, and what each file looked like."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.store.rows import epoch


def known_files(connection: Connection) -> dict[str, int | None]:
    """Return the stamp of every file of the last load."""
    known: dict[str, int | None] = {}
    for rows in connection.exec_driver_sql("SELECT file, stamp FROM files").partitions(10_000):
        known.update((row[0], row[1]) for row in rows)
    return known


def files_now(connection: Connection, files: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return the files with their status and article id."""
    rows = connection.exec_driver_sql(
        "SELECT file, status, article FROM files WHERE file IN (SELECT value FROM json_each(?))", (json.dumps(files),)
    )
    return [(file, status, article) for file, status, article in rows]


def known_roots(connection: Connection) -> frozenset[str]:
    """Return the paths of the roots that have been loaded."""
    return frozenset(connection.exec_driver_sql("SELECT path FROM roots").scalars())


def add_roots(connection: Connection, paths: Sequence[str], now: datetime) -> None:
    """Note that the roots are loaded, where that is new."""
    rows = [(path, epoch(now)) for path in paths]
    connection.exec_driver_sql("INSERT OR IGNORE INTO roots (path, first_load_at) VALUES (?, ?)", rows)


def article_count(connection: Connection) -> int:
    """Return the number of articles, hidden ones too."""
    return int(connection.exec_driver_sql("SELECT count(*) FROM articles").scalar_one())
