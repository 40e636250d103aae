"""The frozen values that travel between the layers."""

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


# --- the corpus ---------------------------------------------------------------------------------------------


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


# --- reading ------------------------------------------------------------------------------------------------


class Order(StrEnum):
    """How a list of articles is ordered."""

    TOP = "top"
    LATEST = "latest"
    SEARCH = "search"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a reader asked to see: the whole state of a paged reply but for the place in it.

    `days` is the period that was asked for; None leaves the window to the program.
    """

    order: Order
    topic: str | None = None
    provider: str | None = None
    words: str | None = None
    days: int | None = None
    everything: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a listing. `rank` is that of its first article.

    `days` is the window it was taken from, None for all time; `in_first_window` how many there were in the narrowest
    one, where that was too few and the window was widened.
    """

    listing: Listing
    articles: tuple[Article, ...]
    total: int
    days: int | None
    in_first_window: int | None
    rank: int
    has_previous: bool
    has_next: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A topic or a provider as people write it, with the number of articles that can be seen."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class CorpusSummary:
    """What the store holds: visible articles, the newest date among them, and problems of the last load."""

    articles: int
    newest: datetime | None
    topics: int
    problems: int
    last_load: LoadReport | None
    last_load_at: datetime | None


@dataclass(frozen=True, slots=True)
class Vitals:
    """How the program is: for `/admin status`."""

    version: str
    started_at: datetime
    servers: int
    paused_for: float
    invalid_requests: int
    in_flight: int
    load_refused: str | None = None
    """Why the last load was refused, until one goes through."""
    sync_failure: str | None = None
    """Why CORPUS_SYNC failed when it was last run, if it did."""


# --- delivery -----------------------------------------------------------------------------------------------


class Level(StrEnum):
    """How hot an article must be, in words."""

    EVERYTHING = "everything"
    HOT = "hot"
    HOTTEST = "hottest"


class Often(StrEnum):
    """How often a subscription posts."""

    INSTANT = "instant"
    DAILY = "daily"


class SubscriptionState(StrEnum):
    """Whether a subscription posts."""

    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Filter:
    """What a subscription is about: folded names; empty means all."""

    topics: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, topic: str | None, provider: str | None) -> "Filter":
        """Return the filter for one topic, one provider, both, or (with neither) everything."""
        return cls(frozenset({fold(topic)} if topic else ()), frozenset({fold(provider)} if provider else ()))


@dataclass(frozen=True, slots=True)
class Bars:
    """The heat that each level demands for one filter, on one day.

    `counted` is the number of scored articles of 90 days behind it. Under 20 of them every level means everything.
    """

    hot: int
    hottest: int
    counted: int

    @property
    def live(self) -> bool:
        """Whether there were articles enough to tell levels apart."""
        return self.counted >= 20

    def bar(self, level: Level) -> int:
        """Return the least heat that the level lets through."""
        if level is Level.EVERYTHING or not self.live:
            return 0
        return self.hot if level is Level.HOT else self.hottest


@dataclass(frozen=True, slots=True)
class Subscription:
    """A channel's standing order.

    `topic` and `provider` are the names as they were chosen, None for all. `minute` is the local time of day of a
    daily briefing, in minutes. `next_run_at` None means: at the next load. `after_load` is the newest load when it
    was made: only what was first sighted later is ever pushed.
    """

    id: int
    guild_id: int
    channel_id: int
    topic: str | None
    provider: str | None
    level: Level
    often: Often
    minute: int
    state: SubscriptionState
    paused_because: str | None
    after_load: int
    created_at: datetime
    next_run_at: datetime | None
    last_post_at: datetime | None = None

    @property
    def filter(self) -> Filter:
        """What it matches."""
        return Filter.of(self.topic, self.provider)


class DeliveryKind(StrEnum):
    """Why a message is sent."""

    FIRST = "first"
    PUSH = "push"
    DIGEST = "digest"


class DeliveryState(StrEnum):
    """Where a message is on its way."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one channel: the keys of its articles in order, and `more` that matched and did not fit."""

    id: int
    subscription_id: int
    guild_id: int
    channel_id: int
    kind: DeliveryKind
    state: DeliveryState
    nonce: str
    keys: tuple[str, ...]
    more: int
    attempts: int
    queued_at: datetime
    first_attempt_at: datetime | None


def nonce_of(delivery_id: int, channel_id: int, queued_at: int) -> str:
    """Return a delivery's nonce: 24 base32 characters, within Discord's 25.

    The time of queueing (epoch seconds) is part of it, so that a database made anew, whose ids begin again, does not
    repeat the nonces that Discord still remembers.
    """
    text = f"{delivery_id}:{channel_id}:{queued_at}"
    return base64.b32encode(hashlib.blake2b(text.encode(), digest_size=15).digest()).decode()
