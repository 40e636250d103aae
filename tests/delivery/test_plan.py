"""What is queued, when, and that nothing is ever queued twice; over real loads of real files."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.briefing.deciding import Decision, decide
from bot.models import DeliveryKind, Level, Often
from bot.store.database import connect
from tests.delivery.newsroom import DAY, HERE, HOUR, MINUTE, START, THERE, Message, Newsroom


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path)


def ids(messages: list[Message]) -> list[tuple[int, tuple[str, ...]]]:
    return [(message.channel, message.ids) for message in messages]


def before(interrupt: Callable[[], None]) -> Callable[..., Decision]:
    """Return the function that decides, with something that happens before its first decision."""
    waiting = [interrupt]

    def deciding(*given: Any, **more: Any) -> Decision:
        if waiting:
            waiting.pop()()
        return decide(*given, **more)

    return deciding


# --- who gets what -------------------------------------------------------------------------------------------


def test_a_new_article_goes_to_the_matching_active_subscriptions_only(room: Newsroom) -> None:
    room.subscribe(1)
    room.subscribe(2, topic="ai ")
    room.subscribe(3, topic="Robotics")
    room.subscribe(4, provider="EXAMPLE news")
    room.subscribe(5, topic="AI", provider="Other News")
    room.change("pause", room.subscribe(6))
    room.change("remove", room.subscribe(7))
    room.write("chips")
    assert ids(room.round()) == [(1, ("chips",)), (2, ("chips",)), (4, ("chips",))]


def test_what_was_sighted_before_the_subscription_is_never_pushed(room: Newsroom) -> None:
    room.write("old")
    room.write("unscored", heat=None)
    room.load()
    room.subscribe()
    room.write("unscored")
    room.write("new")
    assert ids(room.round()) == [(HERE, ("new",))]


def test_what_is_scored_late_is_still_pushed(room: Newsroom) -> None:
    room.subscribe()
    room.write("late", heat=None, published=None)
    assert room.round() == []
    room.later(2 * DAY)
    room.write("late", heat=95)
    assert ids(room.round()) == [(HERE, ("late",))]


def test_what_is_scored_after_three_days_is_not(room: Newsroom) -> None:
    room.subscribe()
    room.write("late", heat=None)
    room.round()
    room.later(3 * DAY + MINUTE)
    room.write("late", heat=95)
    assert room.round() == []


@pytest.mark.parametrize(
    ("heat", "published"), [(None, "true"), (-1, "true"), (95, "false")], ids=["unscored", "superseded", "hidden"]
)
def test_what_is_not_pushable_waits(room: Newsroom, heat: int | None, published: str) -> None:
    room.subscribe()
    room.write("a", heat=heat, published=published)
    assert room.round() == []
    room.later(HOUR)
    room.write("a", heat=95)
    assert ids(room.round()) == [(HERE, ("a",))]


def test_the_level_is_a_bar(room: Newsroom) -> None:
    for number in range(40):
        room.write(f"old-{number}", heat=60 + number, provider=f"P{number}")
    room.load()
    for channel, level in ((1, Level.EVERYTHING), (2, Level.HOT), (3, Level.HOTTEST)):
        room.subscribe(channel, level=level)
    room.later(DAY)
    room.write("mild", heat=80, provider="A")
    room.write("hot", heat=92, provider="B")
    room.write("hottest", heat=120, provider="C")
    assert ids(room.round()) == [
        (1, ("hottest", "hot", "mild")),
        (2, ("hottest", "hot")),
        (3, ("hottest",)),
    ]


def test_under_twenty_scored_articles_every_level_means_everything(room: Newsroom) -> None:
    room.subscribe(level=Level.HOTTEST)
    room.write("a", heat=200, provider="A")
    room.write("b", heat=1, provider="B")
    assert ids(room.round()) == [(HERE, ("a", "b"))]


# --- never twice ---------------------------------------------------------------------------------------------


def test_overlapping_subscriptions_of_a_channel_bring_an_article_once(room: Newsroom) -> None:
    room.subscribe(topic="AI")
    room.subscribe(topic="Robotics")
    room.subscribe()
    room.write("both", topics=("AI", "Robotics"))
    assert ids(room.round()) == [(HERE, ("both",))]


def test_planning_twice_is_harmless(room: Newsroom) -> None:
    room.subscribe()
    room.write("a")
    room.round()
    assert room.plan().messages == 0
    with connect(room.url, writes=True) as connection, connection.begin():
        connection.execute(text("UPDATE loads SET planned_at = NULL"))
    assert room.plan().messages == 0
    assert room.told() == ["a"]


def test_a_channel_gets_an_address_once(room: Newsroom) -> None:
    room.subscribe()
    room.write("a", url="https://example.com/story")
    room.round()
    room.later(20 * DAY)  # the story is forgotten by then, the address is not
    room.write("b", url="http://www.example.com/story/#top")
    assert room.round() == []


@pytest.mark.parametrize(("first", "second"), [("a", "b"), ("b", "a")])
def test_a_channel_gets_a_story_once_whichever_article_names_it(room: Newsroom, first: str, second: str) -> None:
    room.subscribe()
    room.write(first)
    room.round()
    room.later(DAY)
    room.write(second, related=[f"https://example.com/{first}"])
    assert room.round() == []


def test_a_first_briefing_repeats_no_story_either(room: Newsroom) -> None:
    room.write("a", topics=("AI",))
    room.write("b", topics=("Robotics",), related=["https://example.com/a"])
    room.write("c", topics=("Robotics",))
    room.load()
    room.subscribe(topic="AI", first=["a"])
    room.subscribe(topic="Robotics", first=["b", "c"])
    assert room.told() == ["a", "c"]


def test_scores_lost_for_a_run_bring_nothing_again(room: Newsroom) -> None:
    room.subscribe()
    for heat in (90, None, 95, -1, 90):
        room.write("a", heat=heat)
        room.round()
        room.send()
        room.later(HOUR)
    assert room.told() == ["a"]


def test_an_article_swapped_back_and_forth_brings_nothing_again(room: Newsroom) -> None:
    room.subscribe()
    one, other = "https://one.example/1", "https://other.example/2"
    for turn in range(4):
        url, related = ((one, other), (other, one))[turn % 2]
        room.write("a", url=url, related=[related], title=f"Title {turn}")
        room.round()
        room.send()
        room.later(2 * HOUR)
    assert room.told() == ["a"]


def test_an_article_that_goes_and_comes_back_brings_nothing_again(room: Newsroom) -> None:
    room.subscribe()
    room.write("a")
    room.round()
    room.remove("a")
    room.round()
    room.write("a")
    assert room.round() == []


def test_two_articles_of_a_story_in_one_load_make_one(room: Newsroom) -> None:
    room.subscribe()
    room.write("a", heat=80)
    room.write("b", heat=90, related=["https://example.com/a"])
    assert ids(room.round()) == [(HERE, ("b",))]


def test_another_channel_gets_it_all_the_same(room: Newsroom) -> None:
    room.subscribe(HERE)
    room.write("a")
    room.round()
    room.subscribe(THERE)
    room.write("b")
    assert ids(room.round()) == [(HERE, ("b",)), (THERE, ("b",))]


# --- how often -----------------------------------------------------------------------------------------------


def test_pushes_to_a_channel_are_spaced_and_what_waits_makes_one_message(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, spacing=20 * MINUTE)
    room.subscribe(topic="AI")
    room.subscribe(topic="Robotics")
    room.write("a")
    assert ids(room.round()) == [(HERE, ("a",))]
    room.later(5 * MINUTE)
    room.write("b", provider="B", heat=80)
    assert room.round() == []
    room.later(5 * MINUTE)
    room.write("c", provider="C", heat=85)
    room.write("robot", topics=("Robotics",))
    assert room.round() == []  # the channel waits, whatever the subscription
    assert room.next_run() == START + 20 * MINUTE
    room.later(10 * MINUTE)
    room.plan()
    assert ids(room.messages()[1:]) == [(HERE, ("c", "b"))]
    assert room.next_run() == START + 40 * MINUTE
    room.later(20 * MINUTE)
    room.plan()
    assert ids(room.messages()[2:]) == [(HERE, ("robot",))]


def test_the_first_briefing_does_not_count_for_the_spacing(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, spacing=20 * MINUTE)
    room.write("old")
    room.load()
    room.subscribe(first=["old"])
    room.write("new")
    assert ids(room.round()) == [(HERE, ("new",))]


def test_without_spacing_everything_comes_at_once(room: Newsroom) -> None:
    room.subscribe()
    for name in "abc":
        room.write(name)
        room.round()
    assert room.told() == ["a", "b", "c"]


def test_a_message_has_at_most_five_articles_and_two_of_a_provider(room: Newsroom) -> None:
    room.subscribe(1)
    room.subscribe(2, provider="Big")
    for number in range(4):
        room.write(f"big-{number}", provider="Big", heat=100 - number)
    for number in range(4):
        room.write(f"small-{number}", provider=f"Small {number}", heat=90 - number)
    assert ids(room.round()) == [
        (1, ("big-0", "big-1", "small-0", "small-1", "small-2")),
        (2, ("big-0", "big-1", "big-2", "big-3")),
    ]
    room.plan()  # what did not fit comes next
    assert ids(room.messages(1)[1:]) == [(1, ("big-2", "big-3", "small-3"))]


def test_five_messages_a_day_then_the_rest_the_next_day(room: Newsroom) -> None:
    room.subscribe()
    for number in range(8):
        room.write(f"a{number}")
        room.round()
        room.later(HOUR)
    assert [message.ids for message in room.messages()] == [(f"a{number}",) for number in range(5)]
    assert room.next_run() == START + DAY
    room.now = START + DAY
    room.plan()
    assert room.messages()[5].ids == ("a7", "a6")  # of one provider two at most, by key among equals
    assert room.next_run() == START + DAY


# --- daily ---------------------------------------------------------------------------------------------------


def test_a_daily_briefing_comes_at_nine_in_its_zone_and_counts_the_rest(room: Newsroom) -> None:
    room.set_timezone("Europe/Berlin")
    room.subscribe(often=Often.DAILY, next_run_at=datetime(2026, 3, 3, 8, 0, tzinfo=UTC))
    for number in range(9):
        room.write(f"a{number}", provider=f"P{number}", heat=100 - number)
    assert room.round() == []
    room.now = datetime(2026, 3, 3, 7, 59, 59, tzinfo=UTC)
    assert room.plan().messages == 0
    room.now = datetime(2026, 3, 3, 8, 0, tzinfo=UTC)
    room.plan()
    (message,) = room.messages()
    assert (message.kind, message.ids, message.more) == (DeliveryKind.DIGEST, ("a0", "a1", "a2", "a3", "a4"), 4)
    assert room.next_run() == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    room.now = datetime(2026, 3, 29, 7, 0, tzinfo=UTC)  # summer time has begun; nothing new for long
    room.plan()
    assert len(room.messages()) == 1
    assert room.next_run() == datetime(2026, 3, 30, 7, 0, tzinfo=UTC)


def test_a_daily_briefing_without_a_time_is_only_given_one(room: Newsroom) -> None:
    room.subscribe(often=Often.DAILY)
    room.write("a")
    assert room.round() == []
    assert room.next_run() == datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def test_a_time_set_while_planning_stays(room: Newsroom, monkeypatch: pytest.MonkeyPatch) -> None:
    daily = room.subscribe(often=Often.DAILY, next_run_at=room.now)

    def interrupted() -> None:
        room.change("pause", daily)
        room.later(HOUR)
        room.change("resume", daily)

    monkeypatch.setattr("bot.delivery.plan.decide", before(interrupted))
    room.plan()
    assert room.next_run() == START + HOUR


# --- pauses and crashes --------------------------------------------------------------------------------------


def test_what_a_paused_subscription_missed_comes_when_it_resumes(room: Newsroom) -> None:
    paused = room.subscribe()
    room.change("pause", paused)
    room.write("a", provider="A", heat=99)
    assert room.round() == []
    room.later(4 * DAY)
    room.write("b", provider="B")
    assert room.round() == []
    room.change("resume", paused)
    room.plan()
    assert room.told() == ["b"]  # and what is too old by now does not


def test_a_load_that_was_not_planned_is_planned_at_the_next_start(room: Newsroom, tmp_path: Path) -> None:
    room.subscribe()
    room.write("a")
    room.load()  # the program dies here
    room.later(HOUR)
    again = Newsroom(tmp_path, read=False)
    planned = again.planner.plan(room.now)
    assert (planned.messages, room.told()) == (1, ["a"])


def test_a_restart_repeats_nothing(room: Newsroom, tmp_path: Path) -> None:
    room.subscribe()
    room.write("a")
    room.round()
    again = Newsroom(tmp_path)
    assert again.round() == []


def test_unsubscribing_deletes_what_waits_and_a_new_subscription_gets_only_what_is_new(room: Newsroom) -> None:
    old = room.subscribe()
    room.write("a")
    room.round()
    room.change("remove", old)
    assert room.messages() == []
    room.subscribe()
    room.write("b")
    assert ids(room.round()) == [(HERE, ("b",))]


# --- backfill ------------------------------------------------------------------------------------------------


def test_the_first_load_of_a_root_brings_only_the_news_of_two_days(room: Newsroom, tmp_path: Path) -> None:
    room.subscribe()
    for name, at in (("fresh", START - 47 * HOUR), ("old", START - 49 * HOUR), ("future", START + 5 * DAY)):
        room.write(name, at=at, provider=name)
    second = room.corpus.rename(tmp_path / "second")
    room.corpus.mkdir()
    room.settings = room.settings.model_copy(update={"corpus_dir": f"{room.corpus}{os.pathsep}more={second}"})
    report = room.load()
    assert (report.added, report.backfilled) == (3, 1)
    room.know("more/fresh", "more/future")
    room.plan()
    assert sorted(room.told()) == ["more/fresh", "more/future"]


def test_a_flood_brings_only_the_news_of_two_days(room: Newsroom) -> None:
    room.subscribe()
    for number in range(60):
        room.write(f"a{number}", provider=f"P{number}", at=START - (HOUR if number < 2 else 10 * DAY))
    messages = room.round()
    assert [set(message.ids) for message in messages] == [{"a0", "a1"}]
    room.later(HOUR)
    room.write("a7", heat=200)  # a backfilled one stays quiet when it is scored anew
    assert room.round() == []
