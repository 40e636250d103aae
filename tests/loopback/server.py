"""The stand-in itself: one aiohttp server on 127.0.0.1 that the real program takes for Discord."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

from aiohttp import web

from .answers import Answer
from .callbacks import Callbacks
from .door import Door
from .faults import Body, Cut, Fault, Faults, Limits, cut, reset
from .gateway import Gateway
from .interactions import Interactions, Value
from .ledger import Ledger, Post, Request, Violation
from .messages import Messages
from .rest import Rest
from .rules import mention_problem
from .wire import RefusedError, answer, payload_of
from .world import Channel, Json, Person, World

T = TypeVar("T")

API = "/api/v10"
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Until = Literal["answered", "acknowledged", "sent"]


class Loopback:
    """A small, honest Discord. One server, one channel and one admin are there from the start; add more in `world`.

    Nonces, limits, the gateway and interaction deadlines can be tuned through `messages`, `limits`, `gateway`, `rest`
    and `callbacks`.
    """

    def __init__(self, *, token: str = "loopback-token", seed: int = 0) -> None:
        self.token = token
        self.world = World()
        self.guild = self.world.add_guild("Newsroom")
        self.channel = self.world.add_channel(self.guild, "news")
        self.user = self.world.add_user("ada", admin=True)
        self.ledger = Ledger()
        self.messages_book = Messages(self.world)
        self.limits = Limits()
        self.faults = Faults(seed)
        self.gateway = Gateway(self.world, self.ledger, token, lambda: self.gateway_url)
        self.interactions = Interactions(self.world, self.messages_book, self.ledger, self.gateway)
        self._where: Json = {"url": ""}
        self.rest = Rest(self.world, self.messages_book, self.ledger, self.limits, self.interactions, self._where)
        self.callbacks = Callbacks(self.world, self.messages_book, self.interactions)
        self.api_url = ""
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None
        self._door: Door | None = None
        self._busy: set[object] = set()  # connections that wait for an answer

    @property
    def gateway_url(self) -> str:
        """The websocket's address."""
        return str(self._where["url"])

    async def __aenter__(self) -> Self:
        @web.middleware
        async def serve(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._busy.add(request.protocol)
            try:
                return await self._serve(request, handler)
            finally:
                self._busy.discard(request.protocol)

        app = web.Application(middlewares=[serve], client_max_size=32 * 1024**2)
        for route in (*self.rest.routes(), *self.callbacks.routes()):
            app.router.add_route(route.method, API + route.path, route.handler)
        app.router.add_get("/gateway", self.gateway.handle)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
        await self._runner.setup()
        self._door = Door(self._runner)
        await self._door.open()
        self.api_url = f"http://127.0.0.1:{self._door.port}{API}"
        self._where["url"] = f"ws://127.0.0.1:{self._door.port}/gateway"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        await self.gateway.close()
        if self._runner is not None:
            await self._runner.cleanup()
        if self._door is not None:
            await self._door.close()

    # --- what happened ---------------------------------------------------------------------------------------

    @property
    def posts(self) -> list[Post]:
        """Every accepted create and edit of channel messages, in order."""
        return self.ledger.posts

    @property
    def requests(self) -> list[Request]:
        """Every REST request, in order."""
        return self.ledger.requests

    @property
    def violations(self) -> list[Violation]:
        """What the program must never send; empty in a good test."""
        return self.ledger.violations

    def messages(self, channel: Channel | int) -> list[Json]:
        """Return what everyone sees in the channel, oldest first."""
        return self.messages_book.shown_in(channel if isinstance(channel, int) else channel.id)

    async def wait_for(self, predicate: Callable[[], T], within: float = 5.0, *, what: str = "it") -> T:
        """Return the predicate's first true value; it is asked again whenever something happened."""
        return await self.ledger.wait_for(predicate, within, what=what)

    # --- what people do --------------------------------------------------------------------------------------

    async def slash(
        self,
        channel: Channel,
        path: str,
        options: Mapping[str, Value] | None = None,
        *,
        user: Person | None = None,
        within: float = 5.0,
        until: Until = "answered",
    ) -> Answer:
        """Run a slash command: `await loopback.slash(channel, "news top", {"topic": "AI"})`."""
        return await self.interactions.slash(channel, path, options or {}, user or self.user, within, until)

    async def autocomplete(
        self,
        channel: Channel,
        path: str,
        options: Mapping[str, Value],
        *,
        focus: str | None = None,
        user: Person | None = None,
        within: float = 5.0,
    ) -> Answer:
        """Type into option `focus` (else the last one given) of a slash command."""
        focus = focus or list(options)[-1]
        return await self.interactions.autocomplete(channel, path, options, focus, user or self.user, within)

    def say(self, channel: Channel, content: str, user: Person | None = None) -> Json:
        """Post a message of a person, and return it; the program, which reads no messages, is not told."""
        return self.messages_book.create(channel, user or self.user, {"content": content})

    async def menu(
        self, channel: Channel, name: str, message: Json, *, user: Person | None = None, within: float = 5.0
    ) -> Answer:
        """Choose an entry of a message's menu, under its English name."""
        return await self.interactions.menu(channel, name, message, user or self.user, within, "answered")

    async def click(
        self,
        message: Json,
        custom_id: str,
        *,
        user: Person | None = None,
        within: float = 5.0,
        until: Until = "answered",
    ) -> Answer:
        """Click a button of a message as it is now."""
        return await self.interactions.component(int(message["id"]), custom_id, None, user or self.user, within, until)

    async def select(
        self,
        message: Json,
        custom_id: str,
        values: Sequence[str],
        *,
        user: Person | None = None,
        within: float = 5.0,
        until: Until = "answered",
    ) -> Answer:
        """Choose in a select of a message as it is now."""
        return await self.interactions.component(
            int(message["id"]), custom_id, values, user or self.user, within, until
        )

    async def submit(
        self, form: Answer, values: Mapping[str, Any], *, within: float = 5.0, until: Until = "answered"
    ) -> Answer:
        """Send the form that an answer opened, its fields by custom_id."""
        return await self.interactions.submit(form, values, within, until)

    # --- what goes wrong -------------------------------------------------------------------------------------

    def fault(
        self,
        method: str,
        path_glob: str,
        *,
        status: int | None = None,
        body: Body = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = 1,
        effect_first: bool = False,
        hang: bool = False,
        reset: bool = False,
        cut: Cut | None = None,
        delay: float = 0.0,
        probability: float = 1.0,
    ) -> Fault:
        """Script a fault for the next `times` fitting requests (None: for all), each struck with `probability`.

        The order within a request: the effect if `effect_first`, the delay, the hang, the reset, then the answer with
        `status` or else, if there is none, the ordinary one, up to the `cut`. `path_glob` is below the API's root.
        """
        return self.faults.add(
            Fault(
                method,
                path_glob,
                status=status,
                body=body,
                headers=headers or {},
                times=times,
                effect_first=effect_first,
                hang=hang,
                reset=reset,
                cut=cut,
                delay=delay,
                probability=probability,
            )
        )

    async def shut(self) -> None:
        """Let no new connection be made, and end those that exist after their next answer: nothing more comes in."""
        assert self._door is not None
        await self._door.shut(self._busy)

    async def open(self) -> None:
        """Let connections be made again."""
        assert self._door is not None
        await self._door.open()

    # --- one request -----------------------------------------------------------------------------------------

    async def _serve(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Record a request and answer it, through the script of faults."""
        if not request.path.startswith(API):
            return await handler(request)
        path = request.path.removeprefix(API)
        record = Request(request.method, path, self.ledger.now())
        self.ledger.requests.append(record)
        # The body comes first, so that a reset or a hang happens after the whole request was sent.
        await payload_of(request)
        response = await self._through_faults(request, path, handler)
        record.status = 0 if response is None else response.status
        if response is not None and self._door is not None and self._door.is_shut:
            response.force_close()
        await self.ledger.changed()
        return web.Response() if response is None else response

    async def _through_faults(self, request: web.Request, path: str, handler: Handler) -> web.StreamResponse | None:
        """Return the answer, or None when the connection was cut instead."""
        fault = self.faults.strike(request.method, path)
        if fault is None:
            return await self._work(request, path, handler)
        response = await self._work(request, path, handler) if fault.effect_first else None
        await self.ledger.changed()
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.hang:
            await fault.hold(self._closing)
        if fault.reset or (fault.hang and self._closing.is_set()):
            reset(request)
            return None
        response = fault.response() or response or await self._work(request, path, handler)
        if fault.cut:
            cut(request, response, fault.cut)
            return None
        return response

    async def _work(self, request: web.Request, path: str, handler: Handler) -> web.StreamResponse:
        """Do what the request asks, as Discord would."""
        open_to_all = path.startswith(("/interactions/", "/webhooks/"))
        over = self.limits.check_global(path)
        if over is not None:
            return over
        if not open_to_all and request.headers.get("Authorization") != f"Bot {self.token}":
            return answer({"message": "401: Unauthorized", "code": 0}, 401)
        where = f"{request.method} {path}"
        try:
            response = await handler(request)
        except RefusedError as refused:
            # A late or second answer to an interaction is a 404 or a 400: the user saw "did not respond".
            if refused.status == 400 or path.startswith("/interactions/"):
                rule: Literal["interaction", "payload"] = "interaction" if open_to_all else "payload"
                self.ledger.violations.append(Violation(rule, where, str(refused.body)))
            return answer(refused.body, refused.status)
        except web.HTTPException as missing:
            self.ledger.violations.append(Violation("route", where, missing.reason))
            return answer({"message": f"{missing.status}: {missing.reason}", "code": 0}, missing.status)
        await self._check_mentions(request, path, where)
        return response

    async def _check_mentions(self, request: web.Request, path: str, where: str) -> None:
        """Record an accepted message whose mentions could fire."""
        if request.method not in ("POST", "PATCH"):
            return
        payload, _ = await payload_of(request)
        if path.endswith("/callback"):
            if payload["type"] not in (4, 7):
                return
            payload = payload.get("data") or {}
        problem = mention_problem(payload)
        if problem:
            self.ledger.violations.append(Violation("mentions", where, problem))
