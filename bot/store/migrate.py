"""The database follows the program: migrations, applied at start."""

from importlib.resources import files

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import DatabaseError

from bot.models import HeatlineError
from bot.store.database import connect

HEAD = "0004"
"""The newest migration. Kept here so that a database that is up to date costs no import of alembic (0.35 s)."""


def _version(connection: Connection) -> str | None:
    known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").first()
    if known is None:
        return None
    row = connection.exec_driver_sql("SELECT version_num FROM alembic_version").first()
    return row[0] if row else None


def migrate(url: str) -> None:
    """Create the database, or bring it up to date.

    Raises `HeatlineError` if it cannot be opened, or if a newer program made it.
    """
    try:
        with connect(url, writes=True) as connection, connection.begin():
            version = _version(connection)
            if version == HEAD:
                return
            if version is None and connection.exec_driver_sql("SELECT 1 FROM sqlite_master").first() is not None:
                raise HeatlineError(
                    f"The database {make_url(url).database} belongs to another program: set DATABASE_URL."
                )
    except (DatabaseError, OSError) as error:
        reason = error.strerror if isinstance(error, OSError) else error.orig
        raise HeatlineError(
            f"The database {make_url(url).database} cannot be opened ({reason}): set DATABASE_URL, or restore a backup."
        ) from error
    _upgrade(url)


def _upgrade(url: str) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(files("bot.store") / "migrations").replace("%", "%%"))
    # One transaction: a second program that starts now waits, and finds it done.
    with connect(url, writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError as error:
            if "Can't locate revision" not in str(error):
                raise
            raise HeatlineError(
                f"The database {make_url(url).database} was made by a newer Heatline: update the program."
            ) from None
