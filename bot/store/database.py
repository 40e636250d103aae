"""Connections to the database: many readers, one writer, and one way to write.

SQLite has one writer. Every write goes through `BEGIN IMMEDIATE`, because the driver's own deferred BEGIN lets two
connections read the same state and lose one's update; every read uses a connection that cannot write. The statements
themselves are plain functions of a synchronous `Connection`, so that the bot (`Database`), the loader and the planner
(`connect`) share them.
"""

import asyncio
import sqlite3
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import create_async_engine

P = ParamSpec("P")
T = TypeVar("T")

# How long a connection waits for another's write before it gives up, in milliseconds.
BUSY_TIMEOUT = 15_000

_FOREVER = 86_400

# Readers at a time: more than the CPUs that a small host has would only queue in Python.
_READERS = 4


def is_busy(error: BaseException | None) -> bool:
    """Whether the error says that the database was not to be had in time, and trying again later helps."""
    if isinstance(error, PoolTimeoutError):
        return True
    cause = error.orig if isinstance(error, OperationalError) else error
    if not isinstance(cause, sqlite3.OperationalError):
        return False
    return (cause.sqlite_errorcode & 0xFF) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class _DriverCursor(Protocol):
    def execute(self, statement: str) -> object: ...
    def close(self) -> None: ...


class _DriverConnection(Protocol):
    isolation_level: str | None

    def cursor(self) -> _DriverCursor: ...


def _use_wal(cursor: _DriverCursor) -> None:
    """Let readers and the writer not wait for each other.

    Where several programs start at once on a new database, SQLite refuses this at once instead of waiting.
    """
    until = time.monotonic() + BUSY_TIMEOUT / 1000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or time.monotonic() > until:
                raise
            time.sleep(0.02)
        else:
            return


def _prepare(engine: Engine, *, writes: bool) -> None:
    """Give every connection of the engine the same settings, and its transactions the right BEGIN."""

    @event.listens_for(engine, "connect")
    def _connect(connection: _DriverConnection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA synchronous=FULL")
        if writes:
            _use_wal(cursor)
        else:
            cursor.execute("PRAGMA query_only=ON")
            cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        deferred = not writes or connection.get_execution_options().get("staging", False)
        connection.exec_driver_sql("BEGIN" if deferred else "BEGIN IMMEDIATE")


def make_engine(url: str, *, writes: bool) -> Engine:
    """Return a synchronous engine for the same database, for work in threads and child processes."""
    parsed = make_url(url)
    Path(parsed.database or "").parent.mkdir(parents=True, exist_ok=True)
    pool = {"pool_size": 1 if writes else _READERS, "max_overflow": 0}
    engine = create_engine(parsed.set(drivername="sqlite"), hide_parameters=True, **pool)
    _prepare(engine, writes=writes)
    return engine


@contextmanager
def connect(url: str, *, writes: bool) -> Iterator[Connection]:
    """Open one connection for a piece of work; with `writes` each `begin()` on it is the one writing transaction."""
    engine = make_engine(url, writes=writes)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


@contextmanager
def beside_writers(connection: Connection) -> Iterator[None]:
    """Run a transaction that reads, and writes nothing but TEMP tables: it keeps no other writer waiting."""
    connection.execution_options(staging=True)
    try:
        with connection.begin():
            yield
    finally:
        connection.execution_options(staging=False)


class Database:
    """The bot's database: `read` and `write` run one function of a connection in one transaction."""

    def __init__(self, url: str) -> None:
        self.url = url
        # Errors are logged: what people typed and publishers wrote stays out of them.
        self._reader = create_async_engine(url, pool_size=_READERS, max_overflow=0, hide_parameters=True)
        # However many wait for their turn, each turn has the whole busy timeout: no limit of the pool's own.
        self._writer = create_async_engine(
            url, pool_size=1, max_overflow=0, pool_timeout=_FOREVER, hide_parameters=True
        )
        self._working: set[asyncio.Future[Any]] = set()  # whatever its results are
        self._closed = False
        _prepare(self._reader.sync_engine, writes=False)
        _prepare(self._writer.sync_engine, writes=True)

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function reads, from one snapshot."""

        async def work() -> T:
            async with self._reader.connect() as connection:
                return await connection.run_sync(query, *args, **kwargs)

        return await self._to_its_end(work())

    async def write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit what the function does, or nothing of it if it raises."""

        async def work() -> T:
            async with self._writer.begin() as connection:
                return await connection.run_sync(change, *args, **kwargs)

        return await self._to_its_end(work())

    async def _to_its_end(self, work: Coroutine[None, None, T]) -> T:
        """Do the work even where its caller is cancelled: half-opened connections would be left to the collector."""
        if self._closed:
            work.close()
            raise asyncio.CancelledError("the database is closed")
        task = asyncio.ensure_future(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            task.add_done_callback(lambda done: done.cancelled() or done.exception())  # nobody asks for it any more
            raise

    async def close(self) -> None:
        """Close every connection, once what is under way is done. Whoever asks for more after that is cancelled."""
        self._closed = True
        await asyncio.gather(*self._working, return_exceptions=True)
        await self._reader.dispose()
        await self._writer.dispose()
