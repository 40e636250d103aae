"""Posts that changed: edited silently, a few times, and never sent again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from bot.delivery.edits import Editor
from bot.models import Look, key_of
from bot.store.database import connect
from bot.store.edits import queue_hidden_edits
from bot.store.hidden import hide_article, unhide_article
from bot.store.tables import edits
from tests.delivery.desk import Desk
from tests.delivery.newsroom import DAY, HOUR
from tests.loopback.world import Json

PATCH = "/channels/*/messages/*"
REPORTS = [f"https://other{number}.example/a" for number in range(9)]


class Board:
    """A desk with an editor, and one channel that gets everything."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.room = desk.room
        self.channel = desk.loopback.world.add_channel(desk.loopback.guild, "board")
        self.editor = self.new_editor()

    def new_editor(self) -> Editor:
        """Return an editor that has seen nothing, as after a restart."""
        self.editor = Editor(
            self.desk.database,
            self.desk.bot,
            self.desk.pace,
            clock=lambda: self.room.now,
            busy=lambda: False,
            sample=False,
        )
        return self.editor

    async def post(self, *names: str, **fields: Any) -> None:
        """Publish articles and post them in one message."""
        for name in names:
            self.room.write(name, **fields)
        self.room.round()
        await self.desk.drain()
        await self.editor.drain()

    async def rewrite(self, name: str, **fields: Any) -> None:
        """Rewrite an article, load it, and make the edits that follow; nothing may be sent again by it."""
        self.room.write(name, **fields)
        await self.load()

    async def load(self) -> None:
        """Load, plan, send and edit."""
        self.room.round()
        await self.desk.drain()
        await self.editor.drain()

    def hide(self, name: str) -> None:
        """Hide an article, as a host does."""
        with connect(self.room.url, writes=True) as connection, connection.begin():
            hide_article(connection, key_of(name), 1, self.room.now)
            queue_hidden_edits(connection, key_of(name), self.room.now)

    def unhide(self, name: str) -> None:
        """Show a hidden article again."""
        with connect(self.room.url, writes=True) as connection, connection.begin():
            unhide_article(connection, key_of(name))
            queue_hidden_edits(connection, key_of(name), self.room.now)

    @property
    def edits(self) -> list[Json]:
        """What was asked of Discord in every edit."""
        return [post.payload for post in self.desk.loopback.posts if post.kind == "edit"]

    @property
    def asked(self) -> int:
        """How many edits were asked for, accepted or not."""
        return sum(request.method == "PATCH" for request in self.desk.loopback.requests)

    @property
    def message(self) -> Json:
        """The only message in the channel, as it is now."""
        (message,) = self.desk.loopback.messages(self.channel)
        return message

    def waiting(self) -> int:
        """Return how many edits are still to be made."""
        with connect(self.room.url, writes=False) as connection:
            return connection.execute(select(func.count()).select_from(edits)).scalar_one()


@pytest.fixture
async def board(desk: Desk) -> AsyncIterator[Board]:
    made = Board(desk)
    yield made
    creates = [post for post in desk.loopback.posts if post.kind == "create"]
    assert len({post.payload["nonce"] for post in creates}) == len(creates)
    assert [payload["allowed_mentions"] for payload in made.edits] == [{"parse": []}] * len(made.edits)


def subscribe(board: Board, **terms: Any) -> None:
    board.room.subscribe(board.channel.id, **terms)


# --- coverage ------------------------------------------------------------------------------------------------


async def test_new_coverage_is_added_to_the_post(board: Board) -> None:
    subscribe(board)
    await board.post("a")
    await board.rewrite("a", related=REPORTS[:1])
    assert board.message["embeds"][0]["description"].endswith("Also: Other")
    assert len(board.edits) == 1
    assert board.waiting() == 0
    await board.load()
    board.new_editor()
    await board.load()
    assert board.asked == 1  # what is so already is not edited again, not even after a restart


async def test_another_article_of_the_story_is_named_too(board: Board) -> None:
    subscribe(board)
    await board.post("a", title="Robots learn to fold square towels today")
    board.room.later(HOUR)
    await board.rewrite(
        "b", title="Robots learn to fold square towels today", provider="Mail", url="https://m.example/b"
    )
    assert board.message["embeds"][0]["description"].endswith("Also: Mail")


async def test_coverage_is_edited_three_times_at_most(board: Board) -> None:
    subscribe(board)
    await board.post("a", provider="Own")
    for number in range(1, 7):
        board.room.later(HOUR)
        _write_reports(board, number)
        await board.load()
    assert len(board.edits) == 3


