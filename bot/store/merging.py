"""Merging what a load has staged: one short transaction, all or nothing."""

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.corpus import Spelling
from bot.models import LoadReport, Problem
from bot.store import notes, search
from bot.store.hidden import apply_hidden
from bot.store.loads import newest_load
from bot.store.names import count_names, merge_spellings
from bot.store.quarantine import release_changed
from bot.store.rows import ARTICLE_COLUMNS, epoch

_HEAT_KEPT = timedelta(days=365)

# Columns of `articles` that an index has, and those that none has. Setting the first means rewriting index entries,
# which is most of the work of a reload: that is done only for articles in which they differ.
_INDEXED = ("url_key", "provider_folded", "published", "heat")
_PLAIN = tuple(column for column in ARTICLE_COLUMNS if column not in ("id", "key", *_INDEXED))


def merge(connection: Connection, report: LoadReport, spellings: Mapping[Spelling, int], now: datetime) -> LoadReport:
    """Write what is staged and return the report, with the load's number if it changed anything.

    To be called inside the writing transaction, on the connection that staged it.
    """
    run = connection.exec_driver_sql
    at = epoch(now) or 0
    changed = run("SELECT EXISTS (SELECT 1 FROM incoming) OR EXISTS (SELECT 1 FROM outgoing)").scalar_one()
    if changed:
        report = replace(report, number=newest_load(connection) + 1)
        _merge_articles(connection, report.number or 0, at)
        apply_hidden(connection)
        merge_spellings(connection, spellings)
        count_names(connection)
    _merge_files(connection)
    skipped, rejected = run("SELECT total(status = 'skip'), total(status = 'reject') FROM files").one()
    report = replace(
        report,
        articles=run("SELECT count(*) FROM articles WHERE published").scalar_one(),
        skipped=int(skipped),
        rejected=int(rejected),
        unchanged=run("SELECT count(*) FROM articles").scalar_one() - report.added - report.updated - report.hidden,
        problem_count=run("SELECT count(*) FROM problems").scalar_one(),
        problems=first_problems(connection, 10),
    )
    if changed:
        run("INSERT INTO loads (number, at, report) VALUES (?, ?, ?)", (report.number, at, json.dumps(asdict(report))))
    notes.keep_note(connection, "last_load", json.dumps(asdict(report) | {"at": at}, ensure_ascii=False))
    return report


def first_problems(connection: Connection, most: int) -> tuple[Problem, ...]:
    """Return the first problems of the corpus, by file."""
    rows = connection.exec_driver_sql(
        "SELECT file, what, done, line, field FROM problems ORDER BY file, position LIMIT ?", (most,)
    )
    return tuple(Problem(*row) for row in rows)


def _merge_articles(connection: Connection, load: int, at: int) -> None:
    run = connection.exec_driver_sql
    columns = ", ".join(ARTICLE_COLUMNS)
    release_changed(connection)
    rows = run("SELECT (SELECT count(*) FROM incoming) + (SELECT count(*) FROM outgoing)").scalar_one()
    held = run("SELECT count(*) FROM articles").scalar_one()
    rebuilds = search.rebuilds(rows, held)
    if not rebuilds:
        search.unindex(connection, "SELECT number FROM outgoing WHERE retold")
    run("DELETE FROM article_topics WHERE article IN (SELECT number FROM outgoing)")
    run("DELETE FROM story_words WHERE (word, seen_at, article) IN (SELECT * FROM outgoing_words)")
    run("DELETE FROM coverage_urls WHERE (url_key, article) IN (SELECT * FROM outgoing_coverage)")
    run("DELETE FROM story_links WHERE other IN (SELECT key FROM outgoing)")
    run("DELETE FROM story_links WHERE key IN (SELECT key FROM outgoing)")
    run("DELETE FROM articles WHERE number IN (SELECT number FROM outgoing WHERE NOT replaced)")
    run(f"UPDATE articles SET {_set(_PLAIN)} FROM incoming i WHERE i.old = articles.number")
    run(
        f"""UPDATE articles SET {_set(_INDEXED)} FROM incoming i WHERE i.old = articles.number
            AND ({" OR ".join(f"articles.{column} IS NOT i.{column}" for column in _INDEXED)})"""
    )
    run("INSERT INTO sightings SELECT key, seen_at, ?, quiet FROM first_sights", (load,))
    run(
        f"""INSERT INTO articles (number, seen_at, story, {columns})
            SELECT i.number, i.seen_at, m.story, {", ".join(f"i.{column}" for column in ARTICLE_COLUMNS)}
            FROM incoming i JOIN moved m ON m.key = i.key WHERE i.old IS NULL ORDER BY i.number"""
    )
    run("INSERT INTO touched_articles SELECT ?, key FROM incoming WHERE published AND heat >= 0 ORDER BY key", (load,))
    run("UPDATE articles SET story = m.story FROM moved m WHERE articles.key = m.key AND articles.story <> m.story")
    run(
        """INSERT INTO article_topics (topic, seen_at, article, heat)
           SELECT t.topic, i.seen_at, i.number, i.heat FROM incoming_topics t JOIN incoming i USING (place)
           ORDER BY 1, 2, 3"""
    )
    run(
        """INSERT INTO story_words
           SELECT w.word, i.seen_at, i.number FROM incoming_words w JOIN incoming i USING (place) ORDER BY 1, 2, 3"""
    )
    run(
        """INSERT INTO coverage_urls SELECT c.url_key, i.number FROM incoming_coverage c JOIN incoming i USING (place)
           ORDER BY 1, 2"""
    )
    run("INSERT OR IGNORE INTO story_links SELECT one, other FROM new_links ORDER BY 1, 2")
    run(
        """INSERT OR REPLACE INTO heat_history SELECT key, ?, heat FROM incoming
           WHERE heat IS NOT NULL AND (old IS NULL OR heat IS NOT old_heat) ORDER BY key""",
        (at,),
    )
    run(
        """DELETE FROM heat_history WHERE at < ? AND NOT EXISTS
               (SELECT 1 FROM articles a WHERE a.key = heat_history.key)""",
        (at - int(_HEAT_KEPT.total_seconds()),),
    )
    if rebuilds:
        search.rebuild(connection)
    else:
        untouched = "SELECT number FROM outgoing WHERE NOT retold"
        search.index(connection, f"SELECT number FROM incoming WHERE number NOT IN ({untouched})")


def _set(columns: tuple[str, ...]) -> str:
    return ", ".join(f"{column} = i.{column}" for column in columns)


def _merge_files(connection: Connection) -> None:
    run = connection.exec_driver_sql
    touched = "SELECT file FROM gone_files UNION ALL SELECT file FROM staged_files"
    run(f"DELETE FROM problems WHERE file IN ({touched})")
    run("DELETE FROM files WHERE file IN (SELECT file FROM gone_files)")
    run("INSERT OR REPLACE INTO files (file, stamp, status, article) SELECT * FROM staged_files ORDER BY file")
    run(
        """INSERT INTO problems (file, position, line, field, what, done)
           SELECT file, row_number() OVER (PARTITION BY file ORDER BY rowid), line, field, what, done
           FROM staged_problems"""
    )
