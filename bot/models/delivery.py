"""Subscriptions and what is sent for them."""

import base64
import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.models.corpus import fold


class Level(StrEnum):
    """How hot an article must be, in words."""

    EVERYTHING = "everything"
    HOT = "hot"
    HOTTEST = "hottest"


class Often(StrEnum):
    """How often a subscription posts."""

    INSTANT = "instant"
    DAILY = "daily"
    WEEKDAYS = "weekdays"
    WEEKLY = "weekly"


class Look(StrEnum):
    """How a message with one article looks; several make one compact list whatever it is, or lines of headlines."""

    CARD = "card"
    COMPACT = "compact"
    HEADLINE = "headline"


class SubscriptionState(StrEnum):
    """Whether a subscription posts."""

    ACTIVE = "active"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Filter:
    """The topics and providers of a subscription, by which its bars go: folded names; empty means all."""

    topics: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    without_topics: frozenset[str] = frozenset()
    without_providers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, topic: str | None, provider: str | None) -> "Filter":
        """Return the filter for one topic, one provider, both, or (with neither) everything."""
        return cls(frozenset({fold(topic)} if topic else ()), frozenset({fold(provider)} if provider else ()))

    def matches(self, topics: Collection[str], provider: str) -> bool:
        """Whether an article with these folded names is meant."""
        return (
            (not self.providers or provider in self.providers)
            and provider not in self.without_providers
            and (not self.topics or not self.topics.isdisjoint(topics))
            and self.without_topics.isdisjoint(topics)
        )


@dataclass(frozen=True, slots=True)
class Terms:
    """What an admin asks of one subscription. Names and words are as they were chosen.

    Times of day are minutes since midnight in the server's time zone. What is None follows the default: `spacing` the
    program's setting, `quiet` 23:00 to 07:00 once the server has a time zone, `silent` on as it happens and off for
    digests. `quiet` from and until the same minute means none. `min_heat` stands in for the level's bar.
    """

    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    without_topics: tuple[str, ...] = ()
    without_providers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    without_words: tuple[str, ...] = ()
    type: str | None = None
    level: Level = Level.EVERYTHING
    min_heat: int | None = None
    often: Often = Often.INSTANT
    minute: int = 9 * 60
    weekday: int = 0
    spacing: int | None = None
    daily_limit: int = 5
    size: int = 5
    publisher_cap: int = 2
    quiet: tuple[int, int] | None = None
    look: Look = Look.CARD
    silent: bool | None = None
    role_id: int | None = None
    ping_level: Level = Level.HOTTEST
    daily_pings: int = 1

    @property
    def filter(self) -> Filter:
        """The topics and providers by which its bars go."""
        return Filter(
            *(
                frozenset(map(fold, names))
                for names in (self.topics, self.providers, self.without_topics, self.without_providers)
            )
        )

    @property
    def subject(self) -> tuple[object, ...]:
        """What it is about; a channel has no two subscriptions to the same."""
        words, without = (frozenset(map(fold, words)) for words in (self.words, self.without_words))
        return self.filter, words, without, self.type


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

    `next_run_at` None means: at the next load. `after_load` is the newest load when it was made: only what was first
    sighted later is ever pushed. `edited_at` is when its terms were last set.
    """

    id: int
    guild_id: int
    channel_id: int
    terms: Terms
    state: SubscriptionState
    paused_because: str | None
    after_load: int
    created_at: datetime
    edited_at: datetime
    next_run_at: datetime | None
    last_post_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """What is shown to nobody in a server: publishers (folded names), and articles with certain words."""

    providers: frozenset[str] = frozenset()
    words: tuple[str, ...] = ()


NOTHING_BLOCKED = Blocked()


@dataclass(frozen=True, slots=True)
class Server:
    """A server's settings. Blocked words and providers are as they were written; they go for replies and pushes."""

    guild_id: int
    timezone: str | None = None
    language: str | None = None
    notice_channel_id: int | None = None
    share: bool = True
    blocked_providers: tuple[str, ...] = ()
    blocked_words: tuple[str, ...] = ()

    @property
    def blocked(self) -> Blocked:
        """What is shown to nobody in the server."""
        return Blocked(frozenset(map(fold, self.blocked_providers)), self.blocked_words)


@dataclass(frozen=True, slots=True)
class Post:
    """One message of a backtest: when it would have been posted, the titles in it, and whether it would have pinged."""

    at: datetime
    titles: tuple[str, ...]
    pings: bool


@dataclass(frozen=True, slots=True)
class Backtest:
    """What terms would have brought in the last days; `last` are the newest few posts, newest first."""

    days: int
    posts: int
    pings: int
    last: tuple[Post, ...]


class Rule(StrEnum):
    """What decided over an article and a subscription."""

    POSTED = "posted"
    QUEUED = "queued"
    WAITING = "waiting"
    """It will come: after the spacing, the daily limit, quiet hours, or with the next digest."""
    FAILED = "failed"
    REMOVED = "removed"
    """Its delivery was ended by an unsubscribe, or dropped as too old."""
    PAUSED = "paused"
    HIDDEN = "hidden"
    UNSCORED = "unscored"
    SUPERSEDED = "superseded"
    OLDER = "older"
    """It was there before the subscription."""
    QUIETLY = "quietly"
    """It came with a whole new folder, which is not pushed."""
    OTHER_TOPIC = "other topic"
    OTHER_PROVIDER = "other provider"
    OTHER_WORDS = "other words"
    OTHER_TYPE = "other type"
    BLOCKED = "blocked"
    BELOW_BAR = "below bar"
    SAME_STORY = "same story"
    """The channel had it, its address, or its story within 7 days, by any subscription."""
    CROWDED_OUT = "crowded out"
    """Others were hotter until it was too old: size, publisher cap, spacing and daily limit left no room."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why an article was or was not posted for a subscription.

    `at` is when that was decided; `heat` and `bar` are those of that time, where the bar decided; `message_id` is of
    the message in the subscription's channel that holds the article or its story; `until` is when it may come;
    `reason` is the delivery's. `edited_since` says that the terms were changed after it was decided.
    """

    subscription: Subscription
    rule: Rule
    at: datetime | None = None
    heat: int | None = None
    bar: int | None = None
    message_id: int | None = None
    until: datetime | None = None
    reason: str | None = None
    edited_since: bool = False


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
    """One message to one channel: the keys of its articles in order, and `more` that matched and did not fit.

    `bar` is the heat that was demanded when it was planned; `role_id` is the role that it pings.
    """

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
    bar: int = 0
    role_id: int | None = None


def nonce_of(delivery_id: int, channel_id: int, queued_at: int) -> str:
    """Return a delivery's nonce: 24 base32 characters, within Discord's 25.

    The time of queueing (epoch seconds) is part of it, so that a database made anew, whose ids begin again, does not
    repeat the nonces that Discord still remembers.
    """
    text = f"{delivery_id}:{channel_id}:{queued_at}"
    return base64.b32encode(hashlib.blake2b(text.encode(), digest_size=15).digest()).decode()
