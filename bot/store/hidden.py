"""Articles that a host hid: they are shown nowhere, whatever the files say, until they are shown again.

They are known by key and by address: an article can be swapped for another under its file's name, and come back as
another file. A hidden article counts as not published, but keeps its fingerprint, so that a load finds it unchanged.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.models import Article, fold
from bot.store.names import count_names
from bot.store.rows import ARTICLE_COLUMNS, article_values, epoch, from_row
from bot.store.tables import article_topics, articles, hidden_articles

_IS_HIDDEN = """(key IN (SELECT key FROM hidden_articles) OR url_key IN (SELECT url_key FROM hidden_articles))"""
_FINGERPRINT = ARTICLE_COLUMNS.index("fingerprint")


@dataclass(frozen=True, slots=True)
class Hidden:
    """An article that is hidden, with its title when it was."""

    key: str
    title: str


def hidden_ones(connection: Connection) -> tuple[Hidden, ...]:
    """Return the hidden articles, the last one first."""
    query = select(hidden_articles.c.key, hidden_articles.c.title).order_by(hidden_articles.c.at.desc())
    return tuple(Hidden(*row) for row in connection.execute(query))


def is_hidden(connection: Connection, key: str) -> bool:
    """Whether the article is hidden, itself or by its address."""
    found = connection.exec_driver_sql(
        f"SELECT 1 FROM articles WHERE key = ? AND {_IS_HIDDEN} UNION SELECT 1 FROM hidden_articles WHERE key = ?",
        (key, key),
    )
    return found.first() is not None


def hidden_addresses(connection: Connection) -> frozenset[str]:
    """Return the addresses of the hidden articles, in the form in which addresses are compared."""
    return frozenset(connection.execute(select(hidden_articles.c.url_key)).scalars())


def hide_article(connection: Connection, key: str, user_id: int, now: datetime) -> None:
    """Hide an article that is there."""
    row = connection.execute(select(articles.c.url_key, articles.c.title).where(articles.c.key == key)).one()
    values = {"key": key, "url_key": row.url_key, "title": row.title, "at": epoch(now), "user_id": user_id}
    connection.execute(upsert(hidden_articles).values(**values).on_conflict_do_nothing())
    apply_hidden(connection)
    count_names(connection)


def unhide_article(connection: Connection, key: str) -> None:
    """Show an article again, as its file says."""
    address = connection.execute(select(hidden_articles.c.url_key).where(hidden_articles.c.key == key)).scalar()
    own = select(articles.c.url_key).where(articles.c.key == key).scalar_subquery()
    connection.execute(
        delete(hidden_articles).where((hidden_articles.c.key == key) | (hidden_articles.c.url_key == own))
    )
    meant = select(articles).where((articles.c.key == key) | (articles.c.url_key == address))
    for row in connection.execute(meant.where(articles.c.published.is_(False))).mappings().all():
        article = replace(from_row(row), published=True)
        if article_values(article)[_FINGERPRINT] == row["fingerprint"]:  # the file says that it is published
            _publish(connection, row["number"], article)
    count_names(connection)


def _publish(connection: Connection, number: int, article: Article) -> None:
    connection.execute(articles.update().where(articles.c.number == number).values(published=True))
    topics = {fold(topic) for topic in article.topics}
    if topics:
        seen_at = epoch(article.seen_at)
        connection.execute(
            article_topics.insert(),
            [{"topic": topic, "seen_at": seen_at, "article": number, "heat": article.heat} for topic in sorted(topics)],
        )


def apply_hidden(connection: Connection) -> None:
    """Take what is hidden out of everything that is shown; names are to be counted after it."""
    run = connection.exec_driver_sql
    if run("SELECT 1 FROM hidden_articles LIMIT 1").first() is None:
        return
    run(f"DELETE FROM article_topics WHERE article IN (SELECT number FROM articles WHERE {_IS_HIDDEN})")
    run(f"UPDATE articles SET published = 0 WHERE published AND {_IS_HIDDEN}")
