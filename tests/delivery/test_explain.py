"""Why an article was or was not posted: by the rule and the bar of that time, never against what happened."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from bot.delivery.explain import explain
from bot.models import DeliveryState, Explanation, Level, Often, Rule, Terms, key_of
from bot.store.database import connect
from bot.store.subscriptions import set_terms
from tests.delivery.newsroom import DAY, HERE, HOUR, MINUTE, START, THERE, Newsroom


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path, spacing=20 * MINUTE)


def explained(room: Newsroom, name: str) -> tuple[Explanation, ...]:
    with connect(room.url, writes=False) as connection:
        return explain(connection, room.guild_id, key_of(name), room.now, 20 * MINUTE, 3 * DAY)


def rules(room: Newsroom, name: str) -> list[Rule]:
    return [each.rule for each in explained(room, name)]


@pytest.mark.parametrize(
    ("terms", "rule"),
    [
        (Terms(), Rule.QUEUED),
        (Terms(topics=("Space",)), Rule.OTHER_TOPIC),
        (Terms(without_topics=("AI",)), Rule.OTHER_TOPIC),
        (Terms(providers=("Daily Sample",)), Rule.OTHER_PROVIDER),
        (Terms(words=("robots",)), Rule.OTHER_WORDS),
        (Terms(without_words=("chips",)), Rule.OTHER_WORDS),
        (Terms(type="video"), Rule.OTHER_TYPE),
        (Terms(min_heat=91), Rule.BELOW_BAR),
        (Terms(often=Often.DAILY), Rule.WAITING),
    ],
)
def test_the_rule_of_the_terms(room: Newsroom, terms: Terms, rule: Rule) -> None:
    room.order(terms)
    room.write("chips")
    room.round()
    assert rules(room, "chips") == [rule]
    assert rules(room, "unknown") == []


def test_the_bar_in_force_then_is_told_though_bars_and_heat_have_changed(room: Newsroom) -> None:
    for number in range(40):
        room.write(f"old-{number}", heat=60 + number, provider=f"P{number}")
    room.load()
    room.order(Terms(level=Level.HOT))
    room.later(DAY)
    room.write("mild", heat=80)
    room.round()
    room.later(4 * DAY)
    for number in range(40):
        room.write(f"new-{number}", heat=10, provider=f"Q{number}")
    room.write("mild", heat=150)
    room.round()
    (found,) = explained(room, "mild")
    assert (found.rule, found.heat, found.bar, found.at) == (Rule.BELOW_BAR, 80, 89, START + DAY)


@pytest.mark.parametrize(
    ("published", "heat", "rule"),
    [("false", 90, Rule.HIDDEN), ("true", None, Rule.UNSCORED), ("true", -1, Rule.SUPERSEDED)],
)
def test_what_was_never_a_candidate(room: Newsroom, published: str, heat: int | None, rule: Rule) -> None:
    room.order(Terms())
    room.write("a", heat=heat, published=published)
    room.round()
    assert rules(room, "a") == [rule]


def test_what_was_there_before_and_what_came_with_a_folder(room: Newsroom) -> None:
    room.write("old")
    room.load()
    room.order(Terms())
    for number in range(60):
        room.write(f"a{number}", at=START - 10 * DAY)
    room.round()
    assert (rules(room, "old"), rules(room, "a7")) == ([Rule.OLDER], [Rule.QUIETLY])


def test_a_blocked_word(room: Newsroom) -> None:
    room.order(Terms())
    room.set_server(blocked_words=("chips",))
    room.write("chips")
    assert room.round() == []
    assert rules(room, "chips") == [Rule.BLOCKED]


def test_a_message_on_its_way_and_posted(room: Newsroom) -> None:
    order = room.order(Terms(min_heat=70))
    room.write("a", heat=85)
    room.round()
    assert rules(room, "a") == [Rule.QUEUED]
    room.change("pause", order)
    assert rules(room, "a") == [Rule.PAUSED]
    room.change("resume", order)
    room.later(MINUTE)
    room.send()
    room.write("a", heat=10)
    room.round()
    (found,) = explained(room, "a")
    assert (found.rule, found.heat, found.bar, found.at) == (Rule.POSTED, 85, 70, START + MINUTE)
    assert found.message_id is not None


def test_a_story_that_the_channel_had_by_another_subscription(room: Newsroom) -> None:
    room.order(Terms(topics=("AI",)))
    room.order(Terms(topics=("Space",)))
    room.order(Terms(topics=("Space",)), channel=THERE)
    room.write("a")
    room.round()
    room.send()
    room.later(HOUR)
    room.write("b", topics=("Space",), related=["https://example.com/a"])
    room.round()
    found = explained(room, "b")
    assert [each.rule for each in found] == [Rule.OTHER_TOPIC, Rule.SAME_STORY, Rule.QUEUED]
    assert found[1].message_id is not None


def test_what_waits_says_until_when(room: Newsroom) -> None:
    room.set_timezone("Europe/Berlin")
    room.order(Terms())
    room.order(Terms(), channel=THERE)
    room.order(Terms(often=Often.DAILY, minute=9 * 60), timezone="Europe/Berlin", channel=3)
    room.write("a")
    room.round()
    room.later(5 * MINUTE)
    room.write("b")
    room.round()
    morning = START.replace(hour=8) + DAY
    assert [(each.rule, each.until) for each in explained(room, "b")] == [
        (Rule.WAITING, START + 20 * MINUTE),
        (Rule.WAITING, START + 20 * MINUTE),
        (Rule.WAITING, morning),
    ]
    room.now = START.replace(hour=23)  # midnight in Berlin
    room.write("c")
    room.round()
    assert [each.until for each in explained(room, "c")] == [START.replace(hour=6) + DAY] * 2 + [morning]


def test_what_hotter_news_left_no_room_for(room: Newsroom) -> None:
    room.order(Terms(size=1, daily_limit=1))
    for day in range(5):
        room.write(f"hot-{day}", heat=100)
        if day == 0:
            room.write("mild", heat=50, provider="B")
        room.round()
        room.plan_until(room.now + 23 * HOUR)
    assert rules(room, "mild") == [Rule.CROWDED_OUT]


def test_terms_that_were_edited_since(room: Newsroom) -> None:
    order = room.order(Terms(min_heat=95))
    room.write("a", heat=85)
    room.round()
    room.later(4 * DAY)
    with connect(room.url, writes=True) as connection, connection.begin():
        set_terms(connection, order.id, Terms(min_heat=90), None, room.now)
    (found,) = explained(room, "a")
    assert (found.rule, found.bar, found.edited_since) == (Rule.BELOW_BAR, 90, True)


def test_an_explanation_never_contradicts_what_happened(tmp_path: Path) -> None:
    chance = random.Random(4)
    room = Newsroom(tmp_path, spacing=20 * MINUTE)
    room.set_timezone("Europe/Berlin")
    orders = [
        room.order(Terms(topics=("AI",), level=Level.HOT, daily_limit=2)),
        room.order(Terms(min_heat=90, publisher_cap=1)),
        room.order(Terms(often=Often.DAILY, size=3), "Europe/Berlin"),
        room.order(Terms(level=Level.HOTTEST, size=1), channel=THERE),
    ]
    names: list[str] = []
    for _ in range(60):
        for _ in range(chance.choice((0, 1, 2, 4))):
            names.append(f"n{len(names)}")
            related = [f"https://example.com/{names[-2]}"] if len(names) > 1 and chance.random() < 0.1 else []
            heat = chance.choice((None, 60, 70, 80, 95, 110))
            room.write(names[-1], heat=heat, topics=(chance.choice(("AI", "Space")),), related=related)
        for name in chance.sample(names[-9:], min(2, len(names))):
            room.write(name, heat=chance.choice((None, -1, 85, 120)))
        room.round()
        room.plan_until(room.now + timedelta(hours=chance.choice((1, 3, 9))))
        room.send()
    posted = {(each.subscription, name) for each in room.messages() for name in each.ids}
    assert all(each.state is DeliveryState.SENT for each in room.messages())
    told = {(each.channel, name) for each in room.messages() for name in each.ids}
    counts: dict[Rule, int] = {}
    for name in names:
        for order, found in zip(orders, explained(room, name), strict=True):
            counts[found.rule] = counts.get(found.rule, 0) + 1
            assert (found.rule is Rule.POSTED) == ((order.id, name) in posted)
            if found.rule is Rule.BELOW_BAR:
                assert found.heat is not None
                assert found.bar is not None
                assert found.heat < found.bar
            if (order.channel_id, name) in told:
                assert found.rule in (Rule.POSTED, Rule.SAME_STORY, Rule.OTHER_TOPIC, Rule.BELOW_BAR)
            if found.rule is Rule.WAITING and found.until is not None:
                assert found.until > room.now
    assert {Rule.POSTED, Rule.BELOW_BAR, Rule.OTHER_TOPIC, Rule.SAME_STORY, Rule.CROWDED_OUT} <= set(counts)
    assert HERE in {channel for channel, _ in told}
