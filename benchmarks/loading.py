"""How fast the loader is: `python -m benchmarks.loading [--files 10000,100000] [--quick]` prints the tables.

Every figure is a ratio to a reference that is timed in the same run, in turn with it, in fresh processes; interpreter
start and imports are measured apart. Everything lies in a temporary folder that is removed in the end.
"""

import argparse
import importlib.util
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.measure import Run, change, copy, interleaved, longest_wait, percentile, remove, run, tree_memory

_QUERIES = (1_000, 100_000, 1_000_000)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table: `ratio` is what the goal is about, a ratio, seconds, milliseconds or MB."""

    what: str
    figure: str
    reference: str
    ratio: str
    goal: str
    met: bool | None = None


def _seconds(work: Run) -> str:
    return f"{work.work:.2f} s"


class Bench:
    """The corpora and databases of one run, and the rows that were measured."""

    def __init__(self, folder: Path, small: int, large: int, times: int) -> None:
        self.folder, self.small, self.large, self.times = folder, small, large, times
        self.rows: list[Row] = []
        self.starts: dict[str, Run] = {}
        self.growth: list[tuple[int, Run, Run]] = []

    def corpus(self, count: int) -> Path:
        """Return the corpus of so many files, written once."""
        folder = self.folder / f"corpus-{count}"
        if not folder.exists():
            # in a process of its own: the memory of this one is the least that its children's peak can be
            run("corpus", folder, Path(str(count)))
            time.sleep(2.1)  # see `change`
        return folder

    def add(self, what: str, figure: str, reference: str, ratio: str, goal: str, met: bool | None) -> None:
        """Add a row, and say so at once: the whole takes minutes."""
        self.rows.append(Row(what, figure, reference, ratio, goal, met))
        print(f"  {what}: {figure} against {reference}", file=sys.stderr, flush=True)

    def timed(self, count: int, times: int, **jobs: str) -> dict[str, Run]:
        """Run jobs in turn, each on a new database, and return the medians; the last database of each is kept."""

        def fresh(name: str, job: str) -> Run:
            remove(self.folder / f"{name}.db")
            return run(job, self.corpus(count), self.folder / f"{name}.db")

        self.corpus(count)
        got = interleaved({name: partial(fresh, name, job) for name, job in jobs.items()}, times)
        self.starts |= {jobs[name]: work for name, work in got.items()}
        return got

    def small_loads(self) -> None:
        """Measure the full load of the small corpus against what one would write with other libraries."""
        libraries = {"frontmatter": "frontmatter_pydantic"}
        if importlib.util.find_spec("sqlite_utils"):
            libraries["utils"] = "sqlite_utils"
        got = self.timed(self.small, self.times, load="load", **libraries)
        for name, what, goal in (
            ("frontmatter", "python-frontmatter + pydantic + sqlite3", 2),
            ("utils", "python-frontmatter + sqlite-utils", 5),
        ):
            title = f"full load, {self.small:,} files"
            if name not in got:
                self.add(title, _seconds(got["load"]), f"{what}: not installed", "-", f"{goal}x faster", None)
                continue
            ratio = got[name].work / got["load"].work
            reference = f"{what}: {_seconds(got[name])}"
            self.add(title, _seconds(got["load"]), reference, f"{ratio:.1f}x faster", f"{goal}x faster", ratio >= goal)

    def large_loads(self) -> None:
        """Measure the full load of the large corpus against a bare loop, with its memory."""
        got = self.timed(self.large, max(1, self.times - 1), load="load", alone="load_alone", bare="bare")
        for name, what, goal in (("alone", "without stories", 0.5), ("load", "with stories", 0.4)):
            ratio = got["bare"].work / got[name].work
            self.add(
                f"full load, {self.large:,} files, {what}",
                _seconds(got[name]),
                f"bare yaml-rs + sqlite3 loop: {_seconds(got['bare'])}",
                f"{ratio:.2f} of its speed",
                f"{goal} of its speed",
                ratio >= goal,
            )
        remove(self.folder / "memory.db")
        memory = tree_memory("load", self.corpus(self.large), self.folder / "memory.db")
        remove(self.folder / "memory.db")
        self.add(
            "peak memory of the loader, all its processes",
            f"{memory:.0f} MB",
            "-",
            f"{memory:.0f} MB",
            "250 MB",
            memory <= 250,
        )
        remove(self.folder / "alone.db")
        remove(self.folder / "bare.db")
        (self.folder / "load.db").rename(self.folder / "loaded.db")

    def reloads(self) -> None:
        """Measure reloads of the large corpus, unchanged and with 1 % changed, and how long other writers wait."""
        corpus, loaded = self.corpus(self.large), self.folder / "loaded.db"
        run("load", corpus, loaded)  # settles what was new to the first load
        reload, stat = partial(run, "load", corpus, loaded), partial(run, "stat", corpus, loaded)
        got = interleaved({"reload": reload, "stat": stat}, self.times)
        ratio = got["reload"].work / got["stat"].work
        self.add(
            f"reload, {self.large:,} unchanged files",
            _seconds(got["reload"]),
            f"scandir + stat + known paths: {_seconds(got['stat'])}",
            f"{ratio:.1f}x its time",
            "at most 4x",
            ratio <= 4,
        )
        changed: list[Run] = []
        waits: list[float] = []
        same: list[Run] = []
        for _ in range(self.times):
            change(corpus, 0.01)
            changed.append(reload())
            same.append(reload())
            change(corpus, 0.01)
            waits.append(longest_wait(loaded, reload))
        middle, unchanged = (sorted(runs, key=lambda run: run.work)[len(runs) // 2] for runs in (changed, same))
        more = middle.work - unchanged.work
        self.add(
            "reload with 1 % changed",
            _seconds(middle),
            f"unchanged: {_seconds(unchanged)}",
            f"+ {more:.2f} s",
            "+ 1 s at most",
            more <= 1,
        )
        wait = sorted(waits)[len(waits) // 2]
        self.add("longest wait of others, 1 % reload", f"{wait:.2f} s", "-", f"{wait:.2f} s", "0.3 s", wait <= 0.3)

    def first_wait(self) -> None:
        """Measure how long others wait to write during the first load."""
        database = self.folder / "first.db"
        copy(self.folder / "empty.db", database)
        wait = longest_wait(database, partial(run, "load", self.corpus(self.large), database))
        self.add("longest wait of others, first load", f"{wait:.2f} s", "-", f"{wait:.2f} s", "5 s", wait <= 5)
        remove(database)

    def beside(self) -> None:
        """Measure what commands read while every file is read anew and every article is replaced."""
        from benchmarks.commands import command_times

        idle, loaded = command_times(self.corpus(self.large), self.folder / "loaded.db", 10)
        for what, one, other, goal in (
            ("slash command, complete, p99", idle.commands, loaded.commands, 2.5),
            ("/help, complete, p99 (no database: the loop's lag)", idle.help, loaded.help, None),
        ):
            before, after = (percentile(times, 0.99) * 1000 for times in (one, other))
            self.add(
                f"{what}, while {self.large:,} files load",
                f"{after:.1f} ms",
                f"the same idle: {before:.1f} ms ({len(one)}, {len(other)} commands)",
                f"{after / before:.1f}x",
                f"at most {goal}x" if goal else "+ 20 ms",
                after <= goal * before if goal else after - before < 20,
            )

    def grow(self) -> None:
        """Load and reload corpora of growing size."""
        for count in sorted({1_000, self.small, self.large}):
            got = self.timed(count, 1, grown="load")
            reload = run("load", self.corpus(count), self.folder / "grown.db")
            self.growth.append((count, got["grown"], reload))
        remove(self.folder / "grown.db")


def _print_rows(rows: list[Row], starts: dict[str, Run]) -> None:
    print("\n| what | figure | reference | ratio | goal | met |\n|---|---|---|---|---|---|")
    for row in rows:
        met = "-" if row.met is None else "yes" if row.met else "**no**"
        print(f"| {row.what} | {row.figure} | {row.reference} | {row.ratio} | {row.goal} | {met} |")
    shown = ", ".join(f"{name} {work.start:.2f} s" for name, work in starts.items())
    print(f"\nNot in these: interpreter start and imports ({shown}).")


def _print_growth(growth: list[tuple[int, Run, Run]]) -> None:
    print("\n| files | full load | per 1,000 | peak | reload unchanged | per 1,000 |\n|---|---|---|---|---|---|")
    for count, full, reload in growth:
        each, again = full.work / count * 1e6, reload.work / count * 1e6
        print(
            f"| {count:,} | {full.work:.2f} s | {each:.0f} ms | {full.memory:.0f} MB | {reload.work:.2f} s | "
            f"{again:.1f} ms |"
        )


def _print_queries(folder: Path, counts: tuple[int, ...]) -> None:
    from benchmarks.rows import query_times, write_rows

    found: list[dict[str, float]] = []
    for count in counts:
        print(f"  generating {count:,} rows", file=sys.stderr, flush=True)
        write_rows(folder / "rows.db", count)
        found.append(query_times(folder / "rows.db"))
        remove(folder / "rows.db")
    print(f"\n| query, median, articles: | {' | '.join(f'{count:,}' for count in counts)} |")
    print("|---" * (len(counts) + 1) + "|")
    for name in found[0]:
        print(f"| {name} | {' | '.join(f'{times[name] * 1000:.1f} ms' for times in found)} |")


def main() -> None:
    """Measure, and print the tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    parser.add_argument("--files", default=None, help="files of the small and the large corpus (10000,100000)")
    parser.add_argument("--quick", action="store_true", help="one run of each, smaller corpora, no million articles")
    given = parser.parse_args()
    try:
        small, large = map(int, (given.files or ("1000,10000" if given.quick else "10000,100000")).split(","))
    except ValueError:
        parser.error("--files takes two numbers: 10000,100000")
    with tempfile.TemporaryDirectory(prefix="heatline-bench-") as name:
        bench = Bench(Path(name), small, large, 1 if given.quick else 3)
        run("migrate", Path("-"), bench.folder / "empty.db")
        steps: list[Callable[[], None]] = [
            bench.small_loads,
            bench.large_loads,
            bench.reloads,
            bench.first_wait,
            bench.beside,
            bench.grow,
        ]
        for step in steps:
            step()
        _print_rows(bench.rows, bench.starts)
        _print_growth(bench.growth)
        _print_queries(bench.folder, _QUERIES[:2] if given.quick else _QUERIES)


if __name__ == "__main__":
    main()
