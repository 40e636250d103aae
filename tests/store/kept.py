"""Articles straight into the store, as a load puts them there."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from bot.models import Article, LoadReport, key_of
from bot.store.loads import Change, Sighting, commit_load, known
from bot.store.rows import epoch, to_row
from tests.conftest import NOW

REPORT = LoadReport(
    number=None,
    added=0,
    updated=0,
    hidden=0,
    gone=0,
    unchanged=0,
    skipped=0,
    rejected=0,
    backfilled=0,
    articles=0,
    problem_count=0,
    problems=(),
    seconds=0.0,
)


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
    before = known(connection)
    new = [a for a in articles if a.key not in before.sights]
    commit_load(
        connection,
        before,
        Change(
            upserts=[(to_row(a), a) for a in articles],
            removals=[],
            stories={a.key: a.story for a in articles},
            sightings=[Sighting(a.key, epoch(a.seen_at) or 0, quiet=False) for a in new],
            roots=[],
        ),
        REPORT,
        [],
        now,
    )
