"""The real program and the people who read: as an app of their own, in DMs, in their language, and after a restart."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.loopback import Loopback, Program
from tests.loopback.answers import Answer
from tests.loopback.rules import BUTTON, STRING_SELECT, walk
from tests.loopback.world import Json
from tests.test_program import prepare, run, write


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    for number in range(7):
        write(folder, f"number{number}")
    return folder


@pytest.fixture
async def program(loopback: Loopback, tmp_path: Path, corpus: Path) -> AsyncIterator[Program]:
    prepare(tmp_path, corpus)
    async with run(loopback, tmp_path, corpus) as started:
        await started.wait_for_output("Invite:", within=30)
        yield started


def parts(answer: Answer) -> list[Json]:
    """Return every component of an answer as it is now."""
    return [part for _, part in walk(answer.message["components"])]


async def test_it_works_in_dms_and_where_only_the_reader_installed_it(loopback: Loopback, program: Program) -> None:
    elsewhere = loopback.world.add_channel(loopback.world.add_guild("Elsewhere", joined=False), "talk")
    direct = loopback.world.add_channel(None, "")
    for channel in (elsewhere, direct):
        bob = loopback.world.add_user("bob")
        for command in ("news top", "news latest", "brief", "news topic", "saved", "help", "privacy"):
            answer = await loopback.slash(channel, command, user=bob, within=10)
            assert answer.text, command
            assert "went wrong" not in answer.text
            assert answer.ephemeral
            assert answer.acknowledged_in < 3
        listed = await loopback.slash(channel, "news top", user=bob, within=10)
        assert "Story number" in listed.text
        (select,) = [part for part in parts(listed) if part["type"] == STRING_SELECT]
        chosen = select["options"][0]["value"]
        story = await loopback.select(listed.message, select["custom_id"], [chosen], user=bob, within=10)
        assert "Story number" in story.text
        found = await loopback.slash(channel, "news search", {"words": "story"}, user=bob, within=10)
        assert "matches" in found.text
        link = loopback.say(channel, "Seen? https://example.com/number3", bob)
        covered = await loopback.menu(channel, "Find coverage", link, user=bob, within=10)
        assert (covered.ephemeral, "Story number3" in covered.text) == (True, True)
        await loopback.menu(channel, "Save story", link, user=bob, within=10)
        saved = await loopback.slash(channel, "saved", user=bob, within=10)
        assert "Story number3" in saved.text
        nothing = await loopback.menu(channel, "Find coverage", loopback.say(channel, "Hello"), user=bob)
        assert nothing.text == "There is no link in that message."
    ((_, synced),) = loopback.ledger.syncs
    asked: list[Json] = synced
    for each in asked:
        if each["name"] == "admin":
            continue
        only_servers = each["name"] in ("subscribe", "subscriptions", "settings")
        assert each["contexts"] == ([0] if only_servers else [0, 1, 2]), each["name"]
        assert each["integration_types"] == ([0] if only_servers else [0, 1]), each["name"]


async def test_controls_work_after_a_restart(loopback: Loopback, tmp_path: Path, corpus: Path) -> None:
    prepare(tmp_path, corpus)
    async with run(loopback, tmp_path, corpus) as program:
        await program.wait_for_output("Invite:", within=30)
        listed = await loopback.slash(loopback.channel, "news top", within=10)
        brief = await loopback.slash(loopback.channel, "brief", within=10)
        await program.terminate()
    async with run(loopback, tmp_path, corpus) as program:
        await program.wait_for_output("Invite:", within=30)
        for reply in (listed, brief):
            buttons = [part["custom_id"] for part in parts(reply) if part["type"] == BUTTON and "custom_id" in part]
            assert buttons
            shares_first = sorted(buttons, key=lambda each: ":s" not in each)  # the others change the message
            for control in shares_first[:2]:
                clicked = await loopback.click(reply.message, control, within=10)
                assert "older version" not in clicked.text
                assert "went wrong" not in clicked.text
        await program.terminate()


async def test_readers_are_answered_in_their_language(loopback: Loopback, program: Program) -> None:
    klara = loopback.world.add_user("klara")
    klara.locale = "de"
    answer = await loopback.slash(loopback.channel, "news top", user=klara, within=10)
    assert "Meldungen" in answer.text
    english = await loopback.slash(loopback.channel, "news top", within=10)
    assert "stories" in english.text
