"""Small facts of the program itself, by name."""

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from bot.store.tables import notes


def note(connection: Connection, name: str) -> str | None:
    """Return the value kept under the name."""
    value: str | None = connection.execute(select(notes.c.value).where(notes.c.name == name)).scalar_one_or_none()
    return value


def keep_note(connection: Connection, name: str, value: str) -> None:
    """Keep the value under the name, in place of what was there."""
    statement = insert(notes).values(name=name, value=value)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": value}))


def drop_note(connection: Connection, name: str) -> None:
    """Keep nothing under the name."""
    connection.execute(delete(notes).where(notes.c.name == name))
