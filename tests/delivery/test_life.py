"""Servers that change, break, leave and return: what is told, what resumes, what ends and what is deleted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, func, select

from bot.app import Program
from bot.delivery import access
from bot.models import Server, Subscription, SubscriptionState
from bot.store.database import connect
from bot.store.leaving import KEPT_FOR
from bot.store.notices import DROPPED, add_notice
from bot.store.servers import keep_server
from bot.store.subscriptions import pause_for_trouble, pause_subscription, resume_subscription, subscriptions_of
from bot.store.tables import deliveries, delivery_articles, guilds, notices, subscriptions
from tests.delivery.desk import Watched
from tests.delivery.newsroom import DAY, HOUR, MINUTE, Newsroom
from tests.loopback import Channel, Loopback
from tests.loopback.world import SEND_MESSAGES, VIEW_CHANNEL


class Live:
    """The whole program against the loopback server: its workers run when a test says so."""

    def __init__(self, loopback: Loopback, room: Newsroom) -> None:
        self.loopback = loopback
        self.room = room
        room.guild_id = loopback.guild.id
        self.channel = loopback.channel
        self.program = Program(room.settings, clock=lambda: self.room.now, shard_count=1)

    async def connect(self) -> None:
        """Log in, and wait until Discord has told of all servers."""
        bot = self.program.bot
        await self.program.open()
        await bot.login(self.loopback.token)
        bot._connection.guild_ready_timeout = 0.05
        self.gateway = asyncio.create_task(bot.connect())
        async with asyncio.timeout(10):
            await bot.wait_until_ready()
        await self.until_written("reconcile_servers")

    async def close(self) -> None:
        """Close the connection, then the database."""
        await self.program.close()
        await stop(self.gateway)

    async def until_written(self, name: str) -> None:
        """Wait for a write of this name, since the last one that was waited for."""
        database = self.program.database
        assert isinstance(database, Watched)
        await self.loopback.wait_for(lambda: name in database.written, 10, what=name)
        database.written.clear()

    def change(self, change: Any, *args: Any, **kwargs: Any) -> Any:
        """Commit a change of the store's."""
        with connect(self.room.url, writes=True) as connection, connection.begin():
            return change(connection, *args, **kwargs)

    def trouble(self, subscription: Subscription, because: str = "no permission", *missing: str) -> None:
        """Let a subscription be paused by trouble now."""
        self.change(pause_for_trouble, subscription.id, because, missing, self.room.now)

    def known(self) -> list[Subscription]:
        """Return the server's subscriptions."""
        with connect(self.room.url, writes=False) as connection:
            return list(subscriptions_of(connection, self.loopback.guild.id))

    def active(self) -> bool:
        """Whether the server's first subscription posts."""
        return self.known()[0].state is SubscriptionState.ACTIVE

    def count(self, table: Table) -> int:
        """Return the number of rows."""
        with connect(self.room.url, writes=False) as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

    def said(self, channel: Channel) -> list[str]:
        """Return what was written in a channel."""
        return [message["content"] for message in self.loopback.messages(channel)]

    def allow(self, channel: Channel, *, deny: int) -> None:
        """Change what Heatline may do in a channel, and tell it."""
        channel.deny = deny
        payload = channel.payload(self.loopback.world.bot)
        self.loopback.gateway.dispatch("CHANNEL_UPDATE", payload, guild_id=self.loopback.guild.id)


@pytest.fixture
async def live(loopback: Loopback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Live]:
    monkeypatch.setattr("bot.app.Database", lambda url: Watched(url, loopback.ledger.changed))
    monkeypatch.setattr(access, "_BREATH", 0)
    made = Live(loopback, Newsroom(tmp_path, now=datetime.now(UTC).replace(microsecond=0)))
    yield made
    if hasattr(made, "gateway"):
        await made.close()
    else:
        await made.program.database.close()


