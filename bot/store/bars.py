"""The heat that each level demands, computed once a day for each distinct filter and stored."""

import json
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.briefing.bars import bars_of
from bot.models import Bars, Filter
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
    if filter.providers:
        query = query.where(articles.c.provider_folded.in_(filter.providers))
    if filter.without_providers:
        query = query.where(articles.c.provider_folded.not_in(filter.without_providers))
    if filter.topics:
        query = query.where(articles.c.number.in_(_tagged(filter.topics)))
    if filter.without_topics:
        query = query.where(articles.c.number.not_in(_tagged(filter.without_topics)))
    return [heat for heat in connection.execute(query).scalars() if heat is not None]


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


def current_bars(connection: Connection, filter: Filter, now: datetime) -> Bars:  # noqa: A002
    """Return today's bars of the filter: as stored, else computed on the spot."""
    return stored_bars(connection, filter, now) or bars_of(heats(connection, filter, now, _DAYS))


def keep_bars(connection: Connection, filter: Filter, now: datetime) -> Bars:  # noqa: A002
    """Return today's bars of the filter, and store them if they were not yet."""
    kept = stored_bars(connection, filter, now)
    if kept is None:
        kept = bars_of(heats(connection, filter, now, _DAYS))
        values = {"hot": kept.hot, "hottest": kept.hottest, "counted": kept.counted}
        day = int(now.timestamp()) // 86_400
        connection.execute(upsert(bars).values(filter=filter_name(filter), day=day, **values).on_conflict_do_nothing())
    return kept


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
