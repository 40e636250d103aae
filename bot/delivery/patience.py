"""The database for those who send: however long it cannot be had, they wait."""

import asyncio
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from bot.store.database import Database, is_busy

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

# How long to rest when the database is in trouble, before the next try.
_TROUBLE = 2.0
# The database cannot be written or read now: another writes, the disk is full, the folder is read-only. It passes.
UNUSABLE = (OperationalError, PoolTimeoutError)


def trouble(error: Exception) -> str:
    """Return what is wrong with the database, for the log."""
    cause = error.orig if isinstance(error, OperationalError) else error
    return f"The database is busy ({cause})" if is_busy(error) else f"The database cannot be used ({cause})"


async def rest(error: Exception) -> None:
    """Tell what is wrong with the database, and let some time pass."""
    _log.log(logging.WARNING if is_busy(error) else logging.ERROR, "%s; sending waits.", trouble(error))
    await asyncio.sleep(_TROUBLE)


class Patience:
    """The database; `read` and `write` return when it could be had."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Commit the change, however long the database is busy."""
        while True:
            try:
                return await self._database.write(change, *args, **kwargs)
            except UNUSABLE as error:
                await rest(error)

    async def read(self, query: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what the function reads, however long the database is busy."""
        while True:
            try:
                return await self._database.read(query, *args, **kwargs)
            except UNUSABLE as error:
                await rest(error)
