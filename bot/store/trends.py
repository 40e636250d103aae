"""How much news there was: the stories of days and weeks, by topic."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Select,
    and_,
    column,
    func,
    not_,
    select,
    values,
)

from bot.briefing.trends import LEADING, Calendar, Trends, calendar, course, leading
from bot.models import NOTHING_BLOCKED, Blocked, fold
from bot.store import search
from bot.store.articles import allowed
from bot.store.tables import article_topics, articles, names

# Up to so many articles their stories are told apart, at some 2 µs each. Beyond, what is counted is articles, for which
# indexes are enough: some 3 % more, and a year of a million articles in a third of the time.
_TOLD_APART = 100_000

# A story's articles are at most so far apart: what came before the first day may have told of it already.
_STORY = int(timedelta(days=14).total_seconds())

_tags = article_topics.c


@dataclass(frozen=True, slots=True)
class _Retold:
    """An article that shares its story with another: when it was seen, and which of the wanted topics it has."""

    story: str
    seen_at: int
    topics: frozenset[str]


def trends(
    connection: Connection,
    topic: str | None,
    days: int,
    now: datetime,
    timezone: str | None = None,
    blocked: Blocked = NOTHING_BLOCKED,
) -> Trends:
    """Return how many stories came in each day of a period, or week of a year: of a topic, or of all and by topic.

    A story counts once, when the first of its articles that are of the topic and not blocked was seen. Days are those
    of the time zone, UTC without one.
    """
    when = calendar(now, days, timezone)
    wanted = {fold(topic): topic} if topic else _most_used(connection, when)
    count = _Count(connection, when, blocked, tuple(wanted))
    since = connection.execute(select(func.min(articles.c.seen_at)).where(articles.c.published.is_(True))).scalar() or 0
    everything = count.everything()
    whole = course("", everything, when, since)
    courses = [course(name, count.topic(folded), when, since) for folded, name in wanted.items()]
    other = None if topic else course("", count.other(everything), when, since)
    return Trends(
        topic=topic,
        timezone=timezone,
        step=when.step,
        starts=when.starts,
        stories=courses[0] if topic else whole,
        everything=whole,
        leading=() if topic else leading(courses),
        other=other if other and other.total else None,
        apart=count.apart,
    )


def _most_used(connection: Connection, when: Calendar) -> dict[str, str]:
    """Return the topics that most articles of the period have: folded, and as people write them."""
    used = (
        select(func.count())
        .where(_tags.topic == names.c.folded, _tags.seen_at >= when.first, _tags.seen_at < when.edges[-1])
        .scalar_subquery()
        .label("used")
    )
    query = select(names.c.folded, names.c.name, used).where(names.c.kind == "topic")
    rows = connection.execute(query.order_by(used.desc(), names.c.folded).limit(LEADING))
    return {row.folded: row.name for row in rows if row.used}


class _Count:
    """Counts stories in each span of a calendar: all articles, less those whose story was told already."""

    def __init__(self, connection: Connection, when: Calendar, blocked: Blocked, topics: tuple[str, ...]) -> None:
        self._connection, self._when, self._blocked, self._topics = connection, when, blocked, topics
        self._reached = (
            articles.c.published.is_(True),
            articles.c.seen_at >= when.edges[0] - _STORY,
            articles.c.seen_at < when.edges[-1],
        )
        reached = connection.execute(select(func.count()).select_from(articles).where(*self._reached)).scalar_one()
        self.apart = reached <= _TOLD_APART
        """Whether the articles are few enough for their stories to be told apart."""
        self._retold = self._read_retold() if self.apart else ()
        columns = (column("place", Integer), column("start", BigInteger), column("stop", BigInteger))
        places = enumerate(zip(when.edges, when.edges[1:], strict=False))
        self._spans = values(*columns, name="spans").data([(place, *span) for place, span in places]).cte()

    def everything(self) -> list[int]:
        """Return the number of stories in each span."""
        found = select(func.count()).where(articles.c.published.is_(True))
        return self._stories(found, articles.c.seen_at, articles.c.number, lambda each: True)

    def topic(self, topic: str) -> list[int]:
        """Return the number of stories of a topic in each span."""
        found = select(func.count()).where(_tags.topic == topic)
        return self._stories(found, _tags.seen_at, _tags.article, lambda each: topic in each.topics)

    def other(self, everything: Sequence[int]) -> list[int]:
        """Return the number of stories in each span that have none of the topics."""
        found = select(func.count(_tags.article.distinct())).where(_tags.topic.in_(self._topics))
        some = self._stories(found, _tags.seen_at, _tags.article, lambda each: bool(each.topics))
        # A story can get its topic from a later article, on another day.
        return [max(0, every - number) for every, number in zip(everything, some, strict=True)]

    def _stories(
        self,
        found: Select[int],
        seen_at: ColumnElement[int],
        number: ColumnElement[int],
        concerned: Callable[[_Retold], bool],
    ) -> list[int]:
        """Return what is found in each span, which indexes alone tell, less the articles that tell a story again."""
        spans = self._spans
        within = found.where(seen_at >= spans.c.start, seen_at < spans.c.stop, *self._not_blocked(number))
        counts = self._connection.execute(
            select(within.correlate(spans).scalar_subquery()).select_from(spans).order_by(spans.c.place)
        )
        told: set[str] = set()
        again: Counter[int] = Counter()
        for each in filter(concerned, self._retold):
            if each.story in told:
                again[self._when.place(each.seen_at)] += 1
            told.add(each.story)
        return [count - again[place] for place, count in enumerate(counts.scalars())]

    def _not_blocked(self, number: ColumnElement[int]) -> tuple[ColumnElement[bool], ...]:
        """Return the conditions under which the article with a number, that the calendar reaches, is not blocked."""
        numbers = select(articles.c.number).where(*self._reached)
        blocked = []
        if self._blocked.providers:
            blocked.append(numbers.where(articles.c.provider_folded.in_(self._blocked.providers)))
        without = search.without_words(articles, self._blocked.words)
        if without:
            blocked.append(numbers.where(not_(and_(*without))))
        return tuple(number.not_in(each) for each in blocked)

    def _read_retold(self) -> tuple[_Retold, ...]:
        """Return the articles whose stories have more than one, the first seen first."""
        seen = (
            select(articles.c.number, articles.c.story, articles.c.seen_at)
            .where(*self._reached, *allowed(articles, self._blocked))
            .cte("seen")
        )
        several = select(seen.c.story).group_by(seen.c.story).having(func.count() > 1)
        tagged = (seen.c.number == _tags.article) & _tags.topic.in_(self._topics)
        query = (
            select(seen.c.number, seen.c.story, seen.c.seen_at, _tags.topic)
            .join_from(seen, article_topics, tagged, isouter=True)
            .where(seen.c.story.in_(several))
            .order_by(seen.c.seen_at, seen.c.number)
        )
        found: dict[int, _Retold] = {}
        for number, story, seen_at, topic in self._connection.execute(query):
            before = found[number].topics if number in found else frozenset[str]()
            found[number] = _Retold(story, seen_at, before | ({topic} if topic else frozenset()))
        return tuple(found.values())
