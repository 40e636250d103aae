"""Choosing and queueing: after each load, and whenever a subscription is due.

Runs in a worker thread with connections of its own: readers and the sender go on meanwhile. A pass reads one snapshot,
decides by `bot.briefing.deciding`, and writes slice by slice what still holds when it is written. It may run twice over
the same load without harm: what a channel has, or has coming, is never queued for it again.
"""

import gc
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from bot.briefing.choosing import Candidate
from bot.briefing.deciding import DAY, Decision, Recent, decide
from bot.briefing.schedules import next_run
from bot.delivery.demand import Demand, Group
from bot.models import DeliveryKind, Often
from bot.store.bars import TodaysBars, store_bars
from bot.store.bulk import hold_pages
from bot.store.candidates import Taken, recent_messages
from bot.store.database import connect
from bot.store.deliveries import Message, channels_told_since, newest_delivery, queue_deliveries
from bot.store.due import Due, due, set_next_runs, unchanged, waiting, waiting_terms
from bot.store.loads import mark_planned, newest_load, unplanned_loads, was_planned_today
from bot.store.rows import epoch

# Subscriptions between two transactions: at 1 each would cost a sync to disk, at all of them other writers would wait
# for the whole pass. Where everyone gets a message these take 0.1 s. After that, SQLite lets those who wait try again
# only every 0.1 s, and in between the next slice may have begun.
_SLICE = 1500

# Seconds that a thread may keep the others waiting for; usually 0.005. Less costs more turns, where both are busy.
_TURN = 0.001

