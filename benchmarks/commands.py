"""How long slash commands take while a load runs: the real program, asked over a loopback Discord.

A command's time is from its interaction to its complete answer, as the person sees it. The lag of the program's loop is
in it; it is also measured on its own, by how late the program acknowledges what needs no database (`/help`).
"""

import asyncio
import random
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.loopback import Loopback, Program

_PAUSE = 0.02  # seconds between two commands: some 25 a second, more than a big server's
_LONGEST = 120.0

# What people ask for. What a corpus of this format holds is known: see `benchmarks.corpus`.
_ASKED: tuple[tuple[str, dict[str, str]], ...] = (
    ("news top", {}),
    ("news top", {"topic": "AI"}),
    ("news topic", {"name": "AI"}),
    ("news topic", {}),
    ("news provider", {"name": "Provider 3"}),
    ("news latest", {}),
    ("news search", {"words": "la"}),
    ("news search", {"words": "ba be"}),
    ("help", {}),
)


@dataclass
class Times:
    """How long commands took, and those among them that need no database, in seconds."""

    commands: list[float] = field(default_factory=list)
    help: list[float] = field(default_factory=list)


async def _ask(loopback: Loopback, times: Times) -> None:
    chance = random.Random(1)
    while True:
        path, options = chance.choice(_ASKED)
        reader = loopback.world.add_user("reader")  # each of them asks once: nobody meets a cooldown
        answer = await loopback.slash(loopback.channel, path, options, user=reader, within=_LONGEST)
        taken = answer.replies[-1].at
        (times.help if path == "help" else times.commands).append(taken)
        await asyncio.sleep(_PAUSE)


async def _during(loopback: Loopback, work: "asyncio.Task[None]") -> Times:
    times = Times()
    asking = asyncio.create_task(_ask(loopback, times))
    await work
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    return times


async def _measure(folder: Path, database: Path, idle: float) -> tuple[Times, Times]:
    settings = {
        "CORPUS_DIR": str(folder),
        "DATABASE_URL": f"sqlite+aiosqlite:///{database}",
        "RELOAD_MINUTES": "1440",
    }
    async with Loopback() as loopback:
        settings["ADMIN_IDS"] = str(loopback.user.id)
        with tempfile.TemporaryDirectory() as place:
            async with Program(loopback, Path(place), settings=settings) as program:
                await program.wait_for_output("Invite:", within=_LONGEST)
                for path, options in _ASKED:  # what the first command pays once: statements, pages in the cache
                    await loopback.slash(loopback.channel, path, options, within=_LONGEST)
                before = await _during(loopback, asyncio.create_task(asyncio.sleep(idle)))
                _make_new(database)
                loaded = await _during(loopback, asyncio.create_task(_reload(loopback)))
    return before, loaded


async def _reload(loopback: Loopback) -> None:
    answer = await loopback.slash(loopback.channel, "admin reload", within=_LONGEST)
    await loopback.wait_for(lambda: "Reloaded" in answer.text, within=_LONGEST)


def _make_new(database: Path) -> None:
    """Let the next load read every file anew and replace every article."""
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.execute("UPDATE files SET stamp = NULL")
        connection.execute("UPDATE articles SET fingerprint = ''")


def command_times(folder: Path, database: Path, idle: float) -> tuple[Times, Times]:
    """Return the times of the same commands idle, and while the folder is loaded into the database."""
    return asyncio.run(_measure(folder, database, idle))
