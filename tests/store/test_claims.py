"""Whose turn it is: servers one after the other, channels in order, news before digests, nothing while paused."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, select, update

from bot.models import Delivery, DeliveryKind, DeliveryState, Level, Often, Terms
from bot.store import subscriptions
from bot.store.claims import QUIET, claim_deliveries, next_due
from bot.store.deliveries import (
    Outcome,
    Piece,
    pause_sending,
    queue_delivery,
    record_outcomes,
    resume_sending,
    sending_paused,
)
from bot.store.notices import DROPPED, untold_notices
from bot.store.rows import epoch
from bot.store.tables import deliveries
from tests.conftest import NOW

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def queue(
    connection: Connection,
    guild: int,
    channel: int,
    number: int = 0,
    kind: DeliveryKind = DeliveryKind.PUSH,
    at: datetime = NOW,
) -> int:
    """Queue a message of a new subscription."""
    made = subscriptions.add_subscription(
        connection,
        guild_id=guild,
        channel_id=channel,
        terms=Terms(level=Level.HOT, often=Often.INSTANT),
        next_run_at=None,
        now=NOW,
    )
    key = f"{guild}-{channel}-{number}"
    queued = queue_delivery(
        connection,
        subscription_id=made.id,
        guild_id=guild,
        channel_id=channel,
        kind=kind,
        told=[Piece(key, f"//news.example/{key}", key)],
        now=at,
    )
    assert queued is not None
    return queued


def claim(connection: Connection, most: int = 10, now: datetime = NOW, after: int = 0) -> list[Delivery]:
    """Claim, and return what was taken."""
    return claim_deliveries(connection, now=now, until=now + MINUTE, stale=now - 3 * DAY, most=most, after=after)[1]


def test_servers_take_turns(connection: Connection) -> None:
    with connection.begin():
        for channel in range(20):
            queue(connection, 1, 100 + channel)
        queue(connection, 2, 200)
        queue(connection, 3, 300)
        assert [each.guild_id for each in claim(connection, 4)] == [1, 2, 3, 1]


def test_the_turn_goes_on_where_it_ended(connection: Connection) -> None:
    with connection.begin():
        for guild in (1, 2, 3):
            queue(connection, guild, guild)
        assert [each.guild_id for each in claim(connection, 2)] == [1, 2]
        for guild in (1, 2):
            queue(connection, guild, 10 + guild)
        assert [each.guild_id for each in claim(connection, 3, after=2)] == [3, 1, 2]


def test_a_channel_gets_one_message_at_a_time_in_order(connection: Connection) -> None:
    with connection.begin():
        ids = [queue(connection, 1, 10, number) for number in range(3)]
        (first,) = claim(connection)
        assert first.id == ids[0]
        assert claim(connection) == []
        later = Outcome(first.id, DeliveryState.PENDING, reason="rate limited", due_at=NOW + 5 * MINUTE)
        record_outcomes(connection, [later], NOW)
        assert claim(connection, now=NOW + MINUTE) == []  # the others wait for it
        assert next_due(connection) == NOW + 5 * MINUTE
        (again,) = claim(connection, now=NOW + 5 * MINUTE)
        record_outcomes(connection, [Outcome(again.id, DeliveryState.SENT, message_id=1)], NOW)
        assert [again.id, *(each.id for each in claim(connection, now=NOW + 5 * MINUTE))] == ids[:2]


def test_what_is_in_flight_keeps_its_channel_however_long_it_takes(connection: Connection) -> None:
    with connection.begin():
        queue(connection, 1, 10)
        queue(connection, 1, 10, 1)
        claim(connection)
        late = NOW + 10 * MINUTE
        taken = claim_deliveries(connection, now=late, until=late, stale=NOW - DAY, most=5, busy=[10])[1]
        assert taken == []
        assert next_due(connection, [10]) is None


def test_a_paused_subscription_holds_up_no_other_of_its_channel(connection: Connection) -> None:
    with connection.begin():
        queue(connection, 1, 10)
        other = queue(connection, 1, 10, 1)
        subscriptions.pause_subscription(connection, 1, None)
        assert [each.id for each in claim(connection)] == [other]


def test_news_comes_before_digests_but_not_for_ever(connection: Connection) -> None:
    with connection.begin():
        digest = queue(connection, 1, 10, kind=DeliveryKind.DIGEST)
        news = queue(connection, 2, 20)
        assert [each.id for each in claim(connection, 1)] == [news]
        queue(connection, 3, 30, at=NOW + 6 * MINUTE)
        assert [each.id for each in claim(connection, 1, NOW + 6 * MINUTE)] == [digest]


def test_nothing_is_claimed_while_sending_is_paused(connection: Connection) -> None:
    with connection.begin():
        queued = queue(connection, 1, 10)
        pause_sending(connection, NOW)
        assert (claim(connection), next_due(connection), sending_paused(connection)) == ([], None, NOW)
        resume_sending(connection)
        assert sending_paused(connection) is None
        assert [each.id for each in claim(connection)] == [queued]


def test_what_waited_too_long_is_dropped_and_its_servers_are_told(connection: Connection) -> None:
    with connection.begin():
        for guild, channel in ((1, 10), (1, 11), (2, 20)):
            queue(connection, guild, channel)
        kept = queue(connection, 2, 21, kind=DeliveryKind.FIRST)
        late = NOW + 4 * DAY
        dropped, claimed = claim_deliveries(connection, now=late, until=late, stale=NOW + DAY, most=10)
        assert (dropped, [each.id for each in claimed]) == (3, [kept])
        assert [(each.because, each.detail) for each in untold_notices(connection, 1)] == [(DROPPED, ("2",))]
        assert [(each.because, each.detail) for each in untold_notices(connection, 2)] == [(DROPPED, ("1",))]


@pytest.mark.parametrize(("tried", "left"), [(True, [("failed", "unsubscribed")]), (False, [])])
def test_what_may_have_arrived_outlives_its_subscription(
    connection: Connection, tried: bool, left: list[tuple[str, str]]
) -> None:
    with connection.begin():
        queued = queue(connection, 1, 10)
        first = NOW if tried else None
        waiting = Outcome(queued, DeliveryState.PENDING, reason="gone", due_at=NOW, first_attempt_at=first)
        record_outcomes(connection, [waiting], NOW)
        subscriptions.remove_subscription(connection, 1)
        assert connection.execute(select(deliveries.c.state, deliveries.c.reason)).all() == left


def test_servers_with_nothing_due_hide_nobody(connection: Connection) -> None:
    """However many servers hold messages for later, what is due behind them is claimed."""
    with connection.begin():
        for guild in range(1, 520):
            queued = queue(connection, guild, guild)
            held = update(deliveries).where(deliveries.c.id == queued)
            connection.execute(held.values(due_at=epoch(NOW + 10 * MINUTE)))
        due = queue(connection, 9999, 9999)
        assert [each.id for each in claim(connection)] == [due]


def test_what_quiet_hours_hold_lets_others_of_its_channel_pass(connection: Connection) -> None:
    with connection.begin():
        held = queue(connection, 1, 10)
        values = {"due_at": epoch(NOW + 7 * HOUR), "reason": QUIET}
        connection.execute(update(deliveries).where(deliveries.c.id == held).values(**values))
        later = queue(connection, 1, 10, 1)
        assert next_due(connection) == NOW
        assert [each.id for each in claim(connection)] == [later]
        limited = queue(connection, 1, 11)
        connection.execute(
            update(deliveries)
            .where(deliveries.c.id == limited)
            .values(due_at=epoch(NOW + 10 * MINUTE), reason="rate limited")
        )
        queue(connection, 1, 11, 1)
        assert claim(connection) == []  # but a limit keeps its channel's order


def test_a_subscription_that_resumes_does_not_send_beside_another_of_its_channel(connection: Connection) -> None:
    with connection.begin():
        older = queue(connection, 1, 10)
        newer = queue(connection, 1, 10, 1)
        subscriptions.pause_subscription(connection, 1, None)
        assert [each.id for each in claim(connection)] == [newer]
        subscriptions.resume_subscription(connection, 1, NOW)
        taken = claim_deliveries(connection, now=NOW, until=NOW, stale=NOW - DAY, most=5, busy=[10])[1]
        assert taken == []
        record_outcomes(connection, [Outcome(newer, DeliveryState.SENT, message_id=1)], NOW)
        assert [each.id for each in claim(connection)] == [older]


def test_what_may_have_arrived_is_looked_for_before_it_is_dropped(connection: Connection) -> None:
    with connection.begin():
        tried, untried = queue(connection, 1, 10), queue(connection, 2, 20)
        (first, _) = claim(connection)
        kept = Outcome(first.id, DeliveryState.PENDING, reason="paused", due_at=NOW, first_attempt_at=NOW)
        never = Outcome(untried, DeliveryState.PENDING, reason="rate limited", due_at=NOW)
        record_outcomes(connection, [kept, never], NOW)
        assert [each.id for each in claim(connection, now=NOW + 4 * DAY)] == [tried]


def test_a_clock_that_was_set_back_holds_nothing_up_but_quiet_hours(connection: Connection) -> None:
    with connection.begin():
        late, quiet = queue(connection, 1, 10), queue(connection, 2, 20)
        for queued, reason in ((late, "rate limited"), (quiet, QUIET)):
            values = {"due_at": epoch(NOW + HOUR), "reason": reason}
            connection.execute(update(deliveries).where(deliveries.c.id == queued).values(**values))
        assert [each.id for each in claim(connection)] == [late]
