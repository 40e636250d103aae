"""`/subscriptions list` and its controls, and who may use them."""

import pytest
from simcord.results import InteractionResult

from bot.models import SubscriptionState
from bot.store.subscriptions import subscription, subscriptions_of
from tests.commands.reading import answer, labels, options, words
from tests.conftest import World


@pytest.fixture
async def listed(world: World) -> tuple[World, InteractionResult]:
    """Two subscriptions, and their list as ann sees it."""
    world.corpus.write("a", topics=["AI"])
    world.corpus.write("b", topics=["Robotics"])
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI")
    await world.ann.slash(world.other, "subscribe", topic="Robotics", how_often="daily")
    return world, await world.ann.slash(world.news, "subscriptions list")


async def test_none_yet(world: World) -> None:
    asked = await world.ann.slash(world.news, "subscriptions list")
    assert words(asked).startswith("No news is sent in this server yet. Start with </subscribe:")
    assert asked.ephemeral


async def test_the_list(listed: tuple[World, InteractionResult]) -> None:
    world, asked = listed
    lines = words(asked).splitlines()
    assert lines[0] == "### 2 subscriptions"
    assert lines[1] == f"**AI news** → <#{world.news.id}>"
    assert lines[2] == "-# Everything, as it happens, silent, at most 5 a day · active · nothing posted yet"
    assert lines[3] == f"**Robotics news** → <#{world.other.id}>"
    assert lines[4].startswith("-# Everything, daily at <t:")
    assert options(asked) == {"AI": "1", "Robotics": "2"}
    await world.push()
    again = await world.ann.slash(world.news, "subscriptions list")
    assert f"last post <t:{int(world.clock().timestamp())}:R>" in words(again)


async def test_pause_resume_and_remove(listed: tuple[World, InteractionResult]) -> None:
    world, asked = listed
    await world.push()
    await world.ann.select(answer(asked), ["1"])
    assert words(asked).startswith(f"**AI news** → <#{world.news.id}>")
    await world.ann.click(answer(asked), label="Pause")
    assert "**paused**" in words(asked)
    assert labels(asked)[-2:] == ["Resume", "Remove"]
    world.corpus.write("while", title="While paused")
    world.load()
    await world.push()
    assert len(world.messages(world.news)) == 1
    await world.ann.click(answer(asked), label="Resume")
    assert "active" in words(asked)
    await world.push()
    assert world.messages(world.news)[-1].content == "While paused · Example Times"
    await world.ann.click(answer(asked), label="Remove")
    assert words(asked) == f"Removed: AI news no longer sent to <#{world.news.id}>."
    world.corpus.write("after")
    world.load()
    await world.push()
    assert len(world.messages(world.news)) == 2


async def test_a_removed_one_is_gone_for_every_other_panel(listed: tuple[World, InteractionResult]) -> None:
    world, asked = listed
    other = await world.ann.slash(world.news, "subscriptions list")
    for panel in (asked, other):
        await world.ann.select(answer(panel), ["1"])
    await world.ann.click(answer(asked), label="Remove")
    refused = await world.ann.click(answer(other), label="Pause")
    (said,) = refused.followups
    assert words(said) == "That subscription was removed."


async def test_resuming_where_heatline_can_no_longer_post(listed: tuple[World, InteractionResult]) -> None:
    world, asked = listed
    await world.ann.select(answer(asked), ["1"])
    await world.ann.click(answer(asked), label="Pause")
    world.env.backend.delete_channel(world.news.id)
    panel = await world.ann.slash(world.other, "subscriptions list")
    await world.ann.select(answer(panel), ["1"])
    refused = await world.ann.click(answer(panel), label="Resume")
    (said,) = refused.followups
    assert words(said).startswith(f"I can't find <#{world.news.id}> any more.")
    known = await world.program.database.read(subscription, 1)
    assert known is not None
    assert known.state is SubscriptionState.PAUSED


async def test_controls_survive_a_restart(listed: tuple[World, InteractionResult]) -> None:
    world, asked = listed
    await world.restart()
    await world.ann.select(answer(asked), ["2"])
    assert words(asked).startswith(f"**Robotics news** → <#{world.other.id}>")
    await world.restart()
    await world.ann.click(answer(asked), label="Pause")
    assert "**paused**" in words(asked)


@pytest.mark.parametrize("action", ["open", "pause", "resume", "remove", "zone"])
async def test_another_servers_admin_cannot_touch_it(listed: tuple[World, InteractionResult], action: str) -> None:
    """With a message of their own server that carries the other one's id, as a forger would send it."""
    world, _ = listed
    elsewhere = world.env.create_guild("Elsewhere")
    channel = elsewhere.create_text_channel("theirs")
    eve = world.env.create_user("eve")
    role = elsewhere.create_role("managers", permissions=world.program.bot.guilds[0].me.guild_permissions)
    admin = elsewhere.add_member(eve, roles=[role])
    asked = await admin.slash(channel, "subscribe")
    message = world.env.backend.get_message(channel.id, answer(asked).id)
    button = next(b for row in message.components if row["type"] == 1 for b in row["components"])
    button["custom_id"] = f"hl1:u:{action}:1"
    forged = await admin.click(answer(asked), custom_id=f"hl1:u:{action}:1")
    assert forged.modal is None
    assert words(forged) == "That subscription was removed."
    (known, _) = await world.program.database.read(subscriptions_of, world.guild.id)
    assert known.state is SubscriptionState.ACTIVE


async def test_a_panel_in_public_needs_the_permission(listed: tuple[World, InteractionResult]) -> None:
    """Panels are shown to one person alone; should one ever stand in a channel, not everybody may use it."""
    world, _ = listed
    asked = await world.ann.slash(world.other, "subscribe", topic="AI")
    message = world.env.backend.get_message(world.other.id, answer(asked).id)
    message.flags &= ~64
    refused = await world.mo.click(answer(asked), label="Remove")
    assert refused.ephemeral
    assert words(refused).startswith("That setting needs Manage Server")
    assert len(await world.program.database.read(subscriptions_of, world.guild.id)) == 3
    await world.ann.click(answer(asked), label="Remove")
    assert len(await world.program.database.read(subscriptions_of, world.guild.id)) == 2
