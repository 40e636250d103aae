"""What goes wrong on purpose: scripted faults, and the emulation of Discord's rate limits."""

import asyncio
import math
import random
import socket
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal

from aiohttp import web

from .wire import answer, limited
from .world import Json

Body = Json | str | None
Cut = Literal["before", "body", "chunk"]


@dataclass(slots=True, eq=False)
class Fault:
    """One scripted fault; `hits` counts the requests that it struck.

    A hanging one answers nothing until `release()`; then the request is answered as if nothing had been.
    """

    method: str
    path_glob: str
    status: int | None
    body: Body
    headers: Mapping[str, str]
    times: int | None
    effect_first: bool
    hang: bool
    reset: bool
    cut: Cut | None
    delay: float
    probability: float
    hits: int = 0
    _released: asyncio.Event = field(default_factory=asyncio.Event)

    def release(self) -> None:
        """Let hanging requests go on."""
        self._released.set()

    async def hold(self, closing: asyncio.Event) -> None:
        """Wait until the fault is released or the stand-in closes."""
        waits = [asyncio.ensure_future(event.wait()) for event in (self._released, closing)]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    def response(self) -> web.Response | None:
        """Return the fault's own answer, or None if it gives none.

        A text body is an answer of Cloudflare, not of Discord: HTML and, for a 429, without `Via`: a ban.
        """
        if self.status is None:
            return None
        if isinstance(self.body, str):
            return web.Response(
                body=self.body.encode(), status=self.status, headers={"Content-Type": "text/html", **self.headers}
            )
        if self.status == 429:
            body: Json = self.body or {}
            return limited(
                float(body.get("retry_after", 0.05)), everywhere=bool(body.get("global")), headers=self.headers
            )
        return answer(self.body or {"message": "fault", "code": 0}, self.status, self.headers)


class Faults:
    """The script: the first fault that fits a request strikes it."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._script: list[Fault] = []

    def add(self, fault: Fault) -> Fault:
        """Append a fault to the script."""
        self._script.append(fault)
        return fault

    def clear(self) -> None:
        """Empty the script and let everything that hangs go on."""
        for fault in self._script:
            fault.release()
        self._script.clear()

    def strike(self, method: str, path: str) -> Fault | None:
        """Return the fault for this request, counting it."""
        for fault in self._script:
            fits = fault.method in ("*", method) and fnmatchcase(path, fault.path_glob)
            spent = fault.times is not None and fault.hits >= fault.times
            if fits and not spent and (fault.probability >= 1 or self._random.random() < fault.probability):
                fault.hits += 1
                return fault
        return None


def reset(request: web.Request) -> None:
    """Drop the connection with RST, so that the client sees errno 104 instead of a clean close."""
    transport = request.transport
    if transport is not None:
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()


def cut(request: web.Request, response: web.StreamResponse, where: Cut) -> None:
    """Close the connection in good order, with FIN: before the answer, or in its body, of a told length or not."""
    transport = request.transport
    assert transport is not None
    assert isinstance(response, web.Response)
    assert isinstance(response.body, bytes)
    body = response.body
    if where != "before":
        in_chunks = where == "chunk"
        framing = "Transfer-Encoding: chunked" if in_chunks else f"Content-Length: {len(body)}"
        head = f"HTTP/1.1 {response.status} {response.reason}\r\nContent-Type: application/json\r\n{framing}\r\n\r\n"
        transport.write(head.encode() + (b"%x\r\n" % len(body) if in_chunks else b"") + body[: len(body) // 2])
    transport.close()


@dataclass(slots=True)
class Window:
    """A count that starts anew `length` seconds after its first request."""

    limit: int
    length: float
    left: int = 0
    ends: float = -math.inf

    def take(self) -> bool:
        """Take one token if there is one."""
        now = time.monotonic()
        if now >= self.ends:
            self.left, self.ends = self.limit, now + self.length
        if self.left == 0:
            return False
        self.left -= 1
        return True

    @property
    def resets_in(self) -> float:
        """Seconds until the window ends."""
        return max(0.0, self.ends - time.monotonic())


class Limits:
    """Discord's rate limits, off until set; interaction endpoints are exempt from the global one."""

    def __init__(self) -> None:
        self.global_per_second: int | None = None
        self.per_channel: tuple[int, float] | None = None  # Discord's: (5, 5.0)
        self._everywhere = Window(0, 1.0)
        self._channels: dict[int, Window] = {}

    def check_global(self, path: str) -> web.Response | None:
        """Return a global 429 if this request is one too many in its second."""
        if self.global_per_second is None or path.startswith(("/interactions/", "/webhooks/")):
            return None
        self._everywhere.limit = self.global_per_second
        return None if self._everywhere.take() else limited(self._everywhere.resets_in, everywhere=True)

    def check_channel(self, channel_id: int) -> tuple[web.Response | None, dict[str, str]]:
        """Return a 429 if this message is one too many for its channel, and the bucket's headers."""
        if self.per_channel is None:
            return None, {}
        window = self._channels.setdefault(channel_id, Window(*self.per_channel))
        taken = window.take()
        headers = {
            "X-RateLimit-Limit": str(window.limit),
            "X-RateLimit-Remaining": str(window.left),
            "X-RateLimit-Reset": f"{time.time() + window.resets_in:.3f}",
            "X-RateLimit-Reset-After": f"{window.resets_in:.3f}",
            "X-RateLimit-Bucket": "loopback-messages",
        }
        return (None if taken else limited(window.resets_in, everywhere=False, headers=headers)), headers
