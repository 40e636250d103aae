"""How hot is hot: levels in words instead of raw numbers."""

from collections import Counter
from collections.abc import Iterable, Sequence

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


NOTHING = "nothing lately"
"""The rate of what did not come at all."""


def rate(count: int, days: float) -> str:
    """Return in words what so many articles in so many days make: `about 5 a week`."""
    if count == 0:
        return NOTHING
    for unit, length in (("day", 1), ("week", 7), ("month", 30)):
        expected = count * length / days
        if expected >= 1 or unit == "month":
            return f"about {max(1, round(expected))} a {unit}"
    raise AssertionError("the month is the last unit")
