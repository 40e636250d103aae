"""Work done in processes beside this one."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.ahead import ahead

MANY = range(2_000)
CHECKOUT = Path(__file__).parents[1]


def double(number: int) -> tuple[int, int]:
    return number * 2, os.getpid()


@pytest.fixture(autouse=True)
def _two_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def children() -> list[str]:
    """Return the processes that this one started and that are still there."""
    return Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()


def test_results_come_in_order_from_other_processes() -> None:
    results = list(ahead(double, MANY))
    assert [value for value, _ in results] == [number * 2 for number in MANY]
    processes = {process for _, process in results}
    assert len(processes) == 2
    assert os.getpid() not in processes
    assert children() == []


@pytest.mark.parametrize(("count", "cpus"), [(499, 2), (2_000, 1)])
def test_little_work_and_one_cpu_are_not_worth_a_process(
    monkeypatch: pytest.MonkeyPatch, count: int, cpus: int
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: cpus)
    assert {process for _, process in ahead(double, range(count))} == {os.getpid()}


@pytest.mark.parametrize("error", [MemoryError, SystemError, ValueError])
def test_what_the_work_raises_is_raised_here(error: type[Exception]) -> None:
    def work(number: int) -> int:
        if number == 1_234:
            raise error("no more")
        return number

    done: list[int] = []
    with pytest.raises(error, match="no more"):
        done.extend(ahead(work, MANY))
    assert children() == []


def test_results_larger_than_a_pipe_arrive_whole() -> None:
    results = list(ahead(lambda number: "x" * 40_000 + str(number), range(600)))
    assert results == ["x" * 40_000 + str(number) for number in range(600)]


def test_a_caller_that_stops_early_leaves_no_process_behind() -> None:
    results = ahead(double, MANY)
    assert next(results)[0] == 0
    results.close()  # type: ignore[attr-defined]  # a generator
    assert children() == []


@pytest.mark.parametrize("name", ["SIGKILL", "SIGABRT"])
def test_where_one_is_killed_this_process_is_too(name: str) -> None:
    script = f"""
import os, signal
from bot.ahead import ahead
os.cpu_count = lambda: 2
def work(number):
    if number == 700:
        os.kill(os.getpid(), signal.{name})
    return number
list(ahead(work, range(2_000)))
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, timeout=60)
    assert done.returncode == -getattr(signal, name)


def test_they_end_when_this_process_is_killed() -> None:
    script = """
import os, signal, time
from bot.ahead import ahead
os.cpu_count = lambda: 2
results = ahead(lambda number: (number, os.getpid()), range(2_000_000))
print(*{next(results)[1] for _ in range(200)}, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=CHECKOUT, capture_output=True, text=True, timeout=60)
    processes = [int(number) for number in done.stdout.split()]
    assert len(processes) == 2
    deadline = time.monotonic() + 10
    while any(_runs(process) for process in processes) and time.monotonic() < deadline:
        os.sched_yield()
    assert [process for process in processes if _runs(process)] == []


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
