"""A year of deliveries on a clock moved by hand: nothing twice and nothing at a wrong time, whatever the clocks do."""

import random
from collections import Counter, defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.models import DeliveryKind, Often, Terms
from tests.delivery.newsroom import DAY, HOUR, MINUTE, Message, Newsroom

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"
BEGIN = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
# Each channel has the news by several orders that overlap, and each server its time zone.
ORDERS = {
    (BERLIN, 1): [
        Terms(topics=("AI",), daily_limit=2),
        Terms(topics=("AI", "Space"), spacing=90, publisher_cap=0, daily_limit=1, size=1),
        Terms(often=Often.DAILY, minute=9 * 60, size=2),
    ],
    (BERLIN, 2): [Terms(often=Often.DAILY, minute=2 * 60 + 30, size=2, quiet=(0, 0)), Terms(topics=("Space",), size=1)],
    (NEW_YORK, 3): [
        Terms(often=Often.DAILY, minute=8 * 60, size=2),
        Terms(often=Often.WEEKLY, minute=18 * 60, weekday=4, size=10),
        Terms(topics=("AI",), without_providers=("A",), quiet=(20 * 60, 9 * 60), daily_limit=1, size=2),
    ],
}
# Where the clocks go forward, 02:30 is not shown, and comes an hour later by the clock.
SKIPPED = {(BERLIN, date(2026, 3, 29), 2 * 60 + 30): 3 * 60 + 30}


class Publisher:
    """Rewrites its files as real ones do: swaps reports, loses and regains scores, hides and shows, removes."""

    def __init__(self, room: Newsroom, chance: random.Random) -> None:
        self._room, self._chance = room, chance
        self._alive: dict[str, dict[str, Any]] = {}
        self.addresses: dict[str, set[str]] = defaultdict(set)

    def publish(self) -> None:
        chance = self._chance
        for _ in range(chance.choice((16, 19, 22))):
            name = f"n{len(self.addresses)}"
            others = list(self._alive)[-3:]
            self._alive[name] = {
                "topics": (chance.choice(("AI", "Space", "Chips")),),
                "provider": chance.choice("ABCDE"),
                "url": f"https://example.com/{name}",
                "related": [self._alive[other]["url"] for other in others if chance.random() < 0.08],
            }
            self._write(name, heat=chance.choice((None, 70, 90, 110, 130)))
        for name in chance.sample(list(self._alive)[-20:], 3):
            fields = self._alive[name]
            match chance.randrange(5):
                case 0 if fields["related"]:  # swapped for another report of its story
                    fields["url"], fields["related"] = fields["related"][0], [fields["url"]]
                    self._write(name, heat=100)
                case 1:
                    self._write(name, heat=chance.choice((None, -1)))
                case 2:
                    self._write(name, heat=80, published=chance.choice(("false", "true")))
                case 3:
                    self._write(name, heat=chance.choice((75, 120)), title=f"{name} {chance.random()}")
                case _:
                    self._room.remove(name)
                    del self._alive[name]
        for name in list(self._alive)[:-80]:
            self._room.remove(name)
            del self._alive[name]

    def _write(self, name: str, **changes: Any) -> None:
        self._room.write(name, **self._alive[name] | changes)
        self.addresses[name].add(self._alive[name]["url"])


def local(message: Message, timezone: str) -> datetime:
    return message.at.astimezone(ZoneInfo(timezone))


def is_in(hours: tuple[int, int], at: datetime) -> bool:
    minute, (start, end) = at.hour * 60 + at.minute, hours
    return start <= minute < end if start <= end else minute >= start or minute < end


@pytest.mark.timeout(400)
def test_a_year_without_a_repeat(tmp_path: Path) -> None:
    chance = random.Random(2026)
    room = Newsroom(tmp_path, spacing=20 * MINUTE, now=BEGIN)
    publisher = Publisher(room, chance)
    orders: dict[int, tuple[str, Terms]] = {}
    for (timezone, channel), several in ORDERS.items():
        room.guild_id = 700 if timezone == BERLIN else 800
        room.set_timezone(timezone)
        orders |= {room.order(terms, timezone, channel).id: (timezone, terms) for terms in several}
    while room.now < BEGIN + 365 * DAY:
        publisher.publish()
        room.load()
        if chance.random() < 0.9:  # else the program died before it planned
            room.plan()
        room.plan_until(room.now + timedelta(hours=chance.choice((30, 43, 61)), minutes=chance.randrange(60)))
        room.send()
    messages = room.messages()

    told = Counter((message.channel, name) for message in messages for name in message.ids)
    assert max(told.values()) == 1
    assert len(told) > 1500
    for subscription, (timezone, terms) in orders.items():
        own = [message for message in messages if message.subscription == subscription]
        assert max(len(message.ids) for message in own) <= terms.size
        quiet = terms.quiet or (23 * 60, 7 * 60)
        assert not any(is_in(quiet, local(message, timezone)) for message in own)
        if terms.often is Often.INSTANT:
            for first, limit in zip(own, own[terms.daily_limit :], strict=False):
                assert limit.at - first.at >= DAY
        else:
            check_digests(own, timezone, terms)
    for channel in (1, 2, 3):
        pushes = [each for each in messages if each.channel == channel and each.kind is DeliveryKind.PUSH]
        for earlier, later in pairwise(pushes):
            assert later.at - earlier.at >= timedelta(minutes=orders[later.subscription][1].spacing or 20)


def check_digests(own: list[Message], timezone: str, terms: Terms) -> None:
    """Check that a digest came at its local time, once a day, on nearly every day and around both changes of clocks."""
    times = [local(message, timezone) for message in own]
    for at in times:
        assert at.hour * 60 + at.minute == SKIPPED.get((timezone, at.date(), terms.minute), terms.minute)
        assert terms.often is not Often.WEEKLY or at.weekday() == terms.weekday
    days = [at.date() for at in times]
    assert len(days) == len(set(days)) >= (50 if terms.often is Often.WEEKLY else 340)
    if terms.often is Often.DAILY:
        changes = {BERLIN: ((3, 29), (10, 25)), NEW_YORK: ((3, 8), (11, 1))}[timezone]
        for month, day in changes:
            assert {date(2026, month, day) + timedelta(days=n) for n in (-1, 0, 1)} <= set(days)
    assert all(later - earlier >= 22 * HOUR for earlier, later in pairwise(message.at for message in own))
