"""A desk: sender, outbox and Discord."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.delivery.desk import Desk, Gate, Watched, make_bot
from tests.delivery.newsroom import Newsroom
from tests.loopback import Loopback


@pytest.fixture
async def loopback(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Loopback]:
    async with Loopback() as server:
        monkeypatch.setattr(Route, "BASE", server.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        yield server
        assert server.violations == []


@pytest.fixture
async def desk(loopback: Loopback, tmp_path: Path) -> AsyncIterator[Desk]:
    # The messages' ids carry the real time, so the clock begins there.
    room = Newsroom(tmp_path, now=datetime.now(UTC).replace(microsecond=0))
    pace = Gate()
    bot = make_bot(pace)
    database = Watched(room.url, loopback.ledger.changed)
    try:
        async with bot:
            await bot.login(loopback.token)
            yield Desk(loopback, room, pace, bot, database)
    finally:
        await database.close()
