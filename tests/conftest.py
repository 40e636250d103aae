"""What every test may use: a corpus to write, a program on a database of its own, and a Discord server to use it in.

Nothing long-lived runs: a test loads, plans and sends when it says so (`World.load`, `World.push`). The program's clock
stands still at `NOW` until a test moves it.
"""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest
from simcord import ChannelHandle, Env, GuildHandle, MemberActor, UserHandle
from simcord.backend.models import User

from bot.app import Program
from bot.commands.cooldown import Cooldowns
from bot.loading import load
from bot.models import HeatlineError, LoadReport
from bot.settings import Settings
from tests.delivery.newsroom import Newsroom
from tests.loopback import Loopback

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
CANARY = "bm8gYXJ0aWNsZSBpcyBpbiBoZXJl;c2VjcmV0"
"""What files have in `secured`: it must never be seen again."""

HOST_ID = 4_000_000_000_000_001
"""The user in ADMIN_IDS."""


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **duration: float) -> None:
        """Move on by so many `days`, `hours`, `minutes` or `seconds`."""
        self.now += timedelta(**duration)


class Corpus:
    """A news folder in the publisher's format."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)

    def write(self, path: str, **fields: object) -> Path:
        """Write `path`.md: an article of today in AI by Example Times, but for the fields given (None leaves one out).

        Fields are those of the format; `provider` may be a name alone, and times may be datetimes.
        """
        every: dict[str, object] = {
            "category": "news",
            "title": f"Story {path}",
            "excerpt": f"What happened in {path}.",
            "publishedDateTime": NOW,
            "webUrl": f"https://news.example/{path}",
            "type": "article",
            "quality": 60,
            "heat": 90,
            "published": True,
            "provider": "Example Times",
            "topics": ["AI"],
            "secured": CANARY,
        } | fields
        if isinstance(every["provider"], str):
            every["provider"] = {"name": every["provider"], "domain": "news.example"}
        lines = [f"{name}: {_yaml(value)}" for name, value in every.items() if value is not None]
        file = self.folder / f"{path}.md"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(["---", *lines, "---", "", ""]), encoding="utf-8")
        return file

    def remove(self, path: str) -> None:
        """Remove `path`.md."""
        (self.folder / f"{path}.md").unlink()


def _yaml(value: object) -> str:
    """Return the value as YAML; JSON is YAML."""
    return json.dumps(value, ensure_ascii=False, default=lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"))


@pytest.fixture(scope="session", autouse=True)
def _fast_settle() -> Iterator[None]:
    """Let SimCord look every 2 ms instead of every 50 whether the bot is done."""
    defaults = Env._settle_internal.__kwdefaults__
    assert defaults is not None
    before = defaults["idle"]
    defaults["idle"] = 0.002
    yield
    defaults["idle"] = before


@pytest.fixture
def clock() -> Clock:
    """The program's clock."""
    return Clock()


@pytest.fixture
def corpus(tmp_path: Path) -> Corpus:
    """The news folder."""
    return Corpus(tmp_path / "news")


@pytest.fixture
def settings(tmp_path: Path, corpus: Corpus) -> Settings:
    """Settings for a database and a corpus of the test's own; pushes are not spaced."""
    return Settings(
        database_url=f"sqlite+aiosqlite:///{tmp_path / 'heatline.db'}",
        corpus_dir=str(corpus.folder),
        push_spacing_minutes=0,
        admin_ids=frozenset({HOST_ID}),
    )


@pytest.fixture
async def program(settings: Settings, clock: Clock) -> AsyncIterator[Program]:
    """The program, its database migrated, none of its work started."""
    made = Program(settings, clock=clock, shard_count=1)
    await made.open()
    made.bot.cooldowns = Cooldowns(answers=100_000)
    yield made
    await made.close()