async def stop(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def add_channel(live: Live, name: str, *, deny: int = 0) -> Channel:
    return live.loopback.world.add_channel(live.loopback.guild, name, deny=deny)


# --- telling -------------------------------------------------------------------------------------------------

LOST = "I lost access to <#{id}>, so AI news there is paused. Your set-up is kept and resumes by itself."


async def test_trouble_is_told_once_in_the_notice_channel(live: Live) -> None:
    updates, chosen = add_channel(live, "updates"), add_channel(live, "chosen")
    live.loopback.guild.updates = updates
    await live.connect()
    live.change(keep_server, Server(live.loopback.guild.id, notice_channel_id=chosen.id))
    live.trouble(live.room.subscribe(live.channel.id, topic="AI"), "no permission", "Send Messages", "Embed Links")
    await live.program.teller.tell()
    await live.program.teller.tell()
    assert live.said(chosen) == [f"{LOST.format(id=live.channel.id)} Missing: Send Messages and Embed Links."]
    assert live.said(updates) == []


@pytest.mark.parametrize("deny", [0, VIEW_CHANNEL, SEND_MESSAGES])
async def test_without_a_notice_channel_it_is_told_where_community_updates_go(live: Live, deny: int) -> None:
    updates = live.loopback.guild.updates = add_channel(live, "updates", deny=deny)
    await live.connect()
    live.trouble(live.room.subscribe(live.channel.id, topic="AI"))
    await live.program.teller.tell()
    assert live.said(updates) == ([] if deny else [LOST.format(id=live.channel.id)])


async def test_an_outage_is_told_once_however_often_it_strikes(live: Live) -> None:
    updates = live.loopback.guild.updates = add_channel(live, "updates")
    await live.connect()
    first, other = (live.room.subscribe(live.channel.id, topic=topic) for topic in ("AI", "Robots"))
    for _ in range(3):
        live.trouble(first)
        live.trouble(other)
        await live.program.teller.tell()
        live.room.later(HOUR)
        for each in (first, other):
            live.change(resume_subscription, each.id, live.room.now)
    assert live.said(updates) == [LOST.format(id=live.channel.id).replace("AI news", "the news")]
    live.room.write("a")
    live.room.load()
    live.room.plan()
    live.room.send()  # it posts again: what comes next is another outage
    live.trouble(first)
    await live.program.teller.tell()
    assert len(live.said(updates)) == 2


async def test_what_is_over_before_it_was_told_is_not_told(live: Live) -> None:
    await live.connect()
    live.trouble(live.room.subscribe(live.channel.id, topic="AI"))
    live.room.later(11 * MINUTE)
    await live.program.resumer.look()
    assert live.count(notices) == 0


async def test_dropped_messages_add_up(live: Live) -> None:
    updates = live.loopback.guild.updates = add_channel(live, "updates")
    await live.connect()
    for number in ("11", "1"):
        live.change(
            add_notice,
            guild_id=live.loopback.guild.id,
            channel_id=live.channel.id,
            subscription_id=None,
            because=DROPPED,
            detail=[number],
            now=live.room.now,
        )
    await live.program.teller.tell()
    assert live.said(updates) == [f"12 messages for <#{live.channel.id}> had waited too long and were dropped."]


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500, "effect_first": True},
        {"reset": True, "effect_first": True},
        {"cut": "body"},
        {"status": 200, "body": {"nonsense": True}, "effect_first": True},
        {"status": 400, "body": "<html>Bad request</html>"},
    ],
)
async def test_a_notice_whose_answer_is_lost_comes_once(live: Live, fault: dict[str, Any]) -> None:
    updates = live.loopback.guild.updates = add_channel(live, "updates")
    await live.connect()
    live.trouble(live.room.subscribe(live.channel.id, topic="AI"))
    live.loopback.fault("POST", "/channels/*/messages", **fault)
    await live.program.teller.tell()
    await live.program.teller.tell()
    assert len(live.said(updates)) == 1


async def test_a_refused_notice_is_not_tried_every_time(live: Live) -> None:
    live.loopback.guild.updates = add_channel(live, "updates")
    live.loopback.guild.updates.forbidden = True
    await live.connect()
    live.trouble(live.room.subscribe(live.channel.id, topic="AI"))
    for _ in range(5):
        await live.program.teller.tell()
    assert live.loopback.ledger.invalid_requests == 1


@pytest.mark.parametrize(
    ("deny", "forbidden", "missing"),
    [
        (SEND_MESSAGES, False, " Missing: Send Messages and Embed Links."),  # the one takes the other along
        (0, True, ""),
    ],
    ids=["seen", "not seen"],
)
async def test_a_push_that_is_refused_is_told_with_what_is_missing(
    live: Live, deny: int, forbidden: bool, missing: str
) -> None:
    updates = live.loopback.guild.updates = add_channel(live, "updates")
    live.channel.deny, live.channel.forbidden = deny, forbidden
    await subscribed_and_queued(live)
    live.room.subscribe(live.channel.id, topic="Robots")
    await live.program.sender.drain()
    await live.program.teller.tell()
    (told,) = live.said(updates)
    assert told.startswith(f"I lost access to <#{live.channel.id}>, so the news there is paused.")
    assert told.partition("by itself.")[2] == missing
    assert {each.state for each in live.known()} == {SubscriptionState.PAUSED}