def _write_reports(board: Board, number: int) -> None:
    """Let so many providers report the story of `a`."""
    board.room.write("a", provider="Own")
    file = board.room.corpus / "a.md"
    related = "".join(
        f"\n  - title: Another report\n    webUrl: {REPORTS[place]}\n    provider:\n      name: Other {place}"
        for place in range(number)
    )
    head, _, rest = file.read_text().partition("\n---")
    file.write_text(f"{head}\nrelated:{related}\n---{rest}")


@pytest.mark.parametrize(("after", "edited"), [(HOUR, 1), (23 * HOUR, 1), (25 * HOUR, 0)])
async def test_coverage_is_added_for_a_day(board: Board, after: timedelta, edited: int) -> None:
    subscribe(board)
    await board.post("a")
    board.room.later(after)
    await board.rewrite("a", related=REPORTS[:1])
    assert board.asked == edited


async def test_coverage_that_is_lost_and_found_again_is_no_edit(board: Board) -> None:
    subscribe(board)
    await board.post("a", related=REPORTS[:1])
    await board.rewrite("a")
    await board.rewrite("a", related=REPORTS[:1])
    assert board.asked == 0


# --- titles --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("after", "edited"), [(HOUR, 1), (6 * DAY, 1), (8 * DAY, 0)])
async def test_a_changed_title_is_mended_for_a_week(board: Board, after: timedelta, edited: int) -> None:
    subscribe(board)
    await board.post("a", title="A typo in teh title")
    board.room.later(after)
    await board.rewrite("a", title="No typo in the title")
    assert board.asked == edited
    assert board.message["content"].startswith("No typo" if edited else "A typo")


async def test_a_title_is_no_edit_for_coverage(board: Board) -> None:
    subscribe(board)
    await board.post("a")
    for title in "bcdef":
        await board.rewrite("a", title=title * 9)
    assert len(board.edits) == 5
    await board.rewrite("a", title="fffffffff", related=REPORTS[:1])
    assert len(board.edits) == 6


async def test_an_article_swapped_for_another_address_leaves_its_post_alone(board: Board) -> None:
    subscribe(board)
    await board.post("a", title="One report")
    await board.rewrite("a", title="Another report", url="https://example.com/other", related=REPORTS[:1])
    assert board.asked == 0
    await board.rewrite("a", title="One report, mended")
    assert board.message["content"].startswith("One report, mended")


async def test_what_is_no_longer_published_stays_as_it_is(board: Board) -> None:
    subscribe(board)
    await board.post("a")
    await board.rewrite("a", title="Changed", published="false")
    assert board.asked == 0


@pytest.mark.parametrize("look", Look)
async def test_a_post_keeps_its_look(board: Board, look: Look) -> None:
    subscribe(board, look=look)
    await board.post("a", title="Before")
    await board.rewrite("a", title="Afterwards", related=REPORTS[:1])
    assert board.message["content"].startswith("Afterwards")
    assert bool(board.message["embeds"]) == (look is not Look.HEADLINE)


async def test_coverage_alone_does_not_change_a_headline(board: Board) -> None:
    subscribe(board, look=Look.HEADLINE)
    await board.post("a")
    await board.rewrite("a", related=REPORTS[:1])
    assert board.asked == 0


@pytest.mark.parametrize("what", ["remove", "pause"])
async def test_nothing_is_edited_for_who_no_longer_wants_it(board: Board, what: str) -> None:
    made = board.room.subscribe(board.channel.id)
    await board.post("a", title="Before")
    board.room.change(what, made)
    await board.rewrite("a", title="Afterwards")
    assert board.asked == 0
    assert board.waiting() == 0


# --- hidden --------------------------------------------------------------------------------------------------


async def test_a_hidden_story_is_taken_back_and_can_be_shown_again(board: Board) -> None:
    subscribe(board)
    await board.post("a")
    before = board.message["embeds"]
    board.room.later(20 * DAY)
    board.hide("a")
    await board.editor.drain()
    assert board.message["content"] == "This story was removed by the host."
    assert board.message["embeds"] == []
    assert board.message["components"] == []
    board.unhide("a")
    await board.editor.drain()
    assert board.message["content"].startswith("a · Example News")
    assert board.message["embeds"][0]["author"] == before[0]["author"]


async def test_a_list_loses_the_hidden_line(board: Board) -> None:
    subscribe(board, publisher_cap=5)
    await board.post("alpha", "beta", "gamma")
    board.hide("beta")
    await board.editor.drain()
    text = f"{board.message['content']}{board.message['embeds'][0]['description']}{board.message['components']}"
    assert "beta" not in text
    assert "alpha" in text
    assert "gamma" in text