@pytest.fixture
async def env(program: Program) -> AsyncIterator[Env]:
    """SimCord with the real bot in it. What the bot raises but a refusal fails the test, unless it calls `errors`."""
    env = Env(program.bot, check_errors=False, settle_timeout=20)
    await env.start()
    yield env
    acknowledged = env._errors_acknowledged
    await env.shutdown()
    raised = [getattr(error, "original", error) for error in env.errors_since(acknowledged)]
    faults = [error for error in raised if not isinstance(error, HeatlineError)]
    if faults:
        raise BaseExceptionGroup("the bot raised", faults)


@dataclass
class World:
    """A server with the bot, two channels and three people, and what a test does to the program."""

    env: Env
    program: Program
    corpus: Corpus
    clock: Clock
    guild: GuildHandle
    news: ChannelHandle
    other: ChannelHandle
    ann: MemberActor
    """May manage the server."""
    mo: MemberActor
    """May talk, and nothing else."""
    host: MemberActor
    """Owns the server, and is in ADMIN_IDS."""

    def load(self) -> LoadReport:
        """Load the corpus at the program's time."""
        return load(self.program.settings, now=self.clock())

    async def push(self) -> None:
        """Plan and send what is due."""
        await self.program.scheduler.plan()
        await self.program.sender.drain()

    async def restart(self) -> None:
        """End the program and start it anew on the same database."""
        await self.program.database.close()
        self.program = Program(self.program.settings, clock=self.clock, shard_count=1)
        await self.env.restart_bot(self.program.bot)

    def thread(self, name: str) -> ChannelHandle:
        """Open a thread in #news, as mo."""
        return ChannelHandle(self.env, self.guild, self.env.backend.create_thread(self.news.id, name, self.mo.id))

    def messages(self, channel: ChannelHandle) -> list[discord.Message]:
        """Return what everybody sees in the channel, oldest first."""
        return [message for message in channel.history() if not message.flags.ephemeral]

    def allowed_mentions(self) -> list[object]:
        """Return the `allowed_mentions` of every message that the bot sent or edited."""
        found = []
        for request in self.env.http_requests:
            body = request.json if isinstance(request.json, dict) else {}
            if request.path.endswith("/callback"):
                body = body["data"] if body["type"] in _MESSAGES else {}
            if {"content", "embeds", "components"} & body.keys():
                found.append(body.get("allowed_mentions"))
        return found


# Types of interaction callbacks that send or edit a message.
_MESSAGES = (4, 7)


def _user(env: Env, user_id: int, name: str) -> UserHandle:
    """Make a user with an id of our choice."""
    user = User(id=env.backend.reserve_id(user_id), name=name)
    env.backend.users[user.id] = user
    return UserHandle(env, user)


@pytest.fixture
async def world(env: Env, program: Program, corpus: Corpus, clock: Clock) -> AsyncIterator[World]:
    """A server in which ann may manage and mo may talk. Whatever the bot sends there may ping nobody."""
    host = _user(env, HOST_ID, "host")
    guild = env.create_guild("Newsroom", owner=host)
    managers = guild.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    made = World(
        env=env,
        program=program,
        corpus=corpus,
        clock=clock,
        guild=guild,
        news=guild.create_text_channel("news"),
        other=guild.create_text_channel("other"),
        ann=guild.add_member(env.create_user("ann"), roles=[managers]),
        mo=guild.add_member(env.create_user("mo")),
        host=MemberActor(env, guild, host),
    )
    yield made
    await made.program.database.close()
    assert [allowed for allowed in made.allowed_mentions() if allowed != {"parse": []}] == []
    for channel in env.backend.messages.values():
        assert not any(message.ping_user_ids or message.ping_role_ids for message in channel.values())


@pytest.fixture
async def loopback() -> AsyncIterator[Loopback]:
    """A stand-in for Discord that the program talks to by its rules."""
    async with Loopback() as server:
        yield server
        assert server.violations == []


@pytest.fixture
def room(loopback: Loopback, tmp_path: Path) -> Newsroom:
    """News for the real program, in the stand-in's server."""
    room = Newsroom(tmp_path, now=datetime.now(UTC).replace(microsecond=0))
    room.guild_id = loopback.guild.id
    return room
