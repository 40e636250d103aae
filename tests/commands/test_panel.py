"""The panel of `/subscriptions edit`: opening, choosing, typing, saving, and who may not."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType
from simcord.results import InteractionResult

from bot.models import Level, Look, Often, Subscription, SubscriptionState, Terms
from bot.store.servers import server
from bot.store.subscriptions import set_terms, subscriptions_of
from tests.commands.reading import answer, labels, pieces, words
from tests.conftest import NOW, World


@pytest.fixture
async def panel(world: World) -> tuple[World, InteractionResult]:
    """A month of news in two topics by two publishers, one subscription, and its panel as ann sees it."""
    for day in range(25):
        at = NOW - timedelta(days=day)
        world.corpus.write(f"ai{day}", title=f"AI story {day}", heat=70 + day, publishedDateTime=at)
    for day in range(5):
        world.corpus.write(f"r{day}", topics=["Robotics"], provider="Daily Sample", heat=200 + day, type="video")
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI", how_hot="everything")
    await world.program.sender.drain()
    return world, await world.ann.slash(world.news, "subscriptions edit")


def control(result: InteractionResult, what: str) -> str:
    """Return the id of the panel's control with this task."""
    found = [piece["custom_id"] for piece in pieces(answer(result)) if piece.get("custom_id", "").endswith(f":{what}")]
    assert found, f"no {what} in {labels(result)}"
    return str(found[0])


async def click(world: World, result: InteractionResult, what: str) -> InteractionResult:
    return await world.ann.click(answer(result), custom_id=control(result, what))


async def choose(world: World, result: InteractionResult, what: str, *values: Any) -> InteractionResult:
    return await world.ann.select(answer(result), list(values), custom_id=control(result, what))


async def many_topics(world: World) -> InteractionResult:
    """Add more topics than a select holds, and open the panel anew."""
    for number in range(30):
        world.corpus.write(f"t{number}", topics=[f"Topic {number}"])
    world.load()
    return await world.ann.slash(world.news, "subscriptions edit")


async def fill(world: World, result: InteractionResult, what: str, **typed: str) -> InteractionResult:
    return await world.ann.submit_modal(await click(world, result, what), typed)


async def known(world: World) -> Subscription:
    return (await world.program.database.read(subscriptions_of, world.guild.id))[0]


def chosen(result: InteractionResult, what: str) -> list[str]:
    """Return the values that a select shows as chosen."""
    select = next(p for p in pieces(answer(result)) if p.get("custom_id", "").endswith(f":{what}"))
    return [option["value"] for option in select["options"] if option.get("default")]


def deny(world: World, **permissions: bool) -> None:
    """Take permissions in #news from the bot."""
    assert world.env.bot.user is not None
    denied = discord.Permissions(**permissions).value
    overwrite = Overwrite(target_id=world.env.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=denied)
    world.env.backend.set_overwrite(world.news.id, overwrite)


# --- opening -------------------------------------------------------------------------------------------------


