"""Corpus -> store: one load. `bot.loader` runs it in a child process."""

import gc
import time
from collections.abc import Callable, Mapping, Sequence, Set
from datetime import UTC, datetime
from functools import partial

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot.ahead import ahead
from bot.corpus import Found, Root, found_files, parse_roots, read_file, read_twins, twins_apart
from bot.limits import allow_files
from bot.models import HeatlineError, LoadReport
from bot.settings import HOME, Settings
from bot.store.database import beside_writers, connect, is_busy
from bot.store.files import add_roots, article_count, files_now, known_files, known_roots
from bot.store.linking import link
from bot.store.loads import newest_load
from bot.store.merging import merge
from bot.store.migrate import migrate
from bot.store.staging import Counts, Prepared, Staging, prepared

Progress = Callable[[int, int], None]
"""Called with the number of files read, and of all files."""

# A file whose clock stood still while it was written twice looks unchanged. One that changed this shortly before it was
# read is read again next time.
_FRESH_NS = 2_000_000_000

_STEP = 200  # files between two calls of `progress`: some 15 ms

# A load makes millions of objects and hardly a cycle: looking for them as often as Python does takes 8 % of its time.
# Never to look would keep what exceptions leave behind.
_COLLECTOR = (50_000, 50, 100)

# A half-mounted folder looks like a mass removal: more than this share of at least so many articles.
_MASS_SHARE = 1 / 3
_MASS = 50


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class MassRemovalError(HeatlineError):
    """A load would remove so much that the news folder is probably not all there."""

    def __init__(self, gone: int, held: int) -> None:
        super().__init__(
            f"{gone:,} of {held:,} articles would be removed: is the news folder complete? Nothing was changed."
        )
        self.gone = gone
        self.held = held


class OutOfMemoryError(HeatlineError):
    """A load needed more memory than it may have."""

    def __init__(self) -> None:
        super().__init__("The loader ran out of memory; nothing was changed.")


def load(
    settings: Settings,
    progress: Progress | None = None,
    now: datetime | None = None,
    *,
    allow_mass_removal: bool = False,
) -> LoadReport:
    """Read the corpus into the database, all or nothing, and return what changed.

    Raises `MassRemovalError` if more than a third of at least 50 articles would go and that was not allowed, and
    `HeatlineError` if a root cannot be read, the database is busy for too long, or the memory does not suffice.
    """
    started = time.monotonic()
    now = now or utc_now()
    roots = parse_roots(settings.corpus_dir, HOME)
    migrate(settings.database_url)
    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(*_COLLECTOR)
    try:
        while True:
            with connect(settings.database_url, writes=True) as connection:
                with beside_writers(connection):
                    before = newest_load(connection)
                    staging = _stage(connection, roots, progress, now)
                    if not allow_mass_removal:
                        _check_removal(connection, staging.counts)
                    link(connection)
                with connection.begin():
                    if newest_load(connection) == before:  # else another load came first: what was compared is stale
                        add_roots(connection, [str(root.path) for root in roots], now)
                        return merge(connection, _report(staging, started), staging.spellings, now)
    except OperationalError as error:
        if is_busy(error):
            raise HeatlineError("The database was busy for too long; nothing was changed. Try again.") from None
        raise
    except (MemoryError, SystemError):  # where the memory does not suffice, the interpreter says either
        raise OutOfMemoryError from None
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


def _stage(connection: Connection, roots: Sequence[Root], progress: Progress | None, now: datetime) -> Staging:
    """Stage what has changed in the roots since the last load."""
    held = known_roots(connection)
    fresh = {number for number, root in enumerate(roots) if str(root.path) not in held}
    found = found_files(roots)
    allow_files(len(found))
    known = known_files(connection)
    gone = sorted(known.keys() - {file.file for file in found})
    staging = Staging(connection)
    lost = files_now(connection, gone)
    changed = _to_read(found, known, {article for _, _, article in lost})
    staging.remove(lost)
    recent = time.time_ns() - _FRESH_NS

    def take(file: Found, read: Prepared) -> None:
        staging.add(read, file.stamp if file.changed_ns < recent else None, fresh_root=file.root in fresh)

    alone, twins = twins_apart(changed)
    for done, (file, read) in enumerate(zip(alone, ahead(partial(_read, now), alone), strict=True)):
        if progress and done % _STEP == 0:
            progress(done, len(changed))
        take(file, read)
    for file, report in zip(twins, read_twins(twins, now), strict=True):
        take(file, prepared(report, file.id))
    if progress:
        progress(len(changed), len(changed))
    staging.settle(now)
    return staging


def _read(now: datetime, file: Found) -> Prepared:
    return prepared(read_file(file, now), file.id)


def _to_read(found: Sequence[Found], known: Mapping[str, int | None], lost: Set[str]) -> list[Found]:
    """Return the files to read: new or changed ones, and those that claim the same id as one that is, or is gone."""
    changed = [file for file in found if file.stamp is None or known.get(file.file) != file.stamp]
    if len(changed) == len(found):
        return changed
    ids = lost | {file.id for file in changed}
    return [file for file in found if file.id in ids]


def _check_removal(connection: Connection, counts: Counts) -> None:
    held = article_count(connection)
    if held >= _MASS and counts.gone > held * _MASS_SHARE:
        raise MassRemovalError(counts.gone, held)


def _report(staging: Staging, started: float) -> LoadReport:
    counts = staging.counts
    return LoadReport(
        number=None,
        added=counts.added,
        updated=counts.updated,
        hidden=counts.hidden,
        gone=counts.gone,
        unchanged=0,
        skipped=0,
        rejected=0,
        backfilled=staging.backfilled,
        articles=0,
        problem_count=0,
        problems=(),
        seconds=round(time.monotonic() - started, 3),
    )
