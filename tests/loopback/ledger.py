"""The ledger: what the program asked and did, in order, and a way to wait for it without polling."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from .world import Json

T = TypeVar("T")


@dataclass(slots=True)
class Request:
    """One REST request; `status` stays None while it hangs and is 0 when the connection was cut."""

    method: str
    path: str
    at: float
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One accepted create or edit of a channel's message.

    A create with `duplicate` had the nonce of an earlier one: it was answered with that message and made none.
    """

    kind: Literal["create", "edit"]
    channel_id: int
    message_id: int
    payload: Json
    nonce: str | None
    duplicate: bool
    at: float


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that Heatline must never do: a mention that could fire, a payload that Discord refuses, ..."""

    rule: Literal["mentions", "payload", "route", "interaction"]
    where: str
    detail: str


@dataclass(slots=True)
class Ledger:
    """Everything that happened so far; times are seconds since the stand-in was made."""

    requests: list[Request] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    syncs: list[tuple[int | None, list[Json]]] = field(default_factory=list)
    identifies: list[Json] = field(default_factory=list)
    resumes: list[Json] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)
    _condition: asyncio.Condition = field(default_factory=asyncio.Condition)

    def now(self) -> float:
        """Return the seconds since the stand-in was made."""
        return time.monotonic() - self._started

    @property
    def statuses(self) -> Counter[int]:
        """Answered requests by status."""
        return Counter(request.status for request in self.requests if request.status is not None)

    @property
    def invalid_requests(self) -> int:
        """Requests that count toward Discord's ban: answered 401, 403 or 429."""
        return sum(self.statuses[status] for status in (401, 403, 429))

    async def changed(self) -> None:
        """Wake everyone who waits for something to happen."""
        async with self._condition:
            self._condition.notify_all()

    async def wait_for(self, predicate: Callable[[], T], within: float = 5.0, *, what: str = "it") -> T:
        """Return the predicate's first true value; it is asked again whenever something happened.

        Raises TimeoutError, with what did happen, after `within` seconds.
        """
        try:
            async with asyncio.timeout(within), self._condition:
                return await self._condition.wait_for(predicate)
        except TimeoutError:
            raise TimeoutError(f"waited {within:g} s for {what}; {self.summary()}") from None

    def summary(self) -> str:
        """Return what happened, in one line, for errors."""
        last = ", ".join(f"{r.method} {r.path} -> {r.status}" for r in self.requests[-8:])
        return (
            f"{len(self.identifies)} identifies, {len(self.requests)} requests {dict(self.statuses)}, "
            f"{len(self.posts)} posts, {len(self.violations)} violations; last: {last or 'nothing'}"
        )
