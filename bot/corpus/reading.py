"""The whole corpus, read."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from bot.corpus.article import read_article
from bot.corpus.faults import Fault
from bot.corpus.findings import RefusedError, rejection
from bot.corpus.roots import Root
from bot.corpus.spelling import unified
from bot.corpus.walk import SUFFIXES, Found, contents, found_files
from bot.models import FileReport, FileStatus

_STEP = 200  # files between two calls of `progress`: some 15 ms


def read_corpus(
    roots: Sequence[Root], progress: Callable[[int, int], None] | None = None, *, now: datetime
) -> tuple[FileReport, ...]:
    """Return a report of every news file of the roots, by `file`, with names in one spelling.

    `progress` is told how many files are done, of how many. `now` is aware; dates well after it count as missing.
    """
    reports = [report for _, report in read_files(found_files(roots), progress, now=now)]
    return tuple(unified(sorted(reports, key=lambda report: report.file)))


def read_files(
    files: Sequence[Found], progress: Callable[[int, int], None] | None = None, *, now: datetime
) -> Iterator[tuple[Found, FileReport]]:
    """Yield every file with its report, names as they are written there; of files that claim one id, all but one are
    rejected. All that may claim the same id have to be among the files."""
    alone, twins = twins_apart(files)
    for done, found in enumerate(alone):
        if progress and done % _STEP == 0:
            progress(done, len(files))
        yield found, read_file(found, now)
    yield from zip(twins, read_twins(twins, now), strict=True)
    if progress:
        progress(len(files), len(files))


def twins_apart(files: Sequence[Found]) -> tuple[list[Found], list[Found]]:
    """Return the files that are alone in claiming their id, and those that are not."""
    claims = Counter(found.id for found in files)
    if len(claims) == len(files):
        return list(files), []
    return [f for f in files if claims[f.id] == 1], [f for f in files if claims[f.id] > 1]


def read_twins(twins: Sequence[Found], now: datetime) -> list[FileReport]:
    """Return the reports of files that share ids: of those with one id, all but one are rejected."""
    return _without_twins(twins, [read_file(found, now) for found in twins])


def read_file(found: Found, now: datetime) -> FileReport:
    """Return the report of one file; whatever happens, it concerns this file only."""
    if found.fault:
        return rejection(found.file, found.fault)
    try:
        return read_article(found.file, found.id, contents(found.path), now)
    except RefusedError as refusal:
        return rejection(found.file, refusal.what)
    except (MemoryError, SystemError):  # no fault of this file: taken for one, its article would be removed
        raise
    except Exception as error:  # no file may stop a load; its name only: a message could quote the file
        return rejection(found.file, Fault.UNEXPECTED.format(error=type(error).__name__))


def _without_twins(files: Sequence[Found], reports: list[FileReport]) -> list[FileReport]:
    """Return the reports with all but the first of those that claim one id rejected.

    A file that is not news claims nothing; one that is broken keeps its claim, or half a file would hand the id over.
    """
    claims: dict[str, int] = {}
    for index, report in enumerate(reports):
        if report.status is FileStatus.SKIP:
            continue
        first = claims.setdefault(files[index].id, index)
        if first == index:
            continue
        first, second = sorted((first, index), key=lambda claim: _rank(files[claim]))
        claims[files[index].id] = first
        if reports[second].status is FileStatus.LOAD:
            reports[second] = rejection(reports[second].file, Fault.TWIN)
    return reports


def _rank(found: Found) -> tuple[int, int, str]:
    suffix = next((rank for rank, suffix in enumerate(SUFFIXES) if found.file.lower().endswith(suffix)), len(SUFFIXES))
    return found.root, suffix, found.file
