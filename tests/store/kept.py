"""Articles straight into the store, as a load puts them there."""

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.corpus import Spelling, spellings_of
from bot.models import Article, LoadReport, fold, key_of
from bot.store import names, search
from bot.store.loads import newest_load
from bot.store.notes import keep_note
from bot.store.rows import ARTICLE_COLUMNS, article_values, epoch
from tests.conftest import NOW


def article(
    name: str,
    *,
    heat: int | None = 90,
    quality: int | None = 60,
    published: bool = True,
    published_at: datetime | None = NOW,
    seen_at: datetime = NOW,
    topics: tuple[str, ...] = ("AI",),
    provider: str = "Example Times",
    title: str | None = None,
    excerpt: str = "",
    url: str | None = None,
    story: str | None = None,
) -> Article:
    """Return an article of today in AI by Example Times, but for what is given; `story` is its own by default."""
    return Article(
        id=name,
        key=key_of(name),
        title=title or f"Story {name}",
        url=url or f"https://news.example/{name}",
        provider=provider,
        excerpt=excerpt,
        topics=topics,
        heat=heat,
        quality=quality,
        published=published,
        published_at=published_at,
        seen_at=seen_at,
        story=story or key_of(name),
    )


def keep(connection: Connection, articles: Sequence[Article], now: datetime = NOW) -> None:
    """Put the articles into the store, first sighted when they say, of the stories that they say."""
    run = connection.exec_driver_sql
    for each in articles:
        run("DELETE FROM articles WHERE id = ?", (each.id,))
    marks = ", ".join("?" * (2 + len(ARTICLE_COLUMNS)))
    spellings: Counter[Spelling] = Counter()
    for each in sorted(articles, key=lambda each: (each.seen_at or NOW, each.id)):
        seen_at = epoch(each.seen_at)
        values = (seen_at, each.story, *article_values(each))
        columns = ", ".join(("seen_at", "story", *ARTICLE_COLUMNS))
        number = run(f"INSERT INTO articles ({columns}) VALUES ({marks}) RETURNING number", values).scalar_one()
        if each.published:
            for topic in {fold(topic) for topic in each.topics}:
                run("INSERT INTO article_topics VALUES (?, ?, ?, ?)", (topic, seen_at, number, each.heat))
        load = newest_load(connection) + 1
        run("INSERT OR IGNORE INTO sightings VALUES (?, ?, ?, 0)", (each.key, seen_at, load))
        spellings.update(spellings_of(each))
    search.rebuild(connection)
    names.merge_spellings(connection, spellings)
    names.count_names(connection)
    load = newest_load(connection) + 1
    run("INSERT INTO loads (number, at, report) VALUES (?, ?, '{}')", (load, epoch(now)))
    report: dict[str, object] = dict.fromkeys(LoadReport.__dataclass_fields__, 0)
    report |= {"number": load, "problems": [], "at": epoch(now)}
    keep_note(connection, "last_load", json.dumps(report))
