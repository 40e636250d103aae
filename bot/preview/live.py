"""The simulated Discord as a living place: real time, many channels at once, pushes that arrive by themselves.

SimCord is made for tests: its clock stands still, one channel can be looked at, and the page follows only its own
clicks. The subclasses here change that; every private part they build on stands in `hooks.HOOKS`.
"""

import asyncio
import hashlib
import io
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, cast  # `Any` only where SimCord's own signatures have it

from aiohttp import web
from PIL import Image
from simcord import ChannelHandle, Env, ResponseMessage
from simcord._clock import Clock
from simcord.enums import AppCommandType, InteractionType
from simcord.preview import Preview, _server
from simcord.preview._media import MediaInfo, MediaWorker
from simcord.preview._server import PreviewServer

from bot.preview.hooks import PATCHES
from bot.preview.world import Person

Picture = tuple[str, bytes]

# Seconds within which a click's work usually ends. What takes longer goes on, but the next click need not wait for it;
# Discord itself gives an interaction as long to answer.
SETTLE = 3.0

# Seconds between two looks for something new. SimCord's page asks twice a second, so that less would not be seen.
LOOK = 0.2

# Seconds between two rounds of due timers (a view's timeout, a cooldown): nobody notices one second.
TIMERS = 1.0

# What SimCord keeps for ever, and from which number on it is forgotten. The page shows 50 messages of a channel.
_LOG_KEPT = 2_000
_MESSAGES_KEPT = 200
_INTERACTIONS_KEPT = 500

# The developer's toolbar and message list have no place in a chat; the rest is cosmetics. Discord keeps its pieces 8
# pixels apart, and thumbnails beside their text on phones too.
_CSS = """
.preview-toolbar, .messages-sidebar, #drawer-scrim { display: none !important; }
.channel-composer { margin-bottom: 20px; }
.channel-timeline { scrollbar-color: #1e1f22 transparent; }
#channel-composer-input:focus-visible { outline: none; }
#channel-message-list { padding-bottom: 16px; }
.command-option-input { box-sizing: content-box; }
.channel-message .embed { margin-top: 4px; }
.component-container > * + .text-display, .component-container > .text-display + * { margin-top: 8px; }
.component-section { grid-template-columns: minmax(0, 1fr) auto !important; }
.component-container > .component-section:first-child { margin-top: 0; }
.component-container > .component-section:last-child { margin-bottom: 0; }
"""


class RealClock(Clock):
    """The machine's clock in place of SimCord's, which only a test moves."""

    def __init__(self) -> None:
        self._start = time.perf_counter()
        self._epoch = datetime.now(UTC)

    @property
    def elapsed(self) -> float:
        return time.perf_counter() - self._start

    @elapsed.setter
    def elapsed(self, value: float) -> None:
        raise AttributeError("real time cannot be set")

    def now(self) -> datetime:
        return datetime.now(UTC)

    def advance(self, seconds: float) -> None:
        """Do nothing: it passes by itself."""


class Pictures(dict[str, Picture]):
    """A mapping from address to picture that makes each picture when it is asked for."""

    def __init__(self, draw: Callable[[str], Picture | None]) -> None:
        super().__init__()
        self._draw = draw
        self.digests: set[str] = set()
        """The SHA-256 of every picture made."""

    def get(self, url: str, default: Any = None) -> Any:
        picture = self._draw(url)
        if picture is None:
            return default
        self.digests.add(hashlib.sha256(picture[1]).hexdigest())
        return picture


class MediaCheck(MediaWorker):
    """SimCord's check of what the page shows, which lets our own pictures pass.

    It starts a Python for each picture, one after the other, and refuses a ninth that waits: a page of stories would
    fill for seconds, with holes. What a visitor attaches is still checked there.
    """

    def __init__(self, pictures: Pictures) -> None:
        super().__init__()
        self._pictures = pictures

    async def validate(self, key: str, blob: bytes, *, media_time: float | None = None) -> MediaInfo:
        if key not in self._pictures.digests:
            return await super().validate(key, blob, media_time=media_time)
        with Image.open(io.BytesIO(blob)) as image:  # reads the header only
            width, height, kind = *image.size, image.format or "JPEG"
        content_type = Image.MIME[kind]
        return MediaInfo(kind, width, height, 1, width * height * 4, blob, content_type, capture=blob, poster=blob)


