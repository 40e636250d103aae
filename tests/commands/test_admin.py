"""`/admin`: for hosts alone, whatever Discord shows; the reload runs the real loader in its child process."""

import re
import sys

import discord
import pytest
from simcord.backend.errors import SetupError

from bot.settings import Settings
from bot.store.loads import newest_load
from tests.commands.reading import answer, labels, words
from tests.conftest import HOST_ID, World

REFUSED = "Only Heatline's hosts can use /admin: the app's owner, its team, and the ids in ADMIN_IDS."


@pytest.mark.parametrize("command", ["admin reload", "admin status", "admin pause", "admin resume"])
async def test_a_server_administrator_is_refused(world: World, command: str) -> None:
    role = world.guild.create_role("all", permissions=discord.Permissions(administrator=True))
    boss = world.guild.add_member(world.env.create_user("boss"), roles=[role])
    world.corpus.write("a")
    refused = await boss.slash(world.news, command)
    assert refused.ephemeral
    assert words(refused) == REFUSED
    assert await world.program.database.read(newest_load) == 0


async def test_others_do_not_even_see_it(world: World) -> None:
    for person in (world.ann, world.mo):
        assert not [name for name in person.available_commands(world.news) if name.startswith("admin")]
        with pytest.raises(SetupError, match="not visible"):
            await person.slash(world.news, "admin status")
    with pytest.raises(SetupError, match="not visible"):
        await world.host.user.slash("admin status")


async def test_who_is_a_host(world: World) -> None:
    bot = world.program.bot
    owner = (await bot.application_info()).owner.id
    assert {user: bot.is_admin(user) for user in (HOST_ID, owner, world.ann.id)} == {
        HOST_ID: True,
        owner: True,
        world.ann.id: False,
    }


async def test_reload_reports_every_kind_of_change(world: World) -> None:
    for name in ("same", "changed", "hidden", "gone"):
        world.corpus.write(name)
    world.load()
    await world.ann.slash(world.news, "subscribe")
    await world.push()
    world.corpus.write("changed", title="Changed")
    world.corpus.write("hidden", published=False)
    world.corpus.remove("gone")
    world.corpus.write("new", title="Brand new")
    for number in range(7):
        world.corpus.write(f"bad{number}", title=None)
    world.corpus.write("sport", category="sport")
    asked = await world.host.slash(world.news, "admin reload")
    assert asked.ephemeral
    lines = words(asked).splitlines()
    assert lines[:2] == ["### Reloaded", "1 added, 1 updated, 1 hidden, 1 unchanged, 1 gone"]
    assert re.fullmatch(r"3 articles can be read · \d+\.\d s", lines[2])
    assert "1 file skipped, not news" in lines
    assert "1 message queued for channels" in lines
    assert "**7 problems**" in lines
    assert len([line for line in lines if line.startswith("-# bad")]) == 5
    assert lines[-1] == "-# and 2 more: /admin problems"


async def test_reload_without_a_change(world: World) -> None:
    world.corpus.write("a")
    world.load()
    asked = await world.host.slash(world.news, "admin reload")
    assert words(asked).startswith("### Reloaded: nothing changed\n0 added, 0 updated, 0 hidden, 1 unchanged\n")


async def test_a_reload_that_fails_says_why(world: World) -> None:
    world.corpus.folder.rmdir()
    asked = await world.host.slash(world.news, "admin reload")
    assert words(asked).startswith("The corpus folder ")
    assert "does not exist" in words(asked)


async def test_pause_stops_all_sending_over_a_restart_until_resume(world: World) -> None:
    world.corpus.write("a")
    world.load()
    await world.ann.slash(world.news, "subscribe")
    paused = await world.host.slash(world.news, "admin pause")
    assert paused.ephemeral
    assert words(paused).startswith("Sending is paused, also over a restart: 1 message waiting. Resume with ")
    await world.restart()
    await world.push()
    assert world.messages(world.news) == []
    status = words(await world.host.slash(world.news, "admin status"))
    assert f"**Sending is paused** by a host, <t:{int(world.clock().timestamp())}:R>" in status
    resumed = await world.host.slash(world.news, "admin resume")
    assert words(resumed) == "Sending goes on: 1 message waiting."
    await world.push()
    assert len(world.messages(world.news)) == 1
    assert "by a host" not in words(await world.host.slash(world.news, "admin status"))
    again = await world.host.slash(world.news, "admin resume")
    assert words(again) == "Sending is not paused: there is nothing to resume."


def half_mounted(world: World) -> None:
    """Load 60 articles, then take 30 of them away."""
    for number in range(60):
        world.corpus.write(f"a{number}")
    world.load()
    for number in range(30):
        world.corpus.remove(f"a{number}")


SENTENCE = "30 of 60 articles would be removed: is the news folder complete? Nothing was changed."


