"""Articles generated straight into a database, and how long the main queries take with so many of them."""

import random
import sqlite3
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median

from benchmarks.corpus import TOPICS, sentence, vocabulary
from bot.models import Article, Listing, Order, fold, key_of
from bot.store.articles import names_of, page
from bot.store.database import connect
from bot.store.migrate import migrate
from bot.store.rows import ARTICLE_COLUMNS, article_values

_NOW = datetime(2026, 11, 1, tzinfo=UTC)
_CHUNK = 10_000


def _articles(count: int, newest: datetime) -> Iterator[tuple[Article, int]]:
    """Yield articles with their first sight, the oldest first, spread over 700 days."""
    chance = random.Random(count)
    words = vocabulary(chance)
    for number in range(count):
        seen = newest - timedelta(days=700 * (1 - number / count))
        provider = 0 if chance.random() < 0.8 else chance.randrange(86)
        quality = chance.choice((37, 52, 72, 87, 89, 104))
        heat = quality + chance.choice((0, 0, 10, 20, 30))
        name = f"{seen:%Y-%m-%d}-story-{number:07d}"
        article = Article(
            id=name,
            key=key_of(name),
            title=sentence(chance, words, 6, 12),
            url=f"https://provider{provider}.example.com/{number}",
            provider=f"Provider {provider}",
            excerpt=sentence(chance, words, 25, 45),
            topics=tuple(chance.sample(TOPICS, chance.choice((1, 1, 1, 1, 2)))),
            heat=heat,
            quality=quality,
            published=heat >= 70,
            published_at=seen,
        )
        yield article, int(seen.timestamp())


def write_rows(database: Path, count: int, newest: datetime = _NOW) -> None:
    """Make a database with so many articles, the newest first sighted at that time."""
    migrate(f"sqlite+aiosqlite:///{database}")
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000; BEGIN")
    columns = ", ".join(("number", "seen_at", "story", *ARTICLE_COLUMNS))
    marks = ", ".join("?" * (3 + len(ARTICLE_COLUMNS)))
    numbered = enumerate(_articles(count, newest), 1)
    while chunk := list(islice(numbered, _CHUNK)):
        connection.executemany(
            f"INSERT INTO articles ({columns}) VALUES ({marks})",
            [(number, seen, article.key, *article_values(article)) for number, (article, seen) in chunk],
        )
        connection.executemany(
            "INSERT INTO article_topics (topic, seen_at, article, heat) VALUES (?, ?, ?, ?)",
            [
                (fold(topic), seen, number, article.heat)
                for number, (article, seen) in chunk
                if article.published
                for topic in article.topics
            ],
        )
    connection.execute("INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')")
    connection.execute(
        """INSERT INTO names SELECT 'provider', provider_folded, provider, count(*) FROM articles
           WHERE published GROUP BY 2"""
    )
    for topic in TOPICS:
        connection.execute(
            "INSERT INTO names SELECT 'topic', ?, ?, count(*) FROM article_topics WHERE topic = ?",
            (fold(topic), topic, fold(topic)),
        )
    connection.execute("COMMIT")
    connection.close()


def query_times(database: Path, times: int = 9) -> dict[str, float]:
    """Return the median time of each of the main queries, in seconds, once warm."""
    word = next(word for word in vocabulary(random.Random(1)) if len(word) == 4)
    asked = {
        "top of a topic": Listing(Order.TOP, topic="AI"),
        "top of a topic, all time": Listing(Order.TOP, topic="AI", everything=True),
        "latest of a topic": Listing(Order.LATEST, topic="AI"),
        "latest": Listing(Order.LATEST),
        "top of a provider": Listing(Order.TOP, provider="Provider 3"),
        "latest of the main provider": Listing(Order.LATEST, provider="Provider 0"),
        "search, a common prefix": Listing(Order.SEARCH, words="ba"),
        "search, a word": Listing(Order.SEARCH, words=word),
    }
    found: dict[str, float] = {}
    with connect(f"sqlite+aiosqlite:///{database}", writes=False) as connection:

        def timed(name: str, asked: Listing | None) -> None:
            taken = []
            for _ in range(times):
                begun = time.perf_counter()
                if asked is None:
                    names_of(connection, "topic")
                else:
                    page(connection, asked, _NOW)
                taken.append(time.perf_counter() - begun)
                if sum(taken) > 5:
                    break
            found[name] = median(taken)

        for name, listing in asked.items():
            timed(name, listing)
        timed("names of topics", None)
    return found
