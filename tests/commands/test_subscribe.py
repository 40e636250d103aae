"""`/subscribe`: defaults, checks, limits, the first briefing, and what is pushed afterwards."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType

from bot.models import Level, Often, Subscription
from bot.store.subscriptions import subscriptions_of
from tests.commands.reading import answer, labels, options, words
from tests.conftest import NOW, World

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.fixture
def filled(world: World) -> World:
    """Four articles in AI, of which one superseded, and one in Robotics by another publisher."""
    for number in range(3):
        world.corpus.write(f"ai{number}", title=f"AI story {number}", heat=100 - number)
    world.corpus.write("old", title="Superseded", heat=-1)
    world.corpus.write("robot", title="Robots learn to fold", topics=["Robotics"], provider="Daily Sample")
    world.load()
    return world


async def subscriptions(world: World) -> list[Subscription]:
    return list(await world.program.database.read(subscriptions_of, world.guild.id))


# --- the defaults --------------------------------------------------------------------------------------------


async def test_with_nothing_given(filled: World) -> None:
    asked = await filled.ann.slash(filled.news, "subscribe")
    assert asked.ephemeral
    text = words(asked)
    assert text.startswith(f"**Done: all news goes to <#{filled.news.id}>.**\nEverything, as it happens, silent, ")
    assert "Expect about" in text
    assert labels(asked) == ["Change", "Pause", "Remove"]
    (made,) = await subscriptions(filled)
    assert (made.channel_id, made.terms.topics, made.terms.providers) == (filled.news.id, (), ())
    assert (made.terms.level, made.terms.often, made.after_load) == (Level.EVERYTHING, Often.INSTANT, 1)


async def test_the_first_briefing_comes_at_once_silent_with_the_hottest(filled: World) -> None:
    await filled.ann.slash(filled.news, "subscribe", topic="ai")
    await filled.program.sender.drain()
    (sent,) = filled.messages(filled.news)
    assert sent.content == "Hottest in AI now: AI story 0; AI story 1; AI story 2"
    assert sent.flags.silent
    assert len(sent.embeds) == 1
    assert list(options(sent)) == ["AI story 0", "AI story 1", "AI story 2"]
    await filled.push()
    assert len(filled.messages(filled.news)) == 1


async def test_a_first_briefing_of_one_story_is_a_card(filled: World) -> None:
    await filled.ann.slash(filled.news, "subscribe", topic="Robotics")
    await filled.program.sender.drain()
    (sent,) = filled.messages(filled.news)
    assert sent.content == "Robots learn to fold · Daily Sample"
    assert sent.flags.silent


async def test_the_first_briefing_is_exempt_from_staleness(world: World) -> None:
    world.corpus.write("old", title="Old news", publishedDateTime=NOW - timedelta(days=900))
    world.load()
    await world.ann.slash(world.news, "subscribe")
    await world.program.sender.drain()
    (sent,) = world.messages(world.news)
    assert sent.content == "Old news · Example Times"
    footer = sent.embeds[0].footer.text
    assert footer is not None
    assert footer.endswith("Published 13 September 2023")


async def test_without_any_news_yet(world: World) -> None:
    asked = await world.ann.slash(world.news, "subscribe")
    assert "There is nothing to show there that is new to the channel. New stories will follow." in words(asked)
    await world.push()
    assert world.messages(world.news) == []


# --- what is given -------------------------------------------------------------------------------------------


async def test_with_everything_given(filled: World) -> None:
    asked = await filled.ann.slash(
        filled.news,
        "subscribe",
        topic="ROBOTICS",
        provider="daily sample",
        channel=filled.other,
        how_hot="Hottest · about 2 a month",
        how_often="daily",
    )
    text = words(asked)
    assert text.startswith(f"**Done: Robotics news from Daily Sample goes to <#{filled.other.id}>.**\n")
    assert f"daily at <t:{int(NINE.timestamp())}:t>" in text
    assert "Hottest (everything, until there are 20 scored stories to tell levels apart)" in text
    (made,) = await subscriptions(filled)
    assert (made.channel_id, made.terms.topics, made.terms.providers) == (
        filled.other.id,
        ("Robotics",),
        ("Daily Sample",),
    )
    assert (made.terms.level, made.terms.often, made.next_run_at) == (Level.HOTTEST, Often.DAILY, NINE)


@pytest.mark.parametrize(
    ("typed", "level"), [("hot", Level.HOT), ("HOTTEST", Level.HOTTEST), ("Everything · about 5 a week", "everything")]
)
async def test_how_hot_may_be_typed(filled: World, typed: str, level: str) -> None:
    await filled.ann.slash(filled.news, "subscribe", how_hot=typed)
    (made,) = await subscriptions(filled)
    assert made.terms.level == level


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"how_hot": "lukewarm"}, "How hot is one of Everything, Hot and Hottest."),
        ({"how_hot": "   "}, "How hot is one of Everything, Hot and Hottest."),
        ({"topic": "Robtics"}, "No topic “Robtics”. Did you mean Robotics (1)"),
        ({"provider": "zzzz"}, "No publisher “zzzz”. Run /news provider without a name to see them all."),
    ],
)
async def test_what_makes_no_sense_is_refused(filled: World, given: dict[str, str], sentence: str) -> None:
    asked = await filled.ann.slash(filled.news, "subscribe", **given)
    assert words(asked).startswith(sentence)
    assert await subscriptions(filled) == []


async def test_how_hot_completes_with_what_to_expect_of_the_topic(world: World) -> None:
    for number in range(28):
        world.corpus.write(f"ai{number}", heat=70 + number, publishedDateTime=NOW - timedelta(days=number))
    world.corpus.write("robot", topics=["Robotics"])
    world.load()
    choices = await world.ann.autocomplete(world.news, "subscribe", "how_hot", "", topic="AI")
    names = {choice["value"]: choice["name"] for choice in choices}
    assert list(names) == ["everything", "hot", "hottest"]
    assert names["everything"] == "Everything · about 1 a day"
    assert names["hot"].startswith("Hot · about 2 a week")
    assert names["hottest"].startswith("Hottest · about 3 a month")
    (one,) = await world.ann.autocomplete(world.news, "subscribe", "how_hot", "hottest")
    assert one["value"] == "hottest"


async def test_a_busy_feed_gets_a_higher_bar_by_itself(world: World) -> None:
    for day in range(28):
        for number in range(8):
            at = NOW - timedelta(days=day)
            world.corpus.write(f"{day}/{number}", heat=70 + day + number, publishedDateTime=at)
    world.load()
    asked = await world.ann.slash(world.news, "subscribe")
    assert "\nHot: top quarter of your filter, now heat " in words(asked)
    assert (await subscriptions(world))[0].terms.level is Level.HOT


# --- where it may go -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("denied", "named"),
    [
        # Where nothing can be sent, no embeds can be either.
        ({"send_messages": False}, "allow Send Messages and Embed Links for"),
        ({"embed_links": False}, "allow Embed Links for"),
        ({"embed_links": False, "read_message_history": False}, "allow Embed Links and Read Message History for"),
        ({"read_message_history": False}, "allow Read Message History for"),
    ],
)
async def test_missing_permissions_are_named(filled: World, denied: dict[str, bool], named: str) -> None:
    assert filled.env.bot.user is not None
    overwrite = discord.PermissionOverwrite(**denied)
    closed = filled.guild.create_text_channel("closed", overwrites={filled.env.bot.user: overwrite})
    asked = await filled.ann.slash(filled.news, "subscribe", channel=closed)
    assert words(asked).startswith(f"I can't post in <#{closed.id}>: {named} Heatline under Edit Channel")
    assert await subscriptions(filled) == []


async def test_nobody_sends_news_where_they_cannot_post_themselves(filled: World) -> None:
    silent = discord.PermissionOverwrite(send_messages=False)
    hall = filled.guild.create_text_channel("hall", overwrites={filled.ann.user: silent})
    asked = await filled.ann.slash(filled.news, "subscribe", channel=hall)
    assert words(asked) == f"You can't post in <#{hall.id}> yourself, so you can't send news there."
    assert await subscriptions(filled) == []


async def test_to_a_thread(filled: World) -> None:
    thread = filled.thread("robots")
    await filled.ann.slash(thread, "subscribe", topic="Robotics")
    await filled.program.sender.drain()
    assert [message.content for message in filled.messages(thread)] == ["Robots learn to fold · Daily Sample"]


async def test_to_an_announcement_channel(filled: World) -> None:
    channel = filled.guild.create_news_channel("announcements")
    asked = await filled.ann.slash(filled.news, "subscribe", channel=channel)
    assert words(asked).startswith(f"**Done: all news goes to <#{channel.id}>.**")


async def test_in_a_voice_channel(filled: World) -> None:
    voice = filled.guild.create_voice_channel("talk")
    asked = await filled.ann.slash(voice, "subscribe")
    assert words(asked) == ("News can be sent to text and announcement channels and to threads: choose one of those.")


async def test_members_do_not_see_it_unless_an_admin_lets_them(filled: World) -> None:
    assert "subscribe" not in filled.mo.available_commands(filled.news)
    assert "subscriptions list" not in filled.mo.available_commands(filled.news)
    with pytest.raises(SetupError, match="not visible"):
        await filled.mo.slash(filled.news, "subscribe")
    command = next(c for c in await filled.program.bot.tree.fetch_commands() if c.name == "subscribe")
    filled.guild.set_command_permissions(command, {filled.mo.user: True})
    asked = await filled.mo.slash(filled.news, "subscribe")
    assert words(asked).startswith("**Done: ")
    await filled.mo.click(answer(asked), label="Pause")
    assert "**paused**" in words(asked)


# --- limits --------------------------------------------------------------------------------------------------


async def test_the_same_twice_opens_the_one_there_is(filled: World) -> None:
    await filled.ann.slash(filled.news, "subscribe", topic="AI")
    asked = await filled.ann.slash(filled.news, "subscribe", topic="ai", how_hot="hot")
    assert words(asked) == f"<#{filled.news.id}> already gets AI news."
    await filled.ann.click(answer(asked), label="Open it")
    assert words(asked).startswith(f"**AI news** → <#{filled.news.id}>")
    assert labels(asked) == ["Change", "Pause", "Remove"]
    assert len(await subscriptions(filled)) == 1


async def test_five_a_channel(world: World) -> None:
    for number in range(6):
        world.corpus.write(f"a{number}", topics=[f"Topic {number}"])
    world.load()
    for number in range(5):
        await world.ann.slash(world.news, "subscribe", topic=f"Topic {number}")
    asked = await world.ann.slash(world.news, "subscribe", topic="Topic 5")
    assert words(asked).startswith("This channel has 5 subscriptions already, the most there can be.")
    assert "subscriptions list" in words(asked)
    elsewhere = await world.ann.slash(world.other, "subscribe", topic="Topic 5")
    assert words(elsewhere).startswith("**Done: ")


async def test_twenty_five_a_server(world: World) -> None:
    for number in range(5):
        world.corpus.write(f"a{number}", topics=[f"Topic {number}"])
    world.load()
    for place in range(5):
        channel = world.guild.create_text_channel(f"place-{place}")
        for number in range(5):
            await world.ann.slash(channel, "subscribe", topic=f"Topic {number}")
    asked = await world.ann.slash(world.other, "subscribe")
    assert words(asked).startswith("This server has 25 subscriptions already, the most there can be.")
    listed = await world.ann.slash(world.other, "subscriptions list")
    assert words(listed).startswith("### 25 subscriptions\n")
    assert len(await subscriptions(world)) == 25


async def test_a_channel_that_had_the_hottest_gets_the_next_ones(filled: World) -> None:
    for number in range(6):
        filled.corpus.write(f"more{number}", heat=80 - number)
    filled.load()
    titles = []
    for _ in range(2):
        asked = await filled.ann.slash(filled.news, "subscribe", topic="AI")
        await filled.push()
        titles.append(filled.messages(filled.news)[-1].content)
        await filled.ann.click(answer(asked), label="Remove")
    assert titles[0] != titles[1]
    assert len(filled.messages(filled.news)) == 2


# --- daily, and time zones -----------------------------------------------------------------------------------


async def test_daily_asks_for_the_time_zone_once(filled: World) -> None:
    asked = await filled.ann.slash(filled.news, "subscribe", topic="AI", how_often="daily")
    assert words(asked).endswith("-# The time is in UTC until this server has a time zone.")
    assert labels(asked) == ["Set time zone", "Change", "Pause", "Remove"]
    form = await filled.ann.click(answer(asked), label="Set time zone")
    set_ = await filled.ann.submit_modal(form, {_field(form.modal): "new york"})
    at = int(datetime(2026, 3, 1, 14, 0, tzinfo=UTC).timestamp())
    assert f"daily at <t:{at}:t>" in words(set_)
    assert "is in UTC until" not in words(set_)
    assert (
        words(set_).splitlines()[-1]
        == f"This server's time zone is America/New\\_York. Daily briefings come at <t:{at}:t>."
    )
    (made,) = await subscriptions(filled)
    assert made.next_run_at == datetime(2026, 3, 1, 14, 0, tzinfo=UTC)
    again = await filled.ann.slash(filled.other, "subscribe", topic="AI", how_often="daily")
    assert labels(again) == ["Change", "Pause", "Remove"]
    assert f"daily at <t:{at}:t>" in words(again)


async def test_a_time_zone_that_is_not_there(filled: World) -> None:
    asked = await filled.ann.slash(filled.news, "subscribe", how_often="daily")
    form = await filled.ann.click(answer(asked), label="Set time zone")
    refused = await filled.ann.submit_modal(form, {_field(form.modal): "@everyone"})
    assert refused.ephemeral
    assert words(refused).startswith("I don't know the time zone “@\u200beveryone”.")


def _field(modal: dict[str, Any] | None) -> str:
    """Return the id of a form's one text field."""
    assert modal is not None
    field: str = modal["components"][0]["component"]["custom_id"]
    return field


