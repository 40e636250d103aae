"""Corpus -> store: one load, and the child process in which the bot runs it.

The bot never reads the corpus itself. It starts `python -m bot load` as a child and reads its JSON lines, so that a
hostile file can hurt neither the heartbeat nor the three seconds that a command has, and so that the command line and
the bot load alike.
"""

import asyncio
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError
from watchfiles import awatch

from bot.corpus import Found, Root, found_files, parse_roots, read_files
from bot.models import HeatlineError, LoadReport
from bot.settings import HOME, Settings, child_environment
from bot.store.articles import load_report
from bot.store.database import beside_writers, connect, is_busy
from bot.store.files import add_roots, article_count, files_now, known_files, known_roots
from bot.store.linking import link
from bot.store.loads import newest_load
from bot.store.merging import merge
from bot.store.migrate import migrate
from bot.store.staging import Counts, Staging

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with the number of files read, and of all files."""

# A file whose clock stood still while it was written twice looks unchanged. One that changed this shortly before it was
# read is read again next time.
_FRESH_NS = 2_000_000_000

# A half-mounted folder looks like a mass removal: more than this share of at least so many articles.
_MASS_SHARE = 1 / 3
_MASS = 50

# A load of 100,000 files takes half a minute; one that takes this long hangs on something.
_TIME_LIMIT = 30 * 60


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


class MassRemovalError(HeatlineError):
    """A load would remove so much that the news folder is probably not all there."""


def load(
    settings: Settings,
    progress: Progress | None = None,
    now: datetime | None = None,
    *,
    allow_mass_removal: bool = False,
) -> LoadReport:
    """Read the corpus into the database, all or nothing, and return what changed.

    Raises `MassRemovalError` if more than a third of at least 50 articles would go and that was not allowed, and
    `HeatlineError` if a root cannot be read, or the database is busy for too long.
    """
    started = time.monotonic()
    now = now or utc_now()
    roots = parse_roots(settings.corpus_dir, HOME)
    migrate(settings.database_url)
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


def _stage(connection: Connection, roots: Sequence[Root], progress: Progress | None, now: datetime) -> Staging:
    """Stage what has changed in the roots since the last load."""
    known = known_files(connection)
    held = known_roots(connection)
    fresh = {number for number, root in enumerate(roots) if str(root.path) not in held}
    found = found_files(roots)
    gone = sorted(known.keys() - {file.file for file in found})
    staging = Staging(connection)
    lost = files_now(connection, gone)
    changed = _to_read(found, known, {article for _, _, article in lost})
    staging.remove(lost)
    recent = time.time_ns() - _FRESH_NS
    for file, report in read_files(changed, progress, now=now):
        stamp = file.stamp if file.changed_ns < recent else None
        staging.add(report, stamp, file.id, fresh_root=file.root in fresh)
    staging.settle(now)
    return staging


def _to_read(found: Sequence[Found], known: Mapping[str, int | None], lost: Set[str]) -> list[Found]:
    """Return the files to read: new or changed ones, and those that claim the same id as one that is, or is gone."""
    changed = [file for file in found if file.stamp is None or known.get(file.file) != file.stamp]
    ids = lost | {file.id for file in changed}
    if len(changed) == len(found):
        return changed
    return [file for file in found if file.id in ids]


def _check_removal(connection: Connection, counts: Counts) -> None:
    held = article_count(connection)
    if held >= _MASS and counts.gone > held * _MASS_SHARE:
        raise MassRemovalError(
            f"{counts.gone:,} of {held:,} articles would be removed: is the news folder complete? Nothing was changed. "
            "To remove them all the same, run the load with --allow-mass-removal."
        )


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


# --- the child process --------------------------------------------------------------------------------------


def as_line(event: str, **values: object) -> str:
    """Return one JSON line of what the child process tells."""
    return json.dumps({"event": event, **values}, ensure_ascii=False)


def report_line(report: LoadReport) -> str:
    """Return the JSON line that ends a load."""
    return as_line("report", **asdict(report))


@dataclass(frozen=True, slots=True)
class _Outcome:
    report: LoadReport | None = None
    error: str | None = None


class Loader:
    """Runs loads in a child process, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()

    async def load(self, progress: Progress | None = None) -> LoadReport:
        """Load the corpus and return the report. Raises `HeatlineError` with the reason if it failed.

        A load that starts after the call is what counts: a file written before the call is always seen.
        """
        async with self._lock:
            return await self._run(progress)

    async def _run(self, progress: Progress | None) -> LoadReport:
        command = [sys.executable, "-m", "bot", "load", "--json", "--background"]
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=child_environment(self._settings),
                cwd=os.path.sep,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=1 << 22,
            )
        except OSError as error:
            raise HeatlineError(f"The loader could not be started: {error.strerror}.") from None
        assert process.stdout is not None
        assert process.stderr is not None
        stderr = asyncio.ensure_future(process.stderr.read())
        outcome = _Outcome()
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                async for line in process.stdout:
                    outcome = _read_line(line, progress) or outcome
                await process.wait()
        except TimeoutError:
            raise HeatlineError(f"The load took over {_TIME_LIMIT // 60} minutes and was stopped.") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            complaint = (await stderr).decode(errors="replace").strip()
        if outcome.report is not None:
            return outcome.report
        raise HeatlineError(outcome.error or _gist(complaint) or f"The loader ended with status {process.returncode}.")


