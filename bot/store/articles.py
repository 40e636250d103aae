"""Reading articles: pages of listings, stories, names with their counts, and what the store holds."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    RowMapping,
    Select,
    and_,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)

from bot.briefing.stories import url_key
from bot.briefing.windows import PAGE, WINDOWS
from bot.briefing.words import mentions
from bot.corpus import corrected
from bot.models import (
    NOTHING_BLOCKED,
    Article,
    Blocked,
    CorpusSummary,
    Listing,
    LoadReport,
    Name,
    Order,
    Page,
    Problem,
    fold,
)
from bot.store import notes, search
from bot.store.hidden import hidden_addresses
from bot.store.rows import epoch, from_row, moment
from bot.store.tables import article_topics, articles, corrections, names, problems

Place = tuple[Literal["after", "before", "from"], str]
"""Where a page begins: after, or with, the article with this key; or where it ends: before it."""


def _top(table: FromClause) -> tuple[ColumnElement[int], ...]:
    """Return what hottest first goes by; unscored articles come after superseded ones."""
    columns = table.c
    return (
        func.coalesce(columns.heat, -2),
        func.coalesce(columns.quality, -1),
        func.coalesce(columns.published_at, 0),
        columns.number,
    )


_TOP = _top(articles)
_LATEST: tuple[ColumnElement[int], ...] = (articles.c.seen_at, articles.c.number)


def allowed(table: FromClause, blocked: Blocked) -> list[ColumnElement[bool]]:
    """Return the conditions under which an article may be shown where something is blocked."""
    conditions = search.without_words(table, blocked.words)
    if blocked.providers:
        conditions.append(table.c.provider_folded.not_in(blocked.providers))
    return conditions


def _matching(listing: Listing, since: int | None, blocked: Blocked) -> ColumnElement[bool]:
    """Return the condition of a listing, all but its words."""
    conditions: list[ColumnElement[bool]] = [articles.c.published.is_(True), *allowed(articles, blocked)]
    if since is not None:
        conditions.append(articles.c.seen_at >= since)
    if listing.provider:
        conditions.append(articles.c.provider_folded == fold(listing.provider))
    if listing.topic:
        tagged = select(article_topics.c.article).where(article_topics.c.topic == fold(listing.topic))
        if since is not None:
            tagged = tagged.where(article_topics.c.seen_at >= since)
        conditions.append(articles.c.number.in_(tagged))
    if listing.order is Order.TOP:
        conditions.append(_is_best_of_its_story(listing, since, blocked))
    return and_(*conditions)


def _is_best_of_its_story(listing: Listing, since: int | None, blocked: Blocked) -> ColumnElement[bool]:
    """Return the condition that no other article of the story, that the listing shows too, ranks higher."""
    other = articles.alias()
    # Sums with 0 keep SQLite from going by these columns' indexes, through all of the window for every article (4 s for
    # a topic among a million): a story has a handful of articles, and an index of its own.
    published, seen_at = type_coerce(other.c.published, Integer) + 0, other.c.seen_at + 0
    rival = select(literal(1)).where(
        other.c.story == articles.c.story,
        published == 1,
        tuple_(*_top(other)) > tuple_(*_TOP),
        *allowed(other, blocked),
    )
    if since is not None:
        rival = rival.where(seen_at >= since)
    if listing.provider:
        rival = rival.where(other.c.provider_folded == fold(listing.provider))
    if listing.topic:
        rival = rival.where(
            select(literal(1))
            .where(article_topics.c.article == other.c.number, article_topics.c.topic == fold(listing.topic))
            .exists()
        )
    return ~rival.exists()


def _count(connection: Connection, listing: Listing, since: int | None, blocked: Blocked) -> int:
    found = select(func.count()).select_from(articles).where(_matching(listing, since, blocked))
    return connection.execute(found).scalar_one()


def _since(now: datetime, days: int | None) -> int | None:
    return None if days is None else epoch(now - timedelta(days=days))


def _window(
    connection: Connection, listing: Listing, now: datetime, blocked: Blocked
) -> tuple[int | None, int | None, int]:
    """Return the window in days, what the narrowest one held if that was too few, and how many articles it holds."""
    if listing.everything or listing.order is Order.LATEST:
        return None, None, _count(connection, listing, None, blocked)
    if listing.days is not None:
        return listing.days, None, _count(connection, listing, _since(now, listing.days), blocked)
    first: int | None = None
    for days in WINDOWS:
        count = _count(connection, listing, _since(now, days), blocked)
        first = count if first is None else first
        if count >= PAGE or days is None:
            return days, (first if days != WINDOWS[0] else None), count
    raise AssertionError("the last window is all time")


def page(
    connection: Connection,
    listing: Listing,
    now: datetime,
    place: Place | None = None,
    rank: int = 1,
    blocked: Blocked = NOTHING_BLOCKED,
) -> Page:
    """Return a page of up to five articles, hottest or newest first, without what is blocked.

    Without a period, the window is widened until it holds a page. A place whose article is gone, or with too little
    left on that side of it, gives the first page. `rank` is where a page of search results begins.
    """
    if listing.order is Order.SEARCH:
        return _search_page(connection, listing, rank, blocked)
    days, in_first_window, total = _window(connection, listing, now, blocked)
    order = _TOP if listing.order is Order.TOP else _LATEST
    query: Select[*tuple[object, ...]] = select(articles).where(_matching(listing, _since(now, days), blocked))
    at = None
    if place is not None:
        at = _place_of(connection, order, place[1])
    backwards = False
    here = tuple_(*order)
    if at is not None and place is not None:
        there = tuple_(*(literal(value) for value in at))
        backwards = place[0] == "before"
        beyond = {"before": here > there, "after": here < there, "from": here <= there}
        query = query.where(beyond[place[0]])
    direction = [column.asc() if backwards else column.desc() for column in order]
    rows = connection.execute(query.order_by(*direction).limit(PAGE + 1)).mappings().all()
    if at is not None and not rows:
        return page(connection, listing, now, blocked=blocked)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    if backwards and not more:
        return page(connection, listing, now, blocked=blocked)
    rows = rows[::-1] if backwards else rows
    rank = 1
    if rows:  # counted, not carried along: hotter ones may have come since the last page was shown
        first = _place_of(connection, order, rows[0]["key"]) or ()
        above = here > tuple_(*(literal(value) for value in first))
        counted = (
            select(func.count()).select_from(articles).where(_matching(listing, _since(now, days), blocked), above)
        )
        rank += connection.execute(counted).scalar_one()
    return Page(
        listing,
        _articles(connection, rows),
        total,
        days,
        in_first_window,
        rank,
        has_previous=rank > 1,
        has_next=True if backwards else more,
    )


def _place_of(connection: Connection, order: tuple[ColumnElement[int], ...], key: str) -> Sequence[int] | None:
    """Return an article's values in the columns of an order; None if it is gone."""
    row = connection.execute(select(*order).where(articles.c.key == key)).first()
    return None if row is None else tuple(row)


