"""The scheduler: plans after each load and at each due time, one loop that sleeps until the earliest."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from sqlalchemy.exc import OperationalError

from bot.delivery.plan import Planned, Planner
from bot.delivery.send import Sender
from bot.store.database import Database
from bot.store.subscriptions import next_run

_log = logging.getLogger(__name__)

# Sleep at most so long: clocks are set, and machines sleep.
_LONGEST_SLEEP = 300.0
_TROUBLE = 5.0


class Scheduler:
    """Runs the planner when there is something to plan, and wakes the sender when something was queued."""

    def __init__(self, database: Database, planner: Planner, sender: Sender, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._planner = planner
        self._sender = sender
        self._clock = clock
        self._wake = asyncio.Event()
        self._one_at_a_time = asyncio.Lock()

    def wake(self) -> None:
        """Plan now: a load was made, or subscriptions changed."""
        self._wake.set()

    async def plan(self) -> Planned:
        """Plan what is due, wait for it, and return what was done."""
        async with self._one_at_a_time:
            planned = await asyncio.to_thread(self._planner.plan, self._clock())
        if planned.messages:
            self._sender.wake()
        return planned

    async def run(self) -> None:
        """Plan at every due time, until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self.plan()
                due = await self._database.read(next_run)
            except OperationalError as error:
                _log.warning("The database is busy (%s); planning waits.", error.orig)
                await asyncio.sleep(_TROUBLE)
                continue
            seconds = _LONGEST_SLEEP if due is None else (due - self._clock()).total_seconds()
            with suppress(TimeoutError):
                async with asyncio.timeout(min(_LONGEST_SLEEP, max(0.05, seconds))):
                    await self._wake.wait()
