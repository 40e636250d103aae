"""Between articles, deliveries and their rows."""

import hashlib
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import RowMapping

from bot.briefing.stories import url_key
from bot.models import Article, Delivery, DeliveryKind, DeliveryState, Image, Report, fold


def epoch(at: datetime | None) -> int | None:
    """Return a time as the tables keep it."""
    return None if at is None else int(at.timestamp())


def moment(seconds: int | None) -> datetime | None:
    """Return a time as the program uses it: aware, in UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


ARTICLE_COLUMNS = (
    "id",
    "key",
    "fingerprint",
    "title",
    "excerpt",
    "url",
    "url_key",
    "provider",
    "provider_folded",
    "provider_domain",
    "logo",
    "topics",
    "type",
    "heat",
    "quality",
    "published",
    "published_at",
    "image",
    "coverage",
    "coverage_count",
)
"""The columns of `articles` but for what the store itself knows (number, first sight, story)."""


# What a corpus repeats: thousands of articles share their providers' names.
_folded = lru_cache(4096)(fold)
_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode


def _image_values(image: Image | None) -> list[object] | None:
    return [image.url, image.width, image.height] if image else None


def _report_values(report: Report) -> list[object]:
    return [
        report.title,
        report.url,
        report.provider,
        report.provider_domain,
        report.excerpt,
        report.quality,
        epoch(report.published_at),
        _image_values(report.image),
    ]


def article_values(article: Article) -> tuple[object, ...]:
    """Return the values of the article's columns, in their order.

    The fingerprint changes exactly when a field changes that is shown or ranked by.
    """
    identity = (article.id, article.key)
    values = (
        article.title,
        article.excerpt,
        article.url,
        url_key(article.url),
        article.provider,
        _folded(article.provider),
        article.provider_domain,
        article.logo,
        _json(article.topics),
        article.type,
        article.heat,
        article.quality,
        article.published,
        epoch(article.published_at),
        _json(_image_values(article.image)) if article.image else None,
        _json(list(map(_report_values, article.coverage))) if article.coverage else "[]",
        len(article.coverage),
    )
    fingerprint = hashlib.blake2b(repr(values).encode(), digest_size=12).hexdigest()
    return (*identity, fingerprint, *values)


def coverage_addresses(coverage: str) -> list[str]:
    """Return the URL keys in a row's coverage."""
    return [url_key(report[1]) for report in json.loads(coverage)] if coverage != "[]" else []


def _image(values: list[object] | None) -> Image | None:
    return Image(*values) if values else None  # type: ignore[arg-type]  # our own JSON


def _report(values: list[Any]) -> Report:  # our own JSON
    title, url, provider, domain, excerpt, quality, published_at, image = values
    return Report(title, url, provider, domain, excerpt, quality, moment(published_at), _image(image))


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
        image=_image(json.loads(row["image"])) if row["image"] else None,
        coverage=tuple(map(_report, json.loads(row["coverage"]))),
        seen_at=moment(row["seen_at"]),
        story=row["story"],
    )


def delivery_from_row(row: RowMapping, keys: Iterable[str]) -> Delivery:
    """Return a delivery of the articles with these keys."""
    queued_at = moment(row["queued_at"])
    assert queued_at is not None
    return Delivery(
        id=row["id"],
        subscription_id=row["subscription_id"],
        guild_id=row["guild_id"],
        channel_id=row["channel_id"],
        kind=DeliveryKind(row["kind"]),
        state=DeliveryState(row["state"]),
        nonce=row["nonce"],
        keys=tuple(keys),
        more=row["more"],
        attempts=row["attempts"],
        queued_at=queued_at,
        first_attempt_at=moment(row["first_attempt_at"]),
        bar=row["bar"],
        role_id=row["role_id"],
    )
