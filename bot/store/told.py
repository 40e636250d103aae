"""Articles as posts tell them: with everyone who reports the story."""

import json
from collections.abc import Collection, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select, text

from bot.briefing.stories import url_key
from bot.corpus import corrected
from bot.models import Article, Report
from bot.store.hidden import hidden_addresses
from bot.store.rows import from_row
from bot.store.tables import articles, corrections

# The others of a story that a post could name; a story of more is never told apart by its thirty-first report.
_MOST = 30


def told_articles(connection: Connection, keys: Collection[str]) -> dict[str, Article]:
    """Return the articles that are there, hidden ones too, by key; their coverage includes the story's other articles.

    Those are the ones that can be seen and whose address is not in the coverage yet.
    """
    wanted = {"keys": json.dumps(sorted(set(keys)))}
    better = {(kind, name): best for kind, name, best in connection.execute(select(corrections))}
    own = select(articles).where(articles.c.key.in_(text("SELECT value FROM json_each(:keys)")))
    found = [corrected(from_row(row), better) for row in connection.execute(own, wanted).mappings()]
    wanted = {"stories": json.dumps(sorted({article.story for article in found}))}
    same = (
        select(articles)
        .where(
            articles.c.story.in_(text("SELECT value FROM json_each(:stories)")),
            articles.c.published.is_(True),
            text("articles.key NOT IN (SELECT key FROM hidden_articles)"),
        )
        .order_by(articles.c.number)
    )
    stories: dict[str, list[Article]] = {}
    for row in connection.execute(same, wanted).mappings():
        siblings = stories.setdefault(row["story"], [])
        if len(siblings) < _MOST:
            siblings.append(corrected(from_row(row), better))
    gone = hidden_addresses(connection)
    return {article.key: _with_siblings(article, stories.get(article.story, ()), gone) for article in found}


def _with_siblings(article: Article, siblings: Sequence[Article], hidden: Collection[str]) -> Article:
    """Return the article with those of the others added to its coverage that are not in it, and without hidden ones."""
    if hidden:
        kept = tuple(report for report in article.coverage if url_key(report.url) not in hidden)
        article = replace(article, coverage=kept)
    known = {url_key(article.url), *(url_key(report.url) for report in article.coverage)}
    more = []
    for other in siblings:
        address = url_key(other.url)
        if other.key != article.key and address not in known:
            known.add(address)
            more.append(
                Report(
                    title=other.title,
                    url=other.url,
                    provider=other.provider,
                    provider_domain=other.provider_domain,
                    excerpt=other.excerpt,
                    quality=other.quality,
                    published_at=other.published_at,
                    image=other.image,
                )
            )
    return replace(article, coverage=(*article.coverage, *more)) if more else article
