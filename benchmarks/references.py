"""What the loader is measured against: the same files read by other, simpler means into SQLite."""

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

_SCHEMA = """
CREATE TABLE articles (number INTEGER PRIMARY KEY, id TEXT UNIQUE, title TEXT, excerpt TEXT, url TEXT, provider TEXT,
    domain TEXT, heat INTEGER, quality INTEGER, published INTEGER, published_at TEXT, image TEXT, related TEXT);
CREATE TABLE article_topics (topic TEXT, article INTEGER, heat INTEGER, PRIMARY KEY (topic, article)) WITHOUT ROWID;
CREATE VIRTUAL TABLE articles_fts USING fts5(title, excerpt, content='articles', content_rowid='number');
"""
_INDEXES = """
CREATE INDEX a1 ON articles (published, published_at);
CREATE INDEX a2 ON articles (provider, published_at);
CREATE INDEX a3 ON articles (provider, heat, published_at);
CREATE INDEX t1 ON article_topics (topic, heat, article);
INSERT INTO articles_fts(articles_fts) VALUES ('rebuild');
"""


def _files(folder: Path) -> Iterator[tuple[str, str]]:
    waiting = [str(folder)]
    while waiting:
        with os.scandir(waiting.pop()) as listing:
            for entry in listing:
                if entry.is_dir():
                    waiting.append(entry.path)
                elif entry.name.endswith(".md"):
                    yield entry.path, entry.path[len(str(folder)) + 1 : -3]


def _store(database: Path, documents: Iterator[tuple[str, dict[str, object]]]) -> None:
    connection = sqlite3.connect(database, isolation_level=None)
    connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-64000;" + _SCHEMA)
    connection.execute("BEGIN IMMEDIATE")
    rows: list[tuple[object, ...]] = []
    topics: list[tuple[object, ...]] = []

    def flush() -> None:
        connection.executemany(f"INSERT INTO articles VALUES ({','.join('?' * 13)})", rows)
        connection.executemany("INSERT OR IGNORE INTO article_topics VALUES (?, ?, ?)", topics)
        rows.clear()
        topics.clear()

    for number, (identity, document) in enumerate(documents, 1):
        provider = document.get("provider") or {}
        images = document.get("images") or [{}]
        assert isinstance(provider, dict)
        assert isinstance(images, list)
        rows.append(
            (
                number,
                identity,
                document.get("title"),
                document.get("excerpt"),
                document.get("webUrl"),
                provider.get("name"),
                provider.get("domain"),
                document.get("heat"),
                document.get("quality"),
                document.get("published", True),
                str(document.get("publishedDateTime")),
                images[0].get("url"),
                json.dumps(document.get("related") or [], default=str),
            )
        )
        named = document.get("topics") or []
        assert isinstance(named, list)
        topics += [(topic, number, document.get("heat")) for topic in named]
        if len(rows) == 5000:
            flush()
    flush()
    for statement in _INDEXES.strip().splitlines():
        connection.execute(statement)
    connection.execute("COMMIT")
    connection.close()


def bare(folder: Path, database: Path) -> None:
    """Load with yaml-rs and raw sqlite3: nothing is validated or cleaned, everything is indexed and searchable."""
    import yaml_rs

    def documents() -> Iterator[tuple[str, dict[str, object]]]:
        for path, identity in _files(folder):
            handle = os.open(path, os.O_RDONLY)
            text = os.read(handle, 1 << 20).decode()
            os.close(handle)
            document: dict[str, object] = yaml_rs.loads(text.split("\n---", 1)[0][4:])  # type: ignore[assignment]  # a mapping
            del document["secured"]
            yield identity, document

    _store(database, documents())


def frontmatter_pydantic(folder: Path, database: Path) -> None:
    """Load with python-frontmatter's default loader, pydantic and raw sqlite3 in one transaction."""
    import frontmatter

    from bot.corpus.document import Document

    def documents() -> Iterator[tuple[str, dict[str, object]]]:
        for path, identity in _files(folder):
            fields: dict[str, object] = dict(frontmatter.load(path).metadata)
            fields.pop("secured", None)
            Document.model_validate(fields, strict=False)
            yield identity, fields

    _store(database, documents())


def sqlite_utils(folder: Path, database: Path) -> None:
    """Load with python-frontmatter and sqlite-utils' upsert_all and full-text search."""
    import frontmatter
    import sqlite_utils as library  # type: ignore[import-not-found,unused-ignore]  # optional

    def rows() -> Iterator[dict[str, object]]:
        for path, identity in _files(folder):
            fields: dict[str, object] = dict(frontmatter.load(path).metadata)
            fields.pop("secured", None)
            yield {"id": identity, **fields}

    table = library.Database(database)["articles"]
    table.upsert_all(rows(), pk="id", alter=True)
    table.enable_fts(["title", "excerpt"])


def stat(folder: Path, database: Path) -> None:
    """Walk and stat the files, and read the known paths from the loaded database: what any reload must do."""
    connection = sqlite3.connect(database)
    known = dict(connection.execute("SELECT file, stamp FROM files"))
    waiting = [str(folder)]
    seen = 0
    while waiting:
        with os.scandir(waiting.pop()) as listing:
            for entry in listing:
                if entry.is_dir():
                    waiting.append(entry.path)
                else:
                    entry.stat()
                    seen += 1
    assert seen == len(known)
