"""The way in: it can be shut, so that no new connection is made, as where a network drops packets."""

import asyncio
import socket
from collections.abc import Container

from aiohttp import web

_HOST = "127.0.0.1"
# The kernel makes a connection on this machine at once, or not at all.
_AT_ONCE = 0.05


class Door:
    """Where the stand-in listens. Shut, it neither takes nor refuses connections, and lets those go that are idle."""

    def __init__(self, runner: web.AppRunner) -> None:
        self._runner = runner
        self._socket = socket.create_server((_HOST, 0))
        self._site: web.SockSite | None = None
        self._plugs: list[socket.socket] = []
        self.is_shut = False
        """Whether nobody comes in; who is answered meanwhile must be let go."""

    @property
    def port(self) -> int:
        """The port, the same however often it is shut."""
        return int(self._socket.getsockname()[1])

    async def open(self) -> None:
        """Take connections; those that were being made are made now."""
        if self._site is not None and not self.is_shut:
            return
        for plug in self._plugs:
            plug.close()
        self._plugs.clear()
        self.is_shut = False
        # Closing a site closes its socket; the port is kept by a second handle of the same one.
        self._site = web.SockSite(self._runner, self._socket.dup())
        await self._site.start()

    async def shut(self, busy: Container[object]) -> None:
        """Take no more connections, and end those that are not busy.

        What the kernel would take on its own is a queue: it is made short, and filled.
        """
        assert self._site is not None
        assert self._runner.server is not None
        self.is_shut = True
        await self._site.stop()
        self._socket.listen(0)
        while await self._plug():
            pass
        for connection in self._runner.server.connections:
            if connection not in busy:
                connection.force_close()

    async def close(self) -> None:
        """Give the port up."""
        for plug in self._plugs:
            plug.close()
        self._socket.close()

    async def _plug(self) -> bool:
        plug = socket.socket()
        plug.setblocking(False)
        try:
            async with asyncio.timeout(_AT_ONCE):
                await asyncio.get_running_loop().sock_connect(plug, (_HOST, self.port))
        except TimeoutError:
            plug.close()
            return False
        self._plugs.append(plug)
        return True