def _search_page(connection: Connection, listing: Listing, rank: int, blocked: Blocked) -> Page:
    """Return a page of the best matches: the newest few hundred, by heat and age."""
    numbers = search.best_matches(connection, listing, blocked)
    if rank > len(numbers):  # there were more when the button was made
        rank = 1
    shown = numbers[rank - 1 : rank - 1 + PAGE]
    found = {
        row["number"]: row
        for row in connection.execute(select(articles).where(articles.c.number.in_(shown))).mappings()
    }
    return Page(
        listing,
        _articles(connection, [found[number] for number in shown]),
        len(numbers),
        None,
        None,
        rank,
        has_previous=rank > 1,
        has_next=rank - 1 + PAGE < len(numbers),
    )


def _articles(connection: Connection, rows: Sequence[RowMapping]) -> tuple[Article, ...]:
    """Return the articles of the rows, in their order, with names in the spelling that the corpus prefers."""
    better = {(kind, name): best for kind, name, best in connection.execute(select(corrections))}
    found = tuple(corrected(from_row(row), better) for row in rows)
    hidden = hidden_addresses(connection)
    return tuple(_without_reports(article, hidden) for article in found) if hidden else found


def _without_reports(article: Article, addresses: Collection[str]) -> Article:
    """Return the article without the reports of its coverage that have these addresses."""
    kept = tuple(report for report in article.coverage if url_key(report.url) not in addresses)
    return article if len(kept) == len(article.coverage) else replace(article, coverage=kept)


