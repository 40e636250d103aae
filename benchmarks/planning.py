"""How fast the planner is: `python -m benchmarks.planning [--quick]` prints the table.

Fifty new articles are planned against 1,000, 10,000 and 100,000 subscriptions with ten past deliveries each, in a
fresh process with an event loop beside it, and then again, warm. The reference is one set-based SQL statement that
makes the same choice of the same database, warm too; that the answers are equal is checked. Everything lies in a
temporary folder that is removed in the end.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

from benchmarks.measure import copy, longest_wait, percentile
from benchmarks.one_statement import choice, prepare
from benchmarks.orders import MAX_AGE, NOW, SPACING, Host
from bot.delivery import plan
from bot.store.database import connect

_TICK = 0.005


class _Timed(plan._Pass):
    """A pass that notes how long its transactions take."""

    taken: ClassVar[list[float]] = []

    def _queue(self, decided: Sequence[plan._Decided]) -> None:
        begun = time.perf_counter()
        super()._queue(decided)
        self.taken.append(time.perf_counter() - begun)


def _memory() -> float:
    """Return the most memory that this process had, in MB; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def _plan_once(database: Path) -> dict[str, float]:
    plan._Pass = _Timed  # type: ignore[misc]
    _Timed.taken.clear()
    begun = time.perf_counter()
    planned = plan.Planner(f"sqlite+aiosqlite:///{database}", spacing=SPACING, max_age=MAX_AGE).plan(NOW)
    whole = time.perf_counter() - begun
    return {"seconds": whole, "queueing": sum(_Timed.taken), "messages": planned.messages}


async def _plan_beside_a_loop(database: Path) -> dict[str, float]:
    lag: list[float] = []

    async def tick() -> None:
        while True:
            due = time.perf_counter() + _TICK
            await asyncio.sleep(_TICK)
            lag.append(time.perf_counter() - due)

    ticking = asyncio.create_task(tick())
    await asyncio.to_thread(threading.current_thread)  # the first thread of a pool is not the planner's doing
    before = _memory()
    values = await asyncio.to_thread(_plan_once, database)
    ticking.cancel()
    return values | {"memory": _memory() - before, "lag": percentile(lag, 0.99), "worst": max(lag)}


def _child(cold: Path, warm: Path) -> None:
    values = asyncio.run(_plan_beside_a_loop(cold))
    again = _plan_once(warm)
    print(json.dumps(values | {f"warm_{name}": value for name, value in again.items()}))


def _answers(database: Path, planned: Path) -> tuple[list[tuple[int, str]], list[tuple[int, str]], float]:
    """Return what the planner queued, what the statement chooses, and how long that takes once warm."""
    with connect(f"sqlite+aiosqlite:///{planned}", writes=False) as connection:
        rows = connection.exec_driver_sql(
            """SELECT d.subscription_id, a.key FROM deliveries d JOIN delivery_articles a ON a.delivery_id = d.id
               WHERE d.queued_at = ? AND d.state = 'pending' ORDER BY d.subscription_id, a.position""",
            (int(NOW.timestamp()),),
        )
        queued = [(subscription, key) for subscription, key in rows]
    seconds = 0.0
    chosen: list[tuple[int, str]] = []
    with connect(f"sqlite+aiosqlite:///{database}", writes=True) as connection:
        prepare(connection, NOW)
        for _ in range(2):  # the second time it is warm
            begun = time.perf_counter()
            chosen = choice(connection, NOW, SPACING, MAX_AGE)
            seconds = time.perf_counter() - begun
    return queued, chosen, seconds


def _measure(folder: Path, count: int) -> None:
    made, cold, warm = folder / f"{count}.db", folder / "cold.db", folder / "warm.db"
    print(f"  making {count:,} subscriptions", file=sys.stderr, flush=True)
    Host(made, count).fill()
    copy(made, cold)
    copy(made, warm)
    command = [sys.executable, "-m", "benchmarks.planning", "--child", str(cold), str(warm)]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    got: dict[str, float] = json.loads(output.splitlines()[-1])
    wait = longest_wait(copy(made, cold), lambda: _plan_once(cold))
    queued, chosen, seconds = _answers(made, warm)
    choosing = got["warm_seconds"] - got["warm_queueing"]
    print(
        f"| {count:,} | {got['messages']:,} | {got['seconds']:.2f} s | {got['seconds'] - got['queueing']:.2f} s "
        f"| {got['queueing']:.2f} s | {got['memory']:.0f} MB | {got['lag'] * 1000:.1f} ms | {wait * 1000:.0f} ms "
        f"| {got['warm_seconds']:.2f} s, choosing {choosing:.2f} s | {seconds:.2f} s | {seconds / choosing:.1f}x "
        f"| {'yes' if queued == chosen else '**no**'} |",
        flush=True,
    )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no 100,000 subscriptions")
    parser.add_argument("--child", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        _child(*given.child)
        return
    print(
        "| subscriptions | messages | cold | choosing | queueing | memory | loop lag p99 | others' longest wait | warm "
        "| one SQL statement, choosing, warm | faster | same answer |\n" + "|---" * 12 + "|"
    )
    with tempfile.TemporaryDirectory(prefix="heatline-bench-") as name:
        for count in (1_000, 10_000) if given.quick else (1_000, 10_000, 100_000):
            _measure(Path(name), count)
    print("\nGoals at 100,000: cold at most 2 s, 100 MB, lag p99 under 20 ms, others wait 0.3 s, 3x faster, the same.")


if __name__ == "__main__":
    main()
