"""One crash, start to finish: the real program, killed with SIGKILL at a chosen point of a chosen send.

How each point is reached, without touching the program:

- before the claim is committed, and before `sent` is: a trigger in the database makes the one statement that changes
  the chosen row's state take for ever, so its transaction is open and holds the write lock when the kill comes;
- after the claim and before the request: the answer to what comes before the chosen send is held (the message before
  it in its channel, or the last request of the start), the stand-in's door is shut, and the answer given. The claim is
  committed then, and the connection for the request cannot be made;
- before the effect, and before the reply: the stand-in has the whole request and waits, before or after its effect.

That the kill came there is read from the outbox and from what the stand-in had seen by then.
"""

import asyncio
import random
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from tests.audit import Audit, Queued, audit, is_locked, outbox, until
from tests.delivery.newsroom import Newsroom
from tests.loopback import Fault, Loopback, Program
from tests.loopback.world import READ_MESSAGE_HISTORY

_LONG = 60.0
# Rows that a query counts where it should not end: minutes.
_ENDLESS = 10**9
# Other transactions hold the lock for milliseconds.
_LOCKED = 0.25
# Past the time for which the program trusts Discord to know a nonce.
_WINDOW = 120


class Point(StrEnum):
    """Where the kill comes."""

    BEFORE_CLAIM = "before the claim is committed"
    BEFORE_REQUEST = "after the claim, before the request"
    BEFORE_EFFECT = "after the request, before its effect"
    BEFORE_REPLY = "after the effect, before the reply"
    BEFORE_RECORD = "after the reply, before `sent` is committed"


