"""Never faster than Discord allows, one pause for everybody, and a stop before Discord bans."""

import asyncio
import random
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, cast

import aiohttp
import pytest

from bot.delivery.pace import (
    BANNED,
    BURST,
    IN_FLIGHT,
    INVALID_LIMIT,
    INVALID_WINDOW,
    RATE,
    WINDOW,
    Pace,
    ThrottledError,
    UpstreamError,
)
from tests.delivery.desk import CREATE, Desk


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def answered(pace: Pace, status: int, **headers: str) -> None:
    """Let the pace see an answer of Discord's."""
    response = SimpleNamespace(status=status, headers={name.replace("_", "-"): text for name, text in headers.items()})
    end = cast(aiohttp.TraceRequestEndParams, SimpleNamespace(response=response))
    for see in pace.trace().on_request_end:
        await see(cast(Any, None), SimpleNamespace(), end)


async def test_no_second_sees_more_than_the_rate_and_the_burst() -> None:
    loop = asyncio.get_running_loop()
    pace = Pace()
    times: list[float] = []

    async def send() -> None:
        async with pace.slot():
            times.append(loop.time())

    await asyncio.gather(*(send() for _ in range(100)))
    times.sort()
    busiest = max(sum(start <= at < start + 1 for at in times) for start in times)
    assert busiest <= RATE + BURST
    assert times[-1] - times[0] >= (100 - BURST - 1) / RATE


async def test_a_place_is_free_again_a_second_after_the_answer() -> None:
    loop = asyncio.get_running_loop()
    pace = Pace()
    started: list[float] = []
    answers: list[float] = []
    full = asyncio.Event()
    (sent,) = pace.trace().on_request_headers_sent

    async def send() -> None:
        async with pace.slot():
            await sent(cast(Any, None), SimpleNamespace(), cast(Any, None))
            started.append(loop.time())
            if len(started) == IN_FLIGHT:
                full.set()
            await full.wait()
            answers.append(loop.time())

    await asyncio.gather(*(send() for _ in range(IN_FLIGHT + 5)))
    resolution = 0.01
    assert started[IN_FLIGHT] >= answers[0] + WINDOW - resolution


@pytest.mark.parametrize(
    ("status", "headers", "pause"),
    [
        (200, {}, 0),
        (429, {"Via": "1.1 google", "Retry_After": "7"}, 0),  # a route's: its caller alone waits
        (429, {"Via": "1.1 google", "Retry_After": "7", "X_RateLimit_Global": "true"}, 7),
        (429, {"Retry_After": "7"}, 300),  # a ban
        (429, {"Retry_After": "3600"}, 3600),
        (429, {}, 300),
        (429, {"Via": "1.1 google", "Retry_After": "soon", "X_RateLimit_Global": "true"}, 1),
        (503, {}, 0),
        (403, {}, 0),
    ],
)
async def test_what_an_answer_pauses(status: int, headers: dict[str, str], pause: float) -> None:
    clock = Clock()
    pace = Pace(clock)
    await answered(pace, status, **headers)
    assert pace.paused_for() == pytest.approx(pause)
    clock.now += pause
    assert pace.paused_for() == 0


async def test_only_requests_of_a_turn_are_stopped() -> None:
    pace = Pace(Clock())
    limit = {"Via": "1.1 google", "Retry_After": "2", "X_RateLimit_Reset_After": "2.75"}
    await answered(pace, 429, **limit)
    await answered(pace, 502)
    async with pace.slot():
        with pytest.raises(ThrottledError) as limited:
            await answered(pace, 429, **limit)
        with pytest.raises(UpstreamError):
            await answered(pace, 502)
    assert (limited.value.retry_after, limited.value.everywhere) == (2.75, False)
    await answered(pace, 502)


async def test_invalid_requests_are_counted_for_ten_minutes() -> None:
    clock = Clock()
    pace = Pace(clock)
    for status in (401, 403, 404, 400, 200):
        await answered(pace, status)
    await answered(pace, 429, Via="1.1 google", X_RateLimit_Scope="shared")
    assert pace.invalid_requests == 2
    clock.now += INVALID_WINDOW
    assert pace.invalid_requests == 0


async def test_too_many_invalid_requests_stop_everything_until_they_are_forgotten() -> None:
    clock = Clock()
    pace = Pace(clock)
    for _ in range(INVALID_LIMIT - 1):
        await answered(pace, 403)
    clock.now += 60
    assert pace.paused_for() == 0
    await answered(pace, 403)
    assert pace.paused_for() == pytest.approx(INVALID_WINDOW - 60)
    clock.now += INVALID_WINDOW - 60
    assert pace.paused_for() == 0