class FrameServer(PreviewServer):
    """SimCord's answers to its page, without a port of their own: the preview's one application asks for them."""

    _STATIC_FILES = {  # noqa: RUF012  # as in the base class
        ("/frame" if path == "/" else path): file for path, file in PreviewServer._STATIC_FILES.items()
    }
    _SECURITY_HEADERS = PreviewServer._SECURITY_HEADERS | {
        "X-Frame-Options": "SAMEORIGIN",
        "Content-Security-Policy": PreviewServer._SECURITY_HEADERS["Content-Security-Policy"].replace(
            "frame-ancestors 'none'", "frame-ancestors 'self'"
        ),
    }

    async def start(self) -> None:
        _server.web = web  # type: ignore[attr-defined]  # the base class imports it into its module's globals here
        self.port = 0

    async def close(self) -> None:
        self.port = None

    def _allowed_hosts(self) -> Any:
        return _AnyHost()

    def _authorized(self, request: Any, *, context: str | None = None) -> bool:
        # Host and Origin have been checked by the application; it knows its port, and that it may be forwarded.
        supplied = request.headers.get("X-Simcord-Context")
        return context is None or bool(supplied == context)

    async def _static(self, request: Any) -> Any:
        response = await super()._static(request)
        for patch in PATCHES:
            if request.path == f"/{patch.file}":
                response.text = response.text.replace(patch.old, patch.new)
        if request.path == "/preview.css":
            response.text += _CSS
        elif request.path.startswith(("/fonts/", "/vendor/")):
            # 12 MB that never change; without this every channel opened would fetch its own.
            response.headers["Cache-Control"] = "max-age=86400, immutable"
            response.headers.pop("Pragma", None)
        return response


class _AnyHost(frozenset[str]):
    """A set of hosts that holds every host."""

    def __contains__(self, host: object) -> bool:
        return True


class Frame(Preview):
    """One channel as one person sees it."""

    def __init__(self, env: Env, channel: ChannelHandle, person: Person, pictures: Pictures, turn: asyncio.Lock):
        super().__init__(
            env,
            channel,
            (person.actor,),
            layout="channel",
            display="responsive",
            width=960,
            height=720,
            locale=person.locale,  # of dates; the rest of SimCord's page is English
            timezone="UTC",
            presentation_time=None,
            assets=None,
            port=0,
        )
        self._explicit_assets = pictures
        self._media_worker = MediaCheck(pictures)
        self._server = FrameServer(self)
        self._turn = turn
        self._person = person

    @property
    def server(self) -> FrameServer:
        """The answers to this frame's requests."""
        return cast(FrameServer, self._server)

    def show_times_in(self, timezone: str) -> None:
        """Write the times of messages in this zone."""
        self.timezone = timezone

    def make_room(self) -> None:
        """Forget the page that was silent longest, rather than refuse the next one."""
        pages = [page for page in self._pages.values() if page is not self._python]
        if len(pages) >= self._MAX_PAGES:
            self._close_page(min(pages, key=lambda page: page.last_activity).id)

    def refresh_pages(self) -> None:
        """Show what has happened since the last click. About 8 ms for each message on screen."""
        self._advance_presentation_time()
        for page in tuple(self._pages.values()):
            if page is not self._python and page.id in self._pages:
                self._publish(page, reason="refresh")

    def menus(self) -> dict[str, str]:
        """Return what the menu of a message offers here: the words shown, in the person's language, by name."""
        commands = self.env.backend.visible_commands(
            user_id=self._person.actor.id, channel_id=self.channel.id, type=AppCommandType.MESSAGE
        )
        return {
            command["name"]: (command.get("name_localizations") or {}).get(self._person.locale, command["name"])
            for command in commands
        }

    async def use_menu(self, name: str, message_id: int) -> None:
        """Let the person use a message's menu; raises SimCord's errors where they cannot."""
        async with self._turn:
            message = ResponseMessage(self.env, self.env.backend.get_message(self.channel.id, message_id))
            try:
                await self._person.actor.context_menu(self.channel, name, message)
            except TimeoutError:
                _wait_no_longer(self.env)

    async def _action(self, context_id: str | None, body: Any) -> dict[str, Any]:
        # SimCord refuses a click while another works, and one that was made before the newest message was shown. Here
        # clicks queue, and each counts as made on what is there now: as in Discord.
        async with self._turn:
            if isinstance(body, dict) and "published_revision" in body:
                body = {**body, "published_revision": self._get_page(context_id).revision}
            return await super()._action(context_id, body)

    def _finish_action(self, page: Any, action: Any, settlement: str, cursor: int, *args: Any, **kwargs: Any) -> Any:
        # A command that has been answered, or that thinks aloud, is done for the page, even if the bot raised (and
        # answered that) or still works. SimCord would keep the text in the composer and call the outcome uncertain.
        if settlement == "timeout":
            _wait_no_longer(self.env)
        interaction = kwargs.get("interaction") or action.interaction
        if interaction is not None and interaction.responded:
            settlement, cursor, args = "settled", self.env.error_cursor, ()
        return super()._finish_action(page, action, settlement, cursor, *args, **kwargs)


