"""One writer, many readers: nothing is lost, nothing half done, and readers cannot write."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.settings import Settings
from bot.store.database import Database, connect, is_busy
from bot.store.migrate import migrate
from bot.store.notes import keep_note, note


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    migrate(settings.database_url)
    made = Database(settings.database_url)
    yield made
    await made.close()


def count_up(connection: Connection) -> None:
    """Add one to a number: the read-modify-write by which updates are lost."""
    keep_note(connection, "count", str(int(note(connection, "count") or "0") + 1))


async def test_concurrent_writers_lose_no_update(database: Database, settings: Settings) -> None:
    other = Database(settings.database_url)
    try:
        await asyncio.gather(*(each.write(count_up) for _ in range(30) for each in (database, other)))
    finally:
        await other.close()
    assert await database.read(note, "count") == "60"


async def test_a_write_takes_the_lock_before_it_reads(database: Database, settings: Settings) -> None:
    def try_to_write(connection: Connection) -> str:
        assert note(connection, "count") is None
        second = sqlite3.connect(settings.database, timeout=0, isolation_level=None)
        try:
            second.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            return error.sqlite_errorname
        finally:
            second.close()
        return "not locked"

    assert await database.write(try_to_write) == "SQLITE_BUSY"


async def test_an_exception_undoes_the_whole_write(database: Database) -> None:
    def fail(connection: Connection) -> None:
        keep_note(connection, "a", "written")
        raise RuntimeError("as asked")

    with pytest.raises(RuntimeError, match="as asked"):
        await database.write(fail)
    assert await database.read(note, "a") is None
    await database.write(keep_note, "a", "after")
    assert await database.read(note, "a") == "after"


async def test_a_cancelled_write_is_undone_and_frees_the_writer(database: Database, settings: Settings) -> None:
    holder = sqlite3.connect(settings.database, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    waiting = asyncio.create_task(database.write(keep_note, "a", "cancelled"))
    await asyncio.wait([waiting], timeout=0.05)
    waiting.cancel()
    holder.rollback()
    holder.close()
    await asyncio.gather(waiting, return_exceptions=True)
    await database.write(keep_note, "b", "written")
    assert await database.read(note, "b") == "written"


async def test_a_reader_cannot_write(database: Database, settings: Settings) -> None:
    with pytest.raises(OperationalError, match="readonly"):
        await database.read(keep_note, "a", "b")
    with connect(settings.database_url, writes=False) as connection, pytest.raises(OperationalError, match="readonly"):
        keep_note(connection, "a", "b")


async def test_a_read_sees_one_moment(database: Database, settings: Settings) -> None:
    def read_twice(connection: Connection) -> tuple[str | None, str | None]:
        first = note(connection, "a")
        with connect(settings.database_url, writes=True) as writer, writer.begin():
            keep_note(writer, "a", "later")
        return first, note(connection, "a")

    await database.write(keep_note, "a", "before")
    assert await database.read(read_twice) == ("before", "before")
    assert await database.read(note, "a") == "later"


@pytest.mark.parametrize("writes", [True, False])
def test_connections_are_set_up(settings: Settings, *, writes: bool) -> None:
    migrate(settings.database_url)
    with connect(settings.database_url, writes=writes) as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
        }
    assert found == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 15_000,
        "query_only": int(not writes),
    }


def test_which_errors_mean_busy(settings: Settings) -> None:
    migrate(settings.database_url)
    holder = sqlite3.connect(settings.database, isolation_level=None)
    second = sqlite3.connect(settings.database, timeout=0, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    with pytest.raises(sqlite3.OperationalError) as locked:
        second.execute("BEGIN IMMEDIATE")
    holder.close()
    second.close()
    with connect(settings.database_url, writes=False) as connection, pytest.raises(OperationalError) as absent:
        connection.execute(text("SELECT * FROM nothing_of_the_kind"))
    assert is_busy(locked.value)
    assert is_busy(OperationalError("BEGIN IMMEDIATE", None, locked.value))
    assert is_busy(PoolTimeoutError())
    assert not is_busy(absent.value)
    assert not is_busy(RuntimeError())
    assert not is_busy(None)
