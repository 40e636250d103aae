"""`/admin deliveries` and `/admin problems`: what a host looks up, in all servers."""

import re

import pytest
from simcord import ChannelHandle
from simcord.results import InteractionResult
from sqlalchemy import Connection

from bot.models import DeliveryKind
from bot.store.deliveries import Piece, queue_delivery
from bot.store.subscriptions import pause_subscription
from tests.commands.reading import answer, labels, words
from tests.commands.test_record import change_delivery
from tests.conftest import World

REFUSED = "Only Heatline's hosts can use /admin: the app's owner, its team, and the ids in ADMIN_IDS."


def queue(connection: Connection, world: World, guild_id: int, channel_id: int, count: int) -> None:
    """Queue messages for a channel, one after the other."""
    for _ in range(count):
        world.clock.forward(minutes=1)
        number = int(world.clock().timestamp())
        queue_delivery(
            connection,
            subscription_id=1,
            guild_id=guild_id,
            channel_id=channel_id,
            kind=DeliveryKind.PUSH,
            told=[Piece(f"K{number}", f"U{number}", f"S{number}")],
            now=world.clock(),
        )


@pytest.fixture
async def busy(world: World) -> World:
    """One first briefing sent, and twenty messages queued for #news after it, of a subscription to everything."""
    world.corpus.write("a", title="Story **one**")
    world.load()
    await world.ann.slash(world.news, "subscribe", how_hot="everything")
    await world.push()
    await world.program.database.write(queue, world, world.guild.id, world.news.id, 20)
    return world


async def ask(world: World, **options: str) -> InteractionResult:
    """Ask for deliveries as a host."""
    return await world.host.slash(world.news, "admin deliveries", **options)


def entries(result: InteractionResult) -> list[str]:
    """Return the second lines of the deliveries shown."""
    return [line for line in words(result).splitlines() if line.startswith("-# ")]


async def test_pages_hold_their_place_over_a_restart_while_more_comes(busy: World) -> None:
    asked = await ask(busy)
    assert asked.ephemeral
    assert words(asked).startswith("### Deliveries\nQueued: due <t:")
    assert labels(asked) == ["Older"]
    first = words(asked)
    await busy.restart()
    await busy.host.click(answer(asked), label="Older")
    second = words(asked)
    assert labels(asked) == ["Newer", "Older"]
    await busy.program.database.write(queue, busy, busy.guild.id, busy.news.id, 3)
    await busy.host.click(answer(asked), label="Older")
    assert labels(asked) == ["Newer"]
    assert len(entries(asked)) == 5
    assert entries(asked)[-1] == "-# “Story \\*\\*one\\*\\*” → #news of Newsroom · first briefing"
    assert words(asked).splitlines()[-2].startswith("Posted · [open](https://discord.com/channels/")
    await busy.host.click(answer(asked), label="Newer")
    assert words(asked) == second
    await busy.host.click(answer(asked), label="Newer")
    assert words(asked) == first
    assert labels(asked) == ["Newer", "Older"]
    await busy.host.click(answer(asked), label="Newer")
    assert labels(asked) == ["Older"]
    assert words(asked) == words(await ask(busy))


@pytest.mark.parametrize(
    ("state", "values", "sentence"),
    [
        ("failed", {"reason": "too old"}, "Dropped: it waited until it was no longer news · <t:"),
        ("failed", {"reason": "refused (50035)"}, "Failed: Discord refused it (50035) · <t:"),
        ("pending", {"reason": "Discord answered 502"}, "Waits: Discord had trouble, the next try is due <t:"),
        ("pending", {"reason": "history: TimeoutError"}, "Waits: Discord had trouble, the next try is due <t:"),
        ("pending", {"reason": "ClientOSError"}, "Waits: Discord had trouble, the next try is due <t:"),
        ("sending", {"attempts": 3}, "Being sent · <t:"),
        ("sent", {"sent_at": 1_772_366_400}, "Posted · [open](https://"),
    ],
)
async def test_of_one_state(busy: World, state: str, values: dict[str, object], sentence: str) -> None:
    await busy.program.database.write(_only, state, values)
    asked = await ask(busy, state=state)
    lines = words(asked).splitlines()
    assert lines[0] == f"### Deliveries: {state}"
    assert lines[1].startswith(sentence)
    assert lines[2].startswith("-# 1 story that has left the news → #news of Newsroom · as it happened")
    assert lines[2].endswith(", 3 attempts") == (state == "sending")
    assert (re.search(r"\((Discord answered 502|no answer|`ClientOSError`)\) · ", lines[1]) is not None) == (
        state == "pending"
    )
    assert len(lines) == 3


