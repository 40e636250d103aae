"""Articles, as the corpus gives them."""

import base64
import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


def key_of(article_id: str) -> str:
    """Return the article's key: 16 base32 characters of blake2b(id), safe in a `custom_id`."""
    return base64.b32encode(hashlib.blake2b(article_id.encode(), digest_size=10).digest()).decode()


def fold(name: str) -> str:
    """Return the form in which names of topics and providers are compared: NFC, trimmed, without case."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).strip().casefold())


class HeatlineError(Exception):
    """Work that failed for a reason the operator can act on; the message is one sentence that says how."""


@dataclass(frozen=True, slots=True)
class Image:
    """A picture by address; sizes in pixels where the publisher gave them."""

    url: str
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """Another report of an article's story: one entry of its coverage."""

    title: str
    url: str
    provider: str
    provider_domain: str | None = None
    excerpt: str = ""
    quality: int | None = None
    published_at: datetime | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """One file of the corpus, cleaned.

    `heat` is None until scored and -1 once superseded. `seen_at` (first sight) and `story` (the smallest article
    key of its story) are facts of the store: an article fresh from its file has neither.
    """

    id: str
    key: str
    title: str
    url: str
    provider: str
    provider_domain: str | None = None
    logo: str | None = None
    excerpt: str = ""
    topics: tuple[str, ...] = ()
    type: str = "article"
    heat: int | None = None
    quality: int | None = None
    published: bool = True
    published_at: datetime | None = None
    image: Image | None = None
    coverage: tuple[Report, ...] = ()
    seen_at: datetime | None = None
    story: str = ""

    @property
    def pushable(self) -> bool:
        """Whether it may ever be pushed: published, and scored with heat 0 or more."""
        return self.published and self.heat is not None and self.heat >= 0

    @property
    def best_image(self) -> Image | None:
        """Its own image, else that of its best report that has one."""
        if self.image is not None:
            return self.image
        pictured = [report for report in self.coverage if report.image is not None]
        best = max(pictured, key=lambda report: report.quality or 0, default=None)
        return best.image if best else None


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a file was not taken, or not whole. It names a field and a line, never text of the file."""

    file: str
    what: str
    done: str
    line: int | None = None
    field: str | None = None


class FileStatus(StrEnum):
    """What became of a file."""

    LOAD = "load"
    SKIP = "skip"
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What the corpus says of one file; `article` is set exactly where the status is `load`."""

    file: str
    status: FileStatus
    article: Article | None = None
    problems: tuple[Problem, ...] = ()
    error: str | None = None


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What one load did. `number` is None where nothing changed; `problems` holds the first few of `problem_count`."""

    number: int | None
    added: int
    updated: int
    hidden: int
    gone: int
    unchanged: int
    skipped: int
    rejected: int
    backfilled: int
    articles: int
    problem_count: int
    problems: tuple[Problem, ...]
    seconds: float
