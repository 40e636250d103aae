"""Finding the article that people point at: by its address, or by that of a report that covers its story."""

from sqlalchemy import Connection, select

from bot.briefing.stories import url_key
from bot.store.tables import articles, coverage_urls


def key_by_address(connection: Connection, address: str) -> str | None:
    """Return the key of the visible article with this address, else of one whose coverage has it: the best first.

    Where it has a query that nobody knows (shared links are marked so as to be followed), it is looked for without.
    """
    known = _key_by(connection, url_key(address))
    if known is None and "?" in address:
        known = _key_by(connection, url_key(address.partition("?")[0]))
    return known


def _key_by(connection: Connection, wanted: str) -> str | None:
    best = (articles.c.heat.desc().nulls_last(), articles.c.number.desc())
    own = select(articles.c.key).where(articles.c.url_key == wanted, articles.c.published.is_(True))
    covering = (
        select(articles.c.key)
        .join(coverage_urls, coverage_urls.c.article == articles.c.number)
        .where(coverage_urls.c.url_key == wanted, articles.c.published.is_(True))
    )
    for query in (own, covering):
        found: str | None = connection.execute(query.order_by(*best).limit(1)).scalar_one_or_none()
        if found is not None:
            return found
    return None
