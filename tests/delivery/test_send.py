"""The outbox -> Discord under faults: nothing lost, nothing twice, and nobody waits for another's trouble."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from bot.cards.ids import marker
from bot.delivery import patience, recover
from bot.delivery.attempt import TokenRejectedError
from bot.models import DeliveryState
from bot.store import database as store
from bot.store.claims import next_due
from tests.delivery.desk import CREATE, Desk
from tests.delivery.newsroom import DAY, MINUTE
from tests.loopback.world import READ_MESSAGE_HISTORY

SECOND = timedelta(seconds=1)


# --- what goes well ------------------------------------------------------------------------------------------


async def test_a_push_is_sent_once_with_its_nonce_and_its_marker(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish(url="https://example.com/a")
    await desk.drain()
    await desk.drain()
    (post,) = desk.loopback.posts
    assert post.channel_id == channel.id
    assert post.nonce is not None
    assert post.payload["enforce_nonce"] is True
    assert marker(post.nonce) in str(post.payload["components"])
    assert post.payload["flags"] == 1 << 12  # silent
    (row,) = desk.rows()
    assert (row.state, row.message_id, row.attempts) == (DeliveryState.SENT, post.message_id, 1)


async def test_a_first_briefing_is_sent_however_old_its_stories(desk: Desk) -> None:
    channel = desk.loopback.channel
    desk.room.write("old", at=desk.room.now - 2000 * DAY)
    desk.room.load()
    desk.room.later(20 * DAY)
    desk.room.subscribe(channel.id, first=["old"])
    desk.room.later(5 * DAY)
    await desk.drain()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


async def test_outcomes_are_recorded_in_groups(desk: Desk) -> None:
    desk.channels(5)
    desk.publish()
    await desk.drain()
    assert desk.states() == ["sent"] * 5
    assert 1 <= desk.database.written.count("record_outcomes") < 5
    assert desk.database.written.count("claim_deliveries") == 2


# --- answers lost, late and wrong ----------------------------------------------------------------------------


@pytest.mark.parametrize("effect_first", [True, False], ids=["after the effect", "before it"])
@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
async def test_a_server_error_is_tried_again_and_makes_one_message(desk: Desk, status: int, effect_first: bool) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=status, effect_first=effect_first, times=2)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason) == (DeliveryState.SENDING, f"Discord answered {status}")
    assert row.due_in >= 1
    assert desk.asked(channel) == 1  # discord.py does not retry by itself
    await desk.drain()
    assert desk.rows()[0].due_in >= 2  # backing off
    await desk.drain()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


@pytest.mark.parametrize("effect_first", [True, False], ids=["after the effect", "before it"])
async def test_a_reset_is_tried_again_and_makes_one_message(desk: Desk, effect_first: bool) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, reset=True, effect_first=effect_first)
    await desk.drain()
    assert desk.states() == ["sending"]
    await desk.drain()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


async def test_what_is_never_answered_is_unknown_after_our_own_deadline(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    hanging = desk.loopback.fault("POST", CREATE, hang=True, effect_first=True)
    desk.new_sender(deadline=0.1)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason) == (DeliveryState.SENDING, "TimeoutError")
    await desk.drain()
    hanging.release()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


async def test_an_answer_that_makes_no_sense_is_unknown_too(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=200, body={"nonsense": True}, effect_first=True)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.first_attempt_at) == (DeliveryState.SENDING, int(desk.room.now.timestamp()))
    desk.loopback.messages_book.forget_nonces()
    desk.room.later(2 * MINUTE)
    await desk.drain()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


async def test_a_message_that_was_deleted_before_the_retry_counts_as_sent(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=502, effect_first=True)
    await desk.drain()
    desk.loopback.messages_book.delete(int(desk.loopback.messages(channel)[0]["id"]))
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason) == (DeliveryState.SENT, "deleted meanwhile")
    assert desk.loopback.messages(channel) == []
    assert desk.room.messages()[0].ids == ("a",)


# --- after the window of the nonce ---------------------------------------------------------------------------


async def unknown_for_two_minutes(desk: Desk, *, arrived: bool) -> None:
    """Leave one delivery unknown for so long that Discord has forgotten its nonce."""
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=502, effect_first=arrived)
    await desk.drain()
    desk.loopback.messages_book.forget_nonces()
    desk.room.later(2 * MINUTE)
    desk.new_sender()


async def test_an_old_unknown_is_found_in_the_history_without_the_gateway(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    await unknown_for_two_minutes(desk, arrived=True)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.uncertain) == (DeliveryState.SENT, False)
    assert row.message_id == int(desk.loopback.messages(channel)[0]["id"])
    assert desk.asked(channel) == 1


async def test_an_old_unknown_is_found_behind_hundreds_of_messages(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    for number in range(150):
        desk.loopback.messages_book.create(channel, desk.loopback.user, {"content": f"{number}"})
    await unknown_for_two_minutes(desk, arrived=True)
    await desk.drain()
    assert desk.states() == ["sent"]
    assert (desk.asked(channel), desk.asked(channel, "GET")) == (1, 2)


async def test_an_old_unknown_that_is_not_in_the_history_is_sent_again(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    async with desk.connected():
        await unknown_for_two_minutes(desk, arrived=False)
        await desk.drain()
        (row,) = desk.rows()
        assert (row.state, row.uncertain) == (DeliveryState.SENT, False)
        assert len(desk.loopback.messages(channel)) == 1


async def test_other_messages_prove_that_the_history_can_be_read(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.loopback.messages_book.create(channel, desk.loopback.user, {"content": "hello"})
    await unknown_for_two_minutes(desk, arrived=False)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.uncertain) == (DeliveryState.SENT, False)


async def test_where_history_cannot_be_read_it_is_sent_again_and_counted(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    channel.deny = READ_MESSAGE_HISTORY
    async with desk.connected():
        await unknown_for_two_minutes(desk, arrived=True)
        await desk.drain()
        (row,) = desk.rows()
        assert (row.state, row.uncertain) == (DeliveryState.SENT, True)
        assert len(desk.loopback.messages(channel)) == 2


async def test_where_the_gateway_does_not_come_up_an_empty_history_proves_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recover, "_GATEWAY_WAIT", 0.05)
    desk.channels(1)
    await unknown_for_two_minutes(desk, arrived=False)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.uncertain) == (DeliveryState.SENT, True)


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 429, "body": {"retry_after": 1}}, {"reset": True, "times": 2}]
)
async def test_trouble_with_the_history_is_no_answer(desk: Desk, fault: dict[str, object]) -> None:
    (channel,) = desk.channels(1)
    await unknown_for_two_minutes(desk, arrived=True)
    desk.loopback.fault("GET", CREATE, **fault)  # type: ignore[arg-type]  # a table of cases
    await desk.drain()
    assert (desk.states(), desk.asked(channel)) == (["sending"], 1)
    await desk.drain()
    assert (desk.states(), desk.asked(channel)) == (["sent"], 1)


async def test_an_old_unknown_that_did_not_arrive_and_is_no_news_any_more_is_dropped(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.loopback.messages_book.create(channel, desk.loopback.user, {"content": "hello"})
    await unknown_for_two_minutes(desk, arrived=False)
    desk.room.later(3 * DAY)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason, desk.asked(channel)) == (DeliveryState.FAILED, "too old", 1)


async def test_a_turn_that_is_long_in_coming_does_not_outlive_the_nonce(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=502, effect_first=True)
    await desk.drain()
    desk.loopback.messages_book.forget_nonces()
    desk.room.later(59 * SECOND)
    desk.pace.gate.clear()
    desk.pace.reached.clear()
    task = asyncio.create_task(desk.drain())
    await desk.pace.reached.wait()
    desk.room.later(2 * SECOND)  # while it waits for its turn
    desk.pace.gate.set()
    await task
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


# --- limits --------------------------------------------------------------------------------------------------


async def test_a_limited_channel_waits_alone(desk: Desk) -> None:
    limited, *others = desk.channels(4)
    desk.publish()
    desk.loopback.fault(
        "POST",
        f"/channels/{limited.id}/messages",
        status=429,
        body={"retry_after": 5.4},
        headers={"X-RateLimit-Reset-After": "5.4"},
    )
    await desk.drain()
    assert desk.states() == ["pending", "sent", "sent", "sent"]
    row = desk.rows()[0]
    assert (row.reason, row.first_attempt_at, row.due_in) == ("rate limited", None, 6)
    desk.room.later((row.due_in - 1) * SECOND)
    await desk.drain()
    assert desk.asked(limited) == 1
    desk.room.later(SECOND)
    await desk.drain()
    assert desk.states() == ["sent"] * 4
    assert [len(desk.loopback.messages(channel)) for channel in (limited, *others)] == [1] * 4
    assert desk.pace.invalid_requests == 1


async def test_a_global_limit_pauses_everybody(desk: Desk) -> None:
    desk.channels(12)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=429, body={"retry_after": 1.0, "global": True})
    async with desk.sending():
        await desk.until(lambda: "rate limited" in {row.reason for row in desk.rows()})
        already = len(desk.loopback.requests)
        assert already < 12  # the others had not set out yet
        assert desk.pace.paused_for() > 0
        desk.room.later(2 * SECOND)  # so that the limited one is due as soon as the pause is over
        await desk.until(lambda: desk.states() == ["sent"] * 12)
    (limited,) = [request.at for request in desk.loopback.requests if request.status == 429]
    assert min(request.at for request in desk.loopback.requests[already:]) >= limited + 1
    assert len(desk.loopback.posts) == 12


async def test_a_limit_while_an_earlier_attempt_is_unknown_leaves_it_unknown(desk: Desk) -> None:
    desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=502, effect_first=True)
    await desk.drain()
    desk.loopback.fault("POST", CREATE, status=429, body={"retry_after": 1})
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.first_attempt_at) == (DeliveryState.SENDING, int(desk.room.now.timestamp()))


# --- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("because", ["no permission", "gone"])
async def test_a_channel_that_cannot_be_posted_to_pauses_its_subscription(desk: Desk, because: str) -> None:
    channel, other = desk.loopback.channel, desk.loopback.world.add_channel(desk.loopback.guild, "other")
    subscribed = desk.room.subscribe(channel.id)
    desk.room.subscribe(other.id)
    channel.forbidden, channel.gone = because == "no permission", because == "gone"
    desk.publish()
    await desk.drain()
    desk.room.later(MINUTE)
    await desk.drain()
    assert desk.paused_because() == because
    assert desk.states() == ["pending", "sent"]
    assert (desk.asked(channel), desk.asked(other)) == (1, 1)
    channel.forbidden = channel.gone = False
    with store.connect(desk.room.url, writes=False) as connection:
        assert next_due(connection) is None  # it does not keep the sender awake
    desk.room.change("resume", subscribed)
    await desk.drain()
    assert desk.states() == ["sent", "sent"]
    assert len(desk.loopback.messages(channel)) == 1


async def test_what_cloudflare_forbids_is_not_the_channels_fault(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=403, body="<html>Sorry, you have been blocked</html>")
    await desk.drain()
    assert desk.states() == ["pending"]
    desk.room.later(MINUTE)
    await desk.drain()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


async def test_a_refused_message_is_put_aside_and_its_channel_goes_on(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish("bad")
    desk.publish("good")
    desk.loopback.fault("POST", CREATE, status=400, body={"code": 50035, "message": "Invalid Form Body"})
    await desk.drain()
    desk.publish("better")
    await desk.drain()
    assert sorted(desk.states()) == ["failed", "sent", "sent"]
    assert "refused (50035)" in {row.reason for row in desk.rows()}
    assert (len(desk.loopback.messages(channel)), desk.asked(channel)) == (2, 3)


async def test_a_rejected_token_ends_the_sender(desk: Desk) -> None:
    desk.channels(2)
    desk.publish()
    desk.loopback.token = "another"
    with pytest.raises(ExceptionGroup) as failure:
        await desk.sender.run()
    assert failure.group_contains(TokenRejectedError)
    assert desk.states() == ["sending", "sending"]


async def test_what_arrived_before_the_token_was_rejected_is_recorded(desk: Desk) -> None:
    good, bad = desk.channels(2)
    desk.publish()
    rejecting = desk.loopback.fault("POST", f"/channels/{bad.id}/messages", status=401, hang=True)
    task = asyncio.create_task(desk.sender.run())
    await desk.until(lambda: [r.status for r in desk.loopback.requests if str(good.id) in r.path] == [200])
    rejecting.release()
    with pytest.raises(ExceptionGroup):
        await task
    assert desk.states() == ["sent", "sending"]


# --- no longer wanted ----------------------------------------------------------------------------------------


async def test_nothing_is_sent_after_an_unsubscribe(desk: Desk) -> None:
    channel = desk.loopback.channel
    subscribed = desk.room.subscribe(channel.id)
    desk.publish()
    desk.room.change("remove", subscribed)
    await desk.drain()
    assert (desk.loopback.posts, desk.rows()) == ([], [])


@pytest.mark.parametrize("what", ["remove", "pause"])
async def test_nothing_is_sent_after_an_unsubscribe_between_claim_and_request(desk: Desk, what: str) -> None:
    channel = desk.loopback.channel
    subscribed = desk.room.subscribe(channel.id)
    desk.publish()
    desk.pace.gate.clear()
    async with desk.sending():
        await desk.until(lambda: desk.states() == ["sending"])
        desk.room.change(what, subscribed)
        desk.pace.gate.set()
        await desk.until(lambda: desk.states() in (["failed"], ["pending"]))
    assert desk.loopback.posts == []


@pytest.mark.parametrize(("what", "state"), [("remove", "failed"), ("pause", "pending")])
async def test_nothing_is_sent_after_an_unsubscribe_while_discord_py_waits_for_the_limit(
    desk: Desk, what: str, state: str
) -> None:
    channel = desk.loopback.channel
    desk.loopback.limits.per_channel = (1, 1.0)
    subscribed = desk.room.subscribe(channel.id)
    desk.publish("one")
    desk.publish("two")
    task = asyncio.create_task(desk.drain())
    await desk.until(lambda: desk.states() == ["sent", "sending"])
    desk.room.change(what, subscribed)
    await task
    assert len(desk.loopback.posts) == 1
    assert desk.asked(channel) == 1
    assert sorted(desk.states()) == sorted(["sent", state])


async def test_a_limit_that_lost_its_subscription_ends(desk: Desk) -> None:
    channel = desk.loopback.channel
    subscribed = desk.room.subscribe(channel.id)
    desk.publish()
    limit = desk.loopback.fault("POST", CREATE, status=429, body={"retry_after": 1}, hang=True)
    task = asyncio.create_task(desk.drain())
    await desk.until(lambda: limit.hits)
    desk.room.change("remove", subscribed)
    limit.release()
    await task
    desk.room.later(MINUTE)
    await desk.drain()
    assert [(row.state, row.reason) for row in desk.rows()] == [(DeliveryState.FAILED, "unsubscribed")]
    assert desk.asked(channel) == 1


@pytest.mark.parametrize("change", [{"published": "false"}, {"heat": -1}], ids=["hidden", "superseded"])
async def test_what_was_withdrawn_meanwhile_is_not_sent(desk: Desk, change: dict[str, object]) -> None:
    desk.channels(1)
    desk.publish()
    desk.room.write("a", **change)  # type: ignore[arg-type]  # a table of cases
    desk.room.load()
    await desk.drain()
    assert [row.reason for row in desk.rows()] == ["withdrawn"]
    assert desk.loopback.posts == []


async def test_what_only_lost_its_scores_is_sent(desk: Desk) -> None:
    desk.channels(1)
    desk.publish()
    desk.room.write("a", heat=None)
    desk.room.load()
    await desk.drain()
    assert desk.states() == ["sent"]


async def test_what_waited_too_long_is_dropped_and_counted(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.channels(2)
    desk.publish()
    desk.room.later(3 * DAY + SECOND)
    await desk.drain()
    assert [row.reason for row in desk.rows()] == ["too old", "too old"]
    assert desk.loopback.posts == []
    assert "2 messages had waited too long and were dropped" in caplog.text


# --- everybody's own pace ------------------------------------------------------------------------------------


async def test_a_slow_channel_delays_nobody(desk: Desk) -> None:
    slow, limited, *others = desk.channels(10)
    desk.publish()
    hanging = desk.loopback.fault("POST", f"/channels/{slow.id}/messages", hang=True)
    desk.loopback.fault("POST", f"/channels/{limited.id}/messages", status=429, body={"retry_after": 1})
    async with desk.sending():
        await desk.until(lambda: desk.states() == ["sending", "pending"] + ["sent"] * 8)
        desk.room.later(2 * SECOND)  # what is due again comes although another is still under way
        desk.sender.wake()
        await desk.until(lambda: desk.states() == ["sending"] + ["sent"] * 9)
        desk.room.later(MINUTE)  # and what is under way is not claimed again, however long it takes
        desk.publish("b")
        desk.sender.wake()
        await desk.until(lambda: desk.states().count("sent") == 18)
        assert desk.asked(slow) == 1  # discord.py sends a channel's messages one after the other
        hanging.release()
        await desk.until(lambda: desk.states() == ["sent"] * 20)
    assert [len(desk.loopback.messages(channel)) for channel in (slow, limited, *others)] == [2] * 10


async def test_stopping_finishes_and_records_what_is_under_way(desk: Desk) -> None:
    desk.channels(3)
    desk.publish()
    hanging = desk.loopback.fault("POST", CREATE, hang=True, times=3)
    task = asyncio.create_task(desk.sender.run())
    await desk.until(lambda: hanging.hits == 3)
    desk.sender.stop()
    desk.publish("later")
    hanging.release()
    async with asyncio.timeout(10):
        await task
    assert desk.states() == ["sent"] * 3 + ["pending"] * 3


# --- a busy database -----------------------------------------------------------------------------------------


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make connections give up on a busy database at once, and the sender try again soon."""
    monkeypatch.setattr(store, "BUSY_TIMEOUT", 1)
    monkeypatch.setattr(patience, "_TROUBLE", 0.01)