# MB of pages held to write them: at 2 a slice's are written and read again several times, at 100 memory is wasted.
_HELD = 64


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning did: messages queued, loads covered."""

    messages: int
    loads: tuple[int, ...]


class _Decided(NamedTuple):
    subscription: Due
    group: Group
    decision: Decision

    @property
    def message(self) -> Message:
        terms, decision = self.group.terms, self.decision
        return Message(
            self.subscription.id,
            self.subscription.guild_id,
            self.subscription.channel_id,
            DeliveryKind.PUSH if terms.often is Often.INSTANT else DeliveryKind.DIGEST,
            decision.chosen,
            decision.more,
            self.group.bar,
            decision.role_id,
        )

    def recent(self, now: datetime) -> Recent:
        """Return the message as those after it in the channel see it."""
        instant = self.group.terms.often is Often.INSTANT
        return Recent(int(now.timestamp()), self.subscription.id, instant, self.decision.role_id is not None)


class _OvertakenError(Exception):
    """A load came while a pass went on: what it read of articles and stories no longer holds."""


class Planner:
    """Plans everything that is due.

    `spacing` is the least time between two pushes to a channel where the terms say nothing else, `max_age` the age
    from first sight after which an article is no longer news.
    """

    def __init__(self, url: str, *, spacing: timedelta, max_age: timedelta) -> None:
        self._url = url
        self._spacing = spacing
        self._max_age = max_age

    def plan(self, now: datetime) -> Planned:
        """Queue what is due now and return what was done."""
        before = 0
        with (
            _beside_a_loop(),
            connect(self._url, writes=False) as read,
            connect(self._url, writes=True) as write,
        ):
            hold_pages(write, _HELD)
            while True:
                one = _Pass(read, write, now, spacing=self._spacing, max_age=self._max_age)
                try:
                    return Planned(before + one.plan(), one.loads)
                except _OvertakenError:
                    before += one.queued
                finally:
                    read.rollback()


@contextmanager
def _beside_a_loop() -> Iterator[None]:
    """Let an event loop in another thread have its turn within a millisecond or two, whatever this thread does.

    A garbage collection would not be interrupted, and a full one takes 70 ms, several times in a pass. A pass makes
    little that needs one, and lasts seconds.
    """
    usual, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(_TURN)
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()
        sys.setswitchinterval(usual)


class _Pass:
    """One pass over one snapshot of the database."""

    def __init__(
        self, read: Connection, write: Connection, now: datetime, *, spacing: timedelta, max_age: timedelta
    ) -> None:
        self._read, self._write, self._now, self._spacing = read, write, now, spacing
        self.loads = unplanned_loads(read)
        self._newest_load = newest_load(read)
        self._seen = newest_delivery(read)
        self._told_by_others: set[int] = set()
        self._told: dict[int, list[_Decided]] = {}
        self._bars = TodaysBars(read, now)
        self._all_news = Demand(read, now, max_age, self._bars)
        # Who waits for a load had all else before, decided by the same bars: on another day all is looked at again.
        only_new = was_planned_today(read, now)
        self._news = Demand(read, now, max_age, self._bars, self.loads) if only_new else self._all_news
        self.queued = 0

    def plan(self) -> int:
        """Queue what is due and return the number of messages. Raises `_OvertakenError` if a load comes meanwhile."""
        for subscriptions in due(self._read, self._now, most=_SLICE):
            for each in self._plan(subscriptions, self._all_news):
                if each.decision.chosen:
                    self._told.setdefault(each.subscription.channel_id, []).append(each)
        if self.loads:
            wanting = self._news.wanting(waiting_terms(self._read))
            for subscriptions in waiting(self._read, wanting, most=_SLICE):
                self._plan(subscriptions, self._news)
            with self._write.begin():
                self._check_loads()
                self._keep_bars()
                mark_planned(self._write, self.loads, self._now)
        return self.queued

    def _plan(self, subscriptions: Sequence[Due], demand: Demand) -> list[_Decided]:
        """Queue what is due for these subscriptions, and return what was decided."""
        decided = self._decide(subscriptions, demand)
        if decided or self._bars.unsaved:
            self._queue(decided)
        return decided

    def _decide(self, subscriptions: Sequence[Due], demand: Demand) -> list[_Decided]:
        concerned = demand.concerned(subscriptions)
        if not concerned:
            return []
        now = self._now
        taken = Taken(
            self._read, _wanted(group for _, group in concerned), {each.channel_id for each, _ in concerned}, now
        )
        recent = self._recent(concerned, taken)
        for channel in {each.channel_id for each, _ in concerned} & self._told.keys():
            for told in self._told[channel]:
                taken.add(channel, told.decision.chosen)
                recent.setdefault(channel, []).append(told.recent(now))
        decided = []
        for subscription, group in concerned:
            terms, channel = group.terms, subscription.channel_id
            instant = terms.often is Often.INSTANT
            if not instant and subscription.next_run_at is None:  # never scheduled: its time is yet to come
                decision = Decision(next_run(now, terms, group.timezone or "UTC"))
            else:
                matching = taken.left(channel, group.since(subscription.after_load))
                if instant and not matching and subscription.next_run_at is None:
                    continue
                decision = decide(
                    terms,
                    group.timezone,
                    matching,
                    recent.get(channel, ()),
                    now,
                    subscription_id=subscription.id,
                    spacing=self._spacing,
                    ping_bar=group.ping_bar,
                )
            decided.append(each := _Decided(subscription, group, decision))
            if decision.chosen:
                taken.add(channel, decision.chosen)
                recent.setdefault(channel, []).append(each.recent(now))
        return decided

    def _recent(self, concerned: Sequence[tuple[Due, Group]], taken: Taken) -> dict[int, list[Recent]]:
        """Return what the channels had lately to which anything could be posted now."""
        channels = {
            each.channel_id for each, group in concerned if taken.left(each.channel_id, group.since(each.after_load))
        }
        spacings = {group.terms.spacing or 0 for _, group in concerned}
        longest = max(DAY, self._spacing, timedelta(minutes=max(spacings)))
        return recent_messages(self._read, channels, self._now - longest)

    def _queue(self, decided: Sequence[_Decided]) -> None:
        with self._write.begin():
            self._carry_out(decided)

    def _carry_out(self, decided: Sequence[_Decided]) -> None:
        """Queue what was decided, where it still holds, and set when to look again."""
        write, now = self._write, self._now
        self._check_loads()
        self._told_by_others |= channels_told_since(write, self._seen)
        same = unchanged(write, [each.subscription for each in decided])
        messages, times = [], {}
        for each in decided:
            subscription, look_again = each.subscription, each.decision.look_again
            if subscription.id not in same:
                continue  # removed, paused or edited while we chose
            if each.decision.chosen:
                if subscription.channel_id in self._told_by_others:
                    look_again = now  # it was told something while we chose: choose anew
                else:
                    messages.append(each.message)
            if epoch(look_again) != subscription.next_run_at:
                times[subscription.id] = look_again
        if messages:
            queue_deliveries(write, messages, now)
        set_next_runs(write, times)
        self._keep_bars()
        self._seen = newest_delivery(write)
        self.queued += len(messages)

    def _keep_bars(self) -> None:
        """Store the bars that went into this pass: by them it is explained later why something was not posted."""
        if self._bars.unsaved:
            store_bars(self._write, self._bars.unsaved, self._now)
            self._bars.unsaved = []

    def _check_loads(self) -> None:
        if newest_load(self._write) != self._newest_load:
            raise _OvertakenError


def _wanted(groups: Iterable[Group]) -> Collection[Candidate]:
    """Return what any of the groups wants, each once."""
    each_once = {id(group): group for group in groups}
    return {each.key: each for group in each_once.values() for each in group.matching}.values()
