"""How fast the planner is: `python -m benchmarks.planning [--quick]` prints the table.

Fifty new articles are planned against 1,000, 10,000 and 100,000 subscriptions with ten past deliveries each, in a
fresh process with an event loop beside it, whose lag is shown before and meanwhile. The reference is one set-based SQL
statement that makes the same choice of the same database; that the answers are equal is checked. Planner and statement
take turns, three times each, and the quickest counts: by then both are warm. Every time is shown by the clock and in
CPU time, which says more where others use the machine. Everything lies in a temporary folder that is removed in the
end.
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
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from benchmarks.measure import copy, longest_wait, percentile
from benchmarks.one_statement import choice, prepare
from benchmarks.orders import MAX_AGE, NOW, SPACING, Host
from bot.delivery import plan
from bot.store.database import connect

_TICK = 0.005
_IDLE = 1.0
_TURNS = 3


@dataclass(frozen=True, slots=True)
class _Time:
    """Seconds by the clock, and of CPU time of the thread."""

    clock: float
    cpu: float

    @classmethod
    def now(cls) -> "_Time":
        return cls(time.perf_counter(), time.thread_time())

    def __sub__(self, other: "_Time") -> "_Time":
        return _Time(self.clock - other.clock, self.cpu - other.cpu)

    def __add__(self, other: "_Time") -> "_Time":
        return _Time(self.clock + other.clock, self.cpu + other.cpu)

    def __str__(self) -> str:
        return f"{self.clock:.2f} s ({self.cpu:.2f})"


def _least(times: Sequence[_Time]) -> _Time:
    return _Time(min(each.clock for each in times), min(each.cpu for each in times))


class _Timed(plan._Pass):
    """A pass that notes how long its transactions take."""

    taken: ClassVar[_Time] = _Time(0, 0)

    def _queue(self, decided: Sequence[plan._Decided]) -> None:
        begun = _Time.now()
        super()._queue(decided)
        _Timed.taken += _Time.now() - begun


@dataclass(frozen=True, slots=True)
class _Planning:
    """What a pass took, and how many messages it queued."""

    whole: _Time
    queueing: _Time
    messages: int

    @property
    def choosing(self) -> _Time:
        return self.whole - self.queueing


def _plan_once(database: Path) -> _Planning:
    plan._Pass = _Timed  # type: ignore[misc]
    _Timed.taken = _Time(0, 0)
    url = f"sqlite+aiosqlite:///{database}"
    with connect(url, writes=False) as other:  # as the program has others: the last to close would tidy up the file
        other.exec_driver_sql("SELECT count(*) FROM loads").all()
        other.rollback()
        begun = _Time.now()
        planned = plan.Planner(url, spacing=SPACING, max_age=MAX_AGE).plan(NOW)
        whole = _Time.now() - begun
    return _Planning(whole, _Timed.taken, planned.messages)


def _memory() -> float:
    """Return the most memory that this process had, in MB; getrusage would count its parent's too."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


async def _plan_beside_a_loop(database: Path) -> dict[str, float]:
    lag: list[float] = []

    async def tick() -> None:
        while True:
            due = time.perf_counter() + _TICK
            await asyncio.sleep(_TICK)
            lag.append(time.perf_counter() - due)

    ticking = asyncio.create_task(tick())
    await asyncio.to_thread(threading.current_thread)  # the first thread of a pool is not the planner's doing
    await asyncio.sleep(_IDLE)
    idle = percentile(lag, 0.99)
    lag.clear()
    before = _memory()
    planned = await asyncio.to_thread(_plan_once, database)
    ticking.cancel()
    return {
        "clock": planned.whole.clock,
        "cpu": planned.whole.cpu,
        "queueing_clock": planned.queueing.clock,
        "queueing_cpu": planned.queueing.cpu,
        "messages": planned.messages,
        "memory": _memory() - before,
        "idle": idle,
        "lag": percentile(lag, 0.99),
        "worst": max(lag),
    }


def _queued(database: Path) -> list[tuple[int, str]]:
    """Return what the planner queued, as (subscription, key), in order."""
    with connect(f"sqlite+aiosqlite:///{database}", writes=False) as connection:
        rows = connection.exec_driver_sql(
            """SELECT d.subscription_id, a.key FROM deliveries d JOIN delivery_articles a ON a.delivery_id = d.id
               WHERE d.queued_at = ? AND d.state = 'pending' ORDER BY d.subscription_id, a.position""",
            (int(NOW.timestamp()),),
        )
        return [(subscription, key) for subscription, key in rows]


def _take_turns(made: Path, scratch: Path) -> tuple[_Time, _Time, bool]:
    """Return what choosing takes the planner and the statement, and whether they choose the same."""
    planner, statement = [], []
    same = True
    with connect(f"sqlite+aiosqlite:///{made}", writes=True) as connection:
        prepare(connection, NOW)
        for _ in range(_TURNS):
            planner.append(_plan_once(copy(made, scratch)).choosing)
            begun = _Time.now()
            chosen = choice(connection, NOW, SPACING, MAX_AGE)
            statement.append(_Time.now() - begun)
            connection.rollback()
            same = same and chosen == _queued(scratch)
    return _least(planner), _least(statement), same


def _measure(folder: Path, count: int) -> None:
    made, scratch = folder / f"{count}.db", folder / "scratch.db"
    print(f"  making {count:,} subscriptions", file=sys.stderr, flush=True)
    Host(made, count).fill()
    command = [sys.executable, "-m", "benchmarks.planning", "--child", str(copy(made, scratch))]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    got: dict[str, float] = json.loads(output.splitlines()[-1])
    cold, queueing = _Time(got["clock"], got["cpu"]), _Time(got["queueing_clock"], got["queueing_cpu"])
    wait = longest_wait(copy(made, scratch), lambda: _plan_once(scratch))
    choosing, seconds, same = _take_turns(made, scratch)
    print(
        f"| {count:,} | {got['messages']:,} | {cold} | {cold - queueing} | {queueing} | {got['memory']:.0f} MB "
        f"| {got['idle'] * 1000:.1f} ms | {got['lag'] * 1000:.1f} ms | {got['worst'] * 1000:.0f} ms "
        f"| {wait * 1000:.0f} ms | {choosing} | {seconds} | {seconds.clock / choosing.clock:.1f}x "
        f"({seconds.cpu / choosing.cpu:.1f}x) | {'yes' if same else '**no**'} |",
        flush=True,
    )


def main() -> None:
    """Measure, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planning", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no 100,000 subscriptions")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        print(json.dumps(asyncio.run(_plan_beside_a_loop(given.child))))
        return
    print(
        "Times by the clock, and in brackets of CPU.\n\n"
        "| subscriptions | messages | cold | choosing | queueing | memory | loop lag p99 before | meanwhile | worst "
        "| others' longest wait | choosing, warm | one SQL statement, warm | faster | same answer |\n"
        + "|---" * 14
        + "|"
    )
    with tempfile.TemporaryDirectory(prefix="heatline-bench-") as name:
        for count in (1_000, 10_000) if given.quick else (1_000, 10_000, 100_000):
            _measure(Path(name), count)
    print("\nGoals at 100,000: cold at most 2 s, 100 MB, lag p99 under 20 ms, others wait 0.3 s, 3x faster, the same.")


if __name__ == "__main__":
    main()
