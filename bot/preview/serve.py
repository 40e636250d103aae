"""The preview's start and stop: folder, program, simulated Discord, page, jobs."""

import asyncio
import contextlib
import errno
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import discord

from bot.models import HeatlineError
from bot.preview import hooks
from bot.preview.sandbox import Sandbox, make_sandbox

DEFAULT_PORT = 8730

# How many ports after the default one are tried: enough for every preview that a desk holds.
_NEIGHBOURS = 20

_INTRODUCTION = "his is the offline preview: a simulated Discord that only this machine can see."


class Program(Protocol):
    """What the preview needs of the program: the real one is `bot.app.Program`."""

    @property
    def bot(self) -> discord.Client:
        """The bot, neither logged in nor started."""

    async def open(self) -> None:
        """Get ready, before the bot starts."""

    async def work(self) -> None:
        """Run the jobs until cancelled."""

    async def close(self) -> None:
        """Let go of everything, after the bot has stopped."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A running preview: where it is, and its jobs, which end only by failing."""

    url: str
    sandbox: Sandbox
    jobs: asyncio.Task[None]


def listen(port: int | None) -> socket.socket:
    """Return a listening socket on 127.0.0.1: on this port, or for None on the default one or the next that is free.

    Raises `HeatlineError` where there is none.
    """
    wanted = range(DEFAULT_PORT, DEFAULT_PORT + _NEIGHBOURS) if port is None else range(port, port + 1)
    for number in wanted:
        listener = socket.socket()
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a restart need not wait a minute
            listener.bind(("127.0.0.1", number))
            # At once: until it listens, another process can still take the port.
            listener.listen(128)
            return listener
        except OSError as error:
            listener.close()
            if error.errno != errno.EADDRINUSE:
                raise HeatlineError(f"The preview cannot use port {number}: {error.strerror}.") from error
    if port is None:
        raise HeatlineError(f"Ports {wanted[0]} to {wanted[-1]} are all in use: choose another one with --port.")
    raise HeatlineError(f"Port {port} is in use: stop what uses it, or choose another one with --port.")


@asynccontextmanager
async def running(
    make_program: Callable[[Sandbox], Program],
    *,
    listener: socket.socket,
    folder: Path,
    seeds: Path,
    now: datetime,
) -> AsyncIterator[Preview]:
    """Run the program inside a simulated Discord with its page, in a fresh folder, until the block ends."""
    hooks.verify()
    # Only now: these import simcord, which may be missing or another one.
    from aiohttp import web

    from bot.preview import live, world
    from bot.preview.page import Page
    from bot.preview.pictures import picture

    sandbox = make_sandbox(folder, seeds, now)
    program = make_program(sandbox)
    port: int = listener.getsockname()[1]
    async with contextlib.AsyncExitStack() as stack:
        await program.open()
        stack.push_async_callback(program.close)
        env = live.make_env(program.bot)
        demo = world.build_world(env)
        stack.enter_context(world.locales(demo.people))
        await env.start()
        stack.push_async_callback(env.shutdown)
        # Outside the bot's scope, where SimCord would wait for the jobs to end, but with its clock and its webhooks.
        with env.time_context():
            page = Page(sandbox)
            place = live.Live(env, demo.channels, demo.people, picture, page.notify)
            await place.open()
            runner = web.AppRunner(page.application(demo, place.frames), access_log=None, shutdown_timeout=1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            stack.callback(page.close)
            await web.SockSite(runner, listener).start()
            loop = asyncio.create_task(place.run(), name="preview: live")
            stack.push_async_callback(_stop, loop)
            jobs = asyncio.create_task(program.work(), name="preview: jobs")
            stack.push_async_callback(_stop, jobs)
        yield Preview(f"http://127.0.0.1:{port}", sandbox, jobs)


async def _stop(task: asyncio.Task[None]) -> None:
    """Cancel the task and wait for its end. What it raised before is somebody else's to tell."""
    task.cancel()
    await asyncio.wait([task])
    if not task.cancelled():
        task.exception()


async def serve(
    make_program: Callable[[Sandbox], Program],
    *,
    seeds: Path,
    base: Path,
    port: int | None = None,
    no_token: bool = False,
    say: Callable[[str], None],
) -> None:
    """Run the preview until SIGINT or SIGTERM, or until the program's jobs fail.

    Its folder is `base`/preview/PORT, made anew. `port` None means 8730 or the next free one; `no_token` says that
    the preview runs for want of one; `say` prints a line. Raises `HeatlineError` where it cannot start.
    """
    hooks.verify()
    with contextlib.closing(listen(port)) as listener:
        number: int = listener.getsockname()[1]
        # The folder is the port's: who holds the port may replace it, even beside another preview.
        folder = base / "preview" / str(number)
        say(f"No DISCORD_TOKEN, so t{_INTRODUCTION}" if no_token else f"T{_INTRODUCTION}")
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(name, stop.set)
        try:
            async with running(
                make_program, listener=listener, folder=folder, seeds=seeds, now=datetime.now(UTC)
            ) as preview:
                if port is None and number != DEFAULT_PORT:
                    say(f"Port {DEFAULT_PORT} is in use, so this is port {number}.")
                say(f"Open {preview.url}   (remote machine: ssh -L {number}:127.0.0.1:{number} you@host)")
                say(f"News folder: {preview.sandbox.corpus}   (a file put there is pushed within seconds)")
                stopped = asyncio.create_task(stop.wait())
                await asyncio.wait([stopped, preview.jobs], return_when=asyncio.FIRST_COMPLETED)
                stopped.cancel()
                if preview.jobs.done():
                    preview.jobs.result()
                    raise HeatlineError("The program's jobs ended by themselves; start the preview again.")
        finally:
            for name in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(name)
