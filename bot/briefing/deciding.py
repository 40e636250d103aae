"""What a subscription posts now, or when to look again: planner, backtest and explanation all decide by this."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import NamedTuple

from bot.briefing.choosing import Candidate, choose
from bot.briefing.quiet import length, quiet_hours, quiet_until
from bot.briefing.schedules import next_run
from bot.models import Bars, Often, Terms

DAY = timedelta(days=1)

# How long a digest's own period can be: Friday's and Monday's lie three days apart.
_PERIODS = {Often.DAILY: DAY, Often.WEEKDAYS: 3 * DAY, Often.WEEKLY: 7 * DAY}


class Recent(NamedTuple):
    """A message that the channel has had, or has coming: when it was queued (epoch seconds), and for whom.

    `push` says that it came as it happened, `pings` that it pings a role.
    """

    at: int
    subscription_id: int
    push: bool
    pings: bool


class Decision(NamedTuple):
    """A message to post now, if anything is chosen, and when to look again: None for after the next load.

    `more` stories matched and did not fit. Where no message is due, `more` is 0.
    """

    look_again: datetime | None
    chosen: tuple[Candidate, ...] = ()
    more: int = 0
    role_id: int | None = None


def bar_of(terms: Terms, bars: Bars) -> int:
    """Return the least heat that the terms let through."""
    return bars.bar(terms.level) if terms.min_heat is None else terms.min_heat


def reach(terms: Terms, max_age: timedelta) -> timedelta:
    """Return the age from first sight after which an article is no longer news for a subscription.

    A digest reaches back over its own period and a day more: what was held once is in the next.
    """
    period = _PERIODS.get(terms.often)
    return max_age if period is None else max(max_age, period + DAY)


def news_until(seen_at: int, terms: Terms, timezone: str | None, max_age: timedelta) -> datetime:
    """Return until when an article first seen then is news.

    What would get too old in quiet hours is held beyond them, for 24 hours at most.
    """
    end = datetime.fromtimestamp(seen_at, UTC) + reach(terms, max_age)
    hours = quiet_hours(terms, timezone)
    quiet = quiet_until(end, hours, timezone) if hours else None
    return end if hours is None or quiet is None else min(quiet + length(hours), end + DAY)


def fresh(
    candidates: Sequence[Candidate], terms: Terms, timezone: str | None, max_age: timedelta, now: datetime
) -> Sequence[Candidate]:
    """Return the candidates that are still news."""
    since = (now - reach(terms, max_age)).timestamp()
    held = since - DAY.total_seconds()  # older ones no quiet hours could hold
    if all(candidate.seen_at >= since for candidate in candidates):
        return candidates
    return [
        each
        for each in candidates
        if each.seen_at >= since or (each.seen_at >= held and news_until(each.seen_at, terms, timezone, max_age) >= now)
    ]


def decide(
    terms: Terms,
    timezone: str | None,
    matching: Iterable[Candidate],
    recent: Iterable[Recent],
    now: datetime,
    *,
    subscription_id: int,
    spacing: timedelta,
    ping_bar: int = 0,
    counting: bool = True,
) -> Decision:
    """Return what a subscription that is due posts now.

    `matching` are the fresh candidates that it wants and its channel has not had, hottest first; `recent` what the
    channel had in the last day and in the spacing, in any order. `spacing` goes where the terms have none of their
    own, and `ping_bar` is the heat of their ping level. Without `counting`, `more` of a digest is not known.
    """
    instant = terms.often is Often.INSTANT
    after = None if instant else next_run(now, terms, timezone or "UTC")
    matching = iter(matching)
    hottest = next(matching, None)
    if hottest is None:
        return Decision(after)
    recent = list(recent)
    if terms.spacing is not None:
        spacing = timedelta(minutes=terms.spacing)
    earliest = _earliest(terms, timezone, recent, now, subscription_id, spacing if instant else None)
    if earliest > now:
        return Decision(earliest)
    # Who chose the publishers by name wants all they have.
    cap = 0 if terms.providers else terms.publisher_cap
    choice = choose(chain((hottest,), matching), terms.size, cap, counting=counting and not instant)
    if instant and choice.more:
        after = now + spacing
    role_id = terms.role_id
    if role_id is not None:
        pings = sum(each.pings and each.subscription_id == subscription_id for each in _of_a_day(recent, now))
        if pings >= terms.daily_pings or hottest.heat < ping_bar:
            role_id = None
    # A digest says how many more there were; as it happens, they come with the next message.
    return Decision(after, choice.chosen, 0 if instant else choice.more, role_id)


def _earliest(
    terms: Terms,
    timezone: str | None,
    recent: Sequence[Recent],
    now: datetime,
    subscription_id: int,
    spacing: timedelta | None,
) -> datetime:
    """Return when spacing (None for a digest), daily limit and quiet hours let the next message go, now or later."""
    at = now
    if spacing is not None:
        pushes = [each for each in recent if each.push]
        if pushes:
            # One in the future was made before the clock was set back; it holds nobody up for longer than one of now.
            newest = min(max([each.at for each in pushes]), now.timestamp())
            at = max(at, datetime.fromtimestamp(newest, UTC) + spacing)
        if len(pushes) >= terms.daily_limit:
            own = sorted((each.at for each in pushes if each.subscription_id == subscription_id), reverse=True)
            if len(own) >= terms.daily_limit:
                at = max(at, datetime.fromtimestamp(own[terms.daily_limit - 1], UTC) + DAY)
    hours = quiet_hours(terms, timezone)
    return at if hours is None else quiet_until(at, hours, timezone) or at


def _of_a_day(recent: Iterable[Recent], now: datetime) -> list[Recent]:
    since = (now - DAY).timestamp()
    return [each for each in recent if each.at > since]
