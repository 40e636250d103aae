"""Loads in a child process, and when: at the start, every few minutes, at every change of the corpus.

The bot never reads the corpus itself. It starts `python -m bot load` as a child and reads its JSON lines, so that a
hostile file can hurt neither the heartbeat nor the three seconds that a command has, and so that the command line and
the bot load alike. The child is nice, and limited in memory by itself and in time by its parent.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from watchfiles import Change, awatch
from watchfiles.main import FileChange

from bot.corpus import parse_roots
from bot.loading import MassRemovalError, OutOfMemoryError, Progress
from bot.models import HeatlineError, LoadReport
from bot.settings import HOME, Settings, child_environment
from bot.store.articles import load_report
from bot.syncing import sync

_log = logging.getLogger(__name__)

# A load of 100,000 files takes half a minute; one that takes this long hangs on something.
_TIME_LIMIT = 30 * 60


# --- what the child tells -----------------------------------------------------------------------------------


def as_line(event: str, **values: object) -> str:
    """Return one JSON line of what the child process tells."""
    return json.dumps({"event": event, **values}, ensure_ascii=False)


def report_line(report: LoadReport) -> str:
    """Return the JSON line that ends a load."""
    return as_line("report", **asdict(report))


def error_line(error: HeatlineError) -> str:
    """Return the JSON line that ends a load that failed."""
    if isinstance(error, MassRemovalError):
        return as_line("mass_removal", message=str(error), gone=error.gone, held=error.held)
    return as_line("error", message=str(error))


@dataclass(frozen=True, slots=True)
class _Outcome:
    report: LoadReport | None = None
    error: HeatlineError | None = None


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
    if event == "mass_removal":
        return _Outcome(error=MassRemovalError(value["gone"], value["held"]))
    return _Outcome(error=HeatlineError(value["message"]))


def _death(status: int, complaint: str) -> HeatlineError:
    """Return why a child ended that told neither report nor reason."""
    lines = [line for line in complaint.splitlines() if line and line[0] not in " ([^"]
    gist = lines[-1] if lines else ""  # of a traceback its last line, but for what SQLAlchemy adds below
    if gist.startswith(("MemoryError", "memory allocation of")):  # Python's words, and those of yaml-rs
        return OutOfMemoryError()
    if status < 0:
        named = f"{-status}"
        with suppress(ValueError):
            named += f" ({signal.Signals(-status).name})"
        hint = "; the system may be short of memory" if -status == 9 else ""
        return HeatlineError(f"The loader was killed by signal {named}{hint}. Nothing half done was kept.")
    return HeatlineError(gist or f"The loader ended with status {status}.")


# --- the child ----------------------------------------------------------------------------------------------


class Loader:
    """Runs loads in a child process, one at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = asyncio.Lock()
        self.refused: str | None = None
        """Why the last load was refused, until one goes through."""
        self.sync_failure: str | None = None
        """Why CORPUS_SYNC failed when it was last run, if it did."""

    async def load(
        self, progress: Progress | None = None, *, allow_mass_removal: bool = False, sync_first: bool = False
    ) -> LoadReport:
        """Load the corpus and return the report, after running CORPUS_SYNC if asked to.

        Raises `MassRemovalError` if the load was refused, and `HeatlineError` with the reason if it failed. A load that
        starts after the call is what counts: a file written before the call is always seen.
        """
        async with self._lock:
            if sync_first:
                await self._sync()
            try:
                report = await self._run(progress, allow_mass_removal)
            except MassRemovalError as error:
                self.refused = str(error)
                raise
            self.refused = None
            return report

    async def _sync(self) -> None:
        command = self._settings.corpus_sync_command
        if not command:
            return
        folders = [root.path for root in parse_roots(self._settings.corpus_dir, HOME)]
        failure = await sync(command, folders)
        if failure is not None:
            _log.warning("%s", failure)
        self.sync_failure = failure

    async def _run(self, progress: Progress | None, allow_mass_removal: bool) -> LoadReport:
        command = [sys.executable, "-m", "bot", "load", "--json", "--background"]
        if allow_mass_removal:
            command.append("--allow-mass-removal")
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                env=child_environment(self._settings),
                cwd=os.path.sep,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=1 << 22,
                start_new_session=True,
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
            minutes = f"{_TIME_LIMIT / 60:g}"
            raise HeatlineError(f"The load took over {minutes} minutes and was stopped; nothing was changed.") from None
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):  # with those that it forked
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
            complaint = (await stderr).decode(errors="replace").strip()
        if outcome.report is not None:
            return outcome.report
        assert process.returncode is not None
        raise outcome.error or _death(process.returncode, complaint)


