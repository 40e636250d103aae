"""Choosing and queueing: after each load, and whenever a subscription is due.

Runs in a worker thread with connections of its own, in slices: readers and the sender go on meanwhile. It may run
twice over the same load without harm: what a channel has, or has coming, is never queued for it again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.briefing.choosing import Candidate, choose
from bot.briefing.schedules import next_run
from bot.models import Bars, DeliveryKind, Filter, Often, Subscription
from bot.store import bars, candidates, deliveries, loads, servers, subscriptions
from bot.store.database import connect

_DAY = timedelta(days=1)

# Subscriptions looked at between two transactions: at 1 each would cost a sync to disk, at all of them other writers
# would wait for the whole pass.
_SLICE = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """What a pass did: messages queued, loads covered."""

    messages: int
    loads: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Queue:
    subscription: Subscription
    kind: DeliveryKind
    chosen: tuple[Candidate, ...]
    more: int


@dataclass(frozen=True, slots=True)
class _Decision:
    """What a pass decided on one subscription: a message or none, and when to look at it again."""

    subscription: Subscription
    next_run_at: datetime | None
    message: _Queue | None = None


class Planner:
    """Plans everything that is due.

    `spacing` is the least time between two pushes to a channel, `max_age` the age from first sight after which an
    article is no longer news.
    """

    def __init__(self, url: str, *, spacing: timedelta, max_age: timedelta) -> None:
        self._url = url
        self._spacing = spacing
        self._max_age = max_age

    def plan(self, now: datetime) -> Planned:
        """Queue what is due now and return what was done."""
        queued = 0
        with connect(self._url, writes=False) as read, connect(self._url, writes=True) as write:
            covered = loads.unplanned_loads(read)
            offered = candidates.candidates(read, now - self._max_age)
            read.rollback()
            beyond = 0
            while due := subscriptions.due_subscriptions(
                read, now, after_a_load=bool(covered), beyond=beyond, most=_SLICE
            ):
                beyond = due[-1].id
                decisions = self._decide(read, due, offered, now)
                read.rollback()
                with write.begin():
                    queued += sum(_carry_out(write, decision, now) for decision in decisions)
            read.rollback()
            if covered:
                with write.begin():
                    loads.mark_planned(write, covered, now)
        return Planned(queued, covered)

    def _decide(
        self, read: Connection, due: Sequence[Subscription], offered: Sequence[Candidate], now: datetime
    ) -> list[_Decision]:
        channels = {subscription.channel_id for subscription in due}
        had = candidates.had(read, channels, offered, now)
        pushes = candidates.recent_pushes(read, channels, now - max(_DAY, self._spacing))
        by_filter: dict[Filter, Bars] = {}
        decisions = []
        for subscription in due:
            wanted = subscription.terms.filter
            if wanted not in by_filter:
                by_filter[wanted] = bars.current_bars(read, wanted, now)
            bar = by_filter[wanted].bar(subscription.terms.level)
            matching = [
                candidate
                for candidate in offered
                if candidate.load > subscription.after_load
                and candidate.heat >= bar
                and wanted.matches(candidate.topics, candidate.provider)
                and not had.includes(subscription.channel_id, candidate)
            ]
            decision = self._decide_one(read, subscription, matching, pushes, now)
            if decision.message is not None:
                channel = subscription.channel_id
                for candidate in decision.message.chosen:
                    had.add(channel, candidate)
                if decision.message.kind is DeliveryKind.PUSH:
                    pushes.setdefault(channel, []).insert(0, (int(now.timestamp()), subscription.id))
            decisions.append(decision)
        return decisions

    def _decide_one(
        self,
        read: Connection,
        subscription: Subscription,
        matching: list[Candidate],
        pushes: dict[int, list[tuple[int, int]]],
        now: datetime,
    ) -> _Decision:
        terms = subscription.terms
        if terms.often is not Often.INSTANT:
            timezone = servers.server(read, subscription.guild_id).timezone or "UTC"
            next_run_at = next_run(now, terms, timezone)
            if subscription.next_run_at is None:  # never scheduled: its time is yet to come
                return _Decision(subscription, next_run_at)
            return self._message(subscription, DeliveryKind.DIGEST, matching, next_run_at)
        if not matching:
            return _Decision(subscription, None)
        earliest = self._earliest_push(subscription, pushes.get(subscription.channel_id, ()))
        if earliest is not None and earliest > now:
            return _Decision(subscription, earliest)
        return self._message(subscription, DeliveryKind.PUSH, matching, now + self._spacing)

    def _message(
        self, subscription: Subscription, kind: DeliveryKind, matching: list[Candidate], next_run_at: datetime
    ) -> _Decision:
        choice = choose(matching, cap=len(matching)) if subscription.terms.providers else choose(matching)
        if not choice.chosen:
            return _Decision(subscription, next_run_at)
        # A digest says how many more there were; as it happens, they come with the next message.
        more = choice.more if kind is DeliveryKind.DIGEST else 0
        return _Decision(subscription, next_run_at, _Queue(subscription, kind, choice.chosen, more))

    def _earliest_push(self, subscription: Subscription, pushes: Sequence[tuple[int, int]]) -> datetime | None:
        """Return when spacing and daily limit let the next push go, None for at any time."""
        times = []
        if pushes and self._spacing:
            times.append(datetime.fromtimestamp(pushes[0][0], UTC) + self._spacing)
        own = [at for at, subscription_id in pushes if subscription_id == subscription.id]
        limit = subscription.terms.daily_limit
        if len(own) >= limit:
            times.append(datetime.fromtimestamp(own[limit - 1], UTC) + _DAY)
        return max(times, default=None)


def _carry_out(write: Connection, decision: _Decision, now: datetime) -> int:
    """Queue the decision's message and set the next run; return the number of messages queued."""
    subscription = decision.subscription
    current = subscriptions.subscription(write, subscription.id)
    if current is None or (current.state, current.next_run_at) != (subscription.state, subscription.next_run_at):
        return 0  # removed, paused or given another time while we chose
    subscriptions.set_next_run(write, subscription.id, decision.next_run_at)
    bars.keep_bars(write, subscription.terms.filter, now)
    if decision.message is None:
        return 0
    queued = deliveries.queue_delivery(
        write,
        subscription_id=subscription.id,
        guild_id=subscription.guild_id,
        channel_id=subscription.channel_id,
        kind=decision.message.kind,
        told=[deliveries.Piece(c.key, c.url_key, c.story) for c in decision.message.chosen],
        more=decision.message.more,
        now=now,
    )
    return 0 if queued is None else 1