def articles_by_key(connection: Connection, keys: Sequence[str]) -> dict[str, Article]:
    """Return the articles that are there, hidden ones too, by key."""
    rows = connection.execute(select(articles).where(articles.c.key.in_(keys))).mappings().all()
    return {article.key: article for article in _articles(connection, rows)}


def story(connection: Connection, key: str, blocked: Blocked = NOTHING_BLOCKED) -> tuple[Article, ...]:
    """Return the story that the article belongs to: visible articles, the one asked for first, then by quality.

    Nothing that is blocked is among them, nor in their coverage.
    """
    asked = select(articles.c.story).where(articles.c.key == key).scalar_subquery()
    rows = connection.execute(
        select(articles)
        .where(articles.c.story == asked, articles.c.published.is_(True), *allowed(articles, blocked))
        .order_by(articles.c.key != key, func.coalesce(articles.c.quality, -1).desc(), articles.c.number)
        .limit(25)
    ).mappings()
    return tuple(_without_blocked(article, blocked) for article in _articles(connection, rows.all()))


def _without_blocked(article: Article, blocked: Blocked) -> Article:
    if not (blocked.providers or blocked.words):
        return article
    kept = [
        report
        for report in article.coverage
        if fold(report.provider) not in blocked.providers
        and not mentions(fold(f"{report.title}\n{report.excerpt}"), blocked.words)
    ]
    return replace(article, coverage=tuple(kept))


def all_articles(connection: Connection) -> tuple[Article, ...]:
    """Return every article, hidden ones too, by id."""
    return _articles(connection, connection.execute(select(articles).order_by(articles.c.id)).mappings().all())


def names_of(
    connection: Connection, kind: Literal["topic", "provider"], blocked: Blocked = NOTHING_BLOCKED
) -> tuple[Name, ...]:
    """Return all topics, or all providers, with the numbers of their visible articles, the most used first.

    Blocked providers are left out; topics are counted with what is blocked.
    """
    rows = connection.execute(
        select(names.c.name, names.c.count, names.c.folded)
        .where(names.c.kind == kind)
        .order_by(names.c.count.desc(), names.c.folded)
    )
    hidden = blocked.providers if kind == "provider" else ()
    return tuple(Name(name, count) for name, count, folded in rows if folded not in hidden)


def corpus_summary(connection: Connection) -> CorpusSummary:
    """Return what the store holds."""
    count, newest = connection.execute(
        select(func.count(), func.max(func.coalesce(articles.c.published_at, articles.c.seen_at))).where(
            articles.c.published.is_(True)
        )
    ).one()
    topics = connection.execute(select(func.count()).where(names.c.kind == "topic")).scalar_one()
    troubles = connection.execute(select(func.count()).select_from(problems)).scalar_one()
    last = notes.note(connection, "last_load")
    report: LoadReport | None = None
    at: datetime | None = None
    if last is not None:
        value = json.loads(last)
        at = moment(value.pop("at"))
        report = load_report(value)
    return CorpusSummary(count, moment(newest), topics, troubles, report, at)


def load_report(value: dict[str, object]) -> LoadReport:
    """Return the report of a load from its JSON object."""
    listed = value["problems"]
    assert isinstance(listed, list)
    return LoadReport(**value | {"problems": tuple(Problem(**problem) for problem in listed)})  # type: ignore[arg-type]  # our own JSON
