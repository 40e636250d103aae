"""What terms bring: their bars, what to expect, and what came that was not hot enough."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.briefing.bars import Rate, default_level
from bot.briefing.deciding import DAY, bar_of, news_until
from bot.briefing.matching import Wanted
from bot.cards import order_texts, texts
from bot.cards.language import _
from bot.cards.panel import Below
from bot.commands.answer import Refusal
from bot.delivery.demand import asks_for_bars
from bot.models import Bars, Filter, Level, Server, Subscription, SubscriptionState, Terms, fold
from bot.store.bars import bars_on, current_bars, days_known, heats
from bot.store.history import seen_since
from bot.store.sightings import never_news

# No heat is over some 330; a number with four digits is a slip of the hand.
MOST_HEAT = 1000


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a filter brings: its bars, and the heats of the last days (up to 30) behind the expectation."""

    bars: Bars
    heats: tuple[int, ...]
    days: float

    def expected(self, level: Level, daily_limit: int = Terms().daily_limit) -> Rate | None:
        """Return how many posts to expect at the level; None for none."""
        return self.above(self.bars.bar(level), daily_limit)

    def above(self, heat: int, daily_limit: int = Terms().daily_limit) -> Rate | None:
        """Return how many posts to expect of this heat or more; None for none."""
        return texts.expected_rate(self.heats, heat, self.days, daily_limit)


def outlook(connection: Connection, wanted: Filter, now: datetime) -> Outlook:
    """Return what the filter brings."""
    days = days_known(connection, now)
    return Outlook(current_bars(connection, wanted, now), tuple(heats(connection, wanted, now, 30)), days)


@dataclass(frozen=True, slots=True)
class Heat:
    """How hot it must be: a level, or a number in place of it."""

    level: Level
    min_heat: int | None = None


def heat_of(typed: str | None, found: Outlook) -> Heat:
    """Return how hot it must be, as it was typed: a level, or a plain number; a calm level where nothing was."""
    if not typed:
        return Heat(default_level(found.bars, found.heats, found.days))
    named = {fold(_(name)): level for level, name in texts.LEVELS.items()}
    chosen = fold(typed.partition("·")[0])
    if chosen in named:
        return Heat(named[chosen])
    word = fold(typed).split(" ")[0]
    if word in set(Level):
        return Heat(Level(word))
    if word.isdecimal() and word.isascii() and len(word) <= 4 and int(word) <= MOST_HEAT:
        return Heat(Level.EVERYTHING, int(word))
    raise Refusal(_(order_texts.BAD_HEAT) if word.isdecimal() else _(texts.BAD_LEVEL))


# --- what was not hot enough ---------------------------------------------------------------------------------

# At a month, a subscription to everything that never posts would have 18,000 articles to look through (0.6 s).
_LOOKED_BACK = 7


def below_bar(
    connection: Connection, known: Subscription, settings: Server, now: datetime, max_age: timedelta
) -> Below:
    """Return how many stories a subscription would have posted since its last post, had they been hotter.

    What decides is what decides for the planner, and the bars are those of the days on which they were news. While a
    subscription is paused, nothing is decided.
    """
    terms = known.terms
    begun, longest = known.last_post_at or known.created_at, now - timedelta(days=_LOOKED_BACK)
    days = _LOOKED_BACK if begun < longest else None
    by_level = terms.min_heat is None and terms.level is not Level.EVERYTHING
    if known.state is SubscriptionState.PAUSED or not (by_level or terms.min_heat):
        return Below(0, days)
    wanted = Wanted.of(terms, settings)
    seen, changes = seen_since(connection, max(begun, longest), wanted.filter, texts=wanted.by_text)
    bar_at = _bars_by_day(connection, terms, now)
    came: dict[int, list[tuple[int, int]]] = {}
    for at, number, heat in changes:
        came.setdefault(number, []).append((at, heat))
    never = never_news(connection, [each.key for each in seen.values()], known.after_load)
    below: set[str] = set()
    reached: set[str] = set()
    for number, of_one in came.items():
        each = seen[number]
        hottest = max(heat for _, heat in of_one)
        if hottest < 0 or each.key in never or wanted.rule_against(each.candidate(hottest), -1):
            continue
        end = min(news_until(each.seen_at, terms, settings.timezone, max_age), now)
        (reached if _reaches(of_one, end, bar_at) else below).add(each.story)
    return Below(len(below - reached), days)


def _bars_by_day(connection: Connection, terms: Terms, now: datetime) -> Callable[[datetime], int]:
    """Return what gives the bar in force at a time; bars go by days."""
    known: dict[datetime, int] = {}

    def bar_at(at: datetime) -> int:
        day = at.replace(hour=0, minute=0, second=0, microsecond=0)
        if day not in known:
            bars = bars_on(connection, terms.filter, at) if asks_for_bars(terms) else Bars(0, 0, 0)
            known[day] = bar_of(terms, bars or current_bars(connection, terms.filter, now))
        return known[day]

    return bar_at


def _reaches(came: Sequence[tuple[int, int]], end: datetime, bar_at: Callable[[datetime], int]) -> bool:
    """Whether any of the heats, with the times from which they were (epoch seconds), reached the bar before the end."""
    for place, (at, heat) in enumerate(came):
        since = datetime.fromtimestamp(at, UTC)
        until = datetime.fromtimestamp(came[place + 1][0], UTC) if place + 1 < len(came) else end
        while since <= min(until, end):
            if heat >= bar_at(since):
                return True
            since = since.replace(hour=0, minute=0, second=0) + DAY
    return False
