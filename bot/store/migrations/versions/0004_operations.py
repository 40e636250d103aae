"""Articles that Discord refuses are kept back; how sending goes is seen quickly; the words of the news can be listed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply the change."""
    op.create_table(
        "quarantined_articles",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
        sqlite_with_rowid=False,
    )
    op.execute("CREATE VIRTUAL TABLE articles_fts_words USING fts5vocab('articles_fts', 'row')")
    is_open = sa.text("state IN ('pending', 'sending')")
    op.create_index("ix_deliveries_due", "deliveries", ["due_at", "state", "subscription_id"], sqlite_where=is_open)
    was_sent = sa.text("sent_at IS NOT NULL")
    op.create_index("ix_deliveries_sent", "deliveries", ["sent_at", "kind", "uncertain"], sqlite_where=was_sent)
    has_failed = sa.text("state = 'failed'")
    op.create_index("ix_deliveries_failed", "deliveries", ["due_at", "reason"], sqlite_where=has_failed)