# --- watching -----------------------------------------------------------------------------------------------

# A publisher writes many files in a burst: wait until it has been quiet so long, at most so long, in milliseconds.
_QUIET = 400
_BURST = 5_000

# A folder that was replaced tells nothing of it: look every so many milliseconds whether it is still the same. After
# trouble, wait so many seconds before watching again.
_LOOK = 5_000
_REWATCH = 5.0

# Where it takes more seconds to list the folders, files can come before they are watched that no load saw.
_SLOW = 0.5


class Watcher:
    """Loads at the start, every few minutes after CORPUS_SYNC, and whenever a file of the corpus changes."""

    def __init__(
        self,
        settings: Settings,
        loader: Loader,
        on_load: Callable[[LoadReport], None],
        progress: Progress | None = None,
    ) -> None:
        self._settings = settings
        self._loader = loader
        self._on_load = on_load
        self._progress = progress
        self._changed = asyncio.Event()
        self.loaded = asyncio.Event()
        """Set once the first load is through, whether it went well or not."""

    async def run(self) -> None:
        """Load again and again, until cancelled; a load that fails is logged, and tried again."""
        clock = asyncio.get_running_loop().time
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_watching(), name="corpus watch")
            due = clock()  # of the next load that no change asks for
            while True:
                timed = clock() >= due
                self._changed.clear()
                await self._load(sync_first=timed)
                self.loaded.set()
                if timed:
                    due = clock() + self._settings.reload_minutes * 60
                with suppress(TimeoutError):
                    async with asyncio.timeout_at(due):
                        await self._changed.wait()

    async def _load(self, *, sync_first: bool) -> None:
        refused = self._loader.refused
        try:
            report = await self._loader.load(self._progress, sync_first=sync_first)
        except MassRemovalError as error:
            if refused is None:  # once: it is tried again every few minutes, and /admin status shows it
                _log.error(
                    "The news folder was not loaded: %s To remove them all the same, use /admin reload, or run "
                    "`heatline load --allow-mass-removal`.",
                    error,
                )
            return
        except HeatlineError as error:
            _log.error("The news folder was not loaded: %s", error)
            return
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
        self._on_load(report)

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
        """Note every burst of changes, until a folder is not the one that is watched, or one within it is new."""
        # Each folder by itself: to let the library look for those within would hold the loop, for seconds.
        begun = asyncio.get_running_loop().time()
        within = await asyncio.to_thread(_folders_within, watched)
        slow = asyncio.get_running_loop().time() - begun > _SLOW
        begins = True
        async for changes in awatch(
            *within,
            recursive=False,
            debounce=_BURST,
            step=_QUIET,
            ignore_permission_denied=True,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
        ):
            if changes or (begins and slow):
                self._changed.set()
            if begins and await asyncio.to_thread(_folders_within, watched) != within:
                return  # one came while they were listed
            begins = False
            if self._folders() != watched or await asyncio.to_thread(_bring_folder, changes):
                return

    def _folders(self) -> dict[Path, object]:
        """Return the real folders of the corpus, each with what tells it from another one in its place."""
        folders = {root.path: root.path.stat() for root in parse_roots(self._settings.corpus_dir, HOME)}
        return {path: (state.st_dev, state.st_ino) for path, state in folders.items()}


def _folders_within(roots: Iterable[Path]) -> set[str]:
    """Return the folders and all within them that a load reads: no hidden ones, links as far as they stay within."""
    found = set()
    for root in roots:
        top = os.path.realpath(root)
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            if folder in found or not f"{folder}{os.sep}".startswith(f"{top.rstrip(os.sep)}{os.sep}"):
                continue
            found.add(folder)
            with suppress(OSError), os.scandir(folder) as entries:
                inner = [entry for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
                waiting += [os.path.realpath(entry.path) if entry.is_symlink() else entry.path for entry in inner]
    return found


def _bring_folder(changes: Iterable[FileChange]) -> bool:
    return any(change is Change.added and Path(path).is_dir() for change, path in changes)
