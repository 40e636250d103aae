"""The cache of the files, rebuilt at will, and what is known of articles whatever happens to the files."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from bot.store.tables.schema import metadata

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