def _only(connection: Connection, state: str, values: dict[str, object]) -> None:
    """Give one delivery a state that no other is in."""
    for number in range(1, 22):
        change_delivery(connection, number, state="failed" if state == "sent" else "sent", sent_at=1)
    change_delivery(connection, 7, **{"state": state, "sent_at": None} | values)


async def test_what_a_paused_subscription_holds(busy: World) -> None:
    await busy.program.database.write(pause_subscription, 1, "gone")
    asked = await ask(busy, state="pending")
    assert words(asked).splitlines()[1].startswith("Held: the subscription is paused. Resume it to send it · <t:")


@pytest.fixture
async def elsewhere(busy: World) -> World:
    """Another server, whose channel has two messages queued; it hides what its name would do."""
    guild = busy.env.create_guild("Else **where**", owner=busy.env.create_user("eve"))
    channel: ChannelHandle = guild.create_text_channel("theirs")
    await busy.program.database.write(queue, busy, guild.id, channel.id, 2)
    return busy


async def test_of_one_server_by_name_or_id(elsewhere: World) -> None:
    (choice,) = await elsewhere.host.autocomplete(elsewhere.news, "admin deliveries", "server", "else")
    assert choice["name"] == "Else **where**"
    for typed in (choice["value"], "else **WHERE** "):
        asked = await ask(elsewhere, server=typed)
        assert words(asked).startswith("### Deliveries for Else \\*\\*where\\*\\*\n")
        assert (
            entries(asked)
            == ["-# 1 story that has left the news → #theirs of Else \\*\\*where\\*\\* · as it happened"] * 2
        )
    assert len(await elsewhere.host.autocomplete(elsewhere.news, "admin deliveries", "server", "")) == 2
    assert words(await ask(elsewhere, server="nowhere")).startswith("I don't know that server: choose one of the list")
    assert words(await ask(elsewhere, server="77")) == "### Deliveries for server 77\nThere are no such deliveries."


async def test_hosts_alone_look_them_up(elsewhere: World, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = await ask(elsewhere)
    assert await elsewhere.host.autocomplete(elsewhere.news, "admin deliveries", "server", "else")
    monkeypatch.setattr(elsewhere.program.bot, "_admins", frozenset())
    for command in ("admin deliveries", "admin problems"):
        assert words(await elsewhere.host.slash(elsewhere.news, command)) == REFUSED
    assert await elsewhere.host.autocomplete(elsewhere.news, "admin deliveries", "server", "else") == []
    assert words(await elsewhere.host.click(answer(asked), label="Older")) == REFUSED
    assert words(asked).startswith("### Deliveries\n")


# --- problems ------------------------------------------------------------------------------------------------


async def test_problems_by_kind(world: World) -> None:
    asked = await world.host.slash(world.news, "admin problems")
    assert asked.ephemeral
    assert words(asked) == "No problems: every news file of the last load could be read whole."
    for number in range(5):
        world.corpus.write(f"bad*{number}", title=None)
    for number in range(2):
        world.corpus.write(f"late{number}", publishedDateTime="soon")
    world.load()
    lines = words(await world.host.slash(world.news, "admin problems")).splitlines()
    assert lines[0] == "### 7 problems in the news folder"
    assert lines[1].startswith("**5** title: ")
    assert lines[1].endswith("; file not taken")
    assert lines[2] == "-# bad\\*0.md, bad\\*1.md, bad\\*2.md and 2 more"
    assert lines[3].startswith("**2** publishedDateTime: ")
    assert lines[4].startswith("-# late0.md:")
    assert len(lines) == 5


async def test_places_in_lists_are_one_kind(world: World) -> None:
    report = {"title": "R", "webUrl": "ftp://r.example/1", "provider": {"name": "Paper"}}
    good = report | {"webUrl": "https://r.example/1"}
    world.corpus.write("a", related=[report, good, report])
    world.load()
    lines = words(await world.host.slash(world.news, "admin problems")).splitlines()
    assert lines[1].startswith("**2** related\\[\\].webUrl: ")
    assert lines[2].startswith("-# a.md:")
    assert len(lines) == 3
