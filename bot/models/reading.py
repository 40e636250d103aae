"""What readers ask for and are shown."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.models.corpus import Article, LoadReport


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
    banned: bool = False
    """Whether Discord has banned the program's address."""


@dataclass(frozen=True, slots=True)
class Brief:
    """A short briefing: one article per story, in order, and what was left out of it.

    `stories` counts all of the window, `days` is the window (None for all time) and `in_first_window` how many stories
    the narrowest one held, where that was too few. `reports` counts the other articles of the stories that are shown.
    `new` counts the stories that came after `since`, when the reader last looked. `outside` is the hottest story that
    has nothing to do with the topic.
    """

    topic: str | None
    size: int
    at: datetime
    articles: tuple[Article, ...]
    stories: int
    reports: int
    days: int | None
    in_first_window: int | None
    since: datetime | None = None
    new: int = 0
    outside: Article | None = None


@dataclass(frozen=True, slots=True)
class Saved:
    """A story that a reader saved, as it was then: the article may be gone by now."""

    key: str
    at: datetime
    title: str
    url: str
    provider: str
