"""What goes wrong around the sender for long: Discord is down, names are not found, clocks jump, somebody reads."""

import asyncio
import socket
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import discord
import pytest
import yarl
from aiohttp.abc import AbstractResolver, ResolveResult
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.delivery.pace import IN_FLIGHT
from bot.store.database import Database
from bot.store.notes import keep_note
from tests.delivery.desk import CREATE, Desk, Gate, Watched
from tests.delivery.newsroom import DAY, HOUR, SECOND, Newsroom
from tests.loopback import Loopback
from tests.running import busiest_second


class Names(AbstractResolver):
    """Finds every name on this machine, unless it is out of order."""

    def __init__(self) -> None:
        self.broken = False
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        if self.broken:
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return [ResolveResult(hostname=host, host="127.0.0.1", port=port, family=socket.AF_INET, proto=0, flags=0)]

    async def close(self) -> None:
        pass


@pytest.fixture
def names() -> Names:
    return Names()


@pytest.fixture
async def desk(tmp_path: Path, names: Names, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Desk]:
    async with Loopback() as loopback:
        monkeypatch.setattr(Route, "BASE", loopback.api_url.replace("127.0.0.1", "discord.invalid"))
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(loopback.gateway_url))
        room = Newsroom(tmp_path, now=datetime.now(UTC).replace(microsecond=0))
        pace = Gate(lambda: asyncio.get_running_loop().time())
        connector = aiohttp.TCPConnector(resolver=names, use_dns_cache=False, force_close=True)
        bot = discord.Client(
            intents=discord.Intents(guilds=True),
            allowed_mentions=discord.AllowedMentions.none(),
            http_trace=pace.trace(),
            connector=connector,
            guild_ready_timeout=0.05,
        )
        database = Watched(room.url, loopback.ledger.changed)
        try:
            async with bot:
                await bot.login(loopback.token)
                yield Desk(loopback, room, pace, bot, database)
        finally:
            await database.close()
        assert loopback.violations == []


async def test_names_that_are_not_found_for_a_while_cost_nothing(desk: Desk, names: Names) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    names.broken = True
    await desk.drain()
    await desk.drain()
    asked = names.asked
    assert desk.asked(channel) == 0
    assert desk.rows()[0].due_in >= 2  # backing off
    names.broken = False
    await desk.drain()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1
    assert asked <= 4


async def test_after_days_without_discord_old_news_is_dropped_and_the_rest_comes_in_order_at_our_pace(
    desk: Desk,
) -> None:
    channels = desk.channels(20)
    desk.loopback.fault("*", "/channels/*", status=503, times=None)
    for day in range(5):
        desk.publish(f"day{day}")
        await desk.drain()
        desk.room.later(DAY)
    desk.loopback.faults.clear()
    begun = desk.loopback.ledger.now()
    async with desk.connected():  # whether the history can be read is known by the gateway alone
        await desk.drain()
    requests = [request.at for request in desk.loopback.requests if request.at >= begun]
    assert busiest_second(requests) <= IN_FLIGHT
    for channel in channels:
        shown = [message["content"].split()[0] for message in desk.loopback.messages(channel)]
        assert shown == ["day2", "day3", "day4"]
    assert desk.states().count("failed") == 2 * len(channels)


async def test_a_clock_that_jumps_ahead_brings_no_burst(desk: Desk) -> None:
    desk.channels(60)
    desk.publish()
    with closing(sqlite3.connect(desk.room.settings.database)) as connection, connection:
        connection.execute("UPDATE deliveries SET due_at = due_at + 1800")
    async with desk.sending():
        desk.room.later(HOUR)
        desk.sender.wake()
        await desk.until(lambda: desk.states() == ["sent"] * 60)
    assert busiest_second([post.at for post in desk.loopback.posts]) <= IN_FLIGHT


async def test_a_clock_that_jumps_back_stalls_nothing_that_waits(desk: Desk) -> None:
    desk.channels(3)
    desk.publish("a")
    desk.publish("b")
    desk.loopback.fault("POST", CREATE, status=503, times=3)
    async with desk.sending():
        await desk.until(lambda: sum(row.reason is not None for row in desk.rows()) == 3)
        desk.room.later(-HOUR)
        desk.sender.wake()
        await desk.until(lambda: desk.states() == ["sent"] * 6)


@pytest.mark.parametrize("slept", [0, 3 * 3600], ids=["monotonic time stands still", "monotonic time goes on"])
async def test_hours_asleep_in_the_middle_of_sending_lose_nothing_and_bring_no_burst(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, slept: int
) -> None:
    channels = desk.channels(40)
    desk.publish()
    arrived = desk.loopback.fault("POST", CREATE, hang=True, effect_first=True, times=5)
    vanished = desk.loopback.fault("POST", CREATE, hang=True, times=5)
    async with desk.connected(), desk.sending():
        await desk.until(lambda: desk.states().count("sent") >= 5)
        assert arrived.hits == vanished.hits == 5
        assert desk.states().count("sending") > 10
        begun = desk.loopback.ledger.now()
        desk.room.later(3 * HOUR)
        monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: time.monotonic() + slept)
        desk.loopback.messages_book.forget_nonces()
        for fault in (arrived, vanished):  # nothing of a connection outlives hours
            fault.reset = True
            fault.release()
        await desk.until(lambda: all(row.message_id or row.reason for row in desk.rows()))
        desk.room.later(4 * SECOND)
        desk.sender.wake()
        await desk.until(lambda: desk.states() == ["sent"] * 40)
        assert not any(row.uncertain for row in desk.rows())
    assert [len(desk.loopback.messages(channel)) for channel in channels] == [1] * 40
    assert busiest_second([post.at for post in desk.loopback.posts if post.at >= begun]) <= IN_FLIGHT


async def test_a_long_reader_lets_the_log_grow_only_while_it_reads(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    log = room.settings.database.with_name("heatline.db-wal")
    database = Database(room.url)

    async def write(megabytes: int) -> None:
        for number in range(megabytes):
            await database.write(keep_note, f"note {number % 4}", str(number % 7) * 1_000_000)

    try:
        await write(20)
        usual = log.stat().st_size
        with closing(sqlite3.connect(room.settings.database, isolation_level=None)) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM notes").fetchone()
            await write(40)
            grown = log.stat().st_size
        await write(80)
        assert usual < 10_000_000 < 40_000_000 < grown
        assert log.stat().st_size < grown + 2_000_000  # it is used again from its beginning
    finally:
        await database.close()
