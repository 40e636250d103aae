"""Alembic's way in: runs migrations on the connection that it is given, inside the caller's transaction."""

from alembic import context

from bot.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    include_name=lambda name, kind, _parents: kind != "table" or not str(name).startswith("articles_fts"),
)
with context.begin_transaction():
    context.run_migrations()
