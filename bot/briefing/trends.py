"""How much news there was: the days or weeks of a period, and what the counts in them come to."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

PERIODS = (7, 30, 365)
"""Days that people may look back. A year goes by weeks: 365 bars would be thinner than a hair on a phone."""

LEADING = 5
"""Topics that are shown each for itself. Seven rows are the most that stay readable on a phone."""

DRAWN_FROM = 10
"""Stories from which there is a picture: fewer are told sooner than drawn."""

_YEAR = 365
_WEEK = 7
_WEEKS_OF_MEAN = 4


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days or weeks of a period, which ends now, and of the period before it, in a time zone.

    `edges` are where they begin and end, in UTC seconds. The period before is cut at its own "now", so that a day
    that has just begun is compared with as much of a day: 2n + 1 spans for n days, the n-th being the rest of that day.
    """

    step: int
    """Days from one start to the next: 1 or 7."""
    starts: tuple[date, ...]
    """The first day of each, of the period alone."""
    edges: tuple[int, ...]

    @property
    def days(self) -> int:
        """The days of the period."""
        return self.step * len(self.starts)

    @property
    def first(self) -> int:
        """Where the period begins, in UTC seconds."""
        return self.edges[len(self.starts) + 1]

    def place(self, at: int) -> int:
        """Return which span a time is in; -1 before the first."""
        return bisect_right(self.edges, at) - 1


def calendar(now: datetime, days: int, timezone: str | None) -> Calendar:
    """Return the days, or for a year the weeks, that end with today; `days` is one of `PERIODS`."""
    zone = ZoneInfo(timezone or "UTC")
    local = now.astimezone(zone)
    step = _WEEK if days == _YEAR else 1
    count = days // step
    # A week's seven days end with today, whatever day of the week it is: so the last one is as long as the others.
    oldest = local.date() - timedelta(days=2 * count * step - 1)
    starts = [oldest + timedelta(days=step * number) for number in range(2 * count)]
    edges = [int(datetime.combine(start, time(), zone).timestamp()) for start in starts]
    cut = int((local - timedelta(days=count * step)).timestamp()) + 1
    end = int(now.timestamp()) + 1
    cut = min(max(cut, edges[count - 1]), edges[count])  # where clocks change, it might be an hour beside its day
    return Calendar(step, tuple(starts[count:]), (*edges[:count], cut, *edges[count:], end))


@dataclass(frozen=True, slots=True)
class Course:
    """How many stories came in each day or week of a period, oldest first.

    `before` is their number in the period before, up to the same time of day; `means` are rolling means of a week, or
    of four weeks. What reaches back beyond all news is None, and so is the mean of a day that is not over.
    """

    name: str
    counts: tuple[int, ...]
    before: int | None = None
    means: tuple[float | None, ...] = ()

    @property
    def total(self) -> int:
        """The stories of the period."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Trends:
    """What a reader is shown of a period: the course of a topic, or of everything with its leading topics.

    `everything` is what `stories` is a part of, and the same without a topic; `other` are the stories in none of the
    leading topics. `apart` tells whether reports of one story were told apart: else each of them was counted.
    """

    topic: str | None
    timezone: str | None
    step: int
    starts: tuple[date, ...]
    stories: Course
    everything: Course
    leading: tuple[Course, ...] = ()
    other: Course | None = None
    apart: bool = True

    @property
    def days(self) -> int:
        """The days of the period."""
        return self.step * len(self.starts)

    @property
    def drawn(self) -> bool:
        """Whether there is enough for a picture."""
        return self.stories.total >= DRAWN_FROM


def course(name: str, spans: Sequence[int], when: Calendar, known_since: int) -> Course:
    """Return the course of the counts in a calendar's spans; there is no news from before `known_since`."""
    count = len(when.starts)
    every = [*spans[: count - 1], spans[count - 1] + spans[count], *spans[count + 1 :]]
    edges = [*when.edges[:count], *when.edges[count + 1 :]]
    length = _WEEKS_OF_MEAN if when.step == _WEEK else _WEEK
    means = [
        sum(every[last + 1 - length : last + 1]) / length if edges[last + 1 - length] >= known_since else None
        for last in range(count, 2 * count - 1)
    ]
    before = sum(spans[:count]) if when.edges[0] >= known_since else None
    return Course(name, tuple(every[count:]), before, (*means, None))


def leading(courses: Sequence[Course]) -> tuple[Course, ...]:
    """Return the courses of the topics with the most stories, the first of equals by name."""
    found = [each for each in courses if each.total]
    return tuple(sorted(found, key=lambda each: (-each.total, each.name)))


def busiest(of: Course) -> int:
    """Return the place of the day or week with the most stories, the newest of equals."""
    return max(range(len(of.counts)), key=lambda place: (of.counts[place], place))
