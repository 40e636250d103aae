"""The heat that each level demands, computed once a day for each distinct filter and stored."""

import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Select, func, select

from bot.briefing.bars import bars_of
from bot.models import Bars, Filter
from bot.store.candidates import folded_topics
from bot.store.rows import epoch
from bot.store.tables import article_topics, articles, bars

_DAYS = 90


def filter_name(filter: Filter) -> str:  # noqa: A002 - the word of the domain
    """Return the name under which a filter's bars are stored."""
    names = [sorted(filter.topics), sorted(filter.providers)]
    if filter.without_topics or filter.without_providers:
        names += [sorted(filter.without_topics), sorted(filter.without_providers)]
    return json.dumps(names, ensure_ascii=False)


def heats(connection: Connection, filter: Filter, now: datetime, days: int) -> list[int]:  # noqa: A002
    """Return the heats, in no order, of the pushable articles of so many days that match the filter."""
    query = select(articles.c.heat).where(
        articles.c.published.is_(True), articles.c.heat >= 0, articles.c.seen_at >= epoch(now - timedelta(days=days))
    )
    return [heat for heat in connection.execute(query.where(*filtered(filter))).scalars() if heat is not None]


def filtered(filter: Filter) -> list[ColumnElement[bool]]:  # noqa: A002
    """Return the conditions under which a visible article matches the filter."""
    conditions: list[ColumnElement[bool]] = []
    if filter.providers:
        conditions.append(articles.c.provider_folded.in_(filter.providers))
    if filter.without_providers:
        conditions.append(articles.c.provider_folded.not_in(filter.without_providers))
    if filter.topics:
        conditions.append(articles.c.number.in_(_tagged(filter.topics)))
    if filter.without_topics:
        conditions.append(articles.c.number.not_in(_tagged(filter.without_topics)))
    return conditions


def _tagged(topics: Collection[str]) -> Select[tuple[int]]:
    return select(article_topics.c.article).where(article_topics.c.topic.in_(topics))


def stored_bars(connection: Connection, filter: Filter, now: datetime) -> Bars | None:  # noqa: A002
    """Return today's bars of the filter, if they have been computed."""
    day = int(now.timestamp()) // 86_400
    row = connection.execute(
        select(bars.c.hot, bars.c.hottest, bars.c.counted).where(
            bars.c.filter == filter_name(filter), bars.c.day == day
        )
    ).first()
    return Bars(*row) if row else None


