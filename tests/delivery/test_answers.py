"""Answers that break off, or that are not Discord's: what they mean is unknown, and what was sent comes once."""

import pytest

from bot.models import DeliveryState
from tests.delivery.desk import CREATE, Desk
from tests.delivery.newsroom import MINUTE, SECOND
from tests.loopback.faults import Cut

# What Cloudflare shows while Discord cannot be reached, shortened.
PAGE = """<!DOCTYPE html>
<html lang="en-US"><head><title>discord.com | 520: Web server is returning an unknown error</title></head>
<body><div id="cf-wrapper">Cloudflare Ray ID: <strong>8c1f00ba5eba1100</strong></div></body></html>
"""


@pytest.mark.parametrize(
    ("where", "reason"),
    [("before", "ServerDisconnectedError"), ("body", "ClientPayloadError"), ("chunk", "ClientPayloadError")],
)
async def test_an_answer_that_breaks_off_is_asked_for_again_and_makes_one_message(
    desk: Desk, caplog: pytest.LogCaptureFixture, where: Cut, reason: str
) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, cut=where)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason, desk.asked(channel)) == (DeliveryState.SENDING, reason, 1)
    assert len(desk.loopback.messages(channel)) == 1
    await desk.drain()
    assert (desk.states(), desk.asked(channel)) == (["sent"], 2)
    assert len(desk.loopback.messages(channel)) == 1
    first, again = desk.loopback.posts
    assert (again.nonce, again.duplicate) == (first.nonce, True)
    assert caplog.text == ""


@pytest.mark.parametrize(
    ("status", "says"), [(502, "text/html; charset=UTF-8"), (503, "application/json"), (520, "text/html")]
)
async def test_a_page_of_cloudflares_is_tried_again_by_us_and_not_logged(
    desk: Desk, caplog: pytest.LogCaptureFixture, status: int, says: str
) -> None:
    (channel,) = desk.channels(1)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=status, body=PAGE, headers={"Content-Type": says}, effect_first=True)
    await desk.drain()
    (row,) = desk.rows()
    assert (row.state, row.reason) == (DeliveryState.SENDING, f"Discord answered {status}")
    assert desk.asked(channel) == 1  # discord.py does not retry by itself
    await desk.drain()
    assert (desk.states(), desk.asked(channel)) == (["sent"], 2)
    assert len(desk.loopback.messages(channel)) == 1
    assert caplog.text == ""


@pytest.mark.parametrize("status", [400, 404])
async def test_a_page_that_refuses_is_neither_the_channels_fault_nor_the_storys(
    desk: Desk, caplog: pytest.LogCaptureFixture, status: int
) -> None:
    desk.channels(4)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=status, body=PAGE, times=4)
    await desk.drain()
    assert {(row.state, row.reason) for row in desk.rows()} == {(DeliveryState.PENDING, f"refused ({status})")}
    desk.room.later(MINUTE)
    await desk.drain()
    assert desk.states() == ["sent"] * 4
    assert caplog.text == ""


async def test_what_failed_together_is_not_tried_again_together(desk: Desk) -> None:
    desk.channels(12)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=520, body=PAGE, times=None)
    for _ in range(5):
        await desk.drain()
    waits = [row.due_in for row in desk.rows()]
    assert 16 <= min(waits) < max(waits) <= 20
    desk.loopback.faults.clear()
    desk.room.later(20 * SECOND)
    await desk.drain()
    assert desk.states() == ["sent"] * 12
    assert len(desk.loopback.posts) == 12