# --- resuming ------------------------------------------------------------------------------------------------


async def test_it_resumes_when_the_permission_is_back(live: Live) -> None:
    live.channel.deny = SEND_MESSAGES
    await live.connect()
    resuming = asyncio.create_task(live.program.resumer.run())
    live.trouble(live.room.subscribe(live.channel.id, topic="AI"))
    live.room.later(12 * HOUR)
    await live.program.resumer.look()
    assert not live.active()
    live.allow(live.channel, deny=0)
    await live.loopback.wait_for(live.active, 10)
    await stop(resuming)


@pytest.mark.parametrize(
    ("strikes", "after", "event", "resumes"),
    [
        (1, timedelta(0), False, False),
        (1, timedelta(0), True, True),
        (1, 10 * MINUTE, False, True),
        (2, 11 * MINUTE, True, False),
        (2, HOUR, False, True),
        (3, 5 * HOUR, True, False),
        (3, 6 * HOUR, True, True),
        (4, 23 * HOUR, False, False),
        (4, 24 * HOUR, False, True),
        (9, 24 * HOUR, False, True),
    ],
)
async def test_a_channel_that_only_looks_open_is_tried_ever_more_rarely(
    live: Live, strikes: int, after: timedelta, event: bool, resumes: bool
) -> None:
    await live.connect()
    made = live.room.subscribe(live.channel.id, topic="AI")
    for strike in range(strikes):
        if strike:
            live.change(resume_subscription, made.id, live.room.now)
        live.trouble(made)
    live.room.later(after)
    await live.program.resumer.look({live.loopback.guild.id} if event else None)
    assert live.active() is resumes


@pytest.mark.parametrize("before", [True, False])
async def test_a_server_that_comes_up_resumes_only_what_was_paused_before_the_program_began(
    live: Live, before: bool
) -> None:
    if not before:  # a channel that looks open and is not would be asked again as soon as the gateway is up
        await live.connect()
    made = live.room.subscribe(live.channel.id, topic="AI")
    live.trouble(made)
    if before:
        live.room.later(MINUTE)
        await live.program.database.close()
        live.program = Program(live.room.settings, clock=lambda: live.room.now, shard_count=1)
        await live.connect()
    await live.program.resumer.look([], [live.loopback.guild.id])
    assert live.active() is before


async def test_a_post_makes_the_next_pause_a_first_one(live: Live) -> None:
    await live.connect()
    made = live.room.subscribe(live.channel.id, topic="AI")
    for _ in range(3):
        live.trouble(made)
        live.change(resume_subscription, made.id, live.room.now)
    live.room.write("a")
    live.room.load()
    live.room.plan()
    live.room.send()
    live.trouble(made)
    await live.program.resumer.look({live.loopback.guild.id})
    assert live.active()


async def test_what_a_person_paused_stays_paused(live: Live) -> None:
    await live.connect()
    made = live.room.subscribe(live.channel.id, topic="AI")
    live.change(pause_subscription, made.id, None)
    live.trouble(made)
    live.room.later(DAY)
    await live.program.resumer.look()
    assert not live.active()
    assert live.known()[0].paused_because is None


async def test_a_deleted_channel_is_paused_at_once_and_stays_so(live: Live) -> None:
    await live.connect()
    live.room.subscribe(live.channel.id, topic="AI")
    payload = live.channel.payload(live.loopback.world.bot)
    live.loopback.gateway.dispatch("CHANNEL_DELETE", payload, guild_id=live.loopback.guild.id)
    await live.until_written("_lose_channel")
    assert live.known()[0].paused_because == "gone"
    live.room.later(2 * DAY)
    await live.program.resumer.look()
    assert not live.active()


# --- leaving -------------------------------------------------------------------------------------------------


def leave(live: Live, **more: Any) -> None:
    guild_id = live.loopback.guild.id
    live.loopback.gateway.dispatch("GUILD_DELETE", {"id": str(guild_id), **more}, guild_id=guild_id)


async def subscribed_and_queued(live: Live) -> Subscription:
    """Let a message be waiting for the channel."""
    await live.connect()
    made = live.room.subscribe(live.channel.id, topic="AI")
    live.room.write("a")
    live.room.load()
    live.room.plan()
    assert live.count(deliveries) == 1
    return made


async def test_nothing_is_sent_to_a_server_that_removed_heatline(live: Live) -> None:
    await subscribed_and_queued(live)
    leave(live)
    await live.until_written("leave_server")
    await live.program.sender.drain()
    assert live.loopback.posts == []
    with connect(live.room.url, writes=False) as connection:
        assert connection.execute(select(deliveries.c.state, deliveries.c.reason)).one() == ("failed", "left")
    assert live.known()[0].paused_because == "left"
    live.room.later(DAY)
    await live.program.resumer.look()
    assert not live.active()


