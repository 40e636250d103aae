"""How hot is hot: levels in words instead of raw numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.models import Bars, Level

# More posts a day than this make people mute a channel, so by default there is a level that gives no more.
_CALM = 3


def bars_of(heats: Iterable[int]) -> Bars:
    """Return the bars of a filter from the heats of its articles: top quarter and top tenth, by nearest rank."""
    counts = heats if isinstance(heats, Counter) else Counter(heats)
    total = counts.total()
    return Bars(_ranked(counts, -(-total // 4)), _ranked(counts, -(-total // 10)), total)


def _ranked(counts: Counter[int], rank: int) -> int:
    for heat in sorted(counts, reverse=True):
        rank -= counts[heat]
        if rank <= 0:
            return heat
    return 0


def default_level(bars: Bars, heats: Sequence[int], days: float) -> Level:
    """Return the lowest level that gives at most three posts a day, going by the heats of so many days."""
    if not bars.live:
        return Level.EVERYTHING
    for level in (Level.EVERYTHING, Level.HOT):
        if sum(heat >= bars.bar(level) for heat in heats) <= _CALM * days:
            return level
    return Level.HOTTEST


class Unit(StrEnum):
    """What a rate counts in."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Rate:
    """About so many a day, a week or a month."""

    number: int
    unit: Unit


_LENGTHS = {Unit.DAY: 1, Unit.WEEK: 7, Unit.MONTH: 30}


def rate(count: int, days: float) -> Rate | None:
    """Return what so many articles in so many days make, in the shortest unit that has one; None for none at all."""
    if count == 0:
        return None
    for unit, length in _LENGTHS.items():
        expected = count * length / days
        if expected >= 1 or unit is Unit.MONTH:
            return Rate(max(1, round(expected)), unit)
    raise AssertionError("the month is the last unit")
