"""The loopback stand-in answers a real discord.py client as Discord would."""

import asyncio
import contextlib
import json
import signal
from collections.abc import AsyncIterator, Callable, Coroutine
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
import yarl
from discord import app_commands
from discord.ext import commands
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.loopback import Loopback, Program
from tests.loopback.door import Door
from tests.loopback.rules import mention_problem, problems
from tests.loopback.world import READ_MESSAGE_HISTORY, SEND_MESSAGES, THREAD

Interaction = discord.Interaction[Any]
Choices = list[app_commands.Choice[str]]


class Panel(discord.ui.View):
    """A button that updates its message and a select that answers silently."""

    def __init__(self) -> None:
        super().__init__(timeout=None)

    @discord.ui.button(label="Next", custom_id="panel:next")
    async def next(self, interaction: Interaction, _: discord.ui.Button["Panel"]) -> None:
        await interaction.response.edit_message(content="page 2", view=self, allowed_mentions=NONE)

    @discord.ui.select(
        custom_id="panel:open", options=[discord.SelectOption(label="One"), discord.SelectOption(label="Two")]
    )
    async def open(self, interaction: Interaction, select: discord.ui.Select["Panel"]) -> None:
        await interaction.response.send_message(f"opened {select.values[0]}", ephemeral=True)


class Form(discord.ui.Modal, title="Words"):
    """A form with one field."""

    words = discord.ui.Label[Any](text="Words", component=discord.ui.TextInput[Any](custom_id="words"))

    async def on_submit(self, interaction: Interaction) -> None:
        field = self.words.component
        assert isinstance(field, discord.ui.TextInput)
        await interaction.response.send_message(f"noted {field.value}", ephemeral=True)


NONE = discord.AllowedMentions.none()
news = app_commands.Group(name="news", description="News")


@news.command(description="The hottest stories")
async def top(interaction: Interaction, topic: str, where: discord.TextChannel | None = None) -> None:
    await interaction.response.send_message(f"{topic} in {where}", view=Panel(), ephemeral=True)


@top.autocomplete("topic")
async def topics(interaction: Interaction, typed: str) -> Choices:
    return [app_commands.Choice(name=name, value=name) for name in ("AI", "Chips") if typed.lower() in name.lower()]


@news.command(description="Thinks first")
async def slow(interaction: Interaction) -> None:
    await interaction.response.defer(ephemeral=True)
    await interaction.edit_original_response(content="thought", allowed_mentions=NONE)
    await interaction.followup.send("and more", ephemeral=False)


@news.command(description="Opens a form")
async def ask(interaction: Interaction) -> None:
    await interaction.response.send_modal(Form())


@news.command(description="Never answers")
async def silent(interaction: Interaction) -> None:
    return