def _gist(complaint: str) -> str | None:
    """Return the line that says what went wrong: of a traceback its last, but for what SQLAlchemy adds below."""
    lines = [line for line in complaint.splitlines() if line and line[0] not in " ([^"]
    return lines[-1] if lines else None


def _read_line(line: bytes, progress: Progress | None) -> _Outcome | None:
    try:
        value = json.loads(line)
        event = value.pop("event")
    except (ValueError, KeyError, AttributeError, TypeError):
        return None  # half a line of a child that was killed, or something that a library printed
    if event == "progress":
        if progress is not None:
            progress(value["done"], value["total"])
        return None
    if event == "report":
        return _Outcome(report=load_report(value))
    return _Outcome(error=value["message"])


# --- watching -----------------------------------------------------------------------------------------------

# A publisher writes many files in a burst: wait until it has been quiet so long, at most so long, in milliseconds.
_QUIET = 400
_BURST = 5_000


class Watcher:
    """Loads at the start, every few minutes, and whenever a file of the corpus changes."""

    def __init__(self, settings: Settings, loader: Loader, on_load: Callable[[LoadReport], None]) -> None:
        self._settings = settings
        self._loader = loader
        self._on_load = on_load
        self._changed = asyncio.Event()
        self.loaded = asyncio.Event()
        """Set once the first load is through, whether it went well or not."""

    async def run(self) -> None:
        """Load again and again, until cancelled; a load that fails is logged, and tried again."""
        async with asyncio.TaskGroup() as group:
            watch: asyncio.Task[None] | None = None
            while True:
                if watch is None or watch.done():  # at the start, and again where the folder could not be watched
                    watch = group.create_task(self._watch(), name="corpus watch")
                self._changed.clear()
                try:
                    self._on_load(await self._load())
                except HeatlineError as error:
                    _log.error("The news folder was not loaded: %s", error)
                self.loaded.set()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._settings.reload_minutes * 60):
                        await self._changed.wait()

    async def _load(self) -> LoadReport:
        report = await self._loader.load()
        if report.number is not None or report.problem_count:
            _log.info(
                "Loaded: %d added, %d updated, %d hidden, %d gone, %d unchanged, %d problems (%.1f s).",
                report.added,
                report.updated,
                report.hidden,
                report.gone,
                report.unchanged,
                report.problem_count,
                report.seconds,
            )
        return report

    async def _watch(self) -> None:
        """Note every burst of changes. A folder that cannot be watched is still read every few minutes."""
        try:
            folders = [root.path for root in parse_roots(self._settings.corpus_dir, HOME)]
            async for _ in awatch(*folders, debounce=_BURST, step=_QUIET, ignore_permission_denied=True):
                self._changed.set()
        except (OSError, RuntimeError, HeatlineError) as error:
            _log.warning("Changes of the news folder are not noticed at once (%s).", error)
