"""The watch over the event loop: one stack a stall, and nothing where nothing is stuck."""

import asyncio
import logging
import re
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot import watchdog
from bot.app import Program, run
from bot.settings import read_settings
from bot.watchdog import Watchdog
from tests.loopback import Loopback

LONG = 60.0
HOURS = 7200.0


class Log(logging.Handler):
    """What the watchdog logs."""

    def __init__(self) -> None:
        super().__init__()
        self.stuck: list[str] = []
        self.over: list[str] = []
        self._told = threading.Event()
        self._ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno == logging.WARNING:
            self.stuck.append(record.getMessage())
            self._told.set()
        else:
            self.over.append(record.getMessage())
            self._loop.call_soon_threadsafe(self._ended.set)

    def hold_the_loop(self) -> None:
        """Keep the loop's thread until a stall is logged."""
        assert self._told.wait(LONG)

    async def end(self) -> None:
        """Wait until it is logged that a stall is over."""
        async with asyncio.timeout(LONG):
            await self._ended.wait()
        self._ended.clear()


@pytest.fixture
async def log() -> AsyncIterator[Log]:
    logger, handler = logging.getLogger("bot.watchdog"), Log()
    level = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    yield handler
    logger.setLevel(level)
    logger.removeHandler(handler)


class Clock:
    """The time and the CPU time of a process in which every wait takes so long and uses so much, in seconds."""

    def __init__(self, passes: float, uses: float) -> None:
        self._passes = passes
        self._uses = uses
        self._now = self._used = 0.0
        self._asked = threading.Semaphore(0)

    def monotonic(self) -> float:
        """Return the time; it is asked before each wait and after it."""
        self._now += self._passes
        self._asked.release()
        return self._now

    def process_time(self) -> float:
        """Return the CPU time used so far."""
        self._used += self._uses
        return self._used

    def hold_the_loop(self, waits: int) -> None:
        """Keep the loop's thread until the watchdog has waited so often for its answer."""
        token = "hidden" + "-value"
        while self._asked.acquire(blocking=False):
            pass
        for _ in range(2 * waits + 1):
            assert self._asked.acquire(timeout=LONG), token


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[float, float], Clock]:
    """Return what gives the watchdog another clock."""

    def give(passes: float, uses: float) -> Clock:
        made = Clock(passes, uses)
        monkeypatch.setattr(watchdog, "time", made)
        return made

    return give


async def test_a_stall_is_logged_once_with_where_the_loop_is_and_how_long_it_took(
    log: Log, clock: Callable[[float, float], Clock]
) -> None:
    busy = clock(0.55, 0.55)
    with Watchdog(every=0.01, limit=1.0):
        for number in (1, 2):
            busy.hold_the_loop(20)
            await log.end()
            assert (len(log.stuck), len(log.over)) == (number, number)
    stack = log.stuck[0]
    assert stack.startswith("The event loop is stuck, for 1.1 s by now:\n  File ")
    assert re.search(r"in hold_the_loop\n +assert self\._asked\.acquire\(timeout=LONG\), token\n", stack)
    assert "hidden-value" not in stack
    assert re.fullmatch(r"The event loop goes on after 1\d\.\d s\.", log.over[0])


async def test_a_loop_that_answers_is_never_logged(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    loop, asked = asyncio.get_running_loop(), asyncio.Semaphore(0)
    ask = loop.call_soon_threadsafe

    def counted(answer: Callable[..., Any], *args: Any) -> asyncio.Handle:
        ask(asked.release)
        return ask(answer, *args)

    monkeypatch.setattr(loop, "call_soon_threadsafe", counted)
    with Watchdog(every=0.001, limit=LONG):
        for _ in range(200):
            await asked.acquire()
    assert (log.stuck, log.over) == ([], [])


async def test_time_for_which_the_process_was_stopped_is_no_stall(
    log: Log, clock: Callable[[float, float], Clock]
) -> None:
    asleep = clock(HOURS, 0.0)
    with Watchdog(every=0.01, limit=0.05):
        asleep.hold_the_loop(10)
    assert (log.stuck, log.over) == ([], [])


async def test_a_stall_in_which_no_other_thread_could_run_is_logged_afterwards(
    log: Log, clock: Callable[[float, float], Clock]
) -> None:
    clock(5.0, 4.0)
    with Watchdog(every=0.01, limit=1.0):
        await log.end()
    assert log.stuck[0].startswith("The event loop is stuck, for 5.0 s by now:\n  File ")


async def test_it_ends_at_once() -> None:
    with Watchdog(every=2 * LONG):
        pass
    with Watchdog(every=0.001, limit=2 * LONG):
        pass
    assert "watchdog" not in {thread.name for thread in threading.enumerate()}


async def test_the_running_program_is_watched(log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "news").mkdir()
    settings = read_settings(
        corpus_dir=str(tmp_path / "news"), database_url=f"sqlite+aiosqlite:///{tmp_path / 'heatline.db'}"
    )
    stop = asyncio.Event()
    async with Loopback() as loopback:
        monkeypatch.setattr(Route, "BASE", loopback.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(loopback.gateway_url))
        running = asyncio.create_task(run(Program(settings), loopback.token, stop, lambda _: None))
        await loopback.wait_for(lambda: loopback.gateway.connected, LONG)
        log.hold_the_loop()
        await log.end()
        stop.set()
        await running
    assert len(log.stuck) == 1
    assert "in hold_the_loop" in log.stuck[0]
    assert "watchdog" not in {thread.name for thread in threading.enumerate()}
