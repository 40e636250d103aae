"""The real program as a subprocess, taken in by the stand-in."""

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from .server import Loopback

CHECKOUT = Path(__file__).resolve().parents[2]
REDIRECT = Path(__file__).resolve().parent / "redirect"


class Program:
    """`python -m bot ARGS` in a folder of its own, until the block ends; then its whole process group is killed.

    `settings` are environment variables; DISCORD_TOKEN and a DATABASE_URL in the folder are given unless they are
    among them. Output goes to `stdout.log` and `stderr.log` in the folder, appended to by later programs there.
    """

    def __init__(
        self,
        loopback: Loopback,
        folder: Path,
        *args: str,
        settings: Mapping[str, str] | None = None,
        module: str = "bot",
    ) -> None:
        self.folder = folder
        self._command = [sys.executable, "-m", module, *(args or ("run",))]
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": os.pathsep.join((str(REDIRECT), str(CHECKOUT))),
            "LOOPBACK_API": loopback.api_url,
            "LOOPBACK_GATEWAY": loopback.gateway_url,
            "DISCORD_TOKEN": loopback.token,
            "DATABASE_URL": f"sqlite+aiosqlite:///{folder / 'heatline.db'}",
            **(settings or {}),
        }
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._text = {"stdout": "", "stderr": ""}
        self._changed = asyncio.Condition()
        self._over = False

    async def __aenter__(self) -> Self:
        # Pipes of our own: asyncio's would make waiting for the program wait for everyone who holds them.
        pipes = {name: os.pipe() for name in self._text}
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                cwd=self.folder,
                env=self._environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=pipes["stdout"][1],
                stderr=pipes["stderr"][1],
                start_new_session=True,
            )
        finally:
            for _, inner in pipes.values():
                os.close(inner)
            for name, (outer, _) in pipes.items():
                self._readers.append(asyncio.create_task(self._read(name, outer)))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.kill()

    @property
    def pid(self) -> int:
        """The program's process id."""
        return self._running.pid

    @property
    def exit_code(self) -> int | None:
        """The exit code, negative for a signal, or None while it runs."""
        return self._running.returncode

    def output(self) -> str:
        """Return what it printed so far: stdout, then stderr."""
        return self._text["stdout"] + self._text["stderr"]

    async def wait_for_output(self, text: str, within: float = 10.0) -> None:
        """Wait until it printed `text`; raises as soon as it ended without."""

        def settled() -> bool:
            return text in self.output() or all(reader.done() for reader in self._readers)

        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(settled)
        except TimeoutError:
            raise TimeoutError(f"waited {within:g} s for {text!r} in the output:\n{self._tail()}") from None
        if text not in self.output():
            raise AssertionError(f"ended with {await self.wait()} without printing {text!r}:\n{self._tail()}")

    async def wait(self, within: float = 15.0) -> int:
        """Wait for its end and the end of its output, and return the exit code."""
        code = await self._end(within)
        # A child may hold the streams open for longer than the program lives.
        await asyncio.wait(self._readers, timeout=1.0)
        return code

    async def terminate(self, within: float = 15.0) -> tuple[int, float]:
        """Send SIGTERM to the program alone, as a supervisor does; returns the exit code and the seconds it took."""
        started = time.monotonic()
        if self.exit_code is None:
            self._running.send_signal(signal.SIGTERM)
        await self._end(within)
        seconds = time.monotonic() - started
        return await self.wait(), seconds

    async def kill(self, *, alone: bool = False) -> None:
        """Kill the program with SIGKILL, and its children unless `alone`; returns when it is gone."""
        process = self._running
        if alone:
            if process.returncode is None:
                process.kill()
            await process.wait()
            return
        if self._over:
            return
        self._over = True
        with contextlib.suppress(ProcessLookupError):  # the whole group may have ended
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        _, reading = await asyncio.wait(self._readers, timeout=2.0)
        for reader in reading:
            reader.cancel()

    @property
    def _running(self) -> asyncio.subprocess.Process:
        assert self._process is not None, "the program was not started: use `async with`"
        return self._process

    async def _end(self, within: float) -> int:
        try:
            async with asyncio.timeout(within):
                return await self._running.wait()
        except TimeoutError:
            raise TimeoutError(f"still running after {within:g} s:\n{self._tail()}") from None

    def _tail(self) -> str:
        return f"{self._text['stdout'][-2000:]}\n--- stderr\n{self._text['stderr'][-4000:]}"

    async def _read(self, name: str, pipe: int) -> None:
        """Copy a stream to its file and to memory, waking those who wait."""
        stream = asyncio.StreamReader(limit=1 << 24)  # a line may hold a whole traceback as JSON
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb", buffering=0)
        )
        try:
            with (self.folder / f"{name}.log").open("a", encoding="utf-8") as file:
                async for line in stream:
                    await self._keep(name, line.decode(errors="replace"), file)
        finally:
            transport.close()
        async with self._changed:
            self._changed.notify_all()

    async def _keep(self, name: str, line: str, file: IO[str]) -> None:
        file.write(line)
        file.flush()
        async with self._changed:
            self._text[name] += line
            self._changed.notify_all()
