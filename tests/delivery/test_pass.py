"""One pass of the planner: what it takes into account, keeps on record, and leaves as it was."""

import gc
import sys
from pathlib import Path

from bot.models import Filter, Level
from bot.store.bars import stored_bars
from bot.store.database import connect
from tests.delivery.newsroom import DAY, HERE, MINUTE, START, Newsroom


def test_what_is_due_is_told_first_and_whoever_waits_for_the_load_sees_it(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, spacing=20 * MINUTE)
    room.subscribe(topic="AI")
    due = room.subscribe(topic="Robotics", next_run_at=room.now)
    room.write("a", topics=("AI", "Robotics"))
    room.write("b", provider="B", heat=80)
    (message,) = room.round()
    assert (message.subscription, message.ids) == (due.id, ("a",))
    assert room.next_run() == START + 20 * MINUTE


def test_what_is_due_and_has_nothing_to_tell_holds_nobody_up(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, spacing=20 * MINUTE)
    waiting = room.subscribe(topic="AI")
    room.subscribe(topic="Robotics", next_run_at=room.now)
    room.write("a", topics=("AI",))
    assert [(message.subscription, message.ids) for message in room.round()] == [(waiting.id, ("a",))]


def test_many_channels_are_told_what_each_has_not_had(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    channels = range(HERE, HERE + 60)  # more than are looked up one by one
    for channel in channels[::2]:
        room.subscribe(channel)
    room.write("a")
    room.write("b", provider="B", heat=80)
    room.round()
    for channel in channels:
        room.subscribe(channel, provider="B")
    room.later(DAY)
    room.write("other name", provider="B", url="https://example.com/b")
    messages = room.round()
    assert [(message.channel, message.ids) for message in messages] == [
        (channel, ("other name",)) for channel in channels[1::2]
    ]


def test_the_bar_that_kept_everything_out_is_on_record(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    for number in range(40):
        room.write(f"old-{number}", heat=60 + number, provider=f"P{number}")
    room.load()
    room.subscribe(topic="AI", level=Level.HOT)
    room.later(DAY)
    room.write("mild", heat=61)
    assert room.round() == []
    with connect(room.url, writes=False) as connection:
        assert stored_bars(connection, Filter.of("AI", None), room.now) is not None


def test_what_is_set_for_the_whole_program_is_as_before(tmp_path: Path) -> None:
    room = Newsroom(tmp_path)
    before = sys.getswitchinterval(), gc.isenabled()
    room.subscribe()
    room.write("a")
    room.round()
    assert (sys.getswitchinterval(), gc.isenabled()) == before