async def test_an_unavailable_server_is_left_alone(live: Live) -> None:
    await subscribed_and_queued(live)
    leave(live, unavailable=True)
    bot, guild_id = live.program.bot, live.loopback.guild.id
    async with asyncio.timeout(10):
        await bot.wait_for("guild_unavailable")
    guild = bot.get_guild(guild_id)
    assert guild is not None
    assert guild.unavailable
    bot.dispatch("ready")
    await live.until_written("reconcile_servers")
    assert live.active()
    await live.program.sender.drain()
    assert len(live.loopback.posts) == 1


async def test_a_server_that_returns_gets_its_news_back_and_no_greeting(live: Live) -> None:
    live.loopback.guild.updates = live.channel
    made = await subscribed_and_queued(live)
    by_hand = live.room.subscribe(live.channel.id, topic="Robots")
    live.change(pause_subscription, by_hand.id, None)
    leave(live)
    await live.until_written("leave_server")
    live.room.later(29 * DAY)
    await live.program.housekeeper.tidy()
    live.loopback.gateway.appear(live.loopback.guild)
    await live.until_written("return_server")
    await live.program.resumer.look({live.loopback.guild.id})
    assert [(each.id, each.state, each.paused_because) for each in live.known()] == [
        (made.id, SubscriptionState.ACTIVE, None),
        (by_hand.id, SubscriptionState.PAUSED, None),
    ]
    assert live.loopback.posts == []


async def test_what_a_server_had_is_deleted_after_thirty_days(live: Live) -> None:
    made = await subscribed_and_queued(live)
    await live.program.sender.drain()
    live.trouble(made)
    live.change(keep_server, Server(live.loopback.guild.id, timezone="Europe/Berlin"))
    leave(live)
    await live.until_written("leave_server")
    tables = (subscriptions, deliveries, delivery_articles, notices, guilds)
    live.room.later(KEPT_FOR)
    await live.program.housekeeper.tidy()
    assert live.count(deliveries) == 1
    live.room.later(MINUTE)
    await live.program.housekeeper.tidy()
    assert [live.count(table) for table in tables] == [0] * 5


async def test_who_left_or_returned_while_nobody_listened_is_found_at_the_start(live: Live) -> None:
    elsewhere = 4_242
    guild_id, live.room.guild_id = live.room.guild_id, elsewhere
    live.room.subscribe(1, topic="AI")
    live.room.guild_id = guild_id
    live.room.subscribe(live.channel.id, topic="AI")
    await live.connect()
    with connect(live.room.url, writes=False) as connection:
        (gone,) = subscriptions_of(connection, elsewhere)
    assert gone.paused_because == "left"
    assert live.active()


async def test_a_new_server_is_greeted_once(live: Live) -> None:
    await live.connect()
    world = live.loopback.world
    new = world.add_guild("New", joined=False)
    new.joined = True
    new.updates = world.add_channel(new, "updates")
    live.loopback.gateway.appear(new)
    await live.loopback.wait_for(lambda: live.said(new.updates or live.channel), 10)
    (greeting,) = live.loopback.messages(new.updates)
    assert greeting["content"].startswith("Heatline is here. Try </subscribe:")
    assert greeting["content"].endswith(">. It posts nothing until you do.")
    assert greeting["flags"] == 1 << 12  # silent
    guild = live.program.bot.get_guild(new.id)
    assert guild is not None
    live.program.bot.dispatch("guild_join", guild)
    await live.until_written("add_server")
    assert len(live.said(new.updates)) == 1


# --- all of it -----------------------------------------------------------------------------------------------


# A connection that was being opened when the program is stopped is closed by the garbage collector, with a warning.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
async def test_the_running_program_mends_a_post_when_its_file_changes(live: Live) -> None:
    await live.connect()
    live.room.subscribe(live.channel.id, topic="AI")
    work = asyncio.create_task(live.program.work())
    try:
        await live.program.watcher.loaded.wait()
        live.room.write("a", title="A typo in teh title")
        await live.loopback.wait_for(lambda: live.said(live.channel), 30)
        live.room.write("a", title="No typo in the title")
        await live.loopback.wait_for(lambda: live.said(live.channel)[0].startswith("No typo"), 30)
        await live.until_written("record_edit")
    finally:
        await stop(work)
    assert [post.kind for post in live.loopback.posts] == ["create", "edit"]
