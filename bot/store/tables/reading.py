"""What readers keep, and what the program itself does."""

from sqlalchemy import (
    BigInteger,
    Column,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from bot.store.tables.schema import metadata

listings = Table(
    "listings",
    metadata,
    # The state of paged replies, under 16-character keys, for a year.
    Column("key", Text, primary_key=True),
    Column("listing", Text, nullable=False),  # JSON
    Column("used_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

looks = Table(
    "looks",
    metadata,
    # When a reader last asked for the short briefing of a topic (folded; empty for all).
    Column("user_id", BigInteger, nullable=False),
    Column("topic", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    PrimaryKeyConstraint("user_id", "topic"),
    sqlite_with_rowid=False,
)

saved = Table(
    "saved",
    metadata,
    # What readers saved, with what it takes to show it when the article is gone.
    Column("user_id", BigInteger, nullable=False),
    Column("key", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("provider", Text, nullable=False),
    PrimaryKeyConstraint("user_id", "key"),
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
