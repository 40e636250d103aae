"""Servers, their subscriptions, and what is and was sent for them."""

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
    UniqueConstraint,
)

from bot.models import DeliveryKind, DeliveryState, SubscriptionState
from bot.store.tables.schema import metadata, one_of

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
    one_of("state", SubscriptionState),
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
    Column("due_at", BigInteger, nullable=False),  # when it is tried next; of a failed one, when it was given up
    Column("first_attempt_at", BigInteger),
    Column("sent_at", BigInteger),
    Column("message_id", BigInteger),
    Column("uncertain", Boolean, nullable=False),  # sent again although it could not be excluded that it had arrived
    Column("shown", Text),  # a digest of what the message shows, by which it is known whether an edit is due
    Column("edits", Integer, nullable=False),  # made because of new coverage
    one_of("kind", DeliveryKind),
    one_of("state", DeliveryState),
    Index(
        "ix_deliveries_open", "guild_id", "channel_id", "id", sqlite_where=Column("state").in_(("pending", "sending"))
    ),
    Index("ix_deliveries_age", "queued_at", sqlite_where=Column("state").in_(("pending", "sending"))),
    Index(
        "ix_deliveries_due",
        "due_at",
        "state",
        "subscription_id",
        sqlite_where=Column("state").in_(("pending", "sending")),
    ),
    Index("ix_deliveries_sent", "sent_at", "kind", "uncertain", sqlite_where=Column("sent_at").is_not(None)),
    Index("ix_deliveries_failed", "due_at", "reason", sqlite_where=Column("state") == "failed"),
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

quarantined_articles = Table(
    "quarantined_articles",
    metadata,
    # What Discord refused in several channels: no longer sent.
    Column("key", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
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
