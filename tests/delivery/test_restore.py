"""A database that was put back from a backup does not know what was posted since: nothing of it comes again."""

import pytest

from bot.delivery import recover
from tests.delivery.desk import Desk
from tests.delivery.newsroom import MINUTE


async def test_a_mark_of_a_database_that_was_deleted_says_nothing_of_a_new_one(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.sender._mark.write(1000)
    await desk.drain()
    assert "put back" not in caplog.text
    desk.channels(1)
    desk.publish()
    await desk.drain()
    assert desk.states() == ["sent"]
    assert desk.sender._mark.read() == 1001


async def test_a_database_that_is_older_than_its_mark_posts_nothing_that_may_have_been_posted(
    desk: Desk, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recover, "_GATEWAY_WAIT", 0.05)  # it is not connected
    desk.channels(1)
    desk.publish()
    desk.room.later(5 * MINUTE)
    desk.sender._mark.write(1000)
    await desk.drain()
    assert "put back" in caplog.text
    assert desk.asked(desk.loopback.guild.channels[-1], "GET") == 1
    desk.publish("next")
    await desk.drain()
    desk.publish("new")
    await desk.drain()
    assert desk.states() == ["sent", "sent"]
