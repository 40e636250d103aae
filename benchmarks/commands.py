"""What slash commands read while a load runs: `Database.read` of the pages that they show, on an event loop.

Discord is left out: a command's time here is that of its reads (page and names), which is all of it that the load can
slow down but for the loop's lag, which is measured too.
"""

import asyncio
import os
import random
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bot.models import Listing, Order
from bot.settings import Settings, child_environment
from bot.store.articles import names_of, page
from bot.store.database import Database

_PAUSE = 0.02  # seconds between two commands: some 25 a second, more than a big server's
_TICK = 0.005


@dataclass
class Times:
    """How long commands took, and how late the loop's timers came, in seconds."""

    commands: list[float] = field(default_factory=list)
    lag: list[float] = field(default_factory=list)


def listings(topics: list[str], providers: list[str], words: list[str]) -> list[Listing]:
    """Return what people ask for."""
    return [
        *(Listing(Order.TOP, topic=topic) for topic in topics),
        *(Listing(Order.TOP, provider=provider) for provider in providers),
        Listing(Order.TOP),
        Listing(Order.LATEST),
        *(Listing(Order.SEARCH, words=word) for word in words),
    ]


async def _lag(times: Times) -> None:
    while True:
        due = time.perf_counter() + _TICK
        await asyncio.sleep(_TICK)
        times.lag.append(time.perf_counter() - due)


async def _ask(database: Database, asked: list[Listing], times: Times) -> None:
    chance = random.Random(1)
    while True:
        listing = chance.choice(asked)
        begun = time.perf_counter()
        await database.read(page, listing, datetime.now(UTC))
        await database.read(names_of, "topic")
        times.commands.append(time.perf_counter() - begun)
        await asyncio.sleep(_PAUSE)


async def _measure(database: Database, asked: list[Listing], idle: float, settings: Settings) -> tuple[Times, Times]:
    async def during(work: "asyncio.Future[object] | asyncio.Task[object]") -> Times:
        times = Times()
        tasks = [asyncio.create_task(_lag(times)), asyncio.create_task(_ask(database, asked, times))]
        try:
            await work
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return times

    async def load() -> None:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "bot", "load", "--json", "--background"),
            env=child_environment(settings),
            stdout=asyncio.subprocess.DEVNULL,
            cwd=os.path.sep,
        )
        if await process.wait():
            raise SystemExit("The load failed.")

    for listing in asked:  # what the first command pays once: statements compiled, pages in the cache
        await database.read(page, listing, datetime.now(UTC))
    before = await during(asyncio.create_task(asyncio.sleep(idle)))
    loaded = await during(asyncio.create_task(load()))
    return before, loaded


def command_times(folder: Path, database: Path, idle: float) -> tuple[Times, Times]:
    """Return the times of the same commands idle, and while the folder is loaded into the database."""
    settings = Settings(corpus_dir=str(folder), database_url=f"sqlite+aiosqlite:///{database}")
    asked = listings(["AI", "Open Space"], ["Provider 3"], ["la", "ba be"])

    async def measured() -> tuple[Times, Times]:
        store = Database(settings.database_url)
        try:
            return await _measure(store, asked, idle, settings)
        finally:
            await store.close()

    return asyncio.run(measured())