async def test_what_it_shows(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    assert asked.ephemeral
    text = words(asked)
    assert text.startswith(f"**AI news** → <#{world.news.id}> · active · last post <t:{int(NOW.timestamp())}:R>")
    assert "everything that matches" in text
    assert "**Preview:** " in text
    assert labels(asked) == [
        *("Publishers: all", "Words: any", "Leave out: nothing", "Articles and videos"),
        *("Time zone: UTC", "Quiet: none", "Silent: on", "Ping: nobody", "More…"),
        *("Save", "Test here (only you see it)", "Log", "Pause", "Remove"),
    ]
    assert (chosen(asked, "topics"), chosen(asked, "level")) == (["AI"], ["everything"])
    assert len(list(pieces(answer(asked)))) <= 36


async def test_the_change_button_opens_it(world: World) -> None:
    world.corpus.write("a")
    world.load()
    asked = await world.ann.slash(world.news, "subscribe")
    await world.ann.click(answer(asked), label="Change")
    assert "Save" in labels(asked)


async def test_with_several_it_asks_which(panel: tuple[World, InteractionResult]) -> None:
    world, _ = panel
    await world.ann.slash(world.other, "subscribe", topic="Robotics")
    asked = await world.ann.slash(world.news, "subscriptions edit")
    assert words(asked) == "Which subscription?"
    await world.ann.select(answer(asked), ["2"])
    assert words(asked).startswith(f"**Robotics news** → <#{world.other.id}>")
    choices = await world.ann.autocomplete(world.news, "subscriptions edit", "subscription", "robo")
    assert [choice["name"] for choice in choices] == ["Robotics → #other"]
    direct = await world.ann.slash(world.news, "subscriptions edit", subscription=choices[0]["value"])
    assert words(direct).startswith("**Robotics news**")
    refused = await world.ann.slash(world.news, "subscriptions edit", subscription="nonsense")
    assert words(refused).startswith("I can't tell which subscription you mean")


async def test_without_any(world: World) -> None:
    asked = await world.ann.slash(world.news, "subscriptions edit")
    assert words(asked).startswith("No news is sent in this server yet.")


# --- choosing ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "values", "terms"),
    [
        ("topics", ["AI", "Robotics"], {"topics": ("AI", "Robotics")}),
        ("topics", [], {"topics": ()}),
        ("level", ["hottest"], {"level": Level.HOTTEST}),
        ("often", ["weekdays"], {"often": Often.WEEKDAYS}),
        ("look", ["headline"], {"look": Look.HEADLINE}),
    ],
)
async def test_selects(
    panel: tuple[World, InteractionResult], what: str, values: list[str], terms: dict[str, object]
) -> None:
    world, asked = panel
    before = (await known(world)).terms
    await choose(world, asked, what, *values)
    assert "Not saved yet." in words(asked)
    assert (await known(world)).terms == before
    await click(world, asked, "save")
    assert words(asked).splitlines()[1].startswith("Saved: ")
    assert (await known(world)).terms == replace(before, **terms)  # type: ignore[arg-type]  # fields of a test


