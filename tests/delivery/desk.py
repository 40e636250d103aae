"""The sender at work: a real discord.py client against the loopback server, a real outbox, a clock moved by hand."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Concatenate, ParamSpec, TypeVar

import discord
from discord.ext import commands
from sqlalchemy import Connection, select

from bot.delivery.attempt import DEADLINE
from bot.delivery.pace import Pace
from bot.delivery.send import Sender
from bot.models import DeliveryState, SubscriptionState
from bot.store.database import Database, connect
from bot.store.subscriptions import subscription
from bot.store.tables import deliveries
from tests.delivery.newsroom import Newsroom
from tests.loopback import Channel, Loopback

P = ParamSpec("P")
T = TypeVar("T")

CREATE = "/channels/*/messages"


class Watched(Database):
    """A database that tells of every write that was made or failed, and keeps their names."""

    def __init__(self, url: str, tell: Callable[[], Awaitable[None]]) -> None:
        super().__init__(url)
        self._tell = tell
        self.written: list[str] = []

    async def write(self, change: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await super().write(change, *args, **kwargs)
        finally:
            self.written.append(change.__name__)
            await self._tell()


class Gate(Pace):
    """A pace that lets nobody through while its gate is closed; `reached` is set when someone came to it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self.gate = asyncio.Event()
        self.gate.set()
        self.reached = asyncio.Event()

    @asynccontextmanager
    async def slot(self, last_look: Callable[[], Awaitable[None]] | None = None) -> AsyncIterator[None]:
        self.reached.set()
        await self.gate.wait()
        async with super().slot(last_look):
            yield


@dataclass(frozen=True, slots=True)
class Row:
    """What the outbox says of a delivery."""

    state: DeliveryState
    reason: str | None
    message_id: int | None
    uncertain: bool
    attempts: int
    first_attempt_at: int | None
    due_in: int


class Desk:
    """A newsroom, a Discord, and the program's sender between them."""

    def __init__(self, loopback: Loopback, room: Newsroom, pace: Gate, bot: discord.Client, database: Watched) -> None:
        self.loopback = loopback
        self.room = room
        room.guild_id = loopback.guild.id
        self.pace = pace
        self.bot = bot
        self.database = database
        self.sender = self.new_sender()

    def new_sender(self, *, deadline: float = DEADLINE) -> Sender:
        """Return a sender that has forgotten everything but the outbox, as after a restart."""
        self.sender = Sender(
            self.database,
            self.bot,
            self.pace,
            clock=lambda: self.room.now,
            max_age=timedelta(days=3),
            sample=False,
            deadline=deadline,
        )
        return self.sender

    def channels(self, number: int) -> list[Channel]:
        """Return new channels, each with a subscription to everything."""
        made = [self.loopback.world.add_channel(self.loopback.guild, f"c{n}") for n in range(number)]
        for channel in made:
            self.room.subscribe(channel.id)
        return made

    def publish(self, name: str = "a", **fields: Any) -> None:
        """Publish an article and queue it."""
        self.room.write(name, **fields)
        self.room.round()

    async def drain(self) -> None:
        """Send what is due, and what a former run left."""
        await self.sender.drain()

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[None]:
        """Run the sender; it is stopped at the end, and must end well."""
        task = asyncio.create_task(self.sender.run())
        try:
            yield
            self.sender.stop()
            async with asyncio.timeout(10):
                await task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[None]:
        """Connect to the gateway."""
        task = asyncio.create_task(self.bot.connect())
        try:
            async with asyncio.timeout(10):
                await self.bot.wait_until_ready()
            yield
        finally:
            await self.bot.close()
            await task

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until the condition holds; it is asked after everything that Discord or the outbox did."""
        await self.loopback.wait_for(condition, 10)

    def rows(self) -> list[Row]:
        """Return the outbox, oldest first."""
        with connect(self.room.url, writes=False) as connection:
            found = connection.execute(select(deliveries).order_by(deliveries.c.id)).mappings().all()
        return [
            Row(
                DeliveryState(row["state"]),
                row["reason"],
                row["message_id"],
                row["uncertain"],
                row["attempts"],
                row["first_attempt_at"],
                row["due_at"] - int(self.room.now.timestamp()),
            )
            for row in found
        ]

    def states(self) -> list[str]:
        """Return the states in the outbox, oldest first."""
        return [str(row.state) for row in self.rows()]

    def paused_because(self, subscription_id: int = 1) -> str | None:
        """Return why a subscription is paused; it must be."""
        with connect(self.room.url, writes=False) as connection:
            found = subscription(connection, subscription_id)
        assert found is not None
        assert found.state is SubscriptionState.PAUSED
        return found.paused_because

    def asked(self, channel: Channel, method: str = "POST") -> int:
        """Return how many requests were made to the channel's messages."""
        path = f"/channels/{channel.id}/messages"
        return sum(request.method == method and request.path == path for request in self.loopback.requests)


def make_bot(pace: Pace) -> discord.Client:
    """Return the smallest client of Heatline's kind."""
    return commands.AutoShardedBot(
        command_prefix=(),
        intents=discord.Intents(guilds=True),
        allowed_mentions=discord.AllowedMentions.none(),
        http_trace=pace.trace(),
        guild_ready_timeout=0.05,
        shard_count=1,
    )