@contextmanager
def holding_the_database(desk: Desk) -> Iterator[Callable[[], object]]:
    """Hold the one writing transaction until the function given is called."""
    other = sqlite3.connect(desk.room.settings.database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield lambda: other.execute("ROLLBACK")
    finally:
        other.close()


@pytest.mark.usefixtures("impatient")
async def test_a_busy_database_makes_the_sender_wait(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    async with desk.sending():
        await desk.until(lambda: desk.states() == ["sent"])
        desk.publish("b")
        with holding_the_database(desk) as let_go:
            desk.sender.wake()
            await desk.until(lambda: caplog.text.count("The database is busy") > 2)
            assert desk.asked(channel) == 1  # nothing is sent that could not be claimed
            let_go()
        await desk.until(lambda: desk.states() == ["sent", "sent"])
    assert desk.rows()[1].attempts == 1


@pytest.mark.usefixtures("impatient")
async def test_a_busy_database_makes_recording_wait(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    hanging = desk.loopback.fault("POST", CREATE, hang=True)
    async with desk.sending():
        await desk.until(lambda: hanging.hits)
        with holding_the_database(desk) as let_go:
            hanging.release()
            await desk.until(lambda: caplog.text.count("The database is busy") > 2)
            assert desk.states() == ["sending"]
            let_go()
        await desk.until(lambda: desk.states() == ["sent"])
    assert desk.asked(channel) == 1


@pytest.mark.usefixtures("impatient")
async def test_a_busy_database_at_the_start_makes_the_sender_wait(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    desk.channels(1)
    desk.publish()
    with holding_the_database(desk) as let_go:
        task = asyncio.create_task(desk.drain())
        await desk.until(lambda: caplog.text.count("The database is busy") > 1)
        let_go()
    await task
    assert desk.states() == ["sent"]
