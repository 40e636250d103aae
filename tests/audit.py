"""The books compared: what the outbox says was sent, and what Discord accepted."""

import asyncio
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.loopback import Loopback


@dataclass(frozen=True, slots=True)
class Queued:
    """One delivery as the outbox has it."""

    id: int
    channel_id: int
    state: str
    nonce: str
    uncertain: bool


@dataclass(frozen=True, slots=True)
class Audit:
    """What went wrong, each as a number of deliveries, but `extra`, the messages that were one too many.

    `uncounted` are those of the doubled that the outbox does not call uncertain; `uncertain` are all that it does.
    """

    queued: int
    lost: int
    twice: int
    extra: int
    uncounted: int
    uncertain: int
    astray: int
    disordered: int


def outbox(database: Path) -> list[Queued]:
    """Return every delivery, in the order of queueing."""
    with closing(sqlite3.connect(database, timeout=15)) as connection:
        rows = connection.execute("SELECT id, channel_id, state, nonce, uncertain FROM deliveries ORDER BY id")
        return [Queued(number, channel, state, nonce, bool(doubt)) for number, channel, state, nonce, doubt in rows]


def is_locked(database: Path) -> bool:
    """Whether somebody is writing now."""
    with closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return True
        connection.execute("ROLLBACK")
        return False


async def until(condition: Callable[[], object], within: float) -> None:
    """Wait until the condition holds; it is asked every few milliseconds."""
    async with asyncio.timeout(within):
        while not condition():  # noqa: ASYNC110 - nobody tells of what another process committed
            await asyncio.sleep(0.01)


def audit(deliveries: Iterable[Queued], loopback: Loopback) -> Audit:
    """Compare the outbox, in which everything should be sent by now, with the messages that were made."""
    known = {each.nonce: each for each in deliveries}
    made: dict[str, list[int]] = defaultdict(list)  # nonce: the channel of each message that was made
    newest: dict[int, int] = defaultdict(int)  # channel: the latest delivery that it got a first message of
    disordered = 0
    for post in loopback.posts:
        if post.kind != "create" or post.duplicate:
            continue
        nonce = post.nonce or ""
        if nonce in known and nonce not in made:
            disordered += known[nonce].id < newest[post.channel_id]
            newest[post.channel_id] = max(newest[post.channel_id], known[nonce].id)
        made[nonce].append(post.channel_id)
    doubled = [nonce for nonce, channels in made.items() if len(channels) > 1]
    return Audit(
        queued=len(known),
        lost=sum(each.state != "sent" or each.channel_id not in made[nonce] for nonce, each in known.items()),
        twice=len(doubled),
        extra=sum(len(made[nonce]) - 1 for nonce in doubled),
        uncounted=sum(nonce not in known or not known[nonce].uncertain for nonce in doubled),
        uncertain=sum(each.uncertain for each in known.values()),
        astray=sum(
            nonce not in known or channel != known[nonce].channel_id
            for nonce, channels in made.items()
            for channel in channels
        ),
        disordered=disordered,
    )
