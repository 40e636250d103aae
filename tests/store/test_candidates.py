"""What channels have had: by key, by address, and by story for a week, whatever the story is called by now."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection

from bot.briefing.stories import url_key
from bot.models import Article, DeliveryKind
from bot.store import candidates as store
from bot.store.candidates import Taken, candidates, recent_messages
from bot.store.deliveries import Message, Piece, queue_deliveries
from tests.conftest import NOW
from tests.store.kept import article, keep

DAY = timedelta(days=1)
HERE, THERE, ELSEWHERE = 10, 20, 30


def tell(connection: Connection, channel: int, told: Article, at: datetime = NOW, story: str | None = None) -> None:
    """Queue a message with the article as it was then."""
    piece = Piece(told.key, url_key(told.url), story or told.story, told.heat)
    queue_deliveries(connection, [Message(1, 1, channel, DeliveryKind.PUSH, (piece,))], at)


def left(connection: Connection, *channels: int) -> list[list[str]]:
    """Return the titles that are left for each channel, of all that could be pushed."""
    offered = candidates(connection, NOW - 9 * DAY)
    taken = Taken(connection, offered, set(channels), NOW)
    return [sorted(each.key for each in taken.left(channel, offered)) for channel in channels]


@pytest.fixture(params=[0, 50], ids=["all between", "one by one"])
def few(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look channels up in either way."""
    monkeypatch.setattr(store, "_FEW", request.param)


@pytest.mark.usefixtures("few")
def test_a_channel_has_had_keys_addresses_and_stories(connection: Connection) -> None:
    a, b = article("a"), article("b")
    same_address = article("c", url=a.url)
    same_story = article("d", story=b.story)
    every = sorted(each.key for each in (a, b, same_address, same_story))
    with connection.begin():
        keep(connection, [a, b, same_address, same_story])
        tell(connection, HERE, a)
        tell(connection, THERE, b)
        rest_here = sorted((b.key, same_story.key))
        rest_there = sorted((a.key, same_address.key))
        assert left(connection, HERE, THERE, ELSEWHERE) == [rest_here, rest_there, every]
        assert left(connection, HERE, ELSEWHERE) == [rest_here, every]


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize(("days", "again"), [(6, False), (8, True)])
def test_a_story_is_forgotten_after_a_week_an_article_and_an_address_never(
    connection: Connection, days: int, again: bool
) -> None:
    told, same_story = article("a"), article("b", story=article("a").story)
    same_address = article("c", url=told.url)
    with connection.begin():
        keep(connection, [told, same_story, same_address])
        tell(connection, HERE, told, NOW - days * DAY)
        assert left(connection, HERE) == [[same_story.key] if again else []]


@pytest.mark.usefixtures("few")
def test_a_story_that_got_another_name_is_known_by_its_articles(connection: Connection) -> None:
    told, other = article("a", story="new name"), article("b", story="new name")
    with connection.begin():
        keep(connection, [told, other])
        tell(connection, HERE, told, story="old name")
        assert left(connection, HERE) == [[]]


def test_what_is_told_now_is_noted_with_its_address_and_story(connection: Connection) -> None:
    told, same_story = article("a"), article("b", story=article("a").story)
    same_address, other = article("c", url=told.url), article("d")
    with connection.begin():
        keep(connection, [told, same_story, same_address, other])
        offered = candidates(connection, NOW - DAY)
        taken = Taken(connection, offered, {HERE}, NOW)
        taken.add(HERE, [each for each in offered if each.key == told.key])
        assert [each.key for each in taken.left(HERE, offered)] == [other.key]
        assert taken.left(THERE, offered) == offered


def test_nothing_is_asked_where_nothing_is_offered(connection: Connection) -> None:
    with connection.begin():
        assert Taken(connection, (), {HERE}, NOW).left(HERE, ()) == ()


def test_recent_messages_are_neither_first_briefings_nor_failed(connection: Connection) -> None:
    pieces = [Piece(name, f"//{name}", name) for name in "abcde"]
    kinds = (DeliveryKind.PUSH, DeliveryKind.DIGEST, DeliveryKind.FIRST, DeliveryKind.PUSH, DeliveryKind.PUSH)
    with connection.begin():
        messages = [
            Message(number, 1, HERE, kind, (piece,), role_id=7 if number == 2 else None)
            for number, (kind, piece) in enumerate(zip(kinds, pieces, strict=True), 1)
        ]
        queue_deliveries(connection, messages, NOW)
        connection.exec_driver_sql("UPDATE deliveries SET state = 'failed' WHERE subscription_id = 4")
        connection.exec_driver_sql("UPDATE deliveries SET queued_at = queued_at - 86401 WHERE subscription_id = 5")
        found = recent_messages(connection, {HERE, THERE}, NOW - DAY)
    at = int(NOW.timestamp())
    assert found == {HERE: [(at, 1, True, False), (at, 2, False, True)]}
