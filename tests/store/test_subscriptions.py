"""Subscriptions: made, found, paused, due, removed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select

from bot.models import DeliveryKind, DeliveryState, Level, Look, Often, Subscription, SubscriptionState, Terms
from bot.store import subscriptions
from bot.store.claims import claim_deliveries
from bot.store.deliveries import Outcome, Piece, queue_delivery, record_outcomes
from bot.store.due import Due, waiting_terms
from bot.store.due import due as due_ones
from bot.store.due import waiting as waiting_ones
from bot.store.tables import deliveries
from bot.store.terms import terms_of, terms_text
from tests.conftest import NOW
from tests.store.kept import article, keep

HOUR = timedelta(hours=1)


def add(
    connection: Connection,
    *,
    channel: int = 10,
    guild: int = 1,
    topic: str | None = None,
    provider: str | None = None,
    next_run_at: datetime | None = None,
) -> Subscription:
    return subscriptions.add_subscription(
        connection,
        guild_id=guild,
        channel_id=channel,
        terms=terms(topic, provider, Often.DAILY if next_run_at else Often.INSTANT),
        next_run_at=next_run_at,
        now=NOW,
    )


def terms(topic: str | None, provider: str | None, often: Often = Often.INSTANT) -> Terms:
    return Terms(
        topics=(topic,) if topic else (), providers=(provider,) if provider else (), level=Level.HOT, often=often
    )


def queue(connection: Connection, wanted: Subscription, key: str) -> int:
    queued = queue_delivery(
        connection,
        subscription_id=wanted.id,
        guild_id=wanted.guild_id,
        channel_id=wanted.channel_id,
        kind=DeliveryKind.PUSH,
        told=[Piece(key, f"//news.example/{key}", key)],
        now=NOW,
    )
    assert queued is not None
    return queued


def test_what_is_added_comes_back(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article("a")])
        made = add(connection, topic="AI", provider="Example Times", next_run_at=NOW + HOUR)
        assert subscriptions.subscription(connection, made.id) == made
    assert made.terms == terms("AI", "Example Times", Often.DAILY)
    assert (made.state, made.paused_because, made.after_load) == (SubscriptionState.ACTIVE, None, 1)
    assert (made.created_at, made.next_run_at, made.last_post_at) == (NOW, NOW + HOUR, None)


def test_a_server_sees_its_own_in_order(connection: Connection) -> None:
    with connection.begin():
        first, _, third = add(connection), add(connection, guild=2), add(connection, channel=11)
        assert subscriptions.subscriptions_of(connection, 1) == (first, third)
        assert subscriptions.subscriptions_of(connection, 3) == ()


@pytest.mark.parametrize(
    ("topic", "provider", "channel", "same"),
    [
        ("ai ", "EXAMPLE TIMES", 10, True),
        ("AI", None, 10, False),
        (None, "Example Times", 10, False),
        (None, None, 10, False),
        ("AI", "Example Times", 11, False),
    ],
)
def test_the_same_subscription(
    connection: Connection, topic: str | None, provider: str | None, channel: int, *, same: bool
) -> None:
    with connection.begin():
        made = add(connection, topic="AI", provider="Example Times")
        found = subscriptions.same_subscription(connection, channel, terms(topic, provider))
    assert found == (made if same else None)


def test_removing_drops_what_waits_and_keeps_what_was_sent(connection: Connection) -> None:
    with connection.begin():
        made = add(connection)
        sent = queue(connection, made, "sent")
        claim_deliveries(connection, now=NOW, until=NOW + HOUR, stale=NOW - HOUR, most=1)
        record_outcomes(connection, [Outcome(sent, DeliveryState.SENT, message_id=5)], NOW)
        queue(connection, made, "waiting")
        assert subscriptions.subscriptions_of(connection, 1)[0].last_post_at == NOW
        subscriptions.remove_subscription(connection, made.id)
        assert subscriptions.subscription(connection, made.id) is None
        assert list(connection.execute(select(deliveries.c.id)).scalars()) == [sent]
        assert add(connection).id > made.id


def test_pausing_and_resuming(connection: Connection) -> None:
    def state() -> tuple[SubscriptionState, str | None, datetime | None]:
        found = subscriptions.subscription(connection, made.id)
        assert found is not None
        return found.state, found.paused_because, found.next_run_at

    with connection.begin():
        made = add(connection)
        subscriptions.pause_subscription(connection, made.id, "gone")
        assert state() == (SubscriptionState.PAUSED, "gone", None)
        assert subscriptions.count_subscriptions(connection) == (0, 1)
        subscriptions.resume_subscription(connection, made.id, NOW)
        assert state() == (SubscriptionState.ACTIVE, None, NOW)
        assert subscriptions.count_subscriptions(connection) == (1, 0)


def test_other_terms_take_the_place_of_the_old(connection: Connection) -> None:
    every = Terms(
        topics=("AI", "Robotics"),
        providers=("Example Times",),
        without_topics=("Crime",),
        without_providers=("Daily Sample",),
        words=("chip maker",),
        without_words=("football",),
        type="video",
        level=Level.HOTTEST,
        min_heat=0,
        often=Often.WEEKLY,
        minute=1,
        weekday=6,
        spacing=0,
        daily_limit=1,
        size=10,
        publisher_cap=0,
        quiet=(0, 0),
        look=Look.HEADLINE,
        silent=False,
        role_id=2**63 - 1,
        ping_level=Level.HOT,
        daily_pings=3,
    )
    with connection.begin():
        made = add(connection)
        subscriptions.set_terms(connection, made.id, every, NOW + HOUR, NOW + HOUR)
        found = subscriptions.subscription(connection, made.id)
    assert found == replace(made, terms=every, next_run_at=NOW + HOUR, edited_at=NOW + HOUR)


def test_terms_of_a_newer_program_are_read_as_far_as_they_are_known() -> None:
    assert terms_of('{"level": "hot", "invented": [1]}') == Terms(level=Level.HOT)


def test_which_are_due(connection: Connection) -> None:
    with connection.begin():
        waiting = add(connection)
        due = add(connection, next_run_at=NOW)
        add(connection, next_run_at=NOW + HOUR)
        paused = add(connection, next_run_at=NOW - HOUR)
        subscriptions.pause_subscription(connection, paused.id, None)

        def ids(slices: Iterator[list[Due]]) -> list[list[int]]:
            return [[each.id for each in found] for found in slices]

        assert ids(due_ones(connection, NOW, most=10)) == [[due.id]]
        everything = terms_text(waiting.terms)
        assert waiting_terms(connection) == [everything]
        assert ids(waiting_ones(connection, [everything], most=10)) == [[waiting.id]]
        other = add(connection, channel=11)
        same = add(connection, channel=11, provider="Daily Sample")
        assert sorted(waiting_terms(connection)) == sorted([everything, terms_text(same.terms)])
        both = waiting_terms(connection)
        assert ids(waiting_ones(connection, both, most=1)) == [[waiting.id], [other.id, same.id]]
        assert ids(waiting_ones(connection, [terms_text(same.terms)], most=1)) == [[same.id]]
        assert subscriptions.next_run(connection) == NOW
        subscriptions.set_next_run(connection, due.id, NOW + 2 * HOUR)
        assert subscriptions.next_run(connection) == NOW + HOUR
