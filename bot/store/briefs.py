"""The short briefing: what the stories of a window come to."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, Subquery, func, select

from bot.briefing.brief import Story, choose_stories
from bot.briefing.windows import WINDOWS
from bot.models import NOTHING_BLOCKED, Article, Blocked, Brief, fold
from bot.store.articles import allowed, articles_by_key
from bot.store.rows import epoch
from bot.store.tables import article_topics, articles

# The hottest stories that choosing looks at: publishers' caps and topics' shares hardly ever reach further, and every
# one of them costs reading a whole article.
_LOOKED_AT = 60

_Rows = list[Row[tuple[str, str, int, bool]]]


@dataclass(frozen=True, slots=True)
class _Window:
    """The articles of a window, hottest first, each as (key, story, seen_at, whether it is of the topic)."""

    days: int | None
    rows: _Rows
    stories: dict[str, str]
    """Each story of the topic, hottest first, with the key of its hottest article."""


def brief(
    connection: Connection,
    topic: str | None,
    size: int,
    at: datetime,
    since: datetime | None = None,
    blocked: Blocked = NOTHING_BLOCKED,
) -> Brief:
    """Return the short briefing of a topic, or of everything, as it is at a time; `since` is the reader's last look.

    The window is widened until it holds as many stories as are asked for. What is blocked is not there.
    """
    wanted = fold(topic) if topic else None
    window = first = _window(connection, wanted, at, WINDOWS[0], blocked)
    for days in WINDOWS[1:]:
        if len(window.stories) >= size:
            break
        window = _window(connection, wanted, at, days, blocked)
    looked_at = list(window.stories.values())[:_LOOKED_AT]
    found = articles_by_key(connection, looked_at)
    chosen = choose_stories([_story(found[key]) for key in looked_at if key in found], size, wanted)
    told = {found[key].story for key in chosen}
    return Brief(
        topic=topic,
        size=size,
        at=at,
        articles=tuple(found[key] for key in chosen),
        stories=len(window.stories),
        reports=sum(row.tagged and row.story in told for row in window.rows) - len(told),
        days=window.days,
        in_first_window=None if window is first else len(first.stories),
        since=since,
        new=0 if since is None else _newer(window, since),
        outside=_outside(connection, window),
    )


def _story(article: Article) -> Story:
    return Story(article.key, fold(article.provider), frozenset(map(fold, article.topics)))


def _newer(window: _Window, since: datetime) -> int:
    """Return the number of stories whose first article came after a time."""
    began: dict[str, int] = {}
    for row in window.rows:
        if row.tagged:
            began[row.story] = min(row.seen_at, began.get(row.story, row.seen_at))
    return sum(at > int(since.timestamp()) for at in began.values())


def _outside(connection: Connection, window: _Window) -> Article | None:
    """Return the hottest article of a story that has nothing to do with the topic, if there is one."""
    key = next((row.key for row in window.rows if row.story not in window.stories), None)
    return articles_by_key(connection, [key])[key] if key else None


def _window(connection: Connection, topic: str | None, at: datetime, days: int | None, blocked: Blocked) -> _Window:
    columns = articles.c
    tagged = _tagged(topic, at, days) if topic else None
    query = select(columns.key, columns.story, columns.seen_at)
    if tagged is None:
        query = query.add_columns(columns.published.label("tagged"))
    else:
        query = query.add_columns(tagged.c.article.is_not(None).label("tagged")).join_from(
            articles, tagged, tagged.c.article == columns.number, isouter=True
        )
    query = query.where(columns.published.is_(True), columns.seen_at <= epoch(at), *allowed(articles, blocked))
    if days is not None:
        query = query.where(columns.seen_at >= epoch(at - timedelta(days=days)))
    rows: _Rows = list(
        connection.execute(
            query.order_by(
                func.coalesce(columns.heat, -2).desc(),
                func.coalesce(columns.quality, -1).desc(),
                func.coalesce(columns.published_at, 0).desc(),
                columns.number.desc(),
            )
        )
    )
    stories: dict[str, str] = {}
    for row in rows:
        if row.tagged:
            stories.setdefault(row.story, row.key)
    return _Window(days, rows, stories)


def _tagged(topic: str, at: datetime, days: int | None) -> Subquery:
    """Return the numbers of the articles of a topic in the window."""
    tags = article_topics.c
    query = select(tags.article).where(tags.topic == topic, tags.seen_at <= epoch(at))
    if days is not None:
        query = query.where(tags.seen_at >= epoch(at - timedelta(days=days)))
    return query.subquery()
