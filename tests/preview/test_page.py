"""The page over HTTP: who may ask, and what happens by itself."""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
import discord
import pytest

from bot.models import HeatlineError
from bot.preview import live
from bot.preview.sandbox import make_sandbox, visitor_id
from bot.preview.serve import DEFAULT_PORT, listen
from tests.preview.conftest import SEEDS, Started
from tests.preview.demo import DemoProgram, read


@pytest.mark.parametrize("path", ["/", "/frame", "/app.js", "/shell.js", "/live", "/menus", "/avatars/heatline.png"])
async def test_another_host_name_is_refused(started: Started, path: str) -> None:
    async with started.http.get(path, headers={"Host": "news.example:8730"}) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("host", ["localhost:8730", "127.0.0.1:9999"])
async def test_a_forwarded_address_of_this_machine_is_served(started: Started, host: str) -> None:
    async with started.http.get("/", headers={"Host": host}) as answer:
        assert answer.status == 200
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


async def test_another_sites_page_is_refused(started: Started) -> None:
    for origin in ("https://news.example", "http://127.0.0.1:1", "null"):
        headers = {"Origin": origin, "X-Simcord-Capability": started.shell.key("general")}
        async with started.http.post("/api/pages", json={}, headers=headers) as answer:
            assert answer.status == 403
        for path in ("/story", "/menus"):
            async with started.http.post(path, headers=headers) as answer:
                assert answer.status == 403
    async with started.http.post("/story") as answer:
        assert answer.status == 403


async def test_a_frame_needs_its_key(started: Started) -> None:
    for headers in ({}, {"X-Simcord-Capability": "guessed"}):
        async with started.http.post("/api/pages", json={}, headers=headers) as answer:
            assert answer.status == 401


async def test_the_page_names_server_channels_people_and_folder(started: Started) -> None:
    shell = started.shell
    assert [item["name"] for item in shell.config["channels"]] == ["general", "ai-news", "tech", "announcements"]
    assert [(item["name"], item["role"]) for item in shell.config["people"]] == [
        ("You", "admin"),
        ("Sam", "member"),
        ("Klara", "reads German"),
    ]
    assert shell.config["people"][0]["id"] == str(visitor_id())
    assert str(started.preview.sandbox.corpus) in shell.text
    assert "Simulated Discord. Nothing here is sent to discord.com." in shell.text


async def test_a_command_with_autocomplete_and_a_button_with_a_private_answer(started: Started) -> None:
    page = await started.shell.open("general")
    assert await page.complete("news topic", "name", "robo") == ["Robotics"]
    await page.run("news topic", name="Robotics")
    message = await page.see("Robot learns to fold fitted sheets")
    assert (await page.click(message, "Save"))["settlement"] == "settled"
    await page.see("Saved robot-learns-to-fold-fitted-sheets.")
    other = await started.shell.open("general", "Sam")
    await other.see("Robot learns to fold fitted sheets")
    assert "Saved robot" not in json.dumps(other.state)


async def test_a_story_put_into_the_folder_arrives_by_itself(started: Started) -> None:
    page = await started.shell.open("ai-news")
    await page.run("subscribe", topic="AI")
    async with started.http.get("/live") as live:
        await live.content.readuntil(b"\n\n")  # which start of the preview this is
        async with started.http.post("/story", headers={"Origin": started.url}) as answer:
            assert "AI" in (await answer.json())["topics"]
        event = await asyncio.wait_for(live.content.readuntil(b"\n\n"), 5)
    await page.see("AI writes weather reports that sailors actually read")
    channel = json.loads(event.removeprefix(b"data: "))["channel"]
    assert channel == next(item["id"] for item in started.shell.config["channels"] if item["name"] == "ai-news")


async def test_spare_stories_end(started: Started) -> None:
    stories = []
    for _ in range(10):
        async with started.http.post("/story", headers={"Origin": started.url}) as answer:
            stories.append(await answer.json())
    assert stories[0] is not None
    assert stories[-1] is None


