"""How many stories stayed below a subscription's bar: as many as the explanations of all of them say."""

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.cards.panel import Below
from bot.commands.outlook import below_bar
from bot.delivery.explain import explain
from bot.models import Level, Often, Rule, Terms, key_of
from bot.store.database import connect
from bot.store.servers import server
from bot.store.subscriptions import subscription
from tests.commands.reading import words
from tests.conftest import NOW, World
from tests.delivery.newsroom import DAY, HOUR, MINUTE, START, Newsroom


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    return Newsroom(tmp_path, spacing=20 * MINUTE)


def below(room: Newsroom, number: int) -> Below:
    with connect(room.url, writes=False) as connection:
        known = subscription(connection, number)
        assert known is not None
        return below_bar(connection, known, server(connection, room.guild_id), room.now, 3 * DAY)


def explained(room: Newsroom, names: list[str], number: int) -> int:
    """Return how many of these the explanations call below the bar."""
    with connect(room.url, writes=False) as connection:
        found = [explain(connection, room.guild_id, key_of(name), room.now, 20 * MINUTE, 3 * DAY) for name in names]
    return sum(each.rule is Rule.BELOW_BAR and each.subscription.id == number for every in found for each in every)


@pytest.mark.parametrize("seed", range(6))
def test_as_many_as_explanations_say(room: Newsroom, seed: int) -> None:
    chance = random.Random(seed)
    for number in range(40):
        room.write(f"old-{number}", heat=60 + number, provider=f"P{number}")
    room.load()
    room.set_server(blocked_providers=("P3",), timezone="Europe/Berlin")
    every = (
        Terms(level=Level.HOT),
        Terms(level=Level.HOTTEST, topics=("AI",), without_words=("robot",)),
        Terms(min_heat=85, topics=("Space",), often=Often.DAILY),
    )
    orders = [room.order(terms) for terms in every]
    came: dict[str, datetime] = {}
    for step in range(20):
        room.later(timedelta(hours=chance.randrange(1, 12)))
        for number in range(chance.randrange(5)):
            name = f"{chance.choice(('robot', 'chip'))}-{step}-{number}"
            came[name] = room.now
            heat = chance.choice((None, -1, *range(60, 140, 5)))
            room.write(name, heat=heat, provider=f"P{chance.randrange(9)}", topics=[chance.choice(("AI", "Space"))])
        if came:  # an older one is scored anew
            room.write(chance.choice(list(came)), heat=chance.randrange(60, 140), provider="P1")
        room.round()
        room.send()
    for each in orders:
        since = max((message.at for message in room.messages() if message.subscription == each.id), default=START)
        names = [name for name, at in came.items() if at >= since]
        assert below(room, each.id).stories == explained(room, names, each.id)


def test_everything_and_paused_ones_have_none(room: Newsroom) -> None:
    made = room.order(Terms())
    strict = room.order(Terms(min_heat=300), channel=9)
    room.later(HOUR)
    room.write("a", heat=5)
    room.round()
    assert below(room, made.id) == Below(0)
    assert below(room, strict.id) == Below(1)
    room.change("pause", strict)
    assert below(room, strict.id) == Below(0)


def test_it_looks_back_a_week(room: Newsroom) -> None:
    strict = room.order(Terms(min_heat=300))
    for day in range(10):
        room.later(DAY)
        room.write(f"a{day}")
        room.round()
    assert below(room, strict.id) == Below(8, 7)


async def test_the_panel_says_so(world: World) -> None:
    for day in range(30):
        world.corpus.write(f"a{day}", heat=70 + day, publishedDateTime=NOW - timedelta(days=day + 1))
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI", how_hot="hottest")
    await world.push()
    world.clock.forward(hours=1)
    for number in range(3):
        world.corpus.write(f"warm{number}", heat=82)
    world.load()
    await world.push()
    line = words(await world.ann.slash(world.news, "subscriptions edit")).splitlines()[0]
    posted = f"<t:{int(NOW.timestamp())}:R>"
    assert line == f"**AI news** → <#{world.news.id}> · active · last post {posted}, 3 since then below the bar"
