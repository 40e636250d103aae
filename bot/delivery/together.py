"""Questions that many ask at about the same time, answered for all of them at once."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q")
A = TypeVar("A")

# Questions to one answer: the sender never has more messages under way.
_MOST = 100


class Together(Generic[Q, A]):
    """Answers what is asked while an earlier answer is under way by one call of `answer`, which begins after all asked.

    So an answer is as fresh as one of one's own. `answer` returns one answer for each question, in their order. Where
    it raises, it is called for each question alone, so that one of them cannot spoil the others.
    """

    def __init__(self, answer: Callable[[Sequence[Q]], Awaitable[Sequence[A]]]) -> None:
        self._answer = answer
        self._asked: list[tuple[Q, asyncio.Future[A]]] = []
        self._task: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Return the answer. Raises what `answer` raises for this question."""
        future: asyncio.Future[A] = asyncio.get_running_loop().create_future()
        self._asked.append((question, future))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._answer_all(), name="questions")
        return await future

    async def _answer_all(self) -> None:
        while self._asked:
            now, self._asked = self._asked[:_MOST], self._asked[_MOST:]
            try:
                if not await self._tell(now) and len(now) > 1:
                    for each in now:
                        await self._tell([each])
            finally:
                for _, future in now:  # of those who ask no more, or of all if this is cancelled
                    future.cancel()

    async def _tell(self, asked: list[tuple[Q, asyncio.Future[A]]]) -> bool:
        """Answer all of these and return whether that went well; the trouble of a single one is told."""
        try:
            answers = await self._answer([question for question, _ in asked])
        except Exception as error:
            if len(asked) == 1 and not asked[0][1].done():
                asked[0][1].set_exception(error)
            return False
        for (_, future), answer in zip(asked, answers, strict=True):
            if not future.done():
                future.set_result(answer)
        return True