async def test_a_daily_briefing_comes_at_its_time_in_one_message(filled: World) -> None:
    await filled.ann.slash(filled.news, "subscribe", topic="AI", how_often="daily")
    await filled.push()
    filled.clock.forward(hours=1)
    for number in range(3):
        filled.corpus.write(f"new{number}", title=f"New story {number}", heat=110 - number, provider=f"Paper {number}")
    filled.load()
    await filled.push()
    assert len(filled.messages(filled.news)) == 1
    filled.clock.now = NINE
    await filled.push()
    sent = filled.messages(filled.news)[-1]
    assert sent.content == "3 new in AI: New story 0; New story 1; New story 2"
    assert not sent.flags.silent
    (made,) = await subscriptions(filled)
    assert made.next_run_at == NINE + timedelta(days=1)


# --- trouble, and asking again -------------------------------------------------------------------------------


async def test_check_again_and_other_channel(filled: World) -> None:
    assert filled.env.bot.user is not None
    overwrite = discord.PermissionOverwrite(embed_links=False)
    closed = filled.guild.create_text_channel("closed", overwrites={filled.env.bot.user: overwrite})
    asked = await filled.ann.slash(
        filled.news, "subscribe", topic="AI", channel=closed, how_hot="95", how_often="weekly"
    )
    assert labels(asked) == ["Check again", "Other channel"]
    await filled.ann.click(answer(asked), label="Check again")
    assert words(asked).startswith(f"I can't post in <#{closed.id}>: allow Embed Links for")
    await filled.restart()
    filled.env.backend.delete_overwrite(closed.id, filled.env.bot.user.id)
    await filled.ann.click(answer(asked), label="Check again")
    assert words(asked).startswith(f"**Done: AI news goes to <#{closed.id}>.**\nHeat 95 or more, on Mondays at ")
    (made,) = await subscriptions(filled)
    assert (made.channel_id, made.terms.min_heat, made.terms.often) == (closed.id, 95, Often.WEEKLY)