def _wait_no_longer(env: Env) -> None:
    """Declare what the bot works on right now to be long work, for whose end no further click waits."""
    for task in env._work.tasks:
        if not task.done():
            env._work.external_waits.setdefault(task, "works for long")


class _Dispatch:
    """What `env._preview` is told, passed on to every frame: SimCord knows one preview per simulated Discord."""

    _closed = True

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = tuple(frames)

    def _mark_action_dispatched(self) -> None:
        for frame in self._frames:
            frame._mark_action_dispatched()


class Live:
    """All frames of one simulated Discord, and the loop that keeps them true."""

    def __init__(
        self,
        env: Env,
        channels: Iterable[ChannelHandle],
        people: Iterable[Person],
        draw: Callable[[str], Picture | None],
        notify: Callable[[int], None],
    ) -> None:
        self._env = env
        self._turn = asyncio.Lock()
        self._notify = notify
        self._seen = len(env.backend.transcript)
        pictures = Pictures(draw)
        people = tuple(people)
        self.frames = tuple(
            Frame(env, channel, person, pictures, self._turn) for channel in channels for person in people
        )

    async def open(self) -> None:
        """Open every frame. The bot runs already."""
        for frame in self.frames:
            self._env._preview = None
            await frame.__aenter__()
            # Else the page would stay at the message that was newest at the start.
            assert frame._python is not None
            frame._python.window_end_id = None
        self._env._preview = cast(Preview, _Dispatch(self.frames))

    async def run(self) -> None:
        """Show what the bot does, and let its timers come due, until cancelled."""
        next_timers = time.perf_counter()
        while True:
            await asyncio.sleep(LOOK)
            if time.perf_counter() >= next_timers and not self._turn.locked() and self._env._operation_task is None:
                async with self._turn:
                    try:
                        await self._env.settle(timeout=SETTLE)
                    except TimeoutError:
                        _wait_no_longer(self._env)
                next_timers = time.perf_counter() + TIMERS
            changed = self._changes()
            for frame in self.frames:
                if frame.channel.id in changed:
                    frame.refresh_pages()
                    await asyncio.sleep(0)  # a heartbeat of the page between two long ones
            self._forget()

    def _changes(self) -> set[int]:
        """Return the channels in which something happened since the last call; tell of new messages."""
        backend = self._env.backend
        new, self._seen = backend.transcript[self._seen :], len(backend.transcript)
        changed: set[int] = set()
        for kind, name, payload in new:
            if kind == "HTTP":
                # Answers to commands and clicks: /interactions/ID/TOKEN/callback, /webhooks/APP/TOKEN/…
                for part in name.split("/"):
                    interaction = backend.interactions.get(backend.interaction_tokens.get(part, 0))
                    # Suggestions while somebody types change nothing that others see.
                    if interaction is not None and interaction.type != InteractionType.APPLICATION_COMMAND_AUTOCOMPLETE:
                        changed.add(interaction.channel_id)
            elif isinstance(payload, dict) and str(payload.get("channel_id", "")).isdigit():
                channel = int(payload["channel_id"])
                changed.add(channel)
                if name == "MESSAGE_CREATE":
                    self._notify(channel)
        return changed

    def _forget(self) -> None:
        """Drop what SimCord would keep for ever."""
        env = self._env
        backend = env.backend
        if len(backend.transcript) > _LOG_KEPT:
            backend.transcript.clear()
            backend.http_requests.clear()
            self._seen = 0
        for messages in backend.messages.values():
            for old in sorted(messages)[: max(0, len(messages) - _MESSAGES_KEPT)]:
                del messages[old]
        if len(backend.interactions) > _INTERACTIONS_KEPT:
            for old in sorted(backend.interactions)[: len(backend.interactions) - _INTERACTIONS_KEPT]:
                backend.interaction_tokens.pop(backend.interactions.pop(old).token, None)
        for task in [task for task in env._work.external_waits if task.done()]:
            del env._work.external_waits[task]
        if len(env._errors) > _LOG_KEPT and not self._turn.locked():
            env._errors.clear()
            env._error_ids.clear()


def make_env(bot: Any) -> Env:
    """Return a simulated Discord around the bot, not started, that lives in real time."""
    env = Env(bot, check_errors=False, settle_timeout=SETTLE)
    # Before anything else: ids are made of it, and a later change would make tasks.loop catch up eleven months.
    env.backend.clock = RealClock()
    return env
