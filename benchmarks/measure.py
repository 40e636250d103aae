"""Children that work and are timed, and what is made of their times."""

import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median


@dataclass(frozen=True, slots=True)
class Run:
    """What a child took: seconds for interpreter and imports, seconds of work, and at most so many MB."""

    start: float
    work: float
    memory: float


def child(job: str, folder: Path, database: Path) -> subprocess.Popen[str]:
    """Start a child for a job; it prints its result as one JSON line."""
    command = [sys.executable, "-m", "benchmarks.child", job, str(folder), str(database), str(time.monotonic())]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def result(process: subprocess.Popen[str]) -> dict[str, float]:
    """Return what a child printed last, once it has ended."""
    output, _ = process.communicate(timeout=1800)
    if process.returncode:
        raise SystemExit(f"{process.args!r} failed")
    values: dict[str, float] = json.loads(output.splitlines()[-1])
    return values


def run(job: str, folder: Path, database: Path) -> Run:
    """Run a job in a fresh process."""
    values = result(child(job, folder, database))
    return Run(values["start"], values["work"], values["memory"])


def tree_memory(job: str, folder: Path, database: Path) -> float:
    """Run a job, and return the most memory in MB that it and the processes that it forked had at once.

    Pages that several share count once (PSS), looked at every 20 ms.
    """
    process = child(job, folder, database)
    most = 0.0
    while process.poll() is None:
        most = max(most, sum(map(_proportional, (process.pid, *_children(process.pid)))))
        time.sleep(0.02)
    result(process)
    return most


def _children(process: int) -> list[int]:
    try:
        return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]
    except OSError:
        return []


def _proportional(process: int) -> float:
    """Return the process's memory in MB, its share of what others have too."""
    try:
        lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
    except OSError:  # it has just ended
        return 0.0
    return next((int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("Pss:")), 0.0)


def remove(database: Path) -> None:
    """Remove a database with what lies beside it."""
    for suffix in ("", "-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)


def copy(database: Path, to: Path) -> Path:
    """Copy a database that nobody has open."""
    remove(to)
    shutil.copyfile(database, to)
    return to


def longest_wait(database: Path, work: Callable[[], object]) -> float:
    """Return the longest that another process waited for its turn to write while the work was done, in seconds."""
    writer = child("write", Path("-"), database)
    time.sleep(1)
    work()
    time.sleep(0.2)
    return result(writer)["longest"]


def interleaved(jobs: Mapping[str, Callable[[], Run]], times: int) -> dict[str, Run]:
    """Run every job so many times in turn, and return the medians."""
    runs: dict[str, list[Run]] = {name: [] for name in jobs}
    for _ in range(times):
        for name, job in jobs.items():
            runs[name].append(job())
    return {
        name: Run(median(run.start for run in got), median(run.work for run in got), max(run.memory for run in got))
        for name, got in runs.items()
    }


def percentile(values: list[float], share: float) -> float:
    """Return the value that this share of the values does not exceed (nearest rank)."""
    return sorted(values)[max(0, -(-len(values) * round(share * 1000) // 1000) - 1)]


_HEAT = re.compile(r"^heat: (\d+)$", re.MULTILINE)


def change(folder: Path, share: float) -> int:
    """Rewrite this share of the files with other heat and another headline; return how many."""
    files = sorted(folder.rglob("*.md"))
    step = round(1 / share)
    for path in files[::step]:
        text = path.read_text(encoding="utf-8")
        text = _HEAT.sub(lambda match: f"heat: {int(match[1]) + 1}", text, count=1)
        path.write_text(text.replace('title: "', 'title: "Again ', 1), encoding="utf-8")
    time.sleep(2.1)  # a file that changed less than two seconds before it is read is read again by the next load
    return len(files[::step])
