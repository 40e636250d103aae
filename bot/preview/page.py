"""The one web page around the simulated channels: our shell, SimCord's channel in a frame, all from one port.

The page carries the keys to the simulation, so that it answers this machine only: a request must name a loopback host
(which a page of another site cannot, DNS rebinding included), and one with an origin must come from this very page.
"""

import asyncio
import html
import json
import secrets
from collections.abc import Awaitable, Callable
from importlib import resources
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from aiohttp import web
from simcord import BackendError, SetupError
from simcord.enums import ChannelType

from bot.preview.live import Frame, FrameServer
from bot.preview.pictures import avatar_png
from bot.preview.sandbox import Sandbox, release_story
from bot.preview.world import World

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_STATIC = {"/shell.css": "text/css", "/shell.js": "text/javascript", "/menu.js": "text/javascript"}
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'",
}

# Seconds between two signs of life to the browser. A proxy or a tunnel may drop a connection that is silent for long.
_HEARTBEAT = 15.0


@web.middleware
async def _only_this_machine(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse requests under a foreign host name, and requests that another site's page sent."""
    # Any port: the address may be forwarded from another machine's port. A browser always sends the name it was given.
    host = urlsplit(f"//{request.headers.get('Host', '')}").hostname
    origin = request.headers.get("Origin")
    if host not in _LOOPBACK or origin not in (None, f"http://{request.headers['Host']}"):
        return web.Response(status=403, text="The preview answers only this machine: open http://127.0.0.1:PORT/\n")
    return await handler(request)


class Page:
    """The page's requests and its live news."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._start = secrets.token_urlsafe(8)  # a page of an earlier start sees that it is stale, and reloads
        self._listeners: set[asyncio.Queue[str | None]] = set()
        self._frames: dict[str, Frame] = {}
        self._html = ""

    def notify(self, channel_id: int) -> None:
        """Tell every open page of a new message in the channel."""
        self._tell(json.dumps({"channel": str(channel_id)}))

    def _tell(self, event: str | None) -> None:
        for listener in self._listeners:
            if not listener.full():  # a page that has stopped reading misses dots, not messages
                listener.put_nowait(event)

    def close(self) -> None:
        """End the live news, so that no open page delays the stop."""
        for listener in self._listeners:
            while not listener.empty():
                listener.get_nowait()
        self._tell(None)

    def application(self, world: World, frames: tuple[Frame, ...]) -> web.Application:
        """Return the application that serves the page and the frames."""
        self._frames = {frame.capability: frame for frame in frames}
        self._html = self._shell(world, frames)
        app = web.Application(middlewares=[_only_this_machine], client_max_size=32 * 1024 * 1024)
        app.router.add_get("/", self._index)
        for path in _STATIC:
            app.router.add_get(path, self._static)
        app.router.add_get("/avatars/{name}.png", self._avatar)
        app.router.add_get("/live", self._live)
        app.router.add_post("/story", self._story)
        app.router.add_get("/menus", self._menus)
        app.router.add_post("/menus", self._use_menu)
        for path in FrameServer._STATIC_FILES:
            app.router.add_get(path, frames[0].server._static)
        for method, path, name in (
            ("POST", "/api/pages", "_pages"),
            ("DELETE", "/api/pages/{context_id}", "_delete_page"),
            ("GET", "/api/state", "_state"),
            ("GET", "/api/commands", "_commands"),
            ("GET", "/api/action-result", "_action_result"),
            ("POST", "/api/action", "_action"),
            ("GET", "/api/assets/{asset_id}", "_asset"),
        ):
            app.router.add_route(method, path, self._to_frame(name))
        return app

    def _frame(self, request: web.Request) -> Frame | None:
        """Return the frame whose key the request has."""
        return self._frames.get(request.headers.get("X-Simcord-Capability", ""))

    def _to_frame(self, name: str) -> Handler:
        """Return a handler that lets the frame named by the request's key answer it."""

        async def handle(request: web.Request) -> web.StreamResponse:
            frame = self._frame(request)
            if frame is None:
                return web.Response(status=401)
            if name == "_pages":
                frame.make_room()
                frame.show_times_in(_timezone(request.cookies.get("tz", "")))
            answer: web.StreamResponse = await getattr(frame.server, name)(request)
            return answer

        return handle

    def _shell(self, world: World, frames: tuple[Frame, ...]) -> str:
        config: dict[str, Any] = {
            "start": self._start,
            "channels": [
                {
                    "id": str(channel.id),
                    "name": channel.name,
                    "announcement": channel._channel.type == ChannelType.NEWS,
                }
                for channel in world.channels
            ],
            "people": [
                {"id": str(person.actor.id), "name": person.name, "role": person.role} for person in world.people
            ],
            "frames": {f"{frame.channel.id}/{frame.viewers[0].id}": f"/frame#{frame.capability}" for frame in frames},
        }
        return (
            _file("shell.html")
            .replace("{{guild}}", html.escape(world.name))
            .replace("{{corpus}}", html.escape(str(self._sandbox.corpus)))
            .replace("{{config}}", json.dumps(config).replace("<", "\\u003c"))
        )

    async def _index(self, request: web.Request) -> web.Response:
        return web.Response(text=self._html, content_type="text/html", headers=_HEADERS)

    async def _static(self, request: web.Request) -> web.Response:
        return web.Response(
            text=_file(request.path.removeprefix("/")), content_type=_STATIC[request.path], headers=_HEADERS
        )

    async def _avatar(self, request: web.Request) -> web.Response:
        return web.Response(body=avatar_png(request.match_info["name"]), content_type="image/png", headers=_HEADERS)

    async def _story(self, request: web.Request) -> web.Response:
        if request.headers.get("Origin") is None:  # a page of ours always has one
            return web.Response(status=403)
        story = release_story(self._sandbox)
        return web.json_response(story and {"title": story.title, "topics": story.topics}, headers=_HEADERS)

    async def _menus(self, request: web.Request) -> web.Response:
        """Answer what the menu of a message offers in a frame."""
        frame = self._frame(request)
        return web.json_response(frame.menus(), headers=_HEADERS) if frame else web.Response(status=401)

    async def _use_menu(self, request: web.Request) -> web.Response:
        """Use a message's menu. What the program answers is seen in the channel."""
        frame = self._frame(request)
        if frame is None:
            return web.Response(status=401)
        try:
            chosen = await request.json()
            await frame.use_menu(str(chosen["name"]), int(chosen["message"]))
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400)
        except (SetupError, BackendError) as error:  # the message is gone, or the person may not
            return web.Response(status=409, text=str(error))
        return web.Response(status=204)

    async def _live(self, request: web.Request) -> web.StreamResponse:
        """Send server-sent events for as long as the page is open: first which start this is, then new messages."""
        response = web.StreamResponse(headers=_HEADERS | {"Content-Type": "text/event-stream"})
        await response.prepare(request)
        listener: asyncio.Queue[str | None] = asyncio.Queue(maxsize=256)
        self._listeners.add(listener)
        try:
            event: str | None = json.dumps({"start": self._start})
            while event is not None:
                await response.write(f"data: {event}\n\n".encode() if event else b": still here\n\n")
                try:
                    async with asyncio.timeout(_HEARTBEAT):
                        event = await listener.get()
                except TimeoutError:
                    event = ""
        except (ConnectionError, asyncio.CancelledError):
            pass  # the page was closed
        finally:
            self._listeners.discard(listener)
        return response


def _file(name: str) -> str:
    return resources.files("bot.preview").joinpath("static", name).read_text(encoding="utf-8")


def _timezone(name: str) -> str:
    """Return the time zone that the browser named, UTC where it named none that is known here."""
    try:
        return ZoneInfo(name.replace("%2F", "/")).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return "UTC"
