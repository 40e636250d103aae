"""The outbox -> Discord: claim, send, record.

A row is committed as `sending` before its request goes out, and as `sent` after the answer. Whatever comes between
(a crash, a timeout, a lost answer) leaves it `sending`: not known, never failed. It is then sent again with the same
nonce while Discord remembers nonces, and after that only if the channel's history does not hold it (`recover`).
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta

import discord

from bot.delivery.attempt import DEADLINE, Attempts, TokenRejectedError
from bot.delivery.mark import Mark
from bot.delivery.pace import Pace
from bot.delivery.patience import UNUSABLE, Patience, rest, trouble
from bot.models import Delivery
from bot.store.claims import claim_deliveries, next_due
from bot.store.database import Database
from bot.store.deliveries import Outcome, record_outcomes, release_claims
from bot.store.fence import claims_made, fence

_log = logging.getLogger(__name__)

# One claim takes so many: at 1 every send would sync the disk twice, at thousands a crash would leave as many unknown.
_CLAIM = 100
# Outcomes are committed in groups of at most so many, or so many seconds' worth; a crash leaves them unknown.
_GROUP = 50
_GROUP_SECONDS = 0.1
# A claim whose outcome is lost is taken up again after this; what is in flight never is.
_CLAIM_LASTS = timedelta(seconds=45)
# Sleep at most so long: clocks are set, and machines sleep.
_LONGEST_SLEEP = 300.0


class Sender:
    """Sends what the outbox holds, at Discord's pace, until it is stopped.

    `max_age` is the age from queueing after which a message is dropped, `deadline` that of one request, in seconds.
    """

    def __init__(
        self,
        database: Database,
        bot: discord.Client,
        pace: Pace,
        *,
        clock: Callable[[], datetime],
        max_age: timedelta,
        sample: bool,
        deadline: float = DEADLINE,
    ) -> None:
        self._database = database
        self._pace = pace
        self._clock = clock
        self._max_age = max_age
        self._patient = Patience(database)
        self._mark = Mark(database.url)
        self._attempts = Attempts(
            self._patient, bot, pace, clock=clock, max_age=max_age, sample=sample, deadline=deadline
        )
        self._in_flight: dict[int, int] = {}  # channels by deliveries
        self._served = 0  # the server whose turn was the last
        self._wake = asyncio.Event()
        self._stopping = False
        self._outcomes: asyncio.Queue[Outcome] = asyncio.Queue()

    def wake(self) -> None:
        """Look at the outbox now."""
        self._wake.set()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is under way is recorded."""
        self._stopping = True
        self._wake.set()

    @property
    def in_flight(self) -> int:
        """The number of messages under way."""
        return len(self._in_flight)

    async def run(self) -> None:
        """Send until stopped. Raises `TokenRejectedError` in a group."""
        await self._begin()
        try:
            async with asyncio.TaskGroup() as group:
                recorder = group.create_task(self._record(), name="recorder")
                sends: set[asyncio.Task[None]] = set()
                while not self._stopping:
                    self._wake.clear()
                    claimed = await self._claim()
                    for delivery in claimed:
                        task = group.create_task(self._send(delivery), name=f"delivery {delivery.id}")
                        sends.add(task)
                        task.add_done_callback(sends.discard)
                    if not claimed:
                        await self._wait()
                if sends:
                    await asyncio.wait(sends)
                await self._outcomes.join()
                recorder.cancel()
        finally:
            await self._record_rest()

    async def drain(self) -> None:
        """Send all that is due now and return when it is recorded: one pass, for tests and tools."""
        await self._begin()
        async with asyncio.TaskGroup() as group:
            recorder = group.create_task(self._record())
            while claimed := await self._claim():
                async with asyncio.TaskGroup() as sends:
                    for delivery in claimed:
                        sends.create_task(self._send(delivery))
                await self._outcomes.join()
            recorder.cancel()

    # --- the outbox ---

    async def _begin(self) -> None:
        """Take up what a former run left, in a database that may be older than what was sent."""
        marked = await asyncio.to_thread(self._mark.read)
        older = marked > await self._patient.read(claims_made)
        if older and await self._patient.write(fence, marked, self._clock()):
            _log.warning(
                "The database was put back from a backup. What it holds as unsent is looked for before it is sent; "
                "news up to the next load goes to nobody, because most of it was posted already."
            )
        await self._patient.write(release_claims, self._clock())

    async def _claim(self) -> list[Delivery]:
        now = self._clock()
        most = _CLAIM - len(self._in_flight)
        if most <= 0 or self._pace.paused_for():
            return []
        try:
            dropped, claimed = await self._database.write(
                claim_deliveries,
                now=now,
                until=now + _CLAIM_LASTS,
                stale=now - self._max_age,
                most=most,
                busy=self._in_flight.values(),
                after=self._served,
            )
        except UNUSABLE as error:  # nothing was claimed, so nothing is sent
            await rest(error)
            return []
        if dropped:
            _log.warning("%d messages had waited too long and were dropped.", dropped)
        if claimed:
            self._served = claimed[-1].guild_id
            await asyncio.to_thread(self._mark.write, await self._patient.read(claims_made))
        self._in_flight.update((delivery.id, delivery.channel_id) for delivery in claimed)
        return claimed

    async def _wait(self) -> None:
        """Wait until something is queued, due, or done."""
        due = None
        if len(self._in_flight) < _CLAIM:  # else there is no room before something is done
            due = await self._patient.read(next_due, self._in_flight.values())
        seconds = _LONGEST_SLEEP if due is None else (due - self._clock()).total_seconds()
        seconds = max(0.05, min(_LONGEST_SLEEP, seconds), self._pace.paused_for())
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):  # wait_for can swallow a cancellation on Python 3.11
                await self._wake.wait()

    async def _record(self) -> None:
        """Commit outcomes in groups, until cancelled."""
        while True:
            group = [await self._outcomes.get()]
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_GROUP_SECONDS):
                        while len(group) < _GROUP:
                            group.append(await self._outcomes.get())
                await self._patient.write(record_outcomes, group, self._clock())
            except asyncio.CancelledError:
                for outcome in group:  # for `_record_rest`; recording an outcome twice changes nothing
                    self._outcomes.put_nowait(outcome)
                raise
            for outcome in group:
                self._in_flight.pop(outcome.delivery_id, None)
                self._outcomes.task_done()
            self._wake.set()

    async def _record_rest(self) -> None:
        """Commit what the recorder no longer could, because it was cancelled or another task failed."""
        rest = [self._outcomes.get_nowait() for _ in range(self._outcomes.qsize())]
        if not rest:
            return
        try:
            await self._database.write(record_outcomes, rest, self._clock())
        except UNUSABLE as error:  # then they are unknown, and found again at the next start
            _log.warning("%s: %d outcomes were not recorded.", trouble(error), len(rest))

    # --- one message ---

    async def _send(self, delivery: Delivery) -> None:
        try:
            outcome = await self._attempts.attempt(delivery)
        except TokenRejectedError:
            raise
        except Exception as error:
            _log.exception("Delivery %d failed in an unexpected way; it will be tried again.", delivery.id)
            first = delivery.first_attempt_at or self._clock()
            outcome = self._attempts.later(delivery, type(error).__name__, first=first)
        await self._outcomes.put(outcome)