async def test_buttons_that_switch(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await click(world, asked, "silent")
    assert "Silent: off" in labels(asked)
    await click(world, asked, "type")
    assert "Articles only" in labels(asked)
    await click(world, asked, "type")
    assert "Videos only" in labels(asked)
    await click(world, asked, "save")
    terms = (await known(world)).terms
    assert (terms.silent, terms.type) == (False, "video")


async def test_publishers_and_what_is_left_out(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await click(world, asked, "publishers")
    await choose(world, asked, "providers", "Daily Sample")
    await click(world, asked, "back")
    assert "Publishers: Daily Sample" in labels(asked)
    await click(world, asked, "without")
    await choose(world, asked, "withoutproviders", "Daily Sample")
    await choose(world, asked, "withouttopics", "Robotics")
    await click(world, asked, "back")
    assert "Publishers: all" in labels(asked), "what is left out is no longer chosen"
    assert "Leave out: 2 chosen" in labels(asked)
    await click(world, asked, "save")
    terms = (await known(world)).terms
    assert (terms.without_topics, terms.without_providers, terms.providers) == (("Robotics",), ("Daily Sample",), ())


@pytest.mark.parametrize(
    ("what", "typed", "terms"),
    [
        (
            "words",
            {"words": "GPT, open source\nGPT", "without": "crypto"},
            {"words": ("GPT", "open source"), "without_words": ("crypto",)},
        ),
        ("typetopics", {"names": "robotics\nai"}, {"topics": ("Robotics", "AI")}),
        ("quiet", {"quiet": "22:30 - 6"}, {"quiet": (1350, 360)}),
        ("quiet", {"quiet": "none"}, {"quiet": (0, 0)}),
        (
            "more",
            {"size": "10", "publisher_cap": "3", "daily_limit": "2", "spacing": "60", "min_heat": "120"},
            {"size": 10, "publisher_cap": 3, "daily_limit": 2, "spacing": 60, "min_heat": 120},
        ),
        ("time", {"time": "7:30 pm", "zone": ""}, {"minute": 1170}),
    ],
)
async def test_forms(
    panel: tuple[World, InteractionResult], what: str, typed: dict[str, str], terms: dict[str, object]
) -> None:
    world, asked = panel
    if what == "typetopics":
        asked = await many_topics(world)
    before = (await known(world)).terms
    await fill(world, asked, what, **typed)
    await click(world, asked, "save")
    assert (await known(world)).terms == replace(before, **terms)  # type: ignore[arg-type]  # fields of a test


@pytest.mark.parametrize(
    ("what", "typed", "sentence"),
    [
        ("quiet", {"quiet": "at night"}, "Write quiet hours such as 23:00 to 07:00, or none."),
        ("quiet", {"quiet": "10:00 to 10"}, "Quiet hours begin and end at different times, such as 23:00 to 07:00."),
        ("time", {"time": "25:00", "zone": ""}, "Write the time as hours and minutes, such as 09:00."),
        ("time", {"time": "9", "zone": "Berlim"}, "I don't know the time zone “Berlim”. Did you mean Europe/Berlin"),
        ("more", {"size": "11"}, "Stories in a message is a number from 1 to 10."),
        ("words", {"words": "x" * 61, "without": ""}, "Write at most 25 words or phrases"),
    ],
)
async def test_forms_that_make_no_sense(
    panel: tuple[World, InteractionResult], what: str, typed: dict[str, str], sentence: str
) -> None:
    world, asked = panel
    numbers = {"size": "5", "publisher_cap": "2", "daily_limit": "5", "spacing": "", "min_heat": ""}
    sent = await fill(world, asked, what, **(numbers if what == "more" else {}) | typed)
    (said,) = sent.followups
    assert words(said).startswith(sentence)
    assert "Not saved yet." not in words(asked)


async def test_typed_names_that_are_not_there(panel: tuple[World, InteractionResult]) -> None:
    world, _ = panel
    asked = await many_topics(world)
    await fill(world, asked, "typetopics", names="Robtics, AI")
    assert "No topic “Robtics”. Did you mean Robotics (5)" in words(asked)
    assert chosen(asked, "topics") == ["AI"]


async def test_a_time_zone_is_the_servers(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await choose(world, asked, "often", "weekly")
    await choose(world, asked, "weekday", "3")
    await fill(world, asked, "time", time="08:15", zone="berlin")
    assert "The time zone of this server is Europe/Berlin, for all of its subscriptions." in words(asked)
    assert "23:00 to 07:00 from now on" in words(asked)
    assert "At 08:15 Berlin" in labels(asked)
    assert "Quiet 23:00–07:00" in labels(asked)
    await click(world, asked, "save")
    assert (await world.program.database.read(server, world.guild.id)).timezone == "Europe/Berlin"
    assert (await known(world)).next_run_at == datetime(2026, 3, 5, 7, 15, tzinfo=UTC)


async def test_a_level_takes_the_place_of_a_number(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await fill(world, asked, "more", size="5", publisher_cap="2", daily_limit="5", spacing="", min_heat="80")
    assert "heat 80 or more, as you set it" in words(asked)
    await choose(world, asked, "level", "hot")
    assert "Hot: top quarter of your filter, now heat " in words(asked)


async def test_the_preview_follows_the_choices(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    assert "AI story" in words(asked).split("**Preview:**")[1]
    await fill(world, asked, "words", words="nothing has this", without="")
    assert "**Preview:** no posts in 30 days." in words(asked)


# --- pinging a role ------------------------------------------------------------------------------------------


async def test_a_role_that_would_not_be_notified(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    role = world.guild.create_role("News")
    deny(world, mention_everyone=True)
    await click(world, asked, "ping")
    await choose(world, asked, "role", role)
    assert f"<@&{role.id}> would not be notified: switch on “Allow anyone to @mention this role”" in words(asked)
    assert labels(asked) == ["Back", "Check again", "No ping"]
    await click(world, asked, "back")
    await click(world, asked, "save")
    assert labels(asked) == ["Back", "Check again", "No ping"]
    assert (await known(world)).terms.role_id is None
    world.env.backend.edit_role(world.guild.id, role.id, {"mentionable": True})
    await click(world, asked, "ping")
    assert labels(asked) == ["Back", "No ping"]
    await click(world, asked, "noping")
    assert "Ping: nobody" in labels(asked)


async def test_a_role_that_can_be_pinged(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    role = world.guild.create_role("News", mentionable=True)
    await click(world, asked, "ping")
    await choose(world, asked, "role", role)
    assert labels(asked) == ["Back", "No ping"]
    await choose(world, asked, "pinglevel", "hot")
    await choose(world, asked, "pings", "3")
    await click(world, asked, "back")
    assert "Ping: @News" in labels(asked)
    await click(world, asked, "save")
    terms = (await known(world)).terms
    assert (terms.role_id, terms.ping_level, terms.daily_pings) == (role.id, Level.HOT, 3)


async def test_everyone_is_never_pinged(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await click(world, asked, "ping")
    await choose(world, asked, "role", world.guild.default_role)
    assert "@everyone can't be pinged" in words(asked)
    await click(world, asked, "back")
    await click(world, asked, "save")
    assert (await known(world)).terms.role_id is None


# --- saving --------------------------------------------------------------------------------------------------


async def test_saving_looks_at_what_waits(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await click(world, asked, "save")
    assert "Saved: nothing had changed." in words(asked)
    assert (await known(world)).next_run_at == NOW
    await choose(world, asked, "often", "daily")
    await click(world, asked, "save")
    assert (await known(world)).next_run_at == datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


async def test_somebody_else_was_quicker(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await choose(world, asked, "level", "hottest")
    world.clock.forward(minutes=1)
    terms = Terms(topics=("AI",), look=Look.COMPACT)
    await world.program.database.write(set_terms, 1, terms, None, world.clock())
    await click(world, asked, "save")
    assert "Someone else changed this subscription meanwhile." in words(asked)
    assert (chosen(asked, "look"), chosen(asked, "level")) == (["compact"], ["everything"])
    assert (await known(world)).terms == terms
    await choose(world, asked, "level", "hottest")
    await click(world, asked, "save")
    assert (await known(world)).terms == replace(terms, level=Level.HOTTEST)


async def test_the_same_as_another_one(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await world.ann.slash(world.news, "subscribe", topic="Robotics")
    await choose(world, asked, "topics", "Robotics")
    saved = await click(world, asked, "save")
    (said,) = saved.followups
    assert words(said) == f"<#{world.news.id}> already gets Robotics news."
    assert labels(said) == ["Open it"]
    assert (await known(world)).terms.topics == ("AI",)


async def test_permissions_that_were_taken_away(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    deny(world, embed_links=True)
    saved = await click(world, asked, "save")
    (said,) = saved.followups
    assert words(said).startswith(f"I can't post in <#{world.news.id}>: allow Embed Links for Heatline")
    assert world.env.bot.user is not None
    world.env.backend.delete_overwrite(world.news.id, world.env.bot.user.id)
    await world.ann.click(said, label="Check again")
    assert "Saved: nothing had changed." in words(said)


async def test_pause_resume_log_and_remove(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await choose(world, asked, "level", "hot")
    await click(world, asked, "pause")
    assert "**paused**" in words(asked)
    assert "Not saved yet." in words(asked)
    assert (await known(world)).state is SubscriptionState.PAUSED
    await click(world, asked, "resume")
    assert (await known(world)).state is SubscriptionState.ACTIVE
    logged = await click(world, asked, "log")
    (log,) = logged.followups
    assert words(log).startswith("### What was sent: AI")
    await click(world, asked, "remove")
    assert words(asked) == f"Removed: AI news no longer sent to <#{world.news.id}>."


async def test_a_test_is_seen_by_one_and_kept_nowhere(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    before = len(world.messages(world.news))
    await choose(world, asked, "topics", "Robotics")
    tested = await click(world, asked, "test")
    (shown,) = tested.followups
    assert shown.content is not None
    assert shown.content.endswith("Story r4 · Daily Sample")
    assert "Only you see this" in shown.content
    story = await world.ann.click(shown, label="Details")
    assert "Story r4" in words(story)
    assert len(world.messages(world.news)) == before
    await world.restart()
    again = await world.ann.click(shown, label="Details")
    assert "Story r4" in words(again)


# --- who, and for how long -----------------------------------------------------------------------------------


async def test_it_goes_on_after_a_restart(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    await choose(world, asked, "level", "hottest")
    await world.restart()
    assert chosen(asked, "level") == ["hottest"]
    await choose(world, asked, "look", "compact")
    await world.restart()
    await click(world, asked, "save")
    terms = (await known(world)).terms
    assert (terms.level, terms.look) == (Level.HOTTEST, Look.COMPACT)


async def test_another_person_cannot_use_it(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    message = world.env.backend.get_message(world.news.id, answer(asked).id)
    message.flags &= ~64  # as if it could be seen by all
    refused = await world.host.click(answer(asked), custom_id=control(asked, "remove"))
    assert words(refused).startswith("This list belongs to someone else; run </subscriptions edit:")
    assert len(await world.program.database.read(subscriptions_of, world.guild.id)) == 1


async def test_a_draft_that_was_left_too_long(panel: tuple[World, InteractionResult]) -> None:
    world, asked = panel
    world.clock.forward(days=8)
    await world.ann.slash(world.other, "subscriptions edit")  # keeping a new draft clears the old ones
    refused = await click(world, asked, "silent")
    (said,) = refused.followups or [answer(refused)]
    assert words(said).startswith("This panel was left for too long, and its choices are gone. Run </subscriptions ")


async def test_another_servers_draft(panel: tuple[World, InteractionResult]) -> None:
    """The same person in another server, with a message that carries the id of a panel of the first."""
    world, asked = panel
    elsewhere = world.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("theirs")
    role = elsewhere.create_role("managers", permissions=discord.Permissions(manage_guild=True))
    ann = elsewhere.add_member(world.ann.user, roles=[role])
    own = await ann.slash(channel, "subscribe")
    message = world.env.backend.get_message(channel.id, answer(own).id)
    button = next(b for row in message.components if row["type"] == 1 for b in row["components"])
    button["custom_id"] = control(asked, "remove")
    refused = await ann.click(answer(own), custom_id=button["custom_id"])
    assert words(refused) == "That subscription was removed."
    assert len(await world.program.database.read(subscriptions_of, world.guild.id)) == 1


@pytest.mark.parametrize(("what", "value"), [("level", "boiling"), ("weekday", "9"), ("often", "x"), ("nonsense", "")])
async def test_forged_values(panel: tuple[World, InteractionResult], what: str, value: str) -> None:
    world, asked = panel
    key = control(asked, "save").split(":")[2]
    message = world.env.backend.get_message(world.news.id, answer(asked).id)
    select = next(
        p
        for p in pieces_of(message.components)
        if p.get("custom_id", "").endswith(f":{'look' if what in ('weekday', 'nonsense') else what}")
    )
    select["custom_id"] = f"hl1:e:{key}:{what}"
    select["options"] = [{"label": "x", "value": value or "x"}]
    refused = await world.ann.select(answer(asked), [value or "x"], custom_id=select["custom_id"])
    (said,) = refused.followups
    assert words(said) == "This button is from an older version. Run the command again."


def pieces_of(components: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return every component, those inside others too."""
    found = []
    for piece in components:
        found += [piece, *pieces_of(piece.get("components", []))]
    return found
