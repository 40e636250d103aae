"""`/settings`: what a server decides for all its news."""

from dataclasses import replace as changed
from typing import Any

import discord
import pytest
from simcord.backend.errors import SetupError
from simcord.backend.models.channel import Overwrite
from simcord.enums import OverwriteType
from simcord.results import InteractionResult

from bot.models import Server
from bot.store.servers import keep_server, server
from tests.commands.reading import answer, headlines, labels, options, pieces, words
from tests.conftest import World


async def kept(world: World) -> Server:
    return await world.program.database.read(server, world.guild.id)


@pytest.fixture
def filled(world: World) -> World:
    """Four stories: one of a tabloid, and two about football."""
    report = {"title": "Tabloid view", "webUrl": "https://tab.example/1", "provider": {"name": "Tabloid"}, "quality": 9}
    world.corpus.write("chip", title="Chip maker opens plant", heat=100, related=[report])
    world.corpus.write("gossip", title="Star seen at night", heat=99, provider="Tabloid")
    world.corpus.write("goal", title="Football final tonight", heat=98)
    world.corpus.write("code", title="C++ turns forty", excerpt="No football here.", heat=97)
    world.load()
    return world


async def test_the_panel_says_what_is_set_and_options_set_it(world: World) -> None:
    asked = await world.ann.slash(world.news, "settings")
    assert asked.ephemeral
    text = words(asked)
    assert "**Time zone** UTC, until you choose one" in text
    assert "**Notices** no channel chosen" in text
    assert "**Share** on" in text
    assert "**Blocked publishers** none\n**Blocked words** none" in text
    asked = await world.ann.slash(world.news, "settings", timezone="berlin", notices=world.other, share=False)
    assert "**Time zone** Europe/Berlin, now 13:00" in words(asked)
    assert f"**Notices** <#{world.other.id}>" in words(asked)
    assert await kept(world) == Server(world.guild.id, "Europe/Berlin", None, world.other.id, share=False)
    with pytest.raises(SetupError, match="permission"):
        await world.mo.slash(world.news, "settings")


async def test_time_zones_complete_with_their_time(world: World) -> None:
    choices = await world.ann.autocomplete(world.news, "settings", "timezone", "new york")
    assert choices[0] == {"name": "America/New_York · 07:00", "value": "America/New_York"}
    choices = await world.ann.autocomplete(world.news, "settings", "timezone", "Europe/Berl")
    assert choices[0]["value"] == "Europe/Berlin"
    asked = await world.ann.slash(world.news, "settings", timezone="Atlantis")
    assert "I don't know the time zone “Atlantis”" in words(asked)
    assert (await kept(world)).timezone is None


async def test_controls_work_after_a_restart(world: World) -> None:
    asked = await world.ann.slash(world.news, "settings")
    await world.restart()
    await world.ann.click(answer(asked), label="Share: on")
    assert "**Share** off" in words(asked)
    await world.ann.click(answer(asked), label="Share: off")
    assert (await kept(world)).share
    await type_into(world, asked, "Time zone", "Tokyo")
    assert (await kept(world)).timezone == "Asia/Tokyo"


async def type_into(world: World, panel: InteractionResult, label: str, typed: str) -> InteractionResult:
    """Open a form of the panel, and send it."""
    form = await world.ann.click(answer(panel), label=label)
    assert form.modal is not None
    field = form.modal["components"][0]["component"]["custom_id"]
    return await world.ann.submit_modal(form, {field: typed})


async def test_what_is_blocked_is_shown_nowhere_in_the_server(filled: World) -> None:
    panel = await filled.ann.slash(filled.news, "settings")
    refused = await type_into(filled, panel, "Blocked publishers", "Tabloit")
    assert "No publisher “Tabloit”. Did you mean Tabloid (1)?" in words(refused)
    await type_into(filled, panel, "Blocked publishers", "tabloid")
    await type_into(filled, panel, "Blocked words", "football")
    assert "**Blocked publishers** Tabloid\n**Blocked words** football" in words(panel)
    assert (await kept(filled)).blocked.providers == {"tabloid"}

    top = await filled.mo.slash(filled.news, "news top")
    assert headlines(top) == ["Chip maker opens plant"]
    assert "1 story" in words(top)
    assert headlines(await filled.mo.slash(filled.news, "news latest")) == ["Chip maker opens plant"]
    for typed in ("star", "football", "forty"):
        assert "Nothing for" in words(await filled.mo.slash(filled.news, "news search", words=typed))
    story = await filled.mo.select(answer(top), [options(top)["Chip maker opens plant"]])
    assert "Tabloid" not in words(story)
    names = [choice["value"] for choice in await filled.mo.autocomplete(filled.news, "news top", "provider", "")]
    assert names == ["Example Times"]
    assert "Tabloid" not in words(await filled.mo.slash(filled.news, "news provider"))

    await type_into(filled, panel, "Blocked words", "C++\nopens plant")
    assert headlines(await filled.mo.slash(filled.news, "news latest")) == ["Football final tonight"]
    await type_into(filled, panel, "Blocked words", "")
    await type_into(filled, panel, "Blocked publishers", "")
    assert "4 stories" in words(await filled.mo.slash(filled.news, "news top"))