async def test_a_mass_removal_asks_first(world: World) -> None:
    half_mounted(world)
    asked = await world.host.slash(world.news, "admin reload")
    assert asked.ephemeral
    assert words(asked) == SENTENCE
    assert labels(asked) == ["Remove them all the same"]
    assert await world.program.database.read(newest_load) == 1
    status = words(await world.host.slash(world.news, "admin status"))
    assert f"**Last load refused** {SENTENCE}" in status
    await world.restart()
    await world.host.click(answer(asked), custom_id="hl1:m")
    changed = words(asked)
    assert changed.startswith("### Reloaded\n0 added, 0 updated, 0 hidden, 30 unchanged, 30 gone\n")
    assert "Last load refused" not in words(await world.host.slash(world.news, "admin status"))


async def test_only_a_host_may_allow_it(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    half_mounted(world)
    asked = await world.host.slash(world.news, "admin reload")
    monkeypatch.setattr(world.program.bot, "_admins", frozenset())
    clicked = await world.host.click(answer(asked), custom_id="hl1:m")
    assert words(clicked) == REFUSED
    assert await world.program.database.read(newest_load) == 1


async def test_status(world: World) -> None:
    world.corpus.write("a", topics=["AI", "Robotics"])
    world.corpus.write("bad", title=None)
    world.load()
    await world.ann.slash(world.news, "subscribe")
    asked = await world.host.slash(world.news, "admin status")
    text = words(asked)
    now = int(world.clock().timestamp())
    assert text.startswith("### All is well.\n")
    assert f"started <t:{now}:R> · 1 server · database 0." in text
    assert f"**News** 1 article in 2 topics · the newest came <t:{now}:R>" in text
    assert f"**Last load** <t:{now}:R> · " in text
    assert "1 problem: /admin problems" in text
    assert "**Subscriptions** 1 active · 0 paused" in text
    assert f"**Queue** 1 due now, the oldest <t:{now}:R>" in text
    await world.push()
    again = words(await world.host.slash(world.news, "admin status"))
    assert "**Queue** 0 due now\n**Pace** 1 sent in the last hour · 0 under way" in again
    assert "**Last 24 hours** 1 sent: 1 first briefing\n0 failed\n0 possibly sent twice" in again
    world.clock.forward(hours=25)
    later = words(await world.host.slash(world.news, "admin status"))
    assert "**Pace** 0 sent in the last hour" in later
    assert "**Last 24 hours** 0 sent\n" in later


async def test_status_says_what_is_not_well(world: World) -> None:
    world.corpus.write("a")
    world.load()
    await world.ann.slash(world.news, "subscribe")
    world.clock.forward(minutes=11)
    behind = words(await world.host.slash(world.news, "admin status")).splitlines()
    due = int(world.clock().timestamp()) - 660
    assert behind[:2] == ["### Not all is well", f"- **Sending is behind**: the first message was due <t:{due}:R>"]
    world.program.pace.pause(90)
    paused = words(await world.host.slash(world.news, "admin status")).splitlines()
    assert paused[1].startswith("- **Sending is paused**: Discord asked for it. It goes on <t:")
    assert not paused[2].startswith("- ")


async def test_status_counts_what_was_dropped_when_it_was_dropped(world: World) -> None:
    world.corpus.write("a")
    world.load()
    await world.ann.slash(world.news, "subscribe", how_hot="everything")
    await world.push()
    world.corpus.write("b", provider="Paper")
    world.load()
    await world.program.scheduler.plan()
    world.clock.forward(days=4)
    await world.program.sender.drain()
    text = words(await world.host.slash(world.news, "admin status"))
    assert "0 sent\n1 failed: dropped as too old 1\n" in text
    assert "**Queue** 0 due now" in text


class TestCorpusSync:
    """With CORPUS_SYNC, a reload gets the newest first."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"corpus_sync": f"{sys.executable} sync.py"})

    async def test_a_reload_gets_the_newest(self, world: World) -> None:
        page = world.corpus.write("later").rename(world.corpus.folder / "later.new")
        (world.corpus.folder / "sync.py").write_text(f"import os\nos.rename({page.name!r}, 'later.md')\n")
        asked = words(await world.host.slash(world.news, "admin reload"))
        assert "1 added" in asked
        assert "Not brought up to date" not in asked

    async def test_its_failure_is_shown_and_stops_nothing(self, world: World) -> None:
        world.corpus.write("a")
        (world.corpus.folder / "sync.py").write_text("raise SystemExit('no *route* to host')")
        asked = words(await world.host.slash(world.news, "admin reload"))
        assert "1 added" in asked
        assert r"ended with status 1 (no \*route\* to host)" in asked
        status = words(await world.host.slash(world.news, "admin status"))
        assert "**Not brought up to date** CORPUS\\_SYNC failed in " in status


class TestInOneServer:
    """With ADMIN_GUILD_ID, /admin is in that server alone."""

    GUILD_ID = 5_000_000_000_000_000_001

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"admin_guild_id": self.GUILD_ID})

    async def test_it_is_there_and_nowhere_else(self, world: World) -> None:
        base = world.env.create_guild("Base", id=self.GUILD_ID)
        desk = base.create_text_channel("desk")
        host = base.add_member(world.host.user)
        assert "admin status" not in world.host.available_commands(world.news)
        assert words(await host.slash(desk, "admin status")).startswith("### Not all is well\n- **No news**")
        member = base.add_member(world.mo.user)
        assert words(await member.slash(desk, "admin status")) == REFUSED
