"""How the database came to be, version by version; alembic runs it."""