async def test_publishers_are_blocked_by_a_select_too(filled: World) -> None:
    for number in range(30):
        filled.corpus.write(f"p{number}", provider=f"Paper {number:02}")
    filled.load()
    long = "The " + "Very " * 20 + "Long Paper"
    await filled.program.database.write(keep_server, Server(filled.guild.id, blocked_providers=(long,)))
    panel = await filled.ann.slash(filled.news, "settings")
    offered = [option["value"] for option in options_of(panel)]
    assert offered[:2] == ["Example Times", "Paper 00"]
    assert len(offered) == 25
    await filled.restart()
    await filled.ann.select(answer(panel), ["Paper 00", "Example Times"], custom_id="hl1:tp")
    assert (await kept(filled)).blocked_providers == (long, "Paper 00", "Example Times")
    await filled.program.database.write(keep_server, changed(await kept(filled), blocked_providers=(long, "Tabloid")))
    panel = await filled.ann.slash(filled.news, "settings")
    assert options_of(panel)[0]["value"] == "Tabloid"
    assert [p["label"] for p in options_of(panel) if p.get("default")] == ["Tabloid (1)"]
    await filled.ann.select(answer(panel), [], custom_id="hl1:tp")
    assert (await kept(filled)).blocked_providers == (long,)
    await filled.ann.select(answer(panel), ["Paper 01"], custom_id="hl1:tp")
    assert "Paper 01" not in words(await filled.mo.slash(filled.news, "news provider"))


def options_of(panel: InteractionResult) -> list[dict[str, Any]]:
    """Return the options of the panel's select of publishers, as Discord has them."""
    return next(piece["options"] for piece in pieces(answer(panel)) if piece.get("custom_id") == "hl1:tp")


async def test_what_is_blocked_is_not_posted_and_comes_when_it_no_longer_is(filled: World) -> None:
    panel = await filled.ann.slash(filled.news, "settings")
    await type_into(filled, panel, "Blocked words", "rocket")
    await filled.ann.slash(filled.news, "subscribe", topic="AI", how_hot="everything")
    await filled.push()
    before = len(filled.messages(filled.news))
    filled.corpus.write("rocket", title="Rocket lands on a ship", heat=120)
    filled.load()
    await filled.push()
    assert len(filled.messages(filled.news)) == before
    await type_into(filled, panel, "Blocked words", "")
    await filled.push()
    assert "Rocket lands" in filled.messages(filled.news)[-1].content


async def test_without_sharing_there_is_no_button_and_old_ones_refuse(filled: World) -> None:
    before = await filled.mo.slash(filled.news, "news top")
    await filled.ann.slash(filled.news, "settings", share=False)
    assert "Share here" not in labels(await filled.mo.slash(filled.news, "news top"))
    pressed = await filled.mo.click(answer(before), label="Share here")
    assert words(pressed) == "Sharing is switched off in this server."
    assert filled.messages(filled.news) == []


async def test_the_channel_for_notices_has_to_be_open(world: World) -> None:
    closed = world.guild.create_text_channel("closed")
    denied = discord.Permissions(send_messages=True).value
    assert world.env.bot.user is not None
    overwrite = Overwrite(target_id=world.env.bot.user.id, type=OverwriteType.MEMBER, allow=0, deny=denied)
    world.env.backend.set_overwrite(closed.id, overwrite)
    asked = await world.ann.slash(world.news, "settings", notices=closed)
    assert "I can't post in" in words(asked)
    assert "Send Messages" in words(asked)
    assert (await kept(world)).notice_channel_id is None


@pytest.mark.parametrize(
    ("blocks", "sentence"),
    [
        ({"blocked_providers": ("example times",)}, "This server does not show news from that publisher."),
        ({"blocked_words": ("secret",)}, "This server does not show that story."),
    ],
)
async def test_a_story_that_the_server_blocks_says_so(
    world: World, blocks: dict[str, tuple[str, ...]], sentence: str
) -> None:
    world.corpus.write("a", title="A secret story")
    world.load()
    asked = await world.mo.slash(world.news, "news top")
    await world.program.database.write(keep_server, Server(world.guild.id, **blocks))  # type: ignore[arg-type]  # fields
    (key,) = options(asked).values()
    assert words(await world.mo.select(answer(asked), [key])) == sentence
    assert words(await world.mo.slash(world.news, "news story", headline=key)) == sentence
