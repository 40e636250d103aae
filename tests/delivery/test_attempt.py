"""What Discord's refusals mean, what may be pinged, and what holds a message back."""

from collections import Counter

import pytest
from sqlalchemy import update

from bot.delivery import patience
from bot.delivery.attempt import TokenRejectedError
from bot.models import DeliveryState
from bot.store.database import connect
from bot.store.deliveries import pause_sending, resume_sending
from bot.store.quarantine import quarantined_ones
from bot.store.tables import deliveries
from tests.delivery.desk import CREATE, Desk
from tests.delivery.newsroom import MINUTE


@pytest.mark.parametrize(
    ("status", "code", "state", "reason"),
    [
        (400, 200000, DeliveryState.FAILED, "AutoMod (200000)"),
        (403, 200001, DeliveryState.FAILED, "AutoMod (200001)"),
        (400, 240000, DeliveryState.FAILED, "AutoMod (240000)"),
        (400, 50035, DeliveryState.FAILED, "refused (50035)"),
        (400, 50006, DeliveryState.FAILED, "refused (50006)"),
        (400, 20028, DeliveryState.PENDING, "not now (20028)"),
        (400, 20029, DeliveryState.PENDING, "not now (20029)"),
        (403, 130000, DeliveryState.PENDING, "not now (130000)"),
        (403, 50001, DeliveryState.PENDING, "no permission"),
        (403, 50013, DeliveryState.PENDING, "no permission"),
        (404, 10003, DeliveryState.PENDING, "gone"),
        (404, 10004, DeliveryState.PENDING, "gone"),
        (403, 20001, DeliveryState.PENDING, "refused (403)"),
    ],
)
async def test_what_a_refusal_means(desk: Desk, status: int, code: int, state: DeliveryState, reason: str) -> None:
    desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=status, body={"code": code, "message": "no"})
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason) == (state, reason)
    (request,) = [each for each in desk.loopback.requests if each.method == "POST"]
    assert request.status == status


async def test_a_blocked_program_stops(desk: Desk) -> None:
    desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=403, body={"code": 40333, "message": "internal network error"})
    with pytest.raises(ExceptionGroup) as failure:
        await desk.sender.run()
    assert failure.group_contains(TokenRejectedError)


@pytest.mark.parametrize("role_id", [None, 4711])
async def test_exactly_one_role_may_be_pinged_or_nothing(desk: Desk, role_id: int | None) -> None:
    desk.channels(1)
    desk.publish()
    with connect(desk.room.url, writes=True) as connection, connection.begin():
        connection.execute(update(deliveries).values(role_id=role_id))
    await desk.drain()
    (post,) = desk.loopback.posts
    allowed = post.payload["allowed_mentions"]
    assert allowed["parse"] == []
    assert [int(each) for each in allowed.get("roles", [])] == ([role_id] if role_id else [])
    assert not allowed.get("users")


async def test_news_that_waited_into_quiet_hours_is_held_until_they_end(desk: Desk) -> None:
    now = desk.room.now
    minute = now.hour * 60 + now.minute
    begin, end = (minute + 10) % 1440, (minute + 40) % 1440
    channel = desk.loopback.channel
    desk.room.subscribe(channel.id, quiet=(begin, end))
    desk.publish()
    desk.room.later(15 * MINUTE)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason, desk.asked(channel)) == (DeliveryState.PENDING, "quiet hours", 0)
    assert 24 * 60 <= row.due_in <= 25 * 60
    desk.room.later(25 * MINUTE)
    await desk.drain()
    assert desk.states() == ["sent"]


async def test_what_may_have_arrived_is_not_held_by_quiet_hours(desk: Desk) -> None:
    now = desk.room.now
    minute = now.hour * 60 + now.minute
    channel = desk.loopback.channel
    desk.room.subscribe(channel.id, quiet=((minute + 1) % 1440, (minute + 60) % 1440))
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=502, effect_first=True)
    await desk.drain()
    desk.loopback.messages_book.forget_nonces()
    desk.room.later(2 * MINUTE)
    await desk.drain()
    assert desk.states() == ["sent"]
    assert len(desk.loopback.messages(channel)) == 1


async def test_a_paused_program_sends_nothing_until_it_is_resumed_also_after_a_restart(desk: Desk) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.pace.gate.clear()
    async with desk.sending():
        await desk.until(lambda: desk.states() == ["sending"])
        await desk.database.write(pause_sending, desk.room.now)  # it is claimed, and waits for its turn
        desk.pace.gate.set()
        await desk.until(lambda: desk.states() == ["pending"])
    desk.new_sender()
    await desk.drain()
    assert desk.asked(channel) == 0
    async with desk.sending():
        await desk.database.write(resume_sending)
        desk.sender.wake()
        await desk.until(lambda: desk.states() == ["sent"])


async def test_a_read_only_database_posts_nothing_and_is_told(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "_TROUBLE", 0.01)
    (channel,) = desk.channels(1)
    desk.publish()
    async with desk.database._writer.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
    assert driver is not None
    await driver.execute("PRAGMA query_only=ON")
    async with desk.sending():
        await desk.until(lambda: caplog.text.count("The database cannot be used") > 2)
        assert (desk.asked(channel), desk.states()) == (0, ["pending"])
        await driver.execute("PRAGMA query_only=OFF")
        await desk.until(lambda: desk.states() == ["sent"])


async def test_a_story_that_three_channels_refuse_is_kept_from_the_others_until_it_changes(desk: Desk) -> None:
    desk.channels(3)
    desk.publish("bad")
    desk.loopback.fault("POST", CREATE, status=400, body={"code": 50035, "message": "Invalid Form Body"}, times=3)
    await desk.drain()
    fourth = desk.loopback.world.add_channel(desk.loopback.guild, "fourth")
    desk.room.subscribe(fourth.id, first=["bad"])
    await desk.drain()
    assert Counter(row.reason for row in desk.rows()) == {"refused (50035)": 3, "quarantined": 1}
    assert desk.asked(fourth) == 0
    with connect(desk.room.url, writes=False) as connection:
        assert [each.title for each in quarantined_ones(connection)] == ["bad"]
    desk.publish("good")
    desk.publish("bad", heat=91)
    with connect(desk.room.url, writes=False) as connection:
        assert len(quarantined_ones(connection)) == 1
    desk.publish("bad", title="Another headline")
    with connect(desk.room.url, writes=False) as connection:
        assert quarantined_ones(connection) == ()
    await desk.drain()
    assert desk.states() == ["failed"] * 4 + ["sent"] * 4


async def test_a_story_that_was_posted_elsewhere_is_not_what_was_refused(desk: Desk) -> None:
    desk.channels(4)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=400, body={"code": 50035, "message": "Invalid Form Body"}, times=3)
    await desk.drain()
    assert Counter(desk.states()) == {"failed": 3, "sent": 1}
    with connect(desk.room.url, writes=False) as connection:
        assert quarantined_ones(connection) == ()
