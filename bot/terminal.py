"""What the commands of the program show to people: a progress bar, and problems grouped by kind."""

import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from bot.models import LoadReport, Problem

_EXAMPLES = 3  # files named for each kind of problem: enough to see a pattern, few enough to read
_INDEX = re.compile(r"\[\d+]")


class Bar:
    """A progress bar on standard error: it appears with the first step, and goes when it is closed."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), "files", TimeRemainingColumn())
        self._shown = Progress("{task.description}", *columns, console=Console(stderr=True), transient=True)
        self._task = self._shown.add_task("Reading", total=None)

    def __call__(self, done: int, total: int) -> None:
        """Show how many files are read, of how many."""
        self._shown.start()
        if done == 0:
            self._shown.reset(self._task)
        what = "Storing" if done == total else "Reading"
        self._shown.update(self._task, completed=done, total=total, description=what)

    def close(self) -> None:
        """Take the bar away."""
        self._shown.stop()


@contextmanager
def progress_bar(*, wanted: bool = True) -> Iterator[Bar | None]:
    """Give a progress bar, or None where it is not wanted or standard error is no terminal."""
    if not wanted or not sys.stderr.isatty():
        yield None
        return
    bar = Bar()
    try:
        yield bar
    finally:
        bar.close()


def load_summary(report: LoadReport) -> Iterator[str]:
    """Yield the lines that say what a load did."""
    yield (
        f"{report.added:,} added, {report.updated:,} updated, {report.hidden:,} hidden, {report.gone:,} gone, "
        f"{report.unchanged:,} unchanged; {report.skipped:,} files skipped, {report.rejected:,} rejected."
    )
    yield f"{report.articles:,} article{'' if report.articles == 1 else 's'} can be read. {report.seconds:.1f} s."
    if report.backfilled:
        yield f"{report.backfilled:,} articles were taken in quietly: a new folder is not pushed."


def grouped_problems(problems: Iterable[Problem]) -> Iterator[str]:
    """Yield the lines that show problems by kind, the most frequent first, each with the first files that have it."""
    kinds: dict[tuple[str, str, str], list[Problem]] = defaultdict(list)
    for problem in problems:
        kinds[_INDEX.sub("[]", problem.field or ""), problem.what, problem.done].append(problem)
    if not kinds:
        return
    count = sum(map(len, kinds.values()))
    yield f"{count:,} problem{'' if count == 1 else 's'}:"
    for (field, what, done), found in sorted(kinds.items(), key=lambda kind: (-len(kind[1]), kind[0])):
        yield f"{len(found):>7,}  {field + ': ' if field else ''}{what}; {done}"
        for problem in found[:_EXAMPLES]:
            yield f"         {problem.file}:{problem.line}" if problem.line else f"         {problem.file}"
        if len(found) > _EXAMPLES:
            yield f"         and {len(found) - _EXAMPLES:,} more"
