"""CORPUS_SYNC: a command of the operator's that brings the news folders up to date."""

import asyncio
import os
import re
import signal
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

# `git pull` of a large repository over a slow line takes a minute or two; what takes longer waits for something.
_TIME_LIMIT = 5 * 60

_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f]+")
_MOST = 200


async def sync(command: Sequence[str], folders: Sequence[Path]) -> str | None:
    """Run the command in each folder, and return what went wrong in a sentence, or None.

    No shell sees the command, it knows no token, and it can ask nobody: what wants a password fails.
    """
    failures = [f"{folder}: {failure}" for folder in folders if (failure := await _run(command, folder)) is not None]
    return f"CORPUS_SYNC failed in {'; '.join(failures)}." if failures else None


async def _run(command: Sequence[str], folder: Path) -> str | None:
    environment = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"}
    name = Path(command[0]).name
    with tempfile.TemporaryFile() as said:  # no pipe: nobody has to read what it says while it runs
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                cwd=folder,
                env={"GIT_TERMINAL_PROMPT": "0"} | environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=said,
                start_new_session=True,  # no terminal to ask at, and one group to end
            )
        except OSError as error:
            return f"{name} could not be started ({error.strerror})"
        try:
            async with asyncio.timeout(_TIME_LIMIT):
                status = await process.wait()
        except TimeoutError:
            return f"{name} took over {_TIME_LIMIT / 60:g} minutes and was stopped"
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if status == 0:
            return None
        reason = _last_line(said.seek(0, os.SEEK_END), said.fileno())
    ended = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
    return f"{name} {ended}" + (f" ({reason})" if reason else "")


def _last_line(size: int, file: int) -> str:
    """Return the last line of what a command said, without credentials."""
    os.lseek(file, max(0, size - 4_000), os.SEEK_SET)
    lines = os.read(file, 4_000).decode(errors="replace").strip().splitlines()
    line = _CREDENTIALS.sub("", _UNSEEN.sub(" ", lines[-1])).strip() if lines else ""
    return line if len(line) <= _MOST else f"{line[: _MOST - 1]}…"