async def test_a_hidden_story_goes_even_where_nothing_is_sent_any_more(board: Board) -> None:
    made = board.room.subscribe(board.channel.id)
    await board.post("a")
    board.room.change("remove", made)
    board.hide("a")
    await board.editor.drain()
    assert "removed by the host" in board.message["content"]


async def test_what_is_hidden_while_it_is_sent_is_found_after_the_next_load(board: Board) -> None:
    subscribe(board)
    await board.post("a")
    board.hide("a")
    with connect(board.room.url, writes=True) as connection, connection.begin():
        connection.execute(delete(edits))  # as if it had not been sent yet when the host hid it
    await board.load()
    assert "removed by the host" in board.message["content"]
    board.new_editor()
    await board.load()
    assert board.asked == 1


async def test_a_post_of_over_a_month_ago_is_not_touched(board: Board) -> None:
    subscribe(board)
    await board.post("a")
    board.room.later(31 * DAY)
    board.hide("a")
    await board.editor.drain()
    assert board.asked == 0


# --- trouble -------------------------------------------------------------------------------------------------


async def test_a_post_that_a_moderator_deleted_stays_gone(board: Board) -> None:
    subscribe(board)
    await board.post("a", title="Before")
    board.desk.loopback.messages_book.delete(int(board.message["id"]))
    await board.rewrite("a", title="Afterwards")
    await board.load()
    assert board.asked == 1
    assert board.desk.loopback.messages(board.channel) == []
    assert board.waiting() == 0


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "effect_first": True},
        {"reset": True, "effect_first": True},
        {"cut": "body"},
        {"status": 429, "headers": {"Via": "1.1 google", "Retry-After": "2"}, "body": {"retry_after": 2.0}},
        {"status": 404, "body": "<html>Not found</html>"},
        {"status": 200, "body": "<html>Welcome</html>"},
        {"status": 200, "body": {"nonsense": True}, "effect_first": True},
    ],
    ids=["500", "503 after the effect", "reset", "cut", "429", "page", "page instead of the post", "nonsense"],
)
async def test_trouble_that_passes_is_tried_again(board: Board, fault: dict[str, Any]) -> None:
    subscribe(board)
    await board.post("a", title="Before")
    board.desk.loopback.fault("PATCH", PATCH, **fault)
    await board.rewrite("a", title="Afterwards")
    assert (board.asked, board.waiting()) == (1, 1)
    await board.editor.drain()
    assert board.asked == 1  # not at once
    board.room.later(timedelta(minutes=1))
    await board.editor.drain()
    assert (board.asked, board.waiting()) == (2, 0)
    assert board.message["content"].startswith("Afterwards")


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (403, 50013), (404, 10003), (400, 50035)])
async def test_what_is_refused_is_not_tried_again(board: Board, status: int, code: int) -> None:
    subscribe(board)
    await board.post("a", title="Before")
    board.desk.loopback.fault("PATCH", PATCH, status=status, body={"code": code, "message": "no"})
    await board.rewrite("a", title="Afterwards")
    board.room.later(DAY)
    await board.editor.drain()
    assert (board.asked, board.waiting()) == (1, 0)


async def test_a_published_post_is_edited_once_and_no_more(board: Board) -> None:
    subscribe(board)
    await board.post("a", title="Before")
    board.message["flags"] |= 1
    await board.rewrite("a", title="Afterwards")
    await board.rewrite("a", title="And again")
    assert board.asked == 1


# --- after the news ------------------------------------------------------------------------------------------


async def stop(task: asyncio.Task[None]) -> None:
    """Cancel a task and wait until it has ended."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_edits_give_way_while_news_is_sent(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.edits._ASIDE", 3600.0)
    channels = board.desk.channels(20)
    subscribe(board)
    await board.post("a", title="Before")
    board.room.write("a", title="Afterwards")
    board.room.load()
    busy = True
    editor = Editor(
        board.desk.database,
        board.desk.bot,
        board.desk.pace,
        clock=lambda: board.room.now,
        busy=lambda: busy,
        sample=False,
    )
    editor.loaded()
    running = asyncio.create_task(editor.run())
    await board.desk.until(lambda: "record_edit" in board.desk.database.written)
    assert (board.asked, board.waiting()) == (1, len(channels))
    await stop(running)
    busy = False
    running = asyncio.create_task(editor.run())
    await board.desk.until(lambda: board.asked == len(channels) + 1)
    await stop(running)
