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
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy.exc import OperationalError
from watchfiles import awatch

from bot.briefing.stories import Member, stories, url_key
from bot.corpus import Root, parse_roots, read_corpus
from bot.models import Article, FileReport, FileStatus, HeatlineError, LoadReport
from bot.settings import HOME, Settings, child_environment
from bot.store.articles import load_report
from bot.store.database import connect, is_busy
from bot.store.loads import Change, Known, OvertakenError, Sighting, commit_load, known
from bot.store.migrate import migrate
from bot.store.rows import epoch, to_row

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with the number of files read, and of all files."""

# A backfill is silent but for what was published this recently: a new folder should not flood channels, and should
# not keep today's news from them either.
_NEWS = timedelta(hours=48)

# More new articles than this in one load are a backfill: at least so many, and this share of what is held.
_FLOOD = 50
_FLOOD_SHARE = 0.2

_REPORTED_PROBLEMS = 10

# A load of 100,000 files takes half a minute; one that takes this long hangs on something.
_TIME_LIMIT = 30 * 60


def utc_now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


def load(settings: Settings, progress: Progress | None = None, now: datetime | None = None) -> LoadReport:
    """Read the corpus into the database, all or nothing, and return what changed.

    Raises `HeatlineError` if a root cannot be read, or the database is busy for too long.
    """
    started = time.monotonic()
    now = now or utc_now()
    roots = parse_roots(settings.corpus_dir, HOME)
    migrate(settings.database_url)
    while True:  # overtaken by another load, read again: what it saw may be newer than what we saw
        with connect(settings.database_url, writes=False) as connection:
            before = known(connection)
        files = read_corpus(roots, progress, now=now)
        change, report = _compare(roots, files, before, now, started)
        problems = [problem for file in files for problem in file.problems]
        try:
            with connect(settings.database_url, writes=True) as connection, connection.begin():
                return commit_load(connection, before, change, report, problems, now)
        except OvertakenError:
            continue
        except OperationalError as error:
            if is_busy(error):
                raise HeatlineError("The database was busy for too long; nothing was changed. Try again.") from None
            raise


def _compare(
    roots: Sequence[Root], files: Sequence[FileReport], before: Known, now: datetime, started: float
) -> tuple[Change, LoadReport]:
    """Return what differs between the files and the store, and the report of it."""
    found = [file.article for file in files if file.article is not None]
    fresh_roots = [root for root in roots if str(root.path) not in before.roots]
    sightings = _first_sights(found, roots, fresh_roots, before, now)
    sights = before.sights | {sighting.key: sighting.seen_at for sighting in sightings}
    assigned = stories(
        Member(article.key, sights[article.key], url_key(article.url), tuple(url_key(r.url) for r in article.coverage))
        for article in found
    )
    upserts, added, updated, hidden = [], 0, 0, 0
    moved: dict[str, str] = {}
    for article in found:
        row = to_row(article)
        old = before.rows.get(article.id)
        if old is None or old[3] != assigned[article.key]:
            moved[article.key] = assigned[article.key]
        if old is not None and old[1] == row["fingerprint"]:
            continue
        upserts.append((row, article))
        if old is None:
            added += 1
        elif old[2] and not article.published:
            hidden += 1
        else:
            updated += 1
    present = {article.id for article in found}
    removals = [row[0] for article_id, row in before.rows.items() if article_id not in present]
    problems = [problem for file in files for problem in file.problems]
    report = LoadReport(
        number=None,
        added=added,
        updated=updated,
        hidden=hidden,
        gone=len(removals),
        unchanged=len(found) - len(upserts),
        skipped=sum(file.status is FileStatus.SKIP for file in files),
        rejected=sum(file.status is FileStatus.REJECT for file in files),
        backfilled=sum(sighting.quiet for sighting in sightings),
        articles=0,
        problem_count=len(problems),
        problems=tuple(problems[:_REPORTED_PROBLEMS]),
        seconds=round(time.monotonic() - started, 3),
    )
    return Change(upserts, removals, moved, sightings, [str(root.path) for root in fresh_roots]), report


def _first_sights(
    found: Sequence[Article], roots: Sequence[Root], fresh_roots: Sequence[Root], before: Known, now: datetime
) -> list[Sighting]:
    """Return the first sights of this load.

    In a backfill (the first load of a root, or more new articles than a publisher brings at once) first sight is the
    published date, and only what was published within 48 hours can still be pushed.
    """
    new = [article for article in found if article.key not in before.sights]
    flood = len(new) > max(_FLOOD, len(before.rows) * _FLOOD_SHARE)
    prefixes = {root.label: root for root in roots if root.label is not None}
    sightings = []
    for article in new:
        root = prefixes.get(article.id.partition("/")[0], roots[0])
        if flood or root in fresh_roots:
            at = min(article.published_at or now, now)
            sightings.append(Sighting(article.key, epoch(at) or 0, quiet=now - at > _NEWS))
        else:
            sightings.append(Sighting(article.key, epoch(now) or 0, quiet=False))
    return sightings


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

# A folder that was replaced tells nothing of it: look every so many milliseconds whether it is still the same. After
# trouble, wait so many seconds before watching again.
_LOOK = 5_000
_REWATCH = 5.0


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
            group.create_task(self._keep_watching(), name="corpus watch")
            while True:
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

    async def _keep_watching(self) -> None:
        """Watch the folders, and watch anew where that fails or another folder has taken the place of one."""
        told = None
        while True:
            try:
                await self._watch(self._folders())
                told = None
            except Exception as error:  # awatch wraps what it raises in groups; without it, the timer still loads
                gist = error.exceptions[0] if isinstance(error, ExceptionGroup) else error
                if str(gist) != told:
                    told = str(gist)
                    _log.warning("Changes of the news folder may not be noticed at once (%s).", gist)
                await asyncio.sleep(_REWATCH)
            self._changed.set()

    async def _watch(self, watched: dict[Path, object]) -> None:
        """Note every burst of changes, until one of the folders is no longer the one that is watched."""
        async for changes in awatch(
            *watched,
            debounce=_BURST,
            step=_QUIET,
            ignore_permission_denied=True,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
        ):
            if changes:
                self._changed.set()
            if self._folders() != watched:
                return

    def _folders(self) -> dict[Path, object]:
        """Return the real folders of the corpus, each with what tells it from another one in its place."""
        folders = {root.path: root.path.stat() for root in parse_roots(self._settings.corpus_dir, HOME)}
        return {path: (state.st_dev, state.st_ino) for path, state in folders.items()}