def bars_on(connection: Connection, filter: Filter, at: datetime) -> Bars | None:  # noqa: A002
    """Return the bars of the filter that were in force then: of that day, else of the last day before that has any."""
    row = connection.execute(
        select(bars.c.hot, bars.c.hottest, bars.c.counted)
        .where(bars.c.filter == filter_name(filter), bars.c.day <= int(at.timestamp()) // 86_400)
        .order_by(bars.c.day.desc())
        .limit(1)
    ).first()
    return Bars(*row) if row else None


def current_bars(connection: Connection, filter: Filter, now: datetime) -> Bars:  # noqa: A002
    """Return today's bars of the filter: as stored, else computed on the spot."""
    return stored_bars(connection, filter, now) or bars_of(heats(connection, filter, now, _DAYS))


def keep_bars(connection: Connection, filter: Filter, now: datetime) -> Bars:  # noqa: A002
    """Return today's bars of the filter, and store them if they were not yet."""
    kept = stored_bars(connection, filter, now)
    if kept is None:
        kept = bars_of(heats(connection, filter, now, _DAYS))
        store_bars(connection, [(filter, kept)], now)
    return kept


def store_bars(connection: Connection, computed: Sequence[tuple[Filter, Bars]], now: datetime) -> None:
    """Store today's bars of filters, but for those that are stored."""
    day = int(now.timestamp()) // 86_400
    connection.exec_driver_sql(
        "INSERT OR IGNORE INTO bars (filter, day, hot, hottest, counted) VALUES (?, ?, ?, ?, ?)",
        [(filter_name(filter), day, kept.hot, kept.hottest, kept.counted) for filter, kept in computed],  # noqa: A001
    )


# Fewer filters than this are asked for one by one. At 1 a day's first pass would read all articles of 90 days for one
# new filter; at thousands it would read them thousands of times.
_FEW = 20

_Cell = tuple[str, frozenset[str]]
_Cells = Mapping[_Cell, Counter[int]]


class TodaysBars:
    """The bars of many filters on one day; `unsaved` are those that are yet to be stored."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._cells: _Cells | None = None
        self._known: dict[Filter, Bars] = {}
        self.unsaved: list[tuple[Filter, Bars]] = []

    def __getitem__(self, filter: Filter) -> Bars:  # noqa: A002
        return self._known[filter]

    def read(self, filters: Iterable[Filter]) -> None:
        """Make the bars of these filters known: as stored, else computed."""
        names = {filter_name(each): each for each in filters if each not in self._known}
        rows = self._connection.exec_driver_sql(
            """SELECT filter, hot, hottest, counted FROM bars
               WHERE day = ? AND filter IN (SELECT value FROM json_each(?))""",
            (int(self._now.timestamp()) // 86_400, json.dumps(list(names), ensure_ascii=False)),
        )
        self._known |= {names[name]: Bars(*values) for name, *values in rows}
        missing = [each for each in names.values() if each not in self._known]
        if len(missing) < _FEW and self._cells is None:
            computed = [(each, bars_of(heats(self._connection, each, self._now, _DAYS))) for each in missing]
        else:
            if self._cells is None:
                self._cells = _cells(self._connection, self._now)
            computed = _bars_of_many(self._cells, missing)
        self._known |= dict(computed)
        self.unsaved += computed


def _cells(connection: Connection, now: datetime) -> _Cells:
    """Return how often each heat comes among the articles of a provider with the same topics."""
    rows = connection.exec_driver_sql(
        """SELECT provider_folded, topics, heat, count(*) FROM articles WHERE published AND heat >= 0 AND seen_at >= ?
           GROUP BY 1, 2, 3""",
        (epoch(now - timedelta(days=_DAYS)),),
    )
    cells: dict[_Cell, Counter[int]] = {}
    for provider, topics, heat, count in rows:
        cells.setdefault((provider, folded_topics(topics)), Counter())[heat] += count
    return cells


def _bars_of_many(cells: _Cells, filters: Iterable[Filter]) -> list[tuple[Filter, Bars]]:
    by_name: dict[str, list[_Cell]] = {}
    for provider, topics in cells:
        for name in (f"provider {provider}", *(f"topic {topic}" for topic in topics)):
            by_name.setdefault(name, []).append((provider, topics))
    found = []
    for each in filters:
        names = [f"topic {topic}" for topic in each.topics] or [f"provider {name}" for name in each.providers]
        near = {cell for name in names for cell in by_name.get(name, ())} if names else set(cells)
        counts: Counter[int] = Counter()
        for provider, topics in near:
            if each.matches(topics, provider):
                counts.update(cells[provider, topics])
        found.append((each, bars_of(counts)))
    return found


def days_known(connection: Connection, now: datetime) -> float:
    """Return over how many days, 7 to 30, what came lately should be spread to tell what to expect.

    That is 30 where news came before, too; where Heatline only began, the days since then. Old files of a first load
    are no sign of a flow: only the 60 days before the last 30 count.
    """
    month, quarter = now - timedelta(days=30), now - timedelta(days=_DAYS)
    seen = articles.c.seen_at
    before = connection.execute(select(seen).where(seen >= epoch(quarter), seen < epoch(month)).limit(1)).first()
    oldest = connection.execute(select(func.min(seen)).where(seen >= epoch(month))).scalar_one()
    if before is not None or oldest is None:
        return 30.0
    return max(7.0, float(now.timestamp() - oldest) / 86_400)
