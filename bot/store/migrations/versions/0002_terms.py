"""Terms of subscriptions in one column; servers' settings; drafts, notices, edits and hidden articles."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "hidden_articles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "touched_articles",
        sa.Column("load", sa.Integer(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("load", "key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "drafts",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=True),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_notices_untold", "notices", ["guild_id", "id"], sqlite_where=sa.text("told_at IS NULL"))
    _guilds()
    _subscriptions()
    _deliveries()
    op.create_table(
        "edits",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("because", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("because IN ('coverage', 'title', 'hidden')", name=op.f("ck_edits_because")),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery_id"),
    )
    op.create_index(op.f("ix_edits_due_at"), "edits", ["due_at"])


def _guilds() -> None:
    _set_aside("guilds")
    op.create_table(
        "guilds",
        sa.Column("guild_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), nullable=True),
        sa.Column("notice_channel_id", sa.BigInteger(), nullable=True),
        sa.Column("share", sa.Boolean(), nullable=False),
        sa.Column("blocked_providers", sa.Text(), nullable=False),
        sa.Column("blocked_words", sa.Text(), nullable=False),
        sa.Column("left_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("guild_id"),
    )
    op.execute(
        "INSERT INTO guilds (guild_id, timezone, share, blocked_providers, blocked_words)"
        " SELECT guild_id, timezone, 1, '[]', '[]' FROM guilds_before"
    )
    op.drop_table("guilds_before")


def _subscriptions() -> None:
    indexes = ("ix_subscriptions_channel_id", "ix_subscriptions_due", "ix_subscriptions_guild_id")
    _set_aside("subscriptions", *indexes)
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("terms", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("paused_because", sa.Text(), nullable=True),
        sa.Column("paused_at", sa.BigInteger(), nullable=True),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("after_load", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("edited_at", sa.BigInteger(), nullable=False),
        sa.Column("next_run_at", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("state IN ('active', 'paused')", name=op.f("ck_subscriptions_state")),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_subscriptions_channel_id"), "subscriptions", ["channel_id"])
    op.create_index("ix_subscriptions_due", "subscriptions", ["state", "next_run_at"])
    op.create_index(op.f("ix_subscriptions_guild_id"), "subscriptions", ["guild_id"])
    connection = op.get_bind()
    for row in connection.exec_driver_sql("SELECT * FROM subscriptions_before").mappings().all():
        terms: dict[str, object] = {"level": row["level"], "often": row["often"], "minute": row["minute"]}
        if row["topic"] is not None:
            terms["topics"] = [row["topic"]]
        if row["provider"] is not None:
            terms["providers"] = [row["provider"]]
        connection.exec_driver_sql(
            "INSERT INTO subscriptions (id, guild_id, channel_id, terms, state, paused_because, strikes, after_load,"
            " created_at, edited_at, next_run_at) VALUES (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)",
            (
                row["id"],
                row["guild_id"],
                row["channel_id"],
                json.dumps(terms, ensure_ascii=False, sort_keys=True),
                row["state"],
                row["paused_because"],
                row["after_load"],
                row["created_at"],
                row["created_at"],
                row["next_run_at"],
            ),
        )
    _keep_numbering("subscriptions")
    op.drop_table("subscriptions_before")


def _deliveries() -> None:
    _set_aside("delivery_articles", "ix_delivery_articles_story", "ix_delivery_articles_url")
    indexed = ("subscription_id", "nonce", "open", "channel")
    _set_aside("deliveries", *(f"ix_deliveries_{name}" for name in indexed))
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.Integer(), nullable=False),
        sa.Column("guild_id", sa.BigInteger(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("nonce", sa.Text(), nullable=False),
        sa.Column("bar", sa.Integer(), nullable=False),
        sa.Column("role_id", sa.BigInteger(), nullable=True),
        sa.Column("more", sa.Integer(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("first_attempt_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("message_id", sa.BigInteger(), nullable=True),
        sa.Column("uncertain", sa.Boolean(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=True),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('first', 'push', 'digest')", name=op.f("ck_deliveries_kind")),
        sa.CheckConstraint("state IN ('pending', 'sending', 'sent', 'failed')", name=op.f("ck_deliveries_state")),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_deliveries_subscription_id"), "deliveries", ["subscription_id"])
    op.create_index(op.f("ix_deliveries_nonce"), "deliveries", ["nonce"])
    waiting = sa.text("state IN ('pending', 'sending')")
    op.create_index("ix_deliveries_open", "deliveries", ["guild_id", "channel_id", "id"], sqlite_where=waiting)
    op.create_index("ix_deliveries_age", "deliveries", ["queued_at"], sqlite_where=waiting)
    op.create_index("ix_deliveries_channel", "deliveries", ["channel_id", "queued_at"])
    op.create_index("ix_deliveries_guild", "deliveries", ["guild_id", "queued_at"])
    kept = (
        "id, subscription_id, guild_id, channel_id, kind, state, reason, nonce, more, attempts, queued_at, due_at,"
        " first_attempt_at, sent_at, message_id, uncertain"
    )
    op.execute(f"INSERT INTO deliveries ({kept}, bar, edits) SELECT {kept}, 0, 0 FROM deliveries_before")
    _keep_numbering("deliveries")
    op.create_table(
        "delivery_articles",
        sa.Column("delivery_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channel_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("url_key", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("heat", sa.Integer(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("delivery_id", "position"),
        sa.UniqueConstraint("key", "channel_id", name=op.f("uq_delivery_articles_key_channel_id")),
    )
    op.create_index("ix_delivery_articles_url", "delivery_articles", ["url_key", "channel_id"])
    op.create_index("ix_delivery_articles_story", "delivery_articles", ["story", "channel_id", "at"])
    kept = "delivery_id, position, channel_id, key, url_key, story, at"
    op.execute(f"INSERT INTO delivery_articles ({kept}) SELECT {kept} FROM delivery_articles_before")
    op.drop_table("delivery_articles_before")
    op.drop_table("deliveries_before")


def _set_aside(table: str, *indexes: str) -> None:
    """Give the table another name, and free those of its indexes, so that a new one can take them."""
    for index in indexes:
        op.drop_index(index, table)
    op.rename_table(table, f"{table}_before")


def _keep_numbering(table: str) -> None:
    """Let the new table go on numbering where the old one was: an id is never given twice."""
    op.execute(f"DELETE FROM sqlite_sequence WHERE name = '{table}'")
    op.execute(
        f"INSERT INTO sqlite_sequence (name, seq) SELECT '{table}', seq FROM sqlite_sequence"
        f" WHERE name = '{table}_before'"
    )
