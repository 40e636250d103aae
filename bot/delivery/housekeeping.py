"""Once a day: what nobody needs any more is deleted, and what servers had that left a month ago."""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from sqlalchemy.exc import OperationalError

from bot.store.database import Database
from bot.store.housekeeping import prune, prune_deliveries
from bot.store.leaving import forget_servers

_log = logging.getLogger(__name__)

_EVERY = 86_400.0
# After a start there is better to do first; a program that is started anew every hour still tidies up.
_FIRST = 600.0
# Rows in one transaction: others wait some milliseconds for it.
_SLICE = 500
_TROUBLE = 60.0


class Housekeeper:
    """Deletes what is too old."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    async def run(self) -> None:
        """Tidy up once a day, until cancelled."""
        await asyncio.sleep(_FIRST)
        while True:
            try:
                await self.tidy()
            except OperationalError as error:
                _log.warning("The database is busy (%s); tidying up waits.", error.orig)
                await asyncio.sleep(_TROUBLE)
                continue
            await asyncio.sleep(_EVERY)

    async def tidy(self) -> None:
        """Delete what is too old now, in slices."""
        now = self._clock()
        for step in (forget_servers, prune):
            while await self._database.write(step, now, _SLICE) >= _SLICE:
                pass
        beyond: int | None = 0
        while beyond is not None:
            beyond = await self._database.write(prune_deliveries, now, beyond, _SLICE)
