"""Looking up articles by their headline or address, and the hottest one that terms let through."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, select

from bot.briefing.stories import url_key
from bot.briefing.words import mentions
from bot.models import Article, Listing, Order, Server, Terms, fold
from bot.store.articles import articles_by_key
from bot.store.hidden import hidden_ones, is_hidden
from bot.store.rows import epoch
from bot.store.search import best_matches
from bot.store.tables import article_topics, articles, hidden_articles

_RECENT = timedelta(days=30)
_not_hidden = articles.c.key.not_in(select(hidden_articles.c.key))
# So many of the hottest are looked at for words: a word that none of them has is too rare to show how posts look.
_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Headline:
    """An article as people look it up."""

    key: str
    title: str
    provider: str


def recent_headlines(connection: Connection, typed: str, now: datetime, most: int = 25) -> tuple[Headline, ...]:
    """Return the articles of the last 30 days that have the words; up to one letter, unpublished ones too."""
    query = select(articles.c.key, articles.c.title, articles.c.provider).where(
        articles.c.seen_at >= epoch(now - _RECENT), _not_hidden
    )
    if len(typed.strip()) > 1:
        numbers = best_matches(connection, Listing(Order.SEARCH, words=typed))
        query = query.where(articles.c.number.in_(numbers))
    rows = connection.execute(query.order_by(articles.c.seen_at.desc(), articles.c.number.desc()).limit(most))
    return tuple(Headline(*row) for row in rows)


def key_of_article(connection: Connection, typed: str, now: datetime) -> str | None:
    """Return the key of the article that is meant: by its key, its address, or words that only one recent one has."""
    by_key = select(articles.c.key).where(articles.c.key == typed.strip())
    if "://" in typed:
        by_key = select(articles.c.key).where(articles.c.url_key == url_key(typed.strip()))
    found: str | None = connection.execute(by_key.where(_not_hidden).limit(1)).scalar()
    if found is not None:
        return found
    near = recent_headlines(connection, typed, now, most=2) if typed.strip() else ()
    return near[0].key if len(near) == 1 else None


@dataclass(frozen=True, slots=True)
class Hideable:
    """An article that a host may hide, or show again."""

    key: str
    title: str
    hidden: bool


def articles_to_hide(connection: Connection, typed: str, now: datetime, most: int = 25) -> tuple[Hideable, ...]:
    """Return the recent articles with the words, and the hidden ones."""
    hidden = [
        Hideable(each.key, each.title, hidden=True)
        for each in hidden_ones(connection)
        if fold(typed) in fold(each.title)
    ]
    recent = [Hideable(each.key, each.title, hidden=False) for each in recent_headlines(connection, typed, now, most)]
    return tuple((*recent[: most - min(len(hidden), most // 2)], *hidden)[:most])


def article_to_hide(connection: Connection, typed: str, now: datetime) -> Hideable | None:
    """Return the article that is meant: by its key, id or address, or by words that only one recent one has."""
    typed = typed.strip()
    by_name = (articles.c.key == typed) | (articles.c.id == typed)
    by_address = articles.c.url_key == (url_key(typed) if "://" in typed else "")
    key = connection.execute(select(articles.c.key).where(by_name | by_address).limit(1)).scalar()
    key = key or key_of_article(connection, typed, now)
    if key is None:
        return None
    title = connection.execute(select(articles.c.title).where(articles.c.key == key)).scalar_one()
    return Hideable(key, title, hidden=is_hidden(connection, key))


def hottest_matching(connection: Connection, terms: Terms, settings: Server, most: int) -> list[Article]:
    """Return the hottest articles of any age that the terms let through, one of a story, whatever their heat."""
    columns = (articles.c.key, articles.c.title, articles.c.excerpt, articles.c.story, articles.c.provider_folded)
    query = select(*columns).where(articles.c.published.is_(True), articles.c.heat >= 0, _not_hidden)
    wanted = terms.filter
    if wanted.providers:
        query = query.where(articles.c.provider_folded.in_(wanted.providers))
    without = wanted.without_providers | frozenset(map(fold, settings.blocked_providers))
    if without:
        query = query.where(articles.c.provider_folded.not_in(without))
    if wanted.topics:
        query = query.where(articles.c.number.in_(_tagged(wanted.topics)))
    if wanted.without_topics:
        query = query.where(articles.c.number.not_in(_tagged(wanted.without_topics)))
    if terms.type is not None:
        query = query.where(articles.c.type == terms.type)
    rows = connection.execute(query.order_by(articles.c.heat.desc(), articles.c.seen_at.desc()).limit(_LOOKED_AT))
    unwanted = (*terms.without_words, *settings.blocked_words)
    chosen: dict[str, str] = {}
    of_publisher: Counter[str] = Counter()
    for key, title, excerpt, story, provider in rows:
        words = fold(f"{title}\n{excerpt}")
        if (terms.words and not mentions(words, terms.words)) or (unwanted and mentions(words, unwanted)):
            continue
        if story in chosen or (not terms.providers and of_publisher[provider] == terms.publisher_cap):
            continue
        chosen[story] = key
        of_publisher[provider] += 1
        if len(chosen) == most:
            break
    found = articles_by_key(connection, list(chosen.values()))
    return [found[key] for key in chosen.values()]


def _tagged(topics: Collection[str]) -> Select[tuple[int]]:
    return select(article_topics.c.article).where(article_topics.c.topic.in_(topics))
