"""A running preview, and a way to act in it as the page does."""

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import pytest

from bot.preview.sandbox import Sandbox
from bot.preview.serve import Preview, Program, listen, running
from tests.preview.demo import DemoProgram
from tests.preview.frame import Shell, read_shell

SEEDS = Path(__file__).parents[2] / "seeds"


@dataclass(frozen=True, slots=True)
class Started:
    """A running preview with a client for its page."""

    preview: Preview
    program: Program
    http: aiohttp.ClientSession
    shell: Shell

    @property
    def url(self) -> str:
        return self.preview.url


@pytest.fixture
def make_program() -> Callable[[Sandbox], Program]:
    """What the preview runs."""
    return lambda sandbox: DemoProgram(sandbox.corpus)


@pytest.fixture
async def started(tmp_path: Path, make_program: Callable[[Sandbox], Program]) -> AsyncIterator[Started]:
    programs: list[Program] = []

    def make(sandbox: Sandbox) -> Program:
        programs.append(make_program(sandbox))
        return programs[0]

    with contextlib.closing(listen(0)) as listener:
        async with (
            running(
                make, listener=listener, folder=tmp_path / "preview", seeds=SEEDS, now=datetime.now(UTC)
            ) as preview,
            aiohttp.ClientSession(preview.url) as http,
        ):
            yield Started(preview, programs[0], http, await read_shell(http))
