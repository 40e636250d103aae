"""A backtest brings what the planner brought: the same corpus, planned step by step."""

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.delivery.backtest import backtest
from bot.models import Level, Often, Post, Server, Terms
from bot.store.database import connect
from tests.delivery.newsroom import DAY, HOUR, MINUTE, START, Newsroom

SPACING = 20 * MINUTE


class Publisher:
    """Publishes a few articles at a time, some of them about the story of another, and changes some heats."""

    def __init__(self, room: Newsroom, chance: random.Random) -> None:
        self._room, self._chance = room, chance
        self._fields: dict[str, dict[str, Any]] = {}

    def publish(self) -> None:
        chance, names = self._chance, list(self._fields)
        for _ in range(chance.choice((0, 1, 2, 4))):
            name = f"n{len(self._fields)}"
            related = [f"https://example.com/{names[-1]}"] if names and chance.random() < 0.2 else []
            self._fields[name] = {
                "topics": [chance.choice(("AI", "Space"))],
                "provider": chance.choice("ABC"),
                "related": related,
                "at": self._room.now,
            }
            self._room.write(name, heat=chance.choice((None, 60, 70, 80, 90, 100)), **self._fields[name])
        for name in chance.sample(names[-12:], min(2, len(names))):
            self._room.write(name, heat=chance.choice((-1, 65, 85, 105)), **self._fields[name])


@pytest.mark.parametrize(
    ("terms", "timezone"),
    [
        (Terms(), None),
        (Terms(topics=("AI",), min_heat=85, spacing=180, daily_limit=2), None),
        (Terms(quiet=(23 * 60, 420), size=2, publisher_cap=1, role_id=5, ping_level=Level.EVERYTHING), None),
        (Terms(words=("n1", "n2", "n3", "n4", "n5", "n7", "n11"), without_providers=("A",)), "America/New_York"),
        (Terms(daily_limit=1, size=1), "Europe/Berlin"),
        (Terms(often=Often.DAILY, role_id=5, ping_level=Level.EVERYTHING), "Europe/Berlin"),
        (Terms(often=Often.WEEKDAYS, minute=23 * 60 + 30, size=3), "Europe/Berlin"),
        (Terms(often=Often.WEEKLY, weekday=2), None),
    ],
)
def test_a_backtest_is_what_the_planner_did(tmp_path: Path, terms: Terms, timezone: str | None) -> None:
    chance = random.Random(repr(terms))
    room = Newsroom(tmp_path, spacing=SPACING, now=START + 24 * DAY)  # over the change to summer time
    publisher = Publisher(room, chance)
    begun = room.now
    room.set_server(timezone=timezone)
    room.order(terms, timezone)
    for day in range(1, 11):
        end = begun + day * DAY
        while room.now < end:
            # Never at the very moment at which it is time to look again: which comes first is anyone's guess.
            room.plan_until(min(end, room.now + timedelta(hours=chance.choice((1, 2, 5)), minutes=chance.random())))
            if room.now < end:
                publisher.publish()
                room.load()
                room.plan()
        with connect(room.url, writes=False) as connection:
            settings = Server(room.guild_id, timezone=timezone)
            found = backtest(connection, terms, settings, end, SPACING, day)
        expected = [Post(each.at, each.ids, each.pings) for each in room.messages()]
        assert found.last == tuple(expected[:-4:-1])
        assert (found.posts, found.pings) == (len(expected), sum(post.pings for post in expected))
    assert len(room.messages()) >= (1 if terms.often is Often.WEEKLY else 3)


def test_news_of_a_backfill_counts_as_having_come_when_it_was_published(tmp_path: Path) -> None:
    room = Newsroom(tmp_path, read=False)
    for day in range(1, 6):
        room.write(f"n{day}", at=START - day * 4 * DAY)
    room.load()
    room.later(HOUR)
    with connect(room.url, writes=False) as connection:
        found = backtest(connection, Terms(topics=("AI",)), Server(1), room.now, SPACING)
    assert (found.days, found.posts, found.pings) == (30, 5, 0)
    assert [post.titles for post in found.last] == [("n1",), ("n2",), ("n3",)]
