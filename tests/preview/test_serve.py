"""The preview's start and stop."""

import asyncio
import os
import signal
import time
from pathlib import Path

import aiohttp
import pytest

from bot.models import HeatlineError
from bot.preview import Sandbox, serve
from tests.preview.conftest import SEEDS
from tests.preview.demo import DemoProgram


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_stops_it_at_once_although_a_page_is_open(tmp_path: Path, sign: signal.Signals) -> None:
    lines: list[str] = []
    told = asyncio.Event()
    programs: list[DemoProgram] = []

    def say(line: str) -> None:
        lines.append(line)
        if len(lines) == 3:
            told.set()

    def make(sandbox: Sandbox) -> DemoProgram:
        programs.append(DemoProgram(sandbox.corpus))
        return programs[0]

    preview = asyncio.create_task(serve(make, seeds=SEEDS, base=tmp_path, port=0, no_token=True, say=say))
    await asyncio.wait_for(told.wait(), 10)
    assert lines[0] == (
        "No DISCORD_TOKEN, so this is the offline preview: a simulated Discord that only this machine can see."
    )
    url = lines[1].split()[1]
    port = url.rpartition(":")[2]
    assert lines[1] == f"Open {url}   (remote machine: ssh -L {port}:127.0.0.1:{port} you@host)"
    assert str(tmp_path / "preview" / port / "corpus") in lines[2]
    async with aiohttp.ClientSession() as http, http.get(f"{url}/live") as live:
        await live.content.readline()
        begun = time.perf_counter()
        os.kill(os.getpid(), sign)
        await asyncio.wait_for(preview, 5)
        assert time.perf_counter() - begun < 3
        assert await live.content.read() is not None  # the stream has ended, too
    assert programs[0].closed
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


async def test_jobs_that_fail_end_it_with_their_error(tmp_path: Path) -> None:
    class Broken(DemoProgram):
        async def work(self) -> None:
            raise HeatlineError("The disk is full.")

    with pytest.raises(HeatlineError, match="The disk is full"):
        await serve(lambda sandbox: Broken(sandbox.corpus), seeds=SEEDS, base=tmp_path, port=0, say=lambda _: None)


async def test_a_start_that_fails_closes_what_it_opened(tmp_path: Path) -> None:
    class Broken(DemoProgram):
        async def open(self) -> None:
            raise HeatlineError("The database cannot be opened.")

    lines: list[str] = []
    with pytest.raises(HeatlineError, match="cannot be opened"):
        await serve(lambda sandbox: Broken(sandbox.corpus), seeds=SEEDS, base=tmp_path, port=0, say=lines.append)
    assert lines == ["This is the offline preview: a simulated Discord that only this machine can see."]