async def test_another_channel_is_chosen(filled: World) -> None:
    assert filled.env.bot.user is not None
    overwrite = discord.PermissionOverwrite(view_channel=False)
    closed = filled.guild.create_text_channel("closed", overwrites={filled.env.bot.user: overwrite})
    asked = await filled.ann.slash(filled.news, "subscribe", topic="AI", channel=closed)
    assert words(asked).startswith(f"I can't post in <#{closed.id}>: allow View Channel, ")
    await filled.ann.click(answer(asked), label="Other channel")
    await filled.ann.select(answer(asked), [filled.other])
    assert words(asked).startswith(f"**Done: AI news goes to <#{filled.other.id}>.**")
    assert [each.channel_id for each in await subscriptions(filled)] == [filled.other.id]


async def test_a_locked_thread(filled: World) -> None:
    assert filled.env.bot.user is not None
    thread = filled.thread("robots")
    channel = filled.env.backend.get_channel(thread.id)
    assert channel.thread_metadata is not None
    channel.thread_metadata.locked = True
    denied = discord.Permissions(manage_threads=True).value
    overwrite = Overwrite(filled.env.bot.user.id, OverwriteType.MEMBER, deny=denied)
    filled.env.backend.set_overwrite(filled.news.id, overwrite)
    filled.env.backend.announce_channel_update(thread.id)
    asked = await filled.ann.slash(filled.news, "subscribe", channel=thread)
    assert words(asked).startswith(f"<#{thread.id}> is locked: unlock it, or let Heatline manage threads")
    assert await subscriptions(filled) == []


async def test_what_the_last_30_days_would_have_brought(filled: World) -> None:
    asked = await filled.ann.slash(filled.news, "subscribe")
    assert re.search(r"\nLast 30 days would have brought \d+ posts? and 0 pings\.$", words(asked))


@pytest.mark.parametrize("typed", ["1001", "99999", "0x10"])
async def test_heats_that_make_no_sense(filled: World, typed: str) -> None:
    asked = await filled.ann.slash(filled.news, "subscribe", how_hot=typed)
    assert words(asked).startswith("How hot is ")
    assert await subscriptions(filled) == []


async def test_a_number_completes_with_what_it_brings(filled: World) -> None:
    (one,) = await filled.ann.autocomplete(filled.news, "subscribe", "how_hot", "98")
    assert one["value"] == "98"
    assert one["name"].startswith("Heat 98 or more · about ")
