"""The commands of the program: run, preview, load, check, export."""

import argparse
import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from io import TextIOWrapper
from pathlib import Path
from typing import NoReturn

from filelock import FileLock, Timeout

from bot import __version__
from bot.limits import limit_process
from bot.logs import start_logging
from bot.models import FileStatus, HeatlineError, LoadReport
from bot.settings import HOME, SEEDS, Settings, SettingsError, read_settings
from bot.terminal import grouped_problems, load_summary, progress_bar

# Discord, SQLAlchemy and the simulated Discord are imported by the commands that need them: `check` starts in 0.2 s.


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}. See {self.prog} --help.", file=sys.stderr)
        raise SystemExit(2)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit: 0 if it went well, 1 if the work failed, 2 if the command or a setting is wrong."""
    given = _parser().parse_args(arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):  # whatever the terminal's encoding, news can be printed
            if stream is sys.stdout and getattr(given, "json", False):
                stream.reconfigure(encoding="utf-8")
            else:
                stream.reconfigure(errors="backslashreplace")
    try:
        status: int = given.command(given)
        sys.stdout.flush()
    except SettingsError as error:
        print(f"heatline: {error}", file=sys.stderr)
        status = 2
    except HeatlineError as error:
        print(f"heatline: {error}", file=sys.stderr)
        status = 1
    except BrokenPipeError:  # `heatline export | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except OSError as error:
        print(f"heatline: the output cannot be written ({error.strerror}).", file=sys.stderr)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = 1
    except KeyboardInterrupt:
        status = 130
    raise SystemExit(status)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="heatline",
        description="Heatline delivers news briefings on Discord. Settings come from the environment or .env; "
        ".env.example lists them.",
    )
    parser.add_argument("--version", action="version", version=f"Heatline {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser(
        "run", help="connect to Discord and deliver", description="Connect to Discord and deliver."
    )
    run.add_argument("--preview-without-token", action="store_true", help=argparse.SUPPRESS)
    run.set_defaults(command=_run)

    preview = commands.add_parser(
        "preview",
        help="show the whole bot in a simulated Discord, in the browser",
        description="Show the whole bot in a simulated Discord, in a local web page, with demo news.",
    )
    preview.add_argument("--port", type=_port, help="the page's port (default: 8730, or the next free one)")
    preview.set_defaults(command=_preview, no_token=False)

    load = commands.add_parser(
        "load", help="read the news folder into the database", description="Read the news folder into the database."
    )
    load.add_argument("--corpus", metavar="DIR", help="the news folder (default: CORPUS_DIR)")
    load.add_argument("--watch", action="store_true", help="load now and at every change, until Ctrl-C")
    load.add_argument(
        "--allow-mass-removal", action="store_true", help="even if over a third of the articles would be removed"
    )
    load.add_argument("--json", action="store_true", help="tell progress and report as JSON lines")
    load.add_argument("--background", action="store_true", help=argparse.SUPPRESS)
    load.set_defaults(command=_load)

    check = commands.add_parser(
        "check",
        help="say what a load would make of every file; touches no database",
        description="Say what a load would make of every file. Exits with 1 if a file is rejected.",
    )
    check.add_argument("corpus", nargs="?", metavar="DIR", help="the news folder (default: CORPUS_DIR)")
    check.add_argument("--json", action="store_true", help="one JSON object a line for every file")
    check.set_defaults(command=_check)

    export = commands.add_parser(
        "export", help="print every article of the database", description="Print every article of the database, by id."
    )
    export.add_argument("--json", action="store_true", help="one JSON object a line")
    export.set_defaults(command=_export)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def _given_folder(argument: str, folder: str | None) -> str | None:
    """Return a folder given on the command line, which is relative to the working directory as everywhere.

    Raises `SettingsError` naming the argument where there is no such folder.
    """
    if folder is None:
        return None
    path = Path(folder).expanduser().absolute()
    if not path.is_dir():
        raise SettingsError(f"{argument}: {path} is not a folder. Example: {argument} /srv/news")
    return str(path)


# --- run and preview -----------------------------------------------------------------------------------------


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Hold the database's lock, so that no two programs deliver from it. Raises `HeatlineError` naming the holder."""
    path = settings.database.with_name(settings.database.name + ".lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path, timeout=0)
        lock.acquire()
    except Timeout:
        holder = path.read_text().strip() or "unknown"
        raise HeatlineError(
            f"Heatline is already running with {settings.database} (process {holder}). Stop it first."
        ) from None
    except OSError as error:
        raise HeatlineError(f"{path.parent} cannot be written ({error.strerror}): set DATABASE_URL.") from None
    try:
        path.write_text(f"{os.getpid()}\n")
        yield
    finally:
        lock.release()


def _say(line: str) -> None:
    print(line, flush=True)


def _run(given: argparse.Namespace) -> int:
    settings = read_settings()
    if settings.discord_token is None or not settings.discord_token.get_secret_value().strip():
        if given.preview_without_token:
            return _preview(argparse.Namespace(port=None, no_token=True))
        raise SettingsError(
            "DISCORD_TOKEN: it is not set. Get one at https://discord.com/developers/applications, "
            "or run `python -m bot preview`."
        )
    token = settings.discord_token.get_secret_value().strip()
    _check_corpus(settings)
    start_logging(settings.log_level)
    from bot.app import Program, run

    async def until_stopped() -> None:
        await run(Program(settings), token, _stop_signal(), _say)

    with _only_one(settings):
        asyncio.run(until_stopped())
    return 0


def _stop_signal() -> asyncio.Event:
    """Return an event of the running loop that Ctrl-C, or a request to end, sets."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def _check_corpus(settings: Settings) -> None:
    """Raise `SettingsError` where CORPUS_DIR names no folder: better said now than in a log later."""
    from bot.corpus import parse_roots

    try:
        parse_roots(settings.corpus_dir, HOME)
    except HeatlineError as error:
        raise SettingsError(f"CORPUS_DIR: {str(error).removeprefix('CORPUS_DIR ')}") from None


def _preview(given: argparse.Namespace) -> int:
    settings = read_settings()
    start_logging("WARNING" if settings.log_level == "INFO" else settings.log_level)  # a newcomer reads this terminal
    from bot.preview import serve
    from bot.preview.program import preview_program

    asyncio.run(
        serve(
            lambda sandbox: preview_program(sandbox, settings),
            seeds=SEEDS,
            base=HOME / "data",
            port=given.port,
            no_token=given.no_token,
            say=_say,
        )
    )
    return 0


# --- load, check, export -------------------------------------------------------------------------------------


def _load(given: argparse.Namespace) -> int:
    settings = read_settings(corpus_dir=_given_folder("--corpus", given.corpus))
    if given.watch:
        if given.allow_mass_removal:
            raise SettingsError("--allow-mass-removal is for one load: run it without --watch.")
        start_logging("WARNING" if settings.log_level == "INFO" else settings.log_level)  # the summary says the rest
        asyncio.run(_watch(settings, given))
        return 0
    start_logging(settings.log_level)
    if given.background:
        limit_process()  # before the imports: what they reserve counts
    from bot.loader import as_line, error_line, report_line
    from bot.loading import MassRemovalError, load

    told = 0

    def tell(done: int, total: int) -> None:
        nonlocal told
        if done == total or done - told >= max(1, total // 100):
            told = done
            _say(as_line("progress", done=done, total=total))

    try:
        with progress_bar(wanted=not given.json) as bar:
            report = load(settings, tell if given.json else bar, allow_mass_removal=given.allow_mass_removal)
    except HeatlineError as error:
        if given.json:
            _say(error_line(error))
        if isinstance(error, MassRemovalError):
            raise HeatlineError(
                f"{error} To remove them all the same, run `heatline load --allow-mass-removal`."
            ) from None
        raise
    if given.json:
        _say(report_line(report))
    else:
        _tell_load(settings, report)
    return 0


def _tell_load(settings: Settings, report: LoadReport) -> None:
    """Print for people what a load did, and every problem of the corpus by kind."""
    from bot.store.database import connect
    from bot.store.merging import first_problems

    for line in load_summary(report):
        _say(line)
    if report.problem_count:
        with connect(settings.database_url, writes=False) as connection:
            problems = first_problems(connection, report.problem_count)
        for line in grouped_problems(problems):
            _say(line)


async def _watch(settings: Settings, given: argparse.Namespace) -> None:
    """Load now and at every change, until stopped."""
    from bot.loader import Loader, Watcher, report_line

    with progress_bar(wanted=not given.json) as bar:

        def tell(report: LoadReport) -> None:
            if bar is not None:
                bar.close()
            if given.json:
                _say(report_line(report))
            elif report.number is not None or not watcher.loaded.is_set():
                _tell_load(settings, report)

        watcher = Watcher(settings, Loader(settings), on_load=tell, progress=bar)
        stop = _stop_signal()
        working = asyncio.ensure_future(watcher.run())
        stopping = asyncio.ensure_future(stop.wait())
        await asyncio.wait({working, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        working.cancel()
        for result in await asyncio.gather(working, stopping, return_exceptions=True):
            if isinstance(result, Exception):
                raise result


def _check(given: argparse.Namespace) -> int:
    settings = read_settings(corpus_dir=_given_folder("heatline check", given.corpus))
    from bot.corpus import as_record, parse_roots, read_corpus
    from bot.loading import utc_now

    roots = parse_roots(settings.corpus_dir, HOME)
    with progress_bar(wanted=not given.json) as bar:
        files = read_corpus(roots, bar, now=utc_now())
    if given.json:
        for file in files:
            print(json.dumps(as_record(file), ensure_ascii=False))
    else:
        for line in grouped_problems(problem for file in files for problem in file.problems):
            print(line)
        counts = {status: sum(file.status is status for file in files) for status in FileStatus}
        print(
            f"{counts[FileStatus.LOAD]:,} articles, {counts[FileStatus.SKIP]:,} files skipped, "
            f"{counts[FileStatus.REJECT]:,} rejected."
        )
    return 1 if any(file.status is FileStatus.REJECT for file in files) else 0


def _export(given: argparse.Namespace) -> int:
    settings = read_settings()
    from bot.corpus import article_record
    from bot.store.articles import all_articles
    from bot.store.database import connect
    from bot.store.migrate import migrate

    if not settings.database.is_file():
        raise HeatlineError(f"There is no database at {settings.database}: run `heatline load` first.")
    migrate(settings.database_url)
    with connect(settings.database_url, writes=False) as connection:
        for article in all_articles(connection):
            if given.json:
                print(json.dumps(article_record(article), ensure_ascii=False))
            else:
                heat = "-" if article.heat is None else article.heat
                print(f"{heat:>4}  {article.title} · {article.provider}  ({article.id})")
    return 0
