"""Between articles and their rows."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TypedDict

from sqlalchemy import RowMapping

from bot.briefing.stories import url_key
from bot.models import Article, Image, Report, fold


def epoch(at: datetime | None) -> int | None:
    """Return a time as the tables keep it."""
    return None if at is None else int(at.timestamp())


def moment(seconds: int | None) -> datetime | None:
    """Return a time as the program uses it: aware, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


class ArticleRow(TypedDict):
    """A row of `articles` but for what the store itself knows (number, first sight, story)."""

    id: str
    key: str
    fingerprint: str
    title: str
    excerpt: str
    url: str
    url_key: str
    provider: str
    provider_folded: str
    provider_domain: str | None
    logo: str | None
    topics: str
    type: str
    heat: int | None
    quality: int | None
    published: bool
    published_at: int | None
    image: str | None
    coverage: str
    coverage_count: int


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def to_row(article: Article) -> ArticleRow:
    """Return the article's row. Its fingerprint changes exactly when a field changes that is shown or ranked by."""
    row = ArticleRow(
        id=article.id,
        key=article.key,
        fingerprint="",
        title=article.title,
        excerpt=article.excerpt,
        url=article.url,
        url_key=url_key(article.url),
        provider=article.provider,
        provider_folded=fold(article.provider),
        provider_domain=article.provider_domain,
        logo=article.logo,
        topics=_json(article.topics),
        type=article.type,
        heat=article.heat,
        quality=article.quality,
        published=article.published,
        published_at=epoch(article.published_at),
        image=_json(asdict(article.image)) if article.image else None,
        coverage=_json([asdict(report) | {"published_at": epoch(report.published_at)} for report in article.coverage]),
        coverage_count=len(article.coverage),
    )
    row["fingerprint"] = hashlib.blake2b(_json(list(row.values())).encode(), digest_size=12).hexdigest()
    return row


def _image(value: Mapping[str, object] | None) -> Image | None:
    return Image(**value) if value else None  # type: ignore[arg-type]  # our own JSON


def from_row(row: RowMapping) -> Article:
    """Return the article of a row."""
    return Article(
        id=row["id"],
        key=row["key"],
        title=row["title"],
        url=row["url"],
        provider=row["provider"],
        provider_domain=row["provider_domain"],
        logo=row["logo"],
        excerpt=row["excerpt"],
        topics=tuple(json.loads(row["topics"])),
        type=row["type"],
        heat=row["heat"],
        quality=row["quality"],
        published=row["published"],
        published_at=moment(row["published_at"]),
        image=_image(json.loads(row["image"]) if row["image"] else None),
        coverage=tuple(
            Report(**report | {"published_at": moment(report["published_at"]), "image": _image(report["image"])})
            for report in json.loads(row["coverage"])
        ),
        seen_at=moment(row["seen_at"]),
        story=row["story"],
    )


def from_rows(rows: Sequence[RowMapping]) -> tuple[Article, ...]:
    """Return the articles of the rows, in their order."""
    return tuple(map(from_row, rows))
