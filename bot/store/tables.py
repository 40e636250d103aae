"""The tables. Times are UTC epoch seconds; what hangs on an article hangs on its key, never on its row."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
)

from bot.models import DeliveryKind, DeliveryState, SubscriptionState

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def _one_of(column: str, values: type[StrEnum]) -> CheckConstraint:
    names = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({names})", name=column)


# --- a cache of the files, rebuilt at will -------------------------------------------------------------------

articles = Table(
    "articles",
    metadata,
    # Numbers follow first sight, so that "newest first" is a walk down the row numbers for full-text search.
    Column("number", Integer, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    Column("fingerprint", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("url_key", Text, nullable=False, index=True),
    Column("provider", Text, nullable=False),
    Column("provider_folded", Text, nullable=False),
    Column("provider_domain", Text),
    Column("logo", Text),
    Column("topics", Text, nullable=False),  # a JSON list, in the file's order
    Column("type", Text, nullable=False),
    Column("heat", Integer),
    Column("quality", Integer),
    Column("published", Boolean, nullable=False),
    Column("published_at", BigInteger),
    Column("image", Text),  # JSON
    Column("coverage", Text, nullable=False),  # a JSON list
    Column("coverage_count", Integer, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("story", Text, nullable=False, index=True),
    Index("ix_articles_seen", "published", "seen_at", "number"),
    Index("ix_articles_provider_seen", "provider_folded", "published", "seen_at", "number"),
    Index("ix_articles_provider_heat", "provider_folded", "published", "heat", "seen_at", "number"),
)

article_topics = Table(
    "article_topics",
    metadata,
    # Only articles that can be seen: counting a topic is counting its rows.
    Column("topic", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("article", Integer, ForeignKey("articles.number", ondelete="CASCADE"), nullable=False, index=True),
    Column("heat", Integer),
    PrimaryKeyConstraint("topic", "seen_at", "article"),
    Index("ix_article_topics_heat", "topic", "heat", "seen_at", "article"),
    sqlite_with_rowid=False,
)

names = Table(
    "names",
    metadata,
    # How a folded name of a topic or provider is written, and how many visible articles have it.
    Column("kind", Text, nullable=False),
    Column("folded", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("kind", "folded"),
    CheckConstraint("kind IN ('topic', 'provider')", name="kind"),
    sqlite_with_rowid=False,
)

files = Table(
    "files",
    metadata,
    # What each file of the corpus looked like and what became of it, so that only changed files are read again.
    Column("file", Text, primary_key=True),
    Column("stamp", BigInteger),  # NULL: to be read again whatever it looks like
    Column("status", Text, nullable=False),
    Column("article", Text, nullable=False),  # the id of the article that it is, or would be
    CheckConstraint("status IN ('load', 'skip', 'reject')", name="status"),
    sqlite_with_rowid=False,
)

problems = Table(
    "problems",
    metadata,
    Column("file", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("line", Integer),
    Column("field", Text),
    Column("what", Text, nullable=False),
    Column("done", Text, nullable=False),
    PrimaryKeyConstraint("file", "position"),
    sqlite_with_rowid=False,
)

spellings = Table(
    "spellings",
    metadata,
    # How often each name is written how, in articles and their coverage; articles keep names as they were written.
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("kind", "name"),
    sqlite_with_rowid=False,
)

corrections = Table(
    "corrections",
    metadata,
    # The spellings that are shown in another, more frequent one.
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("best", Text, nullable=False),
    PrimaryKeyConstraint("kind", "name"),
    sqlite_with_rowid=False,
)

# What stories are found by.

story_words = Table(
    "story_words",
    metadata,
    Column("word", Text, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("article", Integer, nullable=False),
    PrimaryKeyConstraint("word", "seen_at", "article"),
    sqlite_with_rowid=False,
)

coverage_urls = Table(
    "coverage_urls",
    metadata,
    Column("url_key", Text, nullable=False),
    Column("article", Integer, nullable=False),
    PrimaryKeyConstraint("url_key", "article"),
    sqlite_with_rowid=False,
)

story_links = Table(
    "story_links",
    metadata,
    # Both ways round, by article keys.
    Column("key", Text, nullable=False),
    Column("other", Text, nullable=False),
    PrimaryKeyConstraint("key", "other"),
    sqlite_with_rowid=False,
)

# --- facts, kept whatever happens to the files ---------------------------------------------------------------

loads = Table(
    "loads",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("report", Text, nullable=False),  # JSON
    Column("planned_at", BigInteger),
    Index("ix_loads_unplanned", "number", sqlite_where=Column("planned_at").is_(None)),
)

touched_articles = Table(
    "touched_articles",
    metadata,
    # What a load brought or changed of what can be pushed, until that load is planned.
    Column("load", Integer, nullable=False),
    Column("key", Text, nullable=False),
    PrimaryKeyConstraint("load", "key"),
    sqlite_with_rowid=False,
)

roots = Table(
    "roots",
    metadata,
    Column("path", Text, primary_key=True),
    Column("first_load_at", BigInteger, nullable=False),
)

sightings = Table(
    "sightings",
    metadata,
    Column("key", Text, primary_key=True),
    Column("seen_at", BigInteger, nullable=False),
    Column("load", Integer, nullable=False),
    Column("quiet", Boolean, nullable=False),  # backfilled: never a candidate
    Index("ix_sightings_seen_at", "seen_at"),
    sqlite_with_rowid=False,
)

heat_history = Table(
    "heat_history",
    metadata,
    # A row for every change of an article's heat, kept a year beyond the article.
    Column("key", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("heat", Integer, nullable=False),
    PrimaryKeyConstraint("key", "at"),
    sqlite_with_rowid=False,
)

hidden_articles = Table(
    "hidden_articles",
    metadata,
    # What a host hid: shown nowhere, whatever the files say.
    Column("key", Text, primary_key=True),
    Column("url_key", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

guilds = Table(
    "guilds",
    metadata,
    Column("guild_id", BigInteger, primary_key=True, autoincrement=False),
    Column("timezone", Text),
    Column("language", Text),
    Column("notice_channel_id", BigInteger),
    Column("share", Boolean, nullable=False),
    Column("blocked_providers", Text, nullable=False),  # a JSON list
    Column("blocked_words", Text, nullable=False),  # a JSON list
    Column("left_at", BigInteger),  # when the server removed the bot: a month later its data goes
)

subscriptions = Table(
    "subscriptions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("guild_id", BigInteger, nullable=False, index=True),
    Column("channel_id", BigInteger, nullable=False, index=True),
    Column("terms", Text, nullable=False),  # JSON, see `bot.store.terms`
    Column("state", Text, nullable=False),
    Column("paused_because", Text),
    Column("paused_at", BigInteger),
    Column("strikes", Integer, nullable=False),  # times it was paused by trouble since it last posted
    Column("after_load", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("edited_at", BigInteger, nullable=False),
    Column("next_run_at", BigInteger),
    _one_of("state", SubscriptionState),
    Index("ix_subscriptions_due", "state", "next_run_at"),
    sqlite_autoincrement=True,  # an id is never given twice: deliveries outlive subscriptions
)

drafts = Table(
    "drafts",
    metadata,
    # Terms that somebody is choosing and has not saved; of no subscription yet (0), or of one as it was at `edited_at`.
    Column("key", Text, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("subscription_id", Integer, nullable=False),
    Column("user_id", BigInteger, nullable=False),
    Column("terms", Text, nullable=False),
    Column("edited_at", BigInteger),
    Column("used_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

notices = Table(
    "notices",
    metadata,
    # Trouble that a server is to be told of, once.
    Column("id", Integer, primary_key=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("subscription_id", Integer),
    Column("because", Text, nullable=False),
    Column("detail", Text, nullable=False),  # a JSON list: the missing permissions, the number of what was dropped
    Column("at", BigInteger, nullable=False),
    Column("told_at", BigInteger),
    Index("ix_notices_untold", "guild_id", "id", sqlite_where=Column("told_at").is_(None)),
    sqlite_autoincrement=True,
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscription_id", Integer, nullable=False, index=True),
    Column("guild_id", BigInteger, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text),
    Column("nonce", Text, nullable=False, index=True),
    Column("bar", Integer, nullable=False),  # the heat that was demanded when it was planned
    Column("role_id", BigInteger),  # the role that it pings
    Column("more", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("first_attempt_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("message_id", BigInteger),
    Column("uncertain", Boolean, nullable=False),  # sent again although it could not be excluded that it had arrived
    Column("shown", Text),  # a digest of what the message shows, by which it is known whether an edit is due
    Column("edits", Integer, nullable=False),  # made because of new coverage
    _one_of("kind", DeliveryKind),
    _one_of("state", DeliveryState),
    Index(
        "ix_deliveries_open", "guild_id", "channel_id", "id", sqlite_where=Column("state").in_(("pending", "sending"))
    ),
    Index("ix_deliveries_age", "queued_at", sqlite_where=Column("state").in_(("pending", "sending"))),
    Index("ix_deliveries_channel", "channel_id", "queued_at"),
    Index("ix_deliveries_guild", "guild_id", "queued_at"),
    sqlite_autoincrement=True,
)

delivery_articles = Table(
    "delivery_articles",
    metadata,
    Column("delivery_id", Integer, ForeignKey("deliveries.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("channel_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("url_key", Text, nullable=False),
    Column("story", Text, nullable=False),
    Column("heat", Integer),  # when it was chosen
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("delivery_id", "position"),
    # Repeats and overlapping subscriptions are harmless: a channel gets an article once. Keys come first, so that one
    # look finds who has had the few articles of a load.
    UniqueConstraint("key", "channel_id"),
    Index("ix_delivery_articles_url", "url_key", "channel_id"),
    Index("ix_delivery_articles_story", "story", "channel_id", "at"),
)

edits = Table(
    "edits",
    metadata,
    # Posted messages that are to be edited: at most one row each, gone when it is done.
    Column("delivery_id", Integer, ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True),
    Column("because", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False, index=True),
    CheckConstraint("because IN ('coverage', 'title', 'hidden')", name="because"),
)

bars = Table(
    "bars",
    metadata,
    # The heat of each level for one filter: computed once a day, kept as it was.
    Column("filter", Text, nullable=False),
    Column("day", Integer, nullable=False),  # days since the epoch
    Column("hot", Integer, nullable=False),
    Column("hottest", Integer, nullable=False),
    Column("counted", Integer, nullable=False),
    PrimaryKeyConstraint("filter", "day"),
    sqlite_with_rowid=False,
)

listings = Table(
    "listings",
    metadata,
    # The state of paged replies, under 16-character keys, for a year.
    Column("key", Text, primary_key=True),
    Column("listing", Text, nullable=False),  # JSON
    Column("used_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

notes = Table(
    "notes",
    metadata,
    # Small facts of the program itself, by name: the hash of the synced commands, the last load.
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    sqlite_with_rowid=False,
)
