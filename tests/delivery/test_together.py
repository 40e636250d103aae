"""Questions asked at about the same time: one answer for all, begun after the last of them was asked."""

import asyncio
from collections.abc import Sequence

import pytest

from bot.delivery.together import Together


class Oracle:
    """Doubles numbers when it is let; keeps what it was asked together."""

    def __init__(self) -> None:
        self.asked: list[list[int]] = []
        self.gate = asyncio.Event()
        self.reached = asyncio.Event()
        self.together = Together(self.answer)

    async def answer(self, numbers: Sequence[int]) -> list[int]:
        self.asked.append(list(numbers))
        self.reached.set()
        await self.gate.wait()
        if 13 in numbers:
            raise ValueError(13)
        return [2 * number for number in numbers]


async def test_what_is_asked_at_once_is_answered_at_once() -> None:
    oracle = Oracle()
    oracle.gate.set()
    assert await asyncio.gather(*(oracle.together.ask(number) for number in range(5))) == [0, 2, 4, 6, 8]
    assert oracle.asked == [[0, 1, 2, 3, 4]]


async def test_what_is_asked_during_an_answer_waits_for_one_that_begins_later() -> None:
    oracle = Oracle()
    first = asyncio.create_task(oracle.together.ask(1))
    await oracle.reached.wait()
    others = [asyncio.create_task(oracle.together.ask(number)) for number in (2, 3)]
    await asyncio.sleep(0)
    oracle.gate.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6]
    assert oracle.asked == [[1], [2, 3]]


async def test_one_that_cannot_be_answered_spoils_no_other() -> None:
    oracle = Oracle()
    oracle.gate.set()
    answers = await asyncio.gather(*(oracle.together.ask(number) for number in (1, 13, 2)), return_exceptions=True)
    assert [answers[0], answers[2]] == [2, 4]
    assert isinstance(answers[1], ValueError)


async def test_one_who_asks_no_more_disturbs_no_other() -> None:
    oracle = Oracle()
    asking = [asyncio.create_task(oracle.together.ask(number)) for number in (1, 2)]
    await oracle.reached.wait()
    asking[0].cancel()
    await asyncio.sleep(0)
    oracle.gate.set()
    assert await asking[1] == 4
    with pytest.raises(asyncio.CancelledError):
        await asking[0]
