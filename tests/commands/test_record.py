"""`/subscriptions log` and `/subscriptions explain`: what was sent, what was not, and why."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, text

from bot.models import Level, Terms
from bot.store.hidden import hide_article
from bot.store.subscriptions import set_terms, subscription
from tests.commands.reading import answer, labels, options, words
from tests.conftest import NOW, World


def change_delivery(connection: Connection, number: int, **values: object) -> None:
    """Make a delivery what a test needs it to be."""
    for name, value in values.items():
        connection.execute(
            text(f"UPDATE deliveries SET {name} = :value WHERE id = :id"), {"value": value, "id": number}
        )


@pytest.fixture
async def posted(world: World) -> World:
    """Thirteen posts in #news, one after the other, after the first briefing."""
    world.corpus.write("a0", title="Story **zero**")
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI", how_hot="everything")
    await world.push()
    for number in range(1, 13):
        world.clock.forward(hours=6)
        world.corpus.write(f"a{number}", title=f"Story {number}", provider=f"Paper {number}")
        world.load()
        await world.push()
    return world


async def test_the_log_in_pages(posted: World) -> None:
    asked = await posted.ann.slash(posted.news, "subscriptions log")
    assert asked.ephemeral
    lines = words(asked).splitlines()
    assert lines[:2] == ["### What was sent", "-# 1 to 10 of the last 13"]
    newest = posted.messages(posted.news)[-1]
    assert lines[2].startswith(
        f"Posted · [open](https://discord.com/channels/{posted.guild.id}/{posted.news.id}/{newest.id}) · <t:"
    )
    assert lines[3] == f"-# “Story 12” → <#{posted.news.id}>"
    assert labels(asked) == ["Older"]
    await posted.restart()
    await posted.ann.click(answer(asked), label="Older")
    assert words(asked).splitlines()[1] == "-# 11 to 13 of the last 13"
    assert f"-# First briefing: “Story \\*\\*zero\\*\\*” → <#{posted.news.id}>" in words(asked)
    await posted.ann.click(answer(asked), label="Newer")
    assert labels(asked) == ["Older"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"state": "failed", "reason": "too old"}, "Dropped: it waited until it was no longer news"),
        ({"state": "failed", "reason": "refused (50035)"}, "Failed: Discord refused it (50035)"),
        ({"state": "failed", "reason": "withdrawn"}, "Not sent: its stories were taken out of the news"),
        ({"state": "pending", "reason": None}, "Queued: due <t:"),
        ({"state": "pending", "reason": "Discord answered 502"}, "Waits: Discord had trouble, the next try is due <t:"),
        ({"state": "pending", "reason": "no permission"}, "Held: I can't post there until Heatline has its"),
        ({"state": "sending", "reason": None}, "Being sent"),
        ({"state": "sent", "reason": "deleted meanwhile"}, "Posted, then deleted by someone"),
    ],
)
async def test_what_became_of_it(posted: World, values: dict[str, object], sentence: str) -> None:
    await posted.program.database.write(_change, 13, values)
    asked = await posted.ann.slash(posted.news, "subscriptions log", subscription="1")
    lines = words(asked).splitlines()
    assert lines[0] == "### What was sent: AI"
    assert lines[2].startswith(sentence)


def _change(connection: Connection, number: int, values: dict[str, object]) -> None:
    change_delivery(connection, number, **values)


async def test_the_log_of_another_server_is_not_seen(posted: World) -> None:
    elsewhere = posted.env.create_guild("Elsewhere", owner=posted.env.create_user("eve"))
    channel = elsewhere.create_text_channel("theirs")
    role = elsewhere.create_role("managers", permissions=posted.program.bot.guilds[0].me.guild_permissions)
    eve = elsewhere.add_member(posted.env.create_user("eva"), roles=[role])
    asked = await eve.slash(channel, "subscriptions log")
    assert words(asked) == "### What was sent\nNothing was sent yet."


# --- explain -------------------------------------------------------------------------------------------------


