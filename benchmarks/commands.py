"""How long slash commands take while a load runs: the real program, asked over a loopback Discord.

A command's time is from its interaction to its complete answer, as the person sees it. The lag of the program's loop is
in it; it is also measured on its own, by how late the program acknowledges what needs no database (`/help`).

`python -m benchmarks.commands --files N` loads so many files first, then asks idle, and while a part of them is read
and replaced.
"""

import argparse
import asyncio
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.corpus import write_corpus
from bot.loading import load
from bot.settings import Settings
from tests.loopback import Loopback, Program

_PAUSE = 0.02  # seconds between two commands: some 25 a second, more than a big server's
_LONGEST = 1800.0
_ACKNOWLEDGED, _COMPLETE = 300, 1_000  # milliseconds, p99: the goals of a command

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
    """How long commands took until complete, those among them that need no database, and all until acknowledged.

    In seconds; `lasted` is how long they were asked for.
    """

    commands: list[float] = field(default_factory=list)
    help: list[float] = field(default_factory=list)
    acknowledged: list[float] = field(default_factory=list)
    lasted: float = 0.0


async def _ask(loopback: Loopback, times: Times) -> None:
    chance = random.Random(1)
    while True:
        path, options = chance.choice(_ASKED)
        reader = loopback.world.add_user("reader")  # each of them asks once: nobody meets a cooldown
        answer = await loopback.slash(loopback.channel, path, options, user=reader, within=_LONGEST)
        taken = answer.replies[-1].at
        times.acknowledged.append(answer.acknowledged_in)
        (times.help if path == "help" else times.commands).append(taken)
        await asyncio.sleep(_PAUSE)


async def _during(loopback: Loopback, work: "asyncio.Task[None]") -> Times:
    times, begun = Times(), time.monotonic()
    asking = asyncio.create_task(_ask(loopback, times))
    await work
    times.lasted = time.monotonic() - begun
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    return times


async def _measure(folder: Path, database: Path, idle: float, share: float) -> tuple[Times, Times]:
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
                _make_new(database, share)
                loaded = await _during(loopback, asyncio.create_task(_reload(loopback)))
    return before, loaded


async def _reload(loopback: Loopback) -> None:
    answer = await loopback.slash(loopback.channel, "admin reload", within=_LONGEST)
    await loopback.wait_for(lambda: "Reloaded" in answer.text or "othing was changed" in answer.text, within=_LONGEST)
    assert "Reloaded" in answer.text, answer.text


def _make_new(database: Path, share: float) -> None:
    """Let the next load read such a share of the files anew and replace their articles, here and there among all."""
    chosen = f"abs(random()) % 1000000 < {share * 1_000_000:.0f}"
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        connection.execute(f"CREATE TEMP TABLE changed AS SELECT file, article FROM files WHERE {chosen}")
        connection.execute("UPDATE files SET stamp = NULL WHERE file IN (SELECT file FROM changed)")
        connection.execute("UPDATE articles SET fingerprint = '' WHERE id IN (SELECT article FROM changed)")


def command_times(folder: Path, database: Path, idle: float, share: float = 1.0) -> tuple[Times, Times]:
    """Return the times of the same commands idle, and while a share of the folder is loaded into the database."""
    return asyncio.run(_measure(folder, database, idle, share))


def _cell(seconds: Sequence[float]) -> str:
    return f"{statistics.median(seconds) * 1000:.0f} / {_p99(seconds):.0f}"


def _p99(seconds: Sequence[float]) -> float:
    """Return the milliseconds that all but a hundredth take at most."""
    return sorted(seconds)[min(len(seconds) - 1, round(0.99 * len(seconds)))] * 1000


def main() -> None:
    """Print the table; the exit status is 1 where a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--share", type=float, nargs="+", default=[0.01, 1.0], help="parts of the files that change")
    parser.add_argument("--folder", type=Path, help="keep the corpus and the database there, and take those there")
    given = parser.parse_args()
    met = True
    with tempfile.TemporaryDirectory() as place:
        folder = given.folder or Path(place)
        corpus, database = folder / f"corpus-{given.files}", folder / f"loaded-{given.files}.db"
        if not corpus.exists():
            write_corpus(corpus, given.files)
        if not database.exists():
            print(
                load(Settings(corpus_dir=str(corpus), database_url=f"sqlite+aiosqlite:///{database}")), file=sys.stderr
            )
        print(
            "| files | read anew | commands | acknowledged | complete | of them /help | asked for |\n"
            + "|---" * 7
            + "|"
        )
        for share in given.share:
            idle, loaded = command_times(corpus, database, 20.0, share)
            for what, times in (("none", idle), (f"{share:.0%}", loaded)):
                cells = f"{_cell(times.acknowledged)} | {_cell(times.commands + times.help)} | {_cell(times.help)}"
                print(f"| {given.files:,} | {what} | {len(times.acknowledged)} | {cells} | {times.lasted:.0f} s |")
                met &= _p99(times.acknowledged) <= _ACKNOWLEDGED and _p99(times.commands) <= _COMPLETE
    print(
        f"\nCells: p50 / p99 in ms. The goals (p99 {_ACKNOWLEDGED} and {_COMPLETE} ms) are {'' if met else 'not '}met."
    )
    if not met:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