class Bot(commands.AutoShardedBot):
    """The smallest bot of Heatline's kind."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            "!", intents=discord.Intents(guilds=True), allowed_mentions=NONE, guild_ready_timeout=0.05, **options
        )
        self.resumed = asyncio.Event()
        self.available = asyncio.Event()
        self.joined: asyncio.Queue[int] = asyncio.Queue()
        self.tree.add_command(news)

    async def setup_hook(self) -> None:
        await self.tree.sync()

    async def on_guild_available(self, _: discord.Guild) -> None:
        self.available.set()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self.joined.put_nowait(guild.id)

    async def on_resumed(self) -> None:
        self.resumed.set()


Connect = Callable[[], Coroutine[Any, Any, Bot]]


@pytest.fixture
async def loopback(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Loopback]:
    async with Loopback() as server:
        monkeypatch.setattr(Route, "BASE", server.api_url)
        monkeypatch.setattr(DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(server.gateway_url))
        yield server


@pytest.fixture
async def bot(loopback: Loopback) -> AsyncIterator[Bot]:
    """A bot that is logged in, without the gateway."""
    async with Bot() as client:
        await client.login(loopback.token)
        yield client


@pytest.fixture
async def connect(bot: Bot) -> AsyncIterator[Connect]:
    """Connects the bot to the gateway and waits until it is ready."""
    running: list[asyncio.Task[None]] = []

    async def run() -> Bot:
        running.append(asyncio.create_task(bot.connect()))
        await bot.wait_until_ready()
        # "Ready" only means that no server came for 50 ms; on a busy machine ours may be later.
        await asyncio.wait_for(bot.available.wait(), 2)
        return bot

    yield run
    await bot.close()
    for task in running:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


def target(bot: Bot, loopback: Loopback) -> discord.PartialMessageable:
    return bot.get_partial_messageable(loopback.channel.id, guild_id=loopback.guild.id)


# --- login and the gateway -----------------------------------------------------------------------------------


async def test_it_logs_in_syncs_and_becomes_ready(loopback: Loopback, connect: Connect) -> None:
    thread = loopback.world.add_channel(loopback.guild, "late", parent=loopback.channel)
    closed = loopback.world.add_channel(loopback.guild, "closed", deny=SEND_MESSAGES)
    bot = await connect()
    guild = bot.get_guild(loopback.guild.id)
    assert guild is not None
    assert guild.me.id == loopback.world.bot.id
    assert [channel.name for channel in guild.text_channels] == ["news", "closed"]
    found = guild.get_thread(thread.id)
    assert found is not None
    assert found.type.value == THREAD
    assert guild.text_channels[0].permissions_for(guild.me).send_messages
    assert not guild.text_channels[1].permissions_for(guild.me).send_messages
    assert not closed.can_send()
    assert len(loopback.ledger.identifies) == 1
    assert [(scope, [c["name"] for c in synced]) for scope, synced in loopback.ledger.syncs] == [(None, ["news"])]
    assert (await bot.application_info()).owner.name == "owner"
    assert (await bot.fetch_guild(guild.id)).name == "Newsroom"
    assert (await bot.fetch_channel(loopback.channel.id)).id == loopback.channel.id
    assert [command.name for command in await bot.tree.fetch_commands()] == ["news"]
    assert bot.shard_count == 1
    assert loopback.violations == []


async def test_a_new_server_appears(loopback: Loopback, connect: Connect) -> None:
    bot = await connect()
    made = loopback.world.add_guild("Second")
    assert await asyncio.wait_for(bot.joined.get(), 2) == made.id


async def test_a_wrong_token_is_refused(loopback: Loopback) -> None:
    async with Bot() as bot:
        with pytest.raises(discord.LoginFailure):
            await bot.login("wrong")
    assert loopback.ledger.statuses == {401: 1}
    assert loopback.ledger.invalid_requests == 1


async def test_a_lost_connection_resumes_and_repeats_what_was_missed(loopback: Loopback, connect: Connect) -> None:
    bot = await connect()
    await loopback.gateway.disconnect()
    sent = asyncio.create_task(loopback.slash(loopback.channel, "news top", {"topic": "AI"}))
    assert (await sent).text.startswith("AI")
    assert len(loopback.ledger.resumes) == 1
    assert len(loopback.ledger.identifies) == 1
    await asyncio.wait_for(bot.resumed.wait(), 2)


async def test_a_fatal_close_ends_the_client(loopback: Loopback, bot: Bot) -> None:
    running = asyncio.create_task(bot.connect())
    await loopback.wait_for(lambda: loopback.gateway.connected)
    await loopback.gateway.disconnect(4004)
    with pytest.raises(discord.ConnectionClosed):
        await asyncio.wait_for(running, 2)


# --- messages ------------------------------------------------------------------------------------------------


async def test_one_nonce_makes_one_message_until_it_is_forgotten(loopback: Loopback, bot: Bot) -> None:
    first = await target(bot, loopback).send("a", nonce="N" * 24)
    again = await target(bot, loopback).send("a", nonce="N" * 24)
    assert first.id == again.id
    assert [post.duplicate for post in loopback.posts] == [False, True]
    assert len(loopback.messages(loopback.channel)) == 1
    loopback.messages_book.forget_nonces()
    await target(bot, loopback).send("a", nonce="N" * 24)
    assert len(loopback.messages(loopback.channel)) == 2
    loopback.messages_book.nonce_window = 0
    await target(bot, loopback).send("a", nonce="N" * 24)
    assert len(loopback.messages(loopback.channel)) == 3
    assert {post.nonce for post in loopback.posts} == {"N" * 24}


async def test_a_repeat_of_a_deleted_message_is_unknown(loopback: Loopback, bot: Bot) -> None:
    message = await target(bot, loopback).send("a", nonce="n")
    loopback.messages_book.delete(message.id)
    with pytest.raises(discord.NotFound) as caught:
        await target(bot, loopback).send("a", nonce="n")
    assert caught.value.code == 10008


async def test_channels_refuse_with_discords_codes(loopback: Loopback, bot: Bot) -> None:
    loopback.channel.forbidden = True
    with pytest.raises(discord.Forbidden) as forbidden:
        await target(bot, loopback).send("a")
    assert forbidden.value.code == 50013
    loopback.channel.gone = True
    with pytest.raises(discord.NotFound) as gone:
        await target(bot, loopback).send("a")
    assert gone.value.code == 10003
    assert loopback.posts == []


async def test_an_edit_without_allowed_mentions_is_a_violation(loopback: Loopback, bot: Bot) -> None:
    message = await target(bot, loopback).send("a", view=Panel())
    assert loopback.violations == []
    await message.edit(content="b", allowed_mentions=NONE)
    assert loopback.violations == []
    await message.edit(view=None)
    assert [violation.rule for violation in loopback.violations] == ["mentions"]
    assert [post.kind for post in loopback.posts] == ["create", "edit", "edit"]
    assert loopback.messages(loopback.channel)[0]["content"] == "b"
    await message.delete()
    assert loopback.messages(loopback.channel) == []


async def test_a_file_comes_as_an_attachment(loopback: Loopback, bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("x")
    message = await target(bot, loopback).send("see", file=discord.File(tmp_path / "list.txt"))
    assert [attachment.filename for attachment in message.attachments] == ["list.txt"]


async def test_components_v2_survive_the_round_trip(loopback: Loopback, bot: Bot) -> None:
    layout = discord.ui.LayoutView(timeout=None)
    picture = discord.ui.Thumbnail[Any]("https://example.org/a.png", description="A")
    section = discord.ui.Section[Any]("# Title", accessory=picture)
    layout.add_item(discord.ui.Container[Any](section, discord.ui.Separator[Any]()))
    message = await target(bot, loopback).send(view=layout)
    assert message.flags.components_v2
    assert isinstance(message.components[0], discord.components.Container)
    with pytest.raises(discord.HTTPException) as caught:
        await message.edit(content="no", allowed_mentions=NONE)
    assert caught.value.code == 50035


async def test_history_pages_as_discord_does(loopback: Loopback, bot: Bot) -> None:
    sent = [(await target(bot, loopback).send(str(number))).id for number in range(6)]
    url = f"{loopback.api_url}/channels/{loopback.channel.id}/messages"
    headers = {"Authorization": f"Bot {loopback.token}"}
    async with aiohttp.ClientSession(headers=headers) as session:

        async def page(**query: int) -> list[str]:
            async with session.get(url, params=query) as response:
                return [message["content"] for message in await response.json()]

        assert await page() == ["5", "4", "3", "2", "1", "0"]
        assert await page(limit=2) == ["5", "4"]
        assert await page(before=sent[3], limit=2) == ["2", "1"]
        assert await page(after=sent[1], limit=2) == ["3", "2"]
        assert await page(around=sent[3], limit=3) == ["4", "3", "2"]
    after = discord.Object(sent[3])
    assert [message.content async for message in target(bot, loopback).history(after=after)] == ["4", "5"]
    loopback.channel.deny = READ_MESSAGE_HISTORY
    assert [message async for message in target(bot, loopback).history()] == []


@pytest.mark.parametrize(
    ("payload", "path"),
    [
        ({"content": "x" * 2001}, "content"),
        ({"nonce": "x" * 26}, "nonce"),
        ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title"),
        ({"embeds": [{"description": "x" * 4097}]}, "embeds.0.description"),
        ({"embeds": [{"description": "x" * 3001}] * 2}, "embeds"),
        ({"embeds": [{"url": "javascript:alert(1)"}]}, "embeds.0.url"),
        ({"embeds": [{"fields": [{"name": "", "value": "x"}]}]}, "embeds.0.fields.0.name"),
        ({"embeds": [{"image": {"url": "ftp://example.org/a.png"}}]}, "embeds.0.image.url"),
        ({"embeds": [{}] * 11}, "embeds"),
        ({"components": [{"type": 10, "content": "x"}]}, "components.0.type"),
        ({"flags": 32768, "components": [{"type": 10, "content": "x"}] * 41}, "components"),
        ({"flags": 32768, "components": [{"type": 10, "content": "x" * 2001}] * 2}, "components"),
        ({"flags": 32768, "components": [{"type": 10, "content": ""}]}, "components.0.content"),
        ({"flags": 32768, "components": [{"type": 9, "components": []}]}, "components.0.components"),
        ({"components": [{"type": 1, "components": []}]}, "components.0.components"),
    ],
)
def test_limits_of_messages(payload: dict[str, Any], path: str) -> None:
    assert path in [where for where, _ in problems(payload)]


@pytest.mark.parametrize(
    ("control", "field"),
    [
        ({"type": 2, "style": 1, "label": "x" * 81, "custom_id": "a"}, "label"),
        ({"type": 2, "style": 1, "label": "x", "custom_id": "a" * 101}, "custom_id"),
        ({"type": 2, "style": 1, "label": "x"}, "custom_id"),
        ({"type": 2, "style": 5, "label": "x", "url": "discord://x"}, "url"),
        ({"type": 2, "style": 5, "label": "x", "url": "https://example.org/" + "x" * 493}, "url"),
        ({"type": 3, "custom_id": "a", "options": []}, "options"),
        ({"type": 3, "custom_id": "a", "options": [{"label": "x", "value": str(n)} for n in range(26)]}, "options"),
        ({"type": 3, "custom_id": "a", "options": [{"label": "x", "value": "same"}] * 2}, "options"),
        ({"type": 3, "custom_id": "a", "options": [{"label": "", "value": "x"}]}, "options.0.label"),
    ],
)
def test_limits_of_controls(control: dict[str, Any], field: str) -> None:
    found = problems({"components": [{"type": 1, "components": [control]}]})
    assert f"components.0.components.0.{field}" in [where for where, _ in found]


def test_one_custom_id_may_not_repeat() -> None:
    button = {"type": 2, "style": 1, "label": "x", "custom_id": "same"}
    found = problems({"components": [{"type": 1, "components": [button, dict(button)]}]})
    assert [where for where, _ in found] == ["components.0.components.1.custom_id"]


@pytest.mark.parametrize(
    ("allowed", "fires"),
    [
        ({"parse": []}, False),
        ({"parse": [], "roles": ["1"]}, False),
        ({"parse": [], "roles": ["1", "2"]}, True),
        ({"parse": [], "users": ["1"]}, True),
        ({"parse": ["everyone"]}, True),
        ({"parse": [], "replied_user": True}, True),
        (None, True),
    ],
)
def test_mentions_that_could_fire(allowed: dict[str, Any] | None, fires: bool) -> None:
    assert (mention_problem({"allowed_mentions": allowed}) is not None) is fires


async def test_a_bad_payload_is_refused_and_recorded(loopback: Loopback, bot: Bot) -> None:
    with pytest.raises(discord.HTTPException, match=r"embeds\.0\.url") as caught:
        await target(bot, loopback).send(embed=discord.Embed(title="a", url="javascript:alert(1)"))
    assert caught.value.code == 50035
    with pytest.raises(discord.HTTPException) as empty:
        await target(bot, loopback).send()
    assert empty.value.code == 50006
    assert [violation.rule for violation in loopback.violations] == ["payload", "payload"]


async def test_an_unknown_route_is_a_violation(loopback: Loopback, bot: Bot) -> None:
    with pytest.raises(discord.NotFound):
        await bot.fetch_user(1)
    assert [(violation.rule, violation.where) for violation in loopback.violations] == [("route", "GET /users/1")]


# --- faults and limits ---------------------------------------------------------------------------------------

POST = ("POST", "/channels/*/messages")


async def test_a_failure_after_the_effect_makes_one_message(loopback: Loopback, bot: Bot) -> None:
    fault = loopback.fault(*POST, status=503, effect_first=True)
    with pytest.raises(discord.DiscordServerError):
        await target(bot, loopback).send("a", nonce="n")
    assert len(loopback.messages(loopback.channel)) == 1
    await target(bot, loopback).send("a", nonce="n")
    assert len(loopback.messages(loopback.channel)) == 1
    assert fault.hits == 1
    assert [request.status for request in loopback.requests if request.method == "POST"] == [503, 200]


async def test_discord_py_repeats_a_502_with_the_same_nonce(loopback: Loopback, bot: Bot) -> None:
    loopback.fault(*POST, status=502, effect_first=True)
    message = await target(bot, loopback).send("a")
    assert [post.duplicate for post in loopback.posts] == [False, True]
    assert {post.message_id for post in loopback.posts} == {message.id}


async def test_a_hanging_request_meets_our_own_deadline(loopback: Loopback, bot: Bot) -> None:
    fault = loopback.fault(*POST, hang=True, effect_first=True)
    lost = asyncio.create_task(target(bot, loopback).send("a"))
    await loopback.wait_for(lambda: loopback.posts)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(lost, 0.02)
    assert len(loopback.messages(loopback.channel)) == 1
    assert loopback.requests[-1].status is None
    held = loopback.fault(*POST, hang=True)
    sending = asyncio.create_task(target(bot, loopback).send("b"))
    await loopback.wait_for(lambda: held.hits)
    assert len(loopback.messages(loopback.channel)) == 1
    held.release()
    assert (await sending).content == "b"
    assert fault.hits == 1


async def test_a_reset_is_what_linux_calls_one(loopback: Loopback, bot: Bot) -> None:
    loopback.fault(*POST, reset=True)
    with pytest.raises(aiohttp.ClientOSError) as caught:
        await target(bot, loopback).send("a")
    assert caught.value.errno == 104
    assert loopback.posts == []
    assert loopback.requests[-1].status == 0


async def test_429s_of_each_kind(loopback: Loopback, bot: Bot) -> None:
    loopback.fault(*POST, status=429, body={"retry_after": 0.01, "global": True})
    await target(bot, loopback).send("a")
    loopback.fault(*POST, status=429, body="error code: 1015")
    with pytest.raises(discord.HTTPException) as banned:
        await target(bot, loopback).send("b")
    assert banned.value.status == 429
    assert "Via" not in banned.value.response.headers
    assert loopback.ledger.statuses[429] == 2


async def test_delays_probability_and_clearing(loopback: Loopback, bot: Bot) -> None:
    slow = loopback.fault("GET", "/channels/*", delay=0.01, times=None)
    never = loopback.fault("*", "*", status=500, times=None, probability=0.0)
    await bot.fetch_channel(loopback.channel.id)
    loopback.faults.clear()
    await bot.fetch_channel(loopback.channel.id)
    assert (slow.hits, never.hits) == (1, 0)


async def test_rate_limits_count_when_switched_on(loopback: Loopback, bot: Bot) -> None:
    url = f"{loopback.api_url}/channels/{loopback.channel.id}/messages"
    headers = {"Authorization": f"Bot {loopback.token}"}
    body = {"content": "a", "allowed_mentions": {"parse": []}}
    async with aiohttp.ClientSession(headers=headers) as session:
        loopback.limits.per_channel = (2, 60.0)
        answers = [await session.post(url, json=body) for _ in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["1", "0", "0"]
        assert (await answers[2].json())["global"] is False
        loopback.limits.per_channel = None
        loopback.limits.global_per_second = 1
        answers = [await session.post(url, json=body) for _ in range(2)]
        assert [answer.status for answer in answers] == [200, 429]
        assert (await answers[1].json())["global"] is True
        assert answers[1].headers["Content-Type"] == "application/json"
        assert answers[1].headers["Via"]


# --- interactions --------------------------------------------------------------------------------------------


async def test_a_slash_command_its_button_and_its_select(loopback: Loopback, connect: Connect) -> None:
    await connect()
    answer = await loopback.slash(loopback.channel, "news top", {"topic": "AI", "where": loopback.channel})
    assert answer.text.startswith("AI in news")
    assert answer.ephemeral
    assert 0 < answer.acknowledged_in == answer.answered_in < 3
    assert loopback.messages(loopback.channel) == []
    clicked = await loopback.click(answer.message, "panel:next")
    assert clicked.message is answer.message
    assert answer.message["content"] == "page 2"
    chosen = await loopback.select(answer.message, "panel:open", ["Two"])
    assert chosen.text == "opened Two"
    assert loopback.violations == []
    with pytest.raises(LookupError, match="panel:next"):
        await loopback.click(answer.message, "panel:gone")
    with pytest.raises(LookupError, match="no option 'Three'"):
        await loopback.select(answer.message, "panel:open", ["Three"])


async def test_autocomplete_offers_choices(loopback: Loopback, connect: Connect) -> None:
    await connect()
    answer = await loopback.autocomplete(loopback.channel, "news top", {"topic": "chi"})
    assert answer.choices == [{"name": "Chips", "value": "Chips"}]


async def test_a_deferred_answer_is_edited_and_followed(loopback: Loopback, connect: Connect) -> None:
    await connect()
    answer = await loopback.slash(loopback.channel, "news slow")
    assert answer.callback_type == 5
    assert answer.text == "thought"
    assert not answer.thinking
    assert answer.ephemeral
    assert answer.acknowledged_in <= answer.answered_in
    await answer.wait_for(lambda a: a.followups, what="a followup")
    assert [message["content"] for message in loopback.messages(loopback.channel)] == ["and more"]
    assert loopback.violations == []


async def test_a_form_is_opened_and_sent(loopback: Loopback, connect: Connect) -> None:
    await connect()
    form = await loopback.slash(loopback.channel, "news ask")
    assert form.modal["title"] == "Words"
    answer = await loopback.submit(form, {"words": "chips"})
    assert answer.text == "noted chips"


async def test_it_works_where_only_the_user_installed_it(loopback: Loopback, connect: Connect) -> None:
    elsewhere = loopback.world.add_channel(loopback.world.add_guild("Elsewhere", joined=False), "talk")
    direct = loopback.world.add_channel(None, "")
    await connect()
    someone = loopback.world.add_user("bob")
    for channel in (elsewhere, direct):
        answer = await loopback.slash(channel, "news top", {"topic": "AI"}, user=someone)
        assert answer.text.startswith("AI")


async def test_silence_and_mistakes_are_clear(loopback: Loopback, connect: Connect) -> None:
    await connect()
    with pytest.raises(TimeoutError, match=r"waited 0\.05 s for an answer"):
        await loopback.slash(loopback.channel, "news silent", within=0.05)
    with pytest.raises(TimeoutError, match="sync of /news gone"):
        await loopback.slash(loopback.channel, "news gone", within=0.05)
    with pytest.raises(LookupError, match="no option 'tpoic'"):
        await loopback.slash(loopback.channel, "news top", {"tpoic": "AI"})
    with pytest.raises(ValueError, match="needs the option 'topic'"):
        await loopback.slash(loopback.channel, "news top")


async def test_late_and_second_first_answers_are_refused(loopback: Loopback, connect: Connect) -> None:
    await connect()
    answer = await loopback.slash(loopback.channel, "news top", {"topic": "AI"})
    url = f"{loopback.api_url}/interactions/{answer.id}/{answer.token}/callback"
    async with aiohttp.ClientSession() as session:
        second = await session.post(url, json={"type": 5})
        assert (await second.json())["code"] == 40060
        loopback.callbacks.deadline = -1
        late = await session.post(url, json={"type": 5})
        assert (await late.json())["code"] == 10062
        assert [violation.rule for violation in loopback.violations] == ["interaction", "interaction"]
        loopback.callbacks.token_lifetime = -1
        webhook = f"{loopback.api_url}/webhooks/{loopback.world.bot.id}/{answer.token}"
        expired = await session.post(webhook, json={"content": "a"})
        assert (await expired.json())["code"] == 50027


# --- the program ---------------------------------------------------------------------------------------------

PROGRAM = """
import asyncio, os, sys
import discord
from discord.gateway import DiscordWebSocket

