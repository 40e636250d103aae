"""What terms bring: their bars, what to expect, and how the last days would have been."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from bot.briefing.bars import default_level
from bot.cards import order_texts, texts
from bot.commands.answer import Refusal
from bot.models import Bars, Filter, Level, Terms, fold
from bot.store.bars import current_bars, days_known, heats

# No heat is over some 330; a number with four digits is a slip of the hand.
MOST_HEAT = 1000


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a filter brings: its bars, and the heats of the last days (up to 30) behind the expectation."""

    bars: Bars
    heats: tuple[int, ...]
    days: float

    def expected(self, level: Level, daily_limit: int = Terms().daily_limit) -> str:
        """Return how many posts to expect at the level."""
        return self.above(self.bars.bar(level), daily_limit)

    def above(self, heat: int, daily_limit: int = Terms().daily_limit) -> str:
        """Return how many posts to expect of this heat or more."""
        return texts.expectation(self.heats, heat, self.days, daily_limit)


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
    word = fold(typed).split(" ")[0]
    if word in set(Level):
        return Heat(Level(word))
    if word.isdecimal() and word.isascii() and len(word) <= 4 and int(word) <= MOST_HEAT:
        return Heat(Level.EVERYTHING, int(word))
    raise Refusal(order_texts.BAD_HEAT if word.isdecimal() else texts.BAD_LEVEL)