class Regime(StrEnum):
    """What Discord still knows when the program starts again."""

    REMEMBERED = "nonces remembered"
    FORGOTTEN = "nonces forgotten, history readable"
    UNREADABLE = "nonces forgotten, history not readable"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of it: whether the (first) kill was at the point, the number of kills, and the books."""

    at_the_point: bool
    kills: int
    books: Audit


@dataclass(frozen=True, slots=True)
class _Evidence:
    """What is known of the chosen send: its state in the outbox; requests, messages made of it, answers."""

    state: str
    asked: int
    made: int
    answered: int


_EXPECTED = {
    Point.BEFORE_CLAIM: _Evidence("pending", 0, 0, 0),
    Point.BEFORE_REQUEST: _Evidence("sending", 0, 0, 0),
    Point.BEFORE_EFFECT: _Evidence("sending", 1, 0, 0),
    Point.BEFORE_REPLY: _Evidence("sending", 1, 1, 0),
    Point.BEFORE_RECORD: _Evidence("sending", 1, 1, 1),
}


@dataclass(frozen=True, slots=True)
class _Target:
    """The send at which the kill comes: so many messages of its channel have gone out `before`."""

    delivery: Queued
    before: int

    @property
    def path(self) -> str:
        return f"/channels/{self.delivery.channel_id}/messages"


async def trial(point: Point, regime: Regime, seed: int, folder: Path) -> Trial:
    """Run one crash in an empty folder; the seed decides how much there is to send, at which send, and what follows."""
    chance = random.Random(f"{point}, {regime}, {seed}")
    async with Loopback(seed=seed) as loopback:
        loopback.messages_book.nonce_window = float("inf")
        crash = _Crash(loopback, folder, chance, regime)
        at_the_point = await crash.kill_at(point)
        if chance.random() < 0.5:
            await crash.kill_somewhere()
        await crash.finish()
        if loopback.violations:
            raise AssertionError(loopback.violations)
        return Trial(at_the_point, crash.kills, audit(outbox(crash.database), loopback))


class _Crash:
    def __init__(self, loopback: Loopback, folder: Path, chance: random.Random, regime: Regime) -> None:
        self._loopback = loopback
        self._folder = folder
        self._chance = chance
        self._regime = regime
        self.database = folder / "heatline.db"
        self.kills = 0
        self._target = self._prepare()

    def _prepare(self) -> _Target:
        """Queue one to three messages for each of three to eight channels, and choose the send."""
        room = Newsroom(self._folder, now=datetime.now(UTC).replace(microsecond=0))
        room.guild_id = self._loopback.guild.id
        deny = READ_MESSAGE_HISTORY if self._regime is Regime.UNREADABLE else 0
        for number in range(self._chance.randint(3, 8)):
            room.subscribe(self._loopback.world.add_channel(self._loopback.guild, f"c{number}", deny=deny).id)
        for number in range(self._chance.randint(1, 3)):
            room.write(f"a{number}")
            room.round()
        deliveries = outbox(self.database)
        chosen = self._chance.choice(deliveries)
        return _Target(chosen, sum(each.channel_id == chosen.channel_id and each.id < chosen.id for each in deliveries))

    async def kill_at(self, point: Point) -> bool:
        """Run until the point is reached, kill, and return whether the kill came there."""
        if point is Point.BEFORE_CLAIM:
            self._never_ends("sending")
        elif point is Point.BEFORE_RECORD:
            self._never_ends("sent")
        async with self._program() as program:
            held = await self._reach(point)
            # What else is under way is at another place each time.
            await asyncio.sleep(self._chance.uniform(0, 0.03))
            await program.kill()
        there = self._evidence() == _EXPECTED[point]
        if held is not None and point is Point.BEFORE_EFFECT:
            await self._let_go(held)
        await self._afterwards()
        return there

    async def kill_somewhere(self) -> None:
        """Run again, and kill in the moment in which one of the messages comes in, or once all is sent."""
        wanted = self._creates() + self._chance.randint(1, max(1, self._open()))
        async with self._program() as program:
            await until(lambda: self._creates() >= wanted or not self._open(), _LONG)
            await program.kill()
        await self._afterwards()

    async def finish(self) -> None:
        """Run until the outbox is empty, and stop in order."""
        identified = len(self._loopback.ledger.identifies)
        async with self._program() as program:
            await self._loopback.wait_for(lambda: len(self._loopback.ledger.identifies) > identified, _LONG)
            await until(lambda: not self._open(), _LONG)
            code, _ = await program.terminate()
        if code != 0:
            raise AssertionError(f"ended with {code}: {program.output()[-2000:]}")

    # --- reaching a point ---

    async def _reach(self, point: Point) -> Fault | None:
        before = self._target.before
        if point is Point.BEFORE_CLAIM:
            await self._write_lock_held(lambda: self._evidence().answered == 0)
        elif point is Point.BEFORE_RECORD:
            await self._write_lock_held(lambda: self._evidence().answered == 1)
        elif point is Point.BEFORE_REQUEST:
            last = self._hold(before - 1, effect_first=True) if before else self._hold_start()
            await self._loopback.wait_for(lambda: last.hits, _LONG)
            await self._loopback.shut()
            last.release()
            await until(lambda: self._evidence().state == "sending", _LONG)
        else:
            held = self._hold(before, effect_first=point is Point.BEFORE_REPLY)
            await self._loopback.wait_for(lambda: self._evidence() == _EXPECTED[point], _LONG)
            return held
        return None

    def _hold(self, passing: int, *, effect_first: bool) -> Fault:
        """Let so many messages of the channel pass, and hold the next."""
        self._loopback.fault("POST", self._target.path, times=passing)
        return self._loopback.fault("POST", self._target.path, hang=True, effect_first=effect_first)

    def _hold_start(self) -> Fault:
        """Hold the last request of the start, after which sending begins: Discord is told of the commands."""
        return self._loopback.fault("PUT", "/applications/*/commands", hang=True)

    async def _let_go(self, held: Fault) -> None:
        """Let the request of the dead take effect after all, or be lost on its way."""
        held.reset = self._chance.random() < 0.5
        held.release()
        if not held.reset:
            await self._loopback.wait_for(lambda: self._evidence().made == 1, _LONG)

    def _never_ends(self, state: str) -> None:
        """Let the statement that brings the chosen row to this state take for ever."""
        with closing(sqlite3.connect(self.database, timeout=15)) as connection:
            connection.executescript(
                f"""CREATE VIEW endless AS WITH RECURSIVE n(i) AS
                      (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {_ENDLESS}) SELECT i FROM n;
                    CREATE TRIGGER held BEFORE UPDATE OF state ON deliveries
                    WHEN NEW.id = {self._target.delivery.id} AND NEW.state = '{state}'
                    BEGIN SELECT count(*) FROM endless; END;"""
            )

    async def _write_lock_held(self, meanwhile: Callable[[], bool]) -> None:
        """Wait until somebody has held the write lock for long, while something is so."""
        since = time.monotonic()

        def held() -> bool:
            nonlocal since
            if not (meanwhile() and is_locked(self.database)):
                since = time.monotonic()
            return time.monotonic() - since > _LOCKED

        await until(held, _LONG)

    # --- looking ---

    def _evidence(self) -> _Evidence:
        target = self._target
        (state,) = [each.state for each in outbox(self.database) if each.id == target.delivery.id]
        requests = [each for each in self._loopback.requests if (each.method, each.path) == ("POST", target.path)]
        made = [post for post in self._loopback.posts if post.nonce == target.delivery.nonce and not post.duplicate]
        answered = sum(each.status == 200 for each in requests)
        return _Evidence(state, len(requests) - target.before, len(made), answered - target.before)

    def _creates(self) -> int:
        return sum(each.method == "POST" for each in self._loopback.requests)

    def _open(self) -> int:
        return sum(each.state in ("pending", "sending") for each in outbox(self.database))

    # --- between two runs ---

    def _program(self) -> Program:
        return Program(self._loopback, self._folder, settings={"CORPUS_DIR": str(self._folder / "corpus")})

    async def _afterwards(self) -> None:
        """Take away what held the program, and let the time pass in which Discord knows nonces."""
        self.kills += 1
        self._loopback.faults.clear()
        await self._loopback.open()
        with closing(sqlite3.connect(self.database, timeout=15)) as connection, connection:
            connection.execute("DROP TRIGGER IF EXISTS held")
            connection.execute("DROP VIEW IF EXISTS endless")
            if self._regime is not Regime.REMEMBERED:
                connection.execute(
                    "UPDATE deliveries SET first_attempt_at = first_attempt_at - ? WHERE state = 'sending'", (_WINDOW,)
                )
        if self._regime is not Regime.REMEMBERED:
            self._loopback.messages_book.forget_nonces()
