"""The stand-in's door: shut, it neither takes nor refuses connections; then they are made."""

import asyncio

import aiohttp
import pytest

from tests.loopback import Loopback


async def test_a_shut_door_keeps_everybody_waiting_until_it_is_opened() -> None:
    async with Loopback() as loopback, aiohttp.ClientSession() as session:

        async def ask() -> int:
            async with session.get(
                f"{loopback.api_url}/gateway", headers={"Authorization": "Bot loopback-token"}
            ) as it:
                return it.status

        assert await ask() == 200  # its connection is kept, and used again
        await loopback.shut()
        waiting = asyncio.create_task(ask())
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await asyncio.shield(waiting)
        assert len(loopback.requests) == 1
        await loopback.open()
        async with asyncio.timeout(10):
            assert await waiting == 200


async def test_who_is_answered_while_it_is_shut_is_let_go() -> None:
    async with Loopback() as loopback, aiohttp.ClientSession() as session:
        hanging = loopback.fault("GET", "/gateway", hang=True)
        headers = {"Authorization": "Bot loopback-token"}
        asking = asyncio.create_task(session.get(f"{loopback.api_url}/gateway", headers=headers))
        await loopback.wait_for(lambda: hanging.hits)
        await loopback.shut()
        hanging.release()
        response = await asking
        assert (response.status, response.headers["Connection"]) == (200, "close")
        response.release()
