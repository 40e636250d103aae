"""A watch over the event loop: where it is stuck, when it does not come round.

discord.py says so too, but only of a heartbeat that waits ten seconds, and again every ten. Discord gives a command
three.
"""

import asyncio
import logging
import sys
import threading
import time
import traceback
from types import TracebackType
from typing import Self

_log = logging.getLogger(__name__)

# How often the loop is asked, and how long it may take to answer, in seconds: a stall of two is surely seen.
_EVERY = 0.5
_LIMIT = 1.5
# Who waits so many seconds longer than meant was kept from running: alone, or with the whole process, which then used
# less of the CPU than this.
_OVERSLEPT = 0.5
_ASLEEP = 0.25


class Watchdog:
    """Asks the running loop to answer, in a thread beside it, and logs where it is stuck: once a stall, at its limit.

    Time for which the whole process was stopped, or the machine asleep, is no stall. `with` it, in the loop's thread.
    """

    def __init__(self, *, every: float = _EVERY, limit: float = _LIMIT) -> None:
        self._every = every
        self._limit = limit
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._answered = threading.Event()
        self._over = threading.Event()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._answered.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            # Who wakes up late was kept from running, by a thread that lets no other run; so was the loop.
            silent = self._wait(self._over, self._every) - self._every
            told = self._tell(silent)
            self._answered.clear()
            if self._over.is_set():
                return
            self._loop.call_soon_threadsafe(self._answered.set)
            while not self._answered.is_set():
                silent += self._wait(self._answered, self._every if told else self._limit - silent)
                told = told or (not self._answered.is_set() and self._tell(silent))
            if told and not self._over.is_set():
                _log.info("The event loop goes on after %.1f s.", silent)

    def _wait(self, event: threading.Event, seconds: float) -> float:
        """Wait for an event, for so long at most, and return for how long the process was awake meanwhile."""
        begun, used = time.monotonic(), time.process_time()
        event.wait(seconds)
        passed = time.monotonic() - begun
        if passed > seconds + _OVERSLEPT and time.process_time() - used < passed * _ASLEEP:
            return 0.0
        return passed

    def _tell(self, silent: float) -> bool:
        """Log where the loop is, if it has been silent for too long, and return whether it has."""
        if silent < self._limit:
            return False
        _log.warning("The event loop is stuck, for %.1f s by now:\n%s", silent, self._stack())
        return True

    def _stack(self) -> str:
        """Return where the loop's thread is, innermost last: lines of code, no values."""
        frame = sys._current_frames().get(self._loop_thread)
        return "".join(traceback.format_stack(frame)).rstrip() if frame else "(its thread has ended)"
