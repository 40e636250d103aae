"""The database follows the program from version to version."""

import sqlite3
import threading
from importlib.resources import files
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from bot.models import HeatlineError, Level, Often, Server, SubscriptionState, Terms
from bot.store.database import connect
from bot.store.deliveries import delivered_keys
from bot.store.migrate import HEAD, migrate
from bot.store.rows import moment
from bot.store.servers import server
from bot.store.subscriptions import add_subscription, subscriptions_of
from bot.store.tables import metadata


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is made."""
    return tmp_path / "deep" / "er" / "heatline.db"


@pytest.fixture
def url(file: Path) -> str:
    """The database's URL."""
    return f"sqlite+aiosqlite:///{file}"


def schema(file: Path) -> list[tuple[str, str]]:
    """Return what the database is made of."""
    connection = sqlite3.connect(file)
    try:
        return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    finally:
        connection.close()


def run(file: Path, statement: str) -> None:
    """Execute a statement and commit it."""
    connection = sqlite3.connect(file)
    try:
        with connection:
            connection.execute(statement)
    finally:
        connection.close()


def test_the_newest_migration_is_the_one_that_the_program_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(files("bot.store") / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_migrated_database_is_the_one_that_the_tables_describe(url: str) -> None:
    migrate(url)
    with connect(url, writes=False) as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_name": lambda name, kind, _parents: kind != "table" or not name.startswith("articles_fts"),
            },
        )
        assert compare_metadata(context, metadata) == []


def test_checks_and_keys_are_those_of_the_tables(url: str, file: Path, tmp_path: Path) -> None:
    """Alembic compares neither CHECK constraints nor WITHOUT ROWID: compare what SQLite was told."""
    migrate(url)
    other = tmp_path / "other.db"
    with connect(f"sqlite+aiosqlite:///{other}", writes=True) as connection, connection.begin():
        metadata.create_all(connection)
    ours = {name: sql for name, sql in schema(file) if "articles_fts" not in name and "alembic_" not in name}
    theirs = dict(schema(other))
    assert ours.keys() == theirs.keys()

    def parts(sql: str | None) -> list[str]:
        return sorted(line.strip().rstrip(",") for line in (sql or "").splitlines() if line.strip())

    assert {name: parts(sql) for name, sql in ours.items()} == {name: parts(sql) for name, sql in theirs.items()}


def test_migrating_twice_changes_nothing(url: str, file: Path) -> None:
    migrate(url)
    run(file, "INSERT INTO notes VALUES ('kept', 'yes')")
    before = schema(file), file.stat().st_size
    migrate(url)
    assert (schema(file), file.stat().st_size) == before
    with connect(url, writes=False) as connection:
        assert connection.exec_driver_sql("SELECT value FROM notes").scalar_one() == "yes"


def test_programs_that_start_at_once_wait_for_each_other(url: str, file: Path) -> None:
    start = threading.Barrier(4)
    failures: list[Exception] = []

    def begin() -> None:
        start.wait()
        try:
            migrate(url)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ("articles_fts" in dict(schema(file))) is True
    with connect(url, writes=False) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all() == [HEAD]


def test_a_database_of_a_newer_program_is_left_alone(url: str, file: Path) -> None:
    migrate(url)
    run(file, "UPDATE alembic_version SET version_num = '9999'")
    before = schema(file)
    with pytest.raises(HeatlineError, match="made by a newer Heatline: update the program") as raised:
        migrate(url)
    assert str(file) in str(raised.value)
    assert schema(file) == before
    with connect(url, writes=False) as connection:
        assert connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one() == "9999"


@pytest.mark.parametrize("obstacle", ["no database", "a folder", "a file for a folder"])
def test_a_database_that_cannot_be_opened_is_said(url: str, file: Path, obstacle: str) -> None:
    if obstacle == "a file for a folder":
        file.parent.parent.write_text("in the way")
    else:
        file.parent.mkdir(parents=True)
        file.mkdir() if obstacle == "a folder" else file.write_text("not a database at all")
    with pytest.raises(
        HeatlineError, match=r"cannot be opened \([^()]+\): set DATABASE_URL, or restore a backup"
    ) as raised:
        migrate(url)
    assert str(file) in str(raised.value)


def test_another_programs_database_is_left_alone(url: str, file: Path) -> None:
    file.parent.mkdir(parents=True)
    run(file, "CREATE TABLE subscriptions (id INTEGER)")
    before = schema(file)
    with pytest.raises(HeatlineError, match="belongs to another program: set DATABASE_URL"):
        migrate(url)
    assert schema(file) == before


def test_the_database_is_kept_as_it_must_be(url: str) -> None:
    migrate(url)
    with connect(url, writes=True) as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout", "query_only")
        }
    assert pragmas == {
        "journal_mode": "wal",
        "synchronous": 2,
        "foreign_keys": 1,
        "busy_timeout": 15_000,
        "query_only": 0,
    }
    with connect(url, writes=False) as connection:
        assert connection.exec_driver_sql("PRAGMA query_only").scalar_one() == 1


def test_what_0001_kept_is_kept(url: str, file: Path) -> None:
    """A database of the first version comes along: subscriptions, what was sent, time zones, and the numbering."""
    with connect(url, writes=True) as connection, connection.begin():
        config = Config()
        config.set_main_option("script_location", str(files("bot.store") / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    run(file, "INSERT INTO guilds VALUES (1, 'Europe/Berlin')")
    for values in (
        "(3, 1, 10, 'AI', NULL, 'hot', 'daily', 480, 'active', NULL, 7, 1000, 2000)",
        "(4, 1, 11, NULL, 'Example Times', 'everything', 'instant', 540, 'paused', 'gone', 8, 1001, NULL)",
        "(9, 1, 11, NULL, NULL, 'everything', 'instant', 540, 'active', NULL, 8, 1001, NULL)",
    ):
        run(file, f"INSERT INTO subscriptions VALUES {values}")
    run(file, "DELETE FROM subscriptions WHERE id = 9")
    run(file, "INSERT INTO deliveries VALUES (5, 3, 1, 10, 'push', 'sent', NULL, 'N', 2, 1, 50, 51, 52, 53, 54, 1)")
    run(file, "INSERT INTO delivery_articles VALUES (5, 0, 10, 'K', 'U', 'S', 50)")
    migrate(url)
    with connect(url, writes=True) as connection, connection.begin():
        first, second = subscriptions_of(connection, 1)
        assert first.terms == Terms(topics=("AI",), level=Level.HOT, often=Often.DAILY, minute=480)
        assert (first.after_load, first.next_run_at) == (7, moment(2000))
        assert second.terms == Terms(providers=("Example Times",))
        assert (second.state, second.paused_because) == (SubscriptionState.PAUSED, "gone")
        assert server(connection, 1) == Server(1, timezone="Europe/Berlin")
        assert delivered_keys(connection, "N") == ("K",)
        made = add_subscription(
            connection, guild_id=1, channel_id=1, terms=Terms(), next_run_at=None, now=first.created_at
        )
        assert made.id == 10
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