async def test_a_pause_that_begins_while_waiting_holds_everybody_back() -> None:
    pace = Pace()
    started = 0

    async def send() -> None:
        nonlocal started
        async with pace.slot():
            started += 1
            if started == 3:
                pace.pause(1000)
                paused.set()

    paused = asyncio.Event()
    tasks = [asyncio.create_task(send()) for _ in range(60)]
    await paused.wait()
    for task in tasks:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert started == 3


async def test_two_hundred_channels_at_discords_own_limit_see_no_429(desk: Desk) -> None:
    desk.loopback.limits.global_per_second = 50
    desk.channels(200)
    desk.publish()
    async with desk.sending():
        await desk.until(lambda: len(desk.loopback.posts) == 200)
    assert desk.states() == ["sent"] * 200
    assert desk.loopback.ledger.statuses[429] == 0
    sent = sorted(post.at for post in desk.loopback.posts)
    assert 199 / (sent[-1] - sent[0]) < RATE + 2


async def test_a_ban_stops_all_sending(desk: Desk) -> None:
    desk.channels(60)
    desk.publish()
    desk.loopback.fault("POST", CREATE, status=429, body="<html>banned</html>", times=None)
    task = asyncio.create_task(desk.sender.run())
    await desk.until(lambda: "rate limited" in {row.reason for row in desk.rows()})
    assert desk.pace.paused_for() > 299
    task.cancel()
    await asyncio.wait({task})
    # Those that were under way with the first one, and no more.
    assert 1 <= desk.loopback.ledger.statuses[429] <= 2 * BURST
    assert "sent" not in desk.states()


async def test_after_a_ban_one_request_is_tried_until_one_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.delivery.pace.BANNED", 0.05)
    pace = Pace()
    tried = 0
    banned = {"Retry_After": "0"}

    async def send() -> bool:
        nonlocal tried
        async with pace.slot():
            tried += 1
            alone = pace.is_banned()
            try:
                await (answered(pace, 429, **banned) if tried < 4 else answered(pace, 200))
            except ThrottledError:
                return alone
        return alone

    assert not await send()
    assert pace.is_banned()
    tasks = [asyncio.create_task(send()) for _ in range(20)]
    results = await asyncio.gather(*tasks)
    assert not pace.is_banned()
    # Two more are refused, one each after a rest; the third is answered and lets the others go.
    assert results.count(True) == 3


async def test_a_ban_is_not_asked_about_again_at_once_where_no_answer_comes() -> None:
    pace = Pace(clock := Clock())
    with pytest.raises(ThrottledError):
        async with pace.slot():
            await answered(pace, 429)
    clock.now += BANNED
    (sent,) = pace.trace().on_request_headers_sent
    async with pace.slot():
        await sent(cast(Any, None), SimpleNamespace(), cast(Any, None))
    assert pace.is_banned()
    assert pace.paused_for() == BANNED


async def rate_of(pace: Pace, count: int, answer: float, jitter: float, seed: int) -> tuple[float, int]:
    """Send to a server that counts at a random moment of each round trip; return the rate, and its busiest second."""
    loop, chance = asyncio.get_running_loop(), random.Random(seed)
    counted: list[float] = []
    (sent,), (see,) = pace.trace().on_request_headers_sent, pace.trace().on_request_end
    response = SimpleNamespace(status=200, headers={})

    async def send() -> None:
        async with pace.slot():
            await sent(cast(Any, None), SimpleNamespace(), cast(Any, None))
            took = answer + chance.uniform(0, jitter)
            counts_after = chance.uniform(0, took)
            await asyncio.sleep(counts_after)
            counted.append(loop.time())
            await asyncio.sleep(took - counts_after)
            await see(cast(Any, None), SimpleNamespace(), cast(Any, SimpleNamespace(response=response)))

    await asyncio.gather(*(send() for _ in range(count)))
    counted.sort()
    busiest = max(sum(start <= at < start + 1 for at in counted) for start in counted)
    return (count - 1) / (counted[-1] - counted[0]), busiest


@pytest.mark.parametrize(("answer", "jitter"), [(0.02, 0.01), (0.1, 0.03), (0.2, 0.05)])
async def test_slow_answers_slow_nobody_and_no_second_is_too_busy(answer: float, jitter: float) -> None:
    rate, busiest = await rate_of(Pace(), 225, answer, jitter, seed=1)
    assert rate >= 0.95 * RATE
    assert busiest <= 50
