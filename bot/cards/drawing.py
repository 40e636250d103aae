"""Pictures of trends, drawn in a process of their own that ends with the picture, and kept for a while.

matplotlib takes half a second to import and keeps 50 MB, so only that process ever imports it: see `bot.cards.chart`.
"""

import asyncio
import logging
import os
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from bot.briefing.trends import Trends
from bot.cards.language import spoken

_log = logging.getLogger(__name__)

# Some 30 kB each: what a busy evening asks for again.
_KEPT = 64

# Drawing takes less than a second, and the very first time as long as it takes to list the machine's fonts. Words need
# not wait longer than this, also behind others' pictures.
_SECONDS = 20.0

_PACKAGE = Path(__file__).resolve().parents[2]


class Charts:
    """Draws charts, one at a time, and keeps the last ones. `folder` is where matplotlib keeps its list of fonts."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kept: OrderedDict[tuple[str, Trends], bytes] = OrderedDict()
        self._turn = asyncio.Lock()
        self._ready: Process | None = None

    @asynccontextmanager
    async def getting_ready(self) -> AsyncIterator[None]:
        """Start a process that may draw meanwhile: its start is most of what a picture takes."""
        process = None
        if self._ready is None and not self._turn.locked():
            with suppress(OSError):  # said when there is something to draw
                process = self._ready = await self._start()
        try:
            yield
        finally:
            if process is not None and self._ready is process:
                self._ready = None
                await _end(process)

    async def png(self, trends: Trends) -> bytes | None:
        """Return the picture of what is drawn of a period, in the language spoken now; None where it took too long."""
        wanted = spoken(), trends
        try:
            async with asyncio.timeout(_SECONDS), self._turn:
                if wanted not in self._kept:
                    self._kept[wanted] = await self._drawn(wanted)
        except TimeoutError:
            _log.warning("A chart was not drawn within %g seconds.", _SECONDS)
            return None
        except (OSError, ChartError) as error:
            _log.warning("A chart was not drawn: %s", error)
            return None
        self._kept.move_to_end(wanted)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return self._kept[wanted]

    async def _drawn(self, wanted: tuple[str, Trends]) -> bytes:
        process, self._ready = self._ready, None
        process = process or await self._start()
        try:
            png, complaint = await process.communicate(pickle.dumps(wanted))
        finally:
            await _end(process)
        if process.returncode or not png:
            lines = complaint.decode(errors="replace").strip().splitlines()
            raise ChartError(lines[-1] if lines else f"the process ended with status {process.returncode}")
        return png

    async def _start(self) -> Process:
        command, environment = (sys.executable, "-m", "bot.cards.chart"), _environment(self._folder)
        return await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=os.path.sep, stdin=PIPE, stdout=PIPE, stderr=PIPE
        )


class ChartError(Exception):
    """A chart that could not be drawn; the message says why."""


async def _end(process: Process) -> None:
    """End the process, if it has not, and wait until it is gone."""
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.communicate()  # also lets go of its streams


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of the drawing process: no token, one thread, and fonts listed once and for all."""
    environment = {name: value for name, value in os.environ.items() if name != "DISCORD_TOKEN"}
    path = os.pathsep.join(filter(None, (str(_PACKAGE), environment.get("PYTHONPATH"))))
    # OpenBLAS, which nothing here needs, reserves memory for every thread.
    return environment | {"PYTHONPATH": path, "MPLCONFIGDIR": str(folder), "OPENBLAS_NUM_THREADS": "1"}
