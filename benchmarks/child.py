"""One piece of work in a process of its own, timed: `python -m benchmarks.child JOB FOLDER DATABASE SPAWNED`.

Prints one JSON line. `start` is what the interpreter and the imports took, since the monotonic time SPAWNED.
"""

import json
import resource
import sqlite3
import sys
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

Job = Callable[[Path, Path], object]


def load_job(*, stories: bool) -> Job:
    """Return the program's own load, with or without telling stories."""
    import alembic.command
    import alembic.config  # noqa: F401  # of a new database; imports are shown apart

    from bot import loading
    from bot.settings import Settings

    def work(folder: Path, database: Path) -> object:
        if not stories:
            vars(loading)["link"] = _link_nothing
        return loading.load(Settings(corpus_dir=str(folder), database_url=f"sqlite+aiosqlite:///{database}"))

    return work


def _link_nothing(connection: Connection) -> None:
    """Give every incoming article its own story."""
    connection.exec_driver_sql("CREATE TEMP TABLE new_links (one TEXT, other TEXT, PRIMARY KEY (one, other))")
    connection.exec_driver_sql("INSERT INTO moved SELECT key, key FROM incoming")


def reference_job(name: str) -> Job:
    """Return what the loader is measured against."""
    from benchmarks import references

    if name == "bare":
        import yaml_rs  # noqa: F401  # imports are shown apart
    if name in ("frontmatter_pydantic", "sqlite_utils"):
        import frontmatter  # noqa: F401
    if name == "frontmatter_pydantic":
        import bot.corpus.document  # noqa: F401
    if name == "sqlite_utils":
        import sqlite_utils  # type: ignore[import-not-found,unused-ignore]  # noqa: F401  # optional
    job: Job = getattr(references, name)
    return job


def corpus(folder: Path, count: Path) -> None:
    """Write a corpus."""
    from benchmarks.corpus import write_corpus

    write_corpus(folder, int(str(count)))


def migrate(_folder: Path, database: Path) -> None:
    """Create the tables."""
    from bot.store import migrate

    migrate.migrate(f"sqlite+aiosqlite:///{database}")


def write(_folder: Path, database: Path) -> dict[str, float]:
    """Write a row every few milliseconds until standard input ends, as the sender does, and return the longest wait."""
    import threading

    ended = threading.Event()

    def until_ended() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=until_ended, daemon=True).start()
    connection = sqlite3.connect(database, isolation_level=None, timeout=120)
    connection.execute("PRAGMA synchronous=FULL")
    waits = []
    while not ended.is_set():
        begun = time.perf_counter()
        connection.execute("BEGIN IMMEDIATE")
        waits.append(time.perf_counter() - begun)
        connection.execute("INSERT OR REPLACE INTO notes VALUES ('benchmark', ?)", (str(len(waits)),))
        connection.execute("COMMIT")
        ended.wait(0.005)
    connection.execute("DELETE FROM notes WHERE name = 'benchmark'")
    return {"longest": max(waits, default=0.0), "writes": len(waits)}


_OWN: dict[str, Job] = {"corpus": corpus, "migrate": migrate, "write": write}


def main() -> None:
    """Run the job and print how long it took, and how much memory at most."""
    name, folder, database, spawned = sys.argv[1:5]
    loads = name in ("load", "load_alone")
    job = load_job(stories=name == "load") if loads else _OWN.get(name) or reference_job(name)
    begun = time.monotonic()
    outcome = job(Path(folder), Path(database))
    ended = time.monotonic()
    result = {"start": begun - float(spawned), "work": ended - begun}
    result["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    if isinstance(outcome, dict):
        result |= outcome
    print(json.dumps(result))


if __name__ == "__main__":
    main()