class Client(discord.Client):
    async def on_ready(self):
        print("ready", flush=True)

async def main():
    assert "discord" in sys.modules
    print(discord.http.Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY, flush=True)
    async with Client(intents=discord.Intents(guilds=True), guild_ready_timeout=0.05) as client:
        await client.start(os.environ["DISCORD_TOKEN"])

asyncio.run(main())
"""


async def test_a_program_is_redirected_watched_and_ended(loopback: Loopback, tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(PROGRAM)
    async with Program(loopback, tmp_path, module="sample") as program:
        await program.wait_for_output("ready")
        assert f"{loopback.api_url} {loopback.gateway_url}" in program.output()
        assert len(loopback.ledger.identifies) == 1
        code, seconds = await program.terminate()
        assert code == -signal.SIGTERM
        assert seconds < 5
    assert "ready" in (tmp_path / "stdout.log").read_text()


async def test_a_program_that_never_imports_discord_does_not_pay_for_it(loopback: Loopback, tmp_path: Path) -> None:
    body = "import json, os, sys; print(json.dumps([sorted(sys.modules), os.getcwd(), dict(os.environ)]))"
    (tmp_path / "sample.py").write_text(body)
    async with Program(loopback, tmp_path, module="sample", settings={"LOG_LEVEL": "DEBUG"}) as program:
        assert await program.wait() == 0
        await program.wait_for_output("]")
    modules, folder, environment = json.loads(program.output())
    assert "sitecustomize" in modules
    assert not {"discord", "aiohttp", "yarl", "asyncio"} & set(modules)
    assert Path(folder) == tmp_path
    assert environment["LOG_LEVEL"] == "DEBUG"
    assert environment["HOME"] == str(tmp_path)


def ended(pid: int) -> bool:
    """Tell whether a process is gone, or a zombie that its new parent has not collected yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


