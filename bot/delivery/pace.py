"""How fast Heatline sends: under Discord's limits, with one pause for everybody.

discord.py reacts to limits request by request; five hundred concurrent sends drew 1,400 answers of 429 that way. Here
one leaky bucket and one pause serve the whole program, and an aiohttp trace, given to the bot, sees every answer.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import SimpleNamespace

import aiohttp

# Discord allows 50 requests a second to a bot. At 45, answers to commands that go by the same limit still fit.
RATE = 45
# The bucket gives out so many at once. At 1 every send waits its turn; at 45 a second's worth could meet the second's
# worth of the next in one of Discord's windows.
BURST = 5
# Requests under way, or counted within the last second. When Discord counts a request is not known, only that it does
# so on its way: the bucket alone drew 429s where a first connection took 50 ms longer than those after it. What every
# round trip takes shifts all counts alike; only what one takes beyond the quickest of late is doubt, and a place is
# held a second longer than that. At 50 no second holds more than Discord allows; places held for whole round trips
# slowed sending to 42 a second where answers take 200 ms.
IN_FLIGHT = 50
WINDOW = 1.0
_LATE = 50
# Discord bans an address for 10,000 invalid requests in 10 minutes. Stopping at half leaves room for its neighbours.
INVALID_LIMIT = 5_000
INVALID_WINDOW = 600.0
# How long a ban lasts is not said; asking every few minutes does not prolong it.
BANNED = 300.0


@dataclass(slots=True)
class _Turn:
    """A turn to send: requests made during it are ours, and look back once more just before they go out."""

    last_look: Callable[[], Awaitable[None]] | None
    probe: bool
    sent_at: float | None = None
    answered_at: float | None = None


_turn: ContextVar[_Turn | None] = ContextVar("turn", default=None)


class ThrottledError(Exception):
    """Discord answered 429: nothing was done, try again after so many seconds."""

    def __init__(self, retry_after: float, *, everywhere: bool) -> None:
        super().__init__(f"rate limited for {retry_after} s")
        self.retry_after = retry_after
        self.everywhere = everywhere


class UpstreamError(Exception):
    """Discord answered 5xx: whether it did what was asked is unknown."""

    def __init__(self, status: int) -> None:
        super().__init__(f"Discord answered {status}")
        self.status = status


class Pace:
    """The bucket, the pause, and the count of invalid requests.

    `rate` is in requests a second; of them, `in_flight` are under way or counted within the last `window` seconds.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        *,
        rate: float = RATE,
        in_flight: int = IN_FLIGHT,
        window: float = WINDOW,
    ) -> None:
        self._clock = clock
        self._rate = rate
        self._window = window
        self._turn_at = 0.0
        self._slots = asyncio.Semaphore(in_flight)
        self._resume_at = 0.0
        self._banned = False
        self._probe = asyncio.Lock()
        self._round_trips: deque[float] = deque(maxlen=_LATE)
        self._invalid: deque[float] = deque(maxlen=INVALID_LIMIT)

    @asynccontextmanager
    async def slot(self, last_look: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[None]:
        """Wait for a turn, then hold one of the places in flight; requests made inside leave retrying to the caller.

        discord.py may keep a request back until its route's limit allows it: `last_look` is called after that, when
        the request really goes out, and stops it by raising.
        """
        await self._slots.acquire()
        turn = _Turn(last_look, probe=False)
        try:
            turn.probe = await self._wait_for_turn()
            token = _turn.set(turn)
            try:
                yield
            finally:
                _turn.reset(token)
        finally:
            if turn.probe:
                if self._banned and turn.sent_at is not None and turn.answered_at is None:
                    self.pause(BANNED)  # no answer says nothing of the ban
                self._probe.release()
            asyncio.get_running_loop().call_later(self._held(turn), self._slots.release)

    async def _wait_for_turn(self) -> bool:
        """Wait for the pause and the bucket; after a ban for those before us too, and return whether we try alone."""
        while True:  # a pause may begin while we wait; after it, everybody goes through the bucket again
            await asyncio.sleep(self.paused_for())
            if self.is_banned():
                await self._probe.acquire()
                if self.is_banned() and not self.paused_for():
                    return True
                self._probe.release()
                continue
            await asyncio.sleep(self._reserve())
            if not self.paused_for() and not self.is_banned():
                return False

    def _held(self, turn: _Turn) -> float:
        """Return for how many seconds the place of a turn that ends is held."""
        if turn.sent_at is None:  # nothing went out
            return 0.0
        if turn.answered_at is None:
            return self._window
        return max(0.0, turn.answered_at - min(self._round_trips) + self._window - self._clock())

    def _reserve(self) -> float:
        """Take the next turn of the leaky bucket, and return the seconds until it comes.

        A turn that is not used (whoever took it was cancelled) is lost, and nothing else: there is nobody to wake.
        """
        now = self._clock()
        self._turn_at = max(self._turn_at + 1 / self._rate, now - (BURST - 1) / self._rate)
        return max(0.0, self._turn_at - now)

    def paused_for(self) -> float:
        """Return for how many seconds nothing may be sent."""
        now = self._clock()
        if len(self._invalid) == INVALID_LIMIT:
            self.pause(self._invalid[0] + INVALID_WINDOW - now)
        return max(0.0, self._resume_at - now)

    def is_banned(self) -> bool:
        """Whether Discord has banned the program's address: one request at a time is tried until one is answered."""
        return self._banned

    def pause(self, seconds: float) -> None:
        """Let nothing be sent for so long."""
        self._resume_at = max(self._resume_at, self._clock() + seconds)

    @property
    def invalid_requests(self) -> int:
        """The number of answers of 401, 403 and 429 in the last ten minutes."""
        oldest = self._clock() - INVALID_WINDOW
        return sum(at > oldest for at in self._invalid)

    def trace(self) -> aiohttp.TraceConfig:
        """Return the trace to give to the bot as its `http_trace`."""
        trace = aiohttp.TraceConfig()
        trace.on_request_start.append(self._let_go)
        trace.on_request_headers_sent.append(self._sent)  # what opening a connection takes is no part of a round trip
        trace.on_request_end.append(self._see)
        return trace

    async def _let_go(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, _start: aiohttp.TraceRequestStartParams
    ) -> None:
        turn = _turn.get()
        if turn is None:
            return
        paused = self.paused_for()
        if paused or (self._banned and not turn.probe):  # it began while discord.py kept the request back
            raise ThrottledError(paused or self._window, everywhere=True)
        if turn.last_look is not None:
            await turn.last_look()

    async def _sent(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, _sent: aiohttp.TraceRequestHeadersSentParams
    ) -> None:
        turn = _turn.get()
        if turn is not None:
            turn.sent_at, turn.answered_at = self._clock(), None

    async def _see(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, end: aiohttp.TraceRequestEndParams
    ) -> None:
        response = end.response
        banned = response.status == 429 and "Via" not in response.headers
        turn = _turn.get()
        if turn is not None and turn.sent_at is not None:
            turn.answered_at = self._clock()
            self._round_trips.append(turn.answered_at - turn.sent_at)
        if turn is not None and turn.probe and not banned:
            self._banned = False
        shared = response.headers.get("X-RateLimit-Scope") == "shared"
        if response.status in (401, 403) or (response.status == 429 and not shared):
            self._invalid.append(self._clock())
        if response.status == 429:
            everywhere = banned or response.headers.get("X-RateLimit-Global", "").lower() == "true"
            # The one is in whole seconds, the other exact; waiting for the longer never asks too early.
            retry_after = max(
                _seconds(response.headers.get(name)) for name in ("Retry-After", "X-RateLimit-Reset-After")
            )
            if banned:
                self._banned = True
            if everywhere:
                self.pause(max(retry_after, BANNED) if banned else retry_after)
            if turn is not None:
                raise ThrottledError(retry_after, everywhere=everywhere)
        elif response.status >= 500 and turn is not None:
            raise UpstreamError(response.status)


def _seconds(header: str | None) -> float:
    try:
        return max(0.0, float(header or 1.0))
    except ValueError:
        return 1.0