async def test_clicks_are_not_refused_while_messages_arrive(started: Started) -> None:
    program = started.program
    assert isinstance(program, DemoProgram)
    page = await started.shell.open("general")
    await page.run("news topic", name="AI")
    message = await page.see("AI")
    busy = await started.shell.open("general")
    channel = int(page.state["channel"]["id"])
    post = next(iter(started.preview.sandbox.corpus.glob("*-peat-bog-*")))

    async def push() -> None:
        for _ in range(5):
            await program.push(channel, read(post))
            await asyncio.sleep(0.05)

    async def click() -> list[str]:
        # As of the state that was looked at before the first push: as stale as can be.
        return [(await page.click(message, "Save"))["settlement"] for _ in range(5)]

    _, clicks, others = await asyncio.gather(push(), click(), busy.run("news topic", name="Space"))
    assert clicks == ["settled"] * 5
    assert others["settlement"] == "settled"


async def test_a_command_that_fails_but_answers_is_done(started: Started) -> None:
    page = await started.shell.open("general")
    assert (await page.run("fail"))["settlement"] == "settled"
    await page.see("That went wrong on our side.")


async def test_a_command_that_thinks_long_blocks_nobody(started: Started) -> None:
    page = await started.shell.open("general")
    other = await started.shell.open("tech")
    slow = asyncio.create_task(page.run("slow"))
    # The page shows that the bot thinks while the command still runs.
    assert (await page.see('"slow"'))["flags"] & discord.MessageFlags(loading=True).value
    assert not slow.done()
    receipt = await slow
    assert (receipt["settlement"], receipt["acknowledgement"]) == ("settled", "deferred")
    begun = time.perf_counter()
    assert (await other.run("news topic", name="Space"))["settlement"] == "settled"
    assert time.perf_counter() - begun < live.SETTLE


async def test_a_plain_member_cannot_subscribe(started: Started) -> None:
    page = await started.shell.open("general", "Sam")
    assert "news topic" in await page.commands()
    assert "subscribe" not in await page.commands()
    announcements = await started.shell.open("announcements", "Sam")
    assert not announcements.state["channel"]["canSendMessages"]
    assert announcements.state["channel"]["canUseApplicationCommands"]


async def test_times_are_shown_in_the_browsers_zone(started: Started) -> None:
    for cookie, zone in (("Europe%2FBerlin", "Europe/Berlin"), ("../etc/passwd", "UTC"), ("Nowhere", "UTC")):
        async with aiohttp.ClientSession(started.url, cookies={"tz": cookie}) as http:
            headers = {"X-Simcord-Capability": started.shell.key("tech")}
            async with http.post("/api/pages", json={}, headers=headers) as answer:
                assert (await answer.json())["profile"]["timezone"] == zone


async def test_the_twentieth_reload_still_opens(started: Started) -> None:
    pages = [await started.shell.open("general") for _ in range(20)]
    await pages[-1].look()


async def test_a_start_replaces_only_its_own_folder(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    sandbox = make_sandbox(tmp_path / "mine", SEEDS, now)
    (sandbox.corpus / "old.md").touch()
    again = make_sandbox(tmp_path / "mine", SEEDS, now)
    assert not (again.corpus / "old.md").exists()
    assert {seed.read_bytes() for seed in SEEDS.iterdir()} <= {path.read_bytes() for path in again.corpus.iterdir()}
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "diary.txt").touch()
    with pytest.raises(HeatlineError, match="not a preview's folder"):
        make_sandbox(theirs, SEEDS, now)
    assert (theirs / "diary.txt").exists()


def test_a_port_in_use_is_named_and_the_default_gives_way() -> None:
    with listen(0) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(HeatlineError, match=f"Port {number} is in use"):
            listen(number)
    with listen(None) as first, listen(None) as second:
        numbers = [first.getsockname()[1], second.getsockname()[1]]
    assert numbers[0] >= DEFAULT_PORT
    assert numbers[1] > numbers[0]