async def test_a_program_is_killed_with_its_children(loopback: Loopback, tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(
        "import subprocess, time\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "print('child', child.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    async with Program(loopback, tmp_path, module="sample") as program:
        await program.wait_for_output("child")
        assert program.exit_code is None
        child = int(program.output().split()[1])
        await program.kill(alone=True)
        assert not ended(child)
    assert program.exit_code == -signal.SIGKILL
    for _ in range(200):  # a signal is delivered when the kernel gets round to it
        if ended(child):
            return
        await asyncio.sleep(0.01)
    pytest.fail("the child is still there")


async def test_a_program_that_ends_early_says_why(loopback: Loopback, tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text("raise SystemExit('no token')")
    async with Program(loopback, tmp_path, module="sample") as program:
        with pytest.raises(AssertionError, match=r"ended with 1 .*\n?.*no token|no token"):
            await program.wait_for_output("ready")


async def test_a_door_opens_again_even_where_nothing_had_to_be_plugged(monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(_: Door) -> bool:
        return False

    monkeypatch.setattr(Door, "_plug", full)
    async with Loopback() as server, aiohttp.ClientSession() as session:
        await server.shut()
        await server.open()
        async with asyncio.timeout(10), session.get(f"{server.api_url}/gateway") as response:
            assert response.status in (200, 401)
