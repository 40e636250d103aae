"""Reading articles: pages of listings, stories, names with their counts, and what the store holds."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    RowMapping,
    Select,
    func,
    literal,
    select,
    tuple_,
    type_coerce,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

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


# Up to so many articles are told apart by story to be counted. Beyond, that would take longer than people wait (a
# second for 100,000), and what is counted is the articles: some 3 % more.
_TOLD_APART = 10_000

# Lower than any score: unscored articles come after superseded ones.
_UNSCORED = -(10**9) - 1


def _top(columns: ReadOnlyColumnCollection[str, Any]) -> tuple[ColumnElement[int], ...]:
    """Return what hottest first goes by."""
    return (
        func.coalesce(columns.heat, _UNSCORED),
        func.coalesce(columns.quality, -1),
        func.coalesce(columns.published_at, 0),
        columns.number,
    )


def _order(listing: Listing) -> tuple[ColumnElement[int], ...]:
    """Return what the articles of a listing are ordered by, the last first."""
    return _top(articles.c) if listing.order is Order.TOP else (articles.c.seen_at, articles.c.number)


def _sorted(query: Select[Any], listing: Listing, *, backwards: bool = False) -> Select[Any]:
    """Return the query in its order, led by a column as it stands in the index that holds the listing in that order."""
    leader = article_topics if listing.topic else articles
    if listing.order is Order.LATEST:
        number = article_topics.c.article if listing.topic else articles.c.number
        order: list[ColumnElement[int]] = [leader.c.seen_at, number]
    else:
        order = [leader.c.heat, *_top(articles.c)[1:]]
    # unscored last is where SQLite's indexes have them; the word is for other databases
    return query.order_by(*(c.asc().nulls_first() if backwards else c.desc().nulls_last() for c in order))


def allowed(table: FromClause, blocked: Blocked) -> list[ColumnElement[bool]]:
    """Return the conditions under which an article may be shown where something is blocked."""
    conditions = search.without_words(table, blocked.words)
    if blocked.providers:
        conditions.append(table.c.provider_folded.not_in(blocked.providers))
    return conditions


def _shown(listing: Listing, since: int | None, blocked: Blocked, *columns: Any) -> Select[Any]:
    """Return a query of what a listing shows, all but its words; by topic from the table that lists topics."""
    if listing.topic is None:
        query = select(*columns).select_from(articles).where(articles.c.published.is_(True))
    else:
        query = select(*columns).select_from(article_topics).where(article_topics.c.topic == fold(listing.topic))
        if (
            columns or listing.provider or blocked != NOTHING_BLOCKED
        ):  # a count of the topic alone does without: rows of articles cost ten times more
            query = query.join(articles)
    if listing.provider:
        query = query.where(articles.c.provider_folded == fold(listing.provider))
    query = query.where(*allowed(articles, blocked))
    seen_at = (article_topics if listing.topic else articles).c.seen_at
    return query if since is None else query.where(seen_at >= since)


def _is_best_of_its_story(
    row: FromClause, listing: Listing, since: int | None, blocked: Blocked
) -> ColumnElement[bool]:
    """Return the condition that no other article of the row's story, that the listing shows too, ranks higher."""
    other = articles.alias()
    # Sums with 0 keep SQLite from going by these columns' indexes, through all of the window for every article (4 s for
    # a topic among a million): a story has a handful of articles, and an index of its own.
    published, seen_at = type_coerce(other.c.published, Integer) + 0, other.c.seen_at + 0
    rival = select(literal(1)).where(
        other.c.story == row.c.story,
        published == 1,
        tuple_(*_top(other.c)) > tuple_(*_top(row.c)),
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
    """Return how many articles a listing shows, or stories, where it shows the best of each: see `_TOLD_APART`."""
    if since is None and blocked == NOTHING_BLOCKED and not (listing.topic and listing.provider):  # by every load
        kind, name = ("topic", listing.topic) if listing.topic else ("provider", listing.provider)
        kept = select(func.coalesce(func.sum(names.c.count), 0)).where(names.c.kind == kind)
        found = connection.execute(kept.where(names.c.folded == fold(name)) if name else kept).scalar_one()
    else:
        found = connection.execute(_shown(listing, since, blocked).add_columns(func.count())).scalar_one()
    if listing.order is Order.LATEST or found > _TOLD_APART:
        return int(found)
    return int(
        connection.execute(_shown(listing, since, blocked, func.count(articles.c.story.distinct()))).scalar_one()
    )


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
    since = _since(now, days)
    order = tuple_(*_order(listing))
    query = _shown(
        listing,
        since,
        blocked,
        articles.c.number,
        articles.c.story,
        articles.c.heat,
        articles.c.quality,
        articles.c.published_at,
    )
    backwards = False
    at = None if place is None else _place_of(connection, listing, place[1])
    if at is not None and place is not None:
        there = tuple_(*map(literal, at))
        backwards = place[0] == "before"
        beyond = {"before": order > there, "after": order < there, "from": order <= there}
        query = query.where(beyond[place[0]])
    numbers = _first(
        connection, _sorted(query, listing, backwards=backwards), listing, since, blocked, backwards=backwards
    )
    if at is not None and not numbers:
        return page(connection, listing, now, blocked=blocked)
    more, numbers = len(numbers) > PAGE, numbers[:PAGE]
    if backwards and not more:
        return page(connection, listing, now, blocked=blocked)
    numbers = numbers[::-1] if backwards else numbers
    return Page(
        listing,
        _articles_by_number(connection, numbers),
        total,
        days,
        in_first_window,
        rank := 1 if at is None else _rank(connection, listing, since, blocked, numbers[0]),
        has_previous=rank > 1,
        has_next=True if backwards else more,
    )


def _first(
    connection: Connection,
    query: Select[Any],
    listing: Listing,
    since: int | None,
    blocked: Blocked,
    *,
    backwards: bool,
) -> list[int]:
    """Return the numbers of the first of a query's articles, one more than a page holds; of each story the best."""
    if listing.order is Order.LATEST:
        return list(connection.execute(query.limit(PAGE + 1)).scalars())
    # The best are told from their rivals only where they may be shown: most articles have none.
    most = 4 * PAGE
    while True:
        some = query.limit(most).subquery()
        order = [c.asc() if backwards else c.desc() for c in _top(some.c)]
        best = select(some.c.number).where(_is_best_of_its_story(some, listing, since, blocked)).order_by(*order)
        found = list(connection.execute(best.limit(PAGE + 1)).scalars())
        if len(found) > PAGE:
            return found
        if connection.execute(select(func.count()).select_from(some)).scalar_one() < most:
            return found
        most *= 10


def _rank(connection: Connection, listing: Listing, since: int | None, blocked: Blocked, number: int) -> int:
    """Return the place of a listed article in its listing.

    Counted, not carried along: hotter ones may have come since the last page was shown. A story is above where any of
    its articles is.
    """
    at = connection.execute(select(*_order(listing)).where(articles.c.number == number)).one()
    if listing.order is Order.LATEST:
        counted = _shown(listing, since, blocked, func.count())
    else:
        counted = _shown(listing, since, blocked, func.count(articles.c.story.distinct()))
        if at[0] != _UNSCORED:  # says the same again, for the index
            counted = counted.where((article_topics if listing.topic else articles).c.heat >= at[0])
    return 1 + int(connection.execute(counted.where(tuple_(*_order(listing)) > tuple_(*map(literal, at)))).scalar_one())


def _place_of(connection: Connection, listing: Listing, key: str) -> Sequence[int] | None:
    """Return an article's values in what a listing is ordered by; None if it is gone."""
    row = connection.execute(select(*_order(listing)).where(articles.c.key == key)).first()
    return None if row is None else tuple(row)


def _search_page(connection: Connection, listing: Listing, rank: int, blocked: Blocked) -> Page:
    """Return a page of the best matches: the newest few hundred, by heat and age."""
    numbers = search.best_matches(connection, listing, blocked)
    if rank > len(numbers):  # there were more when the button was made
        rank = 1
    return Page(
        listing,
        _articles_by_number(connection, numbers[rank - 1 : rank - 1 + PAGE]),
        len(numbers),
        None,
        None,
        rank,
        has_previous=rank > 1,
        has_next=rank - 1 + PAGE < len(numbers),
    )


def _articles_by_number(connection: Connection, numbers: Sequence[int]) -> tuple[Article, ...]:
    """Return the articles with these row numbers, in their order."""
    rows = connection.execute(select(articles).where(articles.c.number.in_(numbers))).mappings()
    found = {row["number"]: row for row in rows}
    return _articles(connection, [found[number] for number in numbers])


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