@pytest.fixture
async def held(world: World) -> World:
    """A subscription to the hottest, and an article of today that was below its bar."""
    for day in range(30):
        world.corpus.write(f"a{day}", heat=70 + day, publishedDateTime=NOW - timedelta(days=day + 1))
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI", how_hot="hottest")
    await world.push()
    world.clock.forward(hours=1)
    world.corpus.write("warm", title="A warm story", heat=82, provider="Warm Times")
    world.corpus.write("hot", title="A hot story", heat=300)
    world.load()
    await world.push()
    return world


async def test_below_the_bar_and_lowering_it(held: World) -> None:
    (choice,) = await held.ann.autocomplete(held.news, "subscriptions explain", "article", "warm")
    assert choice["name"] == "A warm story · Warm Times"
    asked = await held.ann.slash(held.news, "subscriptions explain", article=choice["value"])
    lines = words(asked).splitlines()
    assert lines[0] == "**A warm story**"
    assert lines[1] == f"**AI** → <#{held.news.id}>"
    assert lines[2] == "Not posted: heat 82 was below Hottest (97) when it came on 1 March."
    await held.ann.click(answer(asked), label="Lower the bar")
    assert "Not saved yet." in words(asked)
    assert "Hot: top quarter of your filter" in words(asked)
    await held.ann.click(answer(asked), label="Save")
    known = await held.program.database.read(subscription, 1)
    assert known is not None
    assert known.terms.level is Level.HOT


async def test_the_way_an_article_may_be_named(held: World) -> None:
    posted = held.messages(held.news)[-1]
    link = f"https://discord.com/channels/{held.guild.id}/{held.news.id}/{posted.id}"
    for typed in (link, "https://news.example/hot", "hot story"):
        asked = await held.ann.slash(held.news, "subscriptions explain", article=typed)
        assert words(asked).startswith("**A hot story**"), typed
        assert f"Posted on 1 March. [Open it]({link})" in words(asked)
    for typed in ("zzz", "story", "https://nowhere.example", "https://discord.com/channels/1/2/3"):
        asked = await held.ann.slash(held.news, "subscriptions explain", article=typed)
        assert words(asked).startswith("I can't tell which story you mean"), typed


@pytest.mark.parametrize("gone", [False, True])
async def test_what_a_host_hid_is_not_named(held: World, *, gone: bool) -> None:
    (choice,) = await held.ann.autocomplete(held.news, "subscriptions explain", "article", "hot story")
    posted = held.messages(held.news)[-1]
    await held.program.database.write(_hide, choice["value"])
    if gone:
        held.corpus.remove("hot")
        held.load()
    assert await held.ann.autocomplete(held.news, "subscriptions explain", "article", "hot story") == []
    link = f"https://discord.com/channels/{held.guild.id}/{held.news.id}/{posted.id}"
    address = [] if gone else ["https://news.example/hot"]
    for typed in (choice["value"], link, "a HOT story", *address):
        asked = await held.ann.slash(held.news, "subscriptions explain", article=typed)
        assert asked.ephemeral
        assert words(asked) == "Heatline's host hid this story: it is posted and shown nowhere.", typed
    asked = await held.ann.slash(held.news, "subscriptions explain", article="hot story")
    assert words(asked).startswith("I can't tell which story you mean")


def _hide(connection: Connection, key: str) -> None:
    hide_article(connection, key, 1, NOW)


async def test_several_bars_are_lowered_by_a_select(held: World) -> None:
    await held.ann.slash(held.other, "subscribe", how_hot="hottest")
    await held.program.database.write(set_terms, 2, Terms(min_heat=299), None, held.clock())
    held.clock.forward(hours=1)
    held.corpus.write("cool", title="A cool story", heat=20)
    held.load()
    await held.push()
    asked = await held.ann.slash(held.news, "subscriptions explain", article="cool")
    assert options(asked) == {"AI": "1", "All news": "2"}
    await held.ann.select(answer(asked), ["2"])
    assert words(asked).startswith(f"**All news** → <#{held.other.id}>")


async def test_without_subscriptions(world: World) -> None:
    world.corpus.write("a", title="Lonely story")
    world.load()
    asked = await world.ann.slash(world.news, "subscriptions explain", article="lonely")
    assert words(asked).startswith("No news is sent in this server yet.")
