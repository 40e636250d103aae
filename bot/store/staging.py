"""What a load has read, beside the tables until it is merged.

It lies in TEMP tables, which only the load's own connection sees: reading and comparing hold no lock that anybody
could wait for, and take no memory for what has been read.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, RowMapping

from bot.briefing.stories import headline, shared_words, url_key
from bot.corpus import Spelling, spellings_of
from bot.models import FileReport, FileStatus, fold
from bot.store.rows import ARTICLE_COLUMNS, article_values, coverage_addresses, epoch, from_row

# Reports held before they are compared and staged: at 1 each would cost a query, at all of them their memory.
_CHUNK = 1000

# SQLite's own 2 MB write most pages of a first load twice; hundreds would be the loader's peak of memory. Of each file.
_CACHE_KB = 24_000

# A backfill is silent but for what was published this recently: a new folder should not flood channels, and should
# not keep today's news from them either.
_NEWS = timedelta(hours=48)

# More new articles than this in one load are a backfill: at least so many, and this share of what is held.
_FLOOD = 50
_FLOOD_SHARE = 0.2

_FINGERPRINT, _TITLE, _EXCERPT, _PUBLISHED = map(
    ARTICLE_COLUMNS.index, ("fingerprint", "title", "excerpt", "published")
)

_TABLES = f"""
    CREATE TEMP TABLE staged_files (file TEXT PRIMARY KEY, stamp INTEGER, status TEXT NOT NULL, article TEXT NOT NULL);
    CREATE TEMP TABLE gone_files (file TEXT PRIMARY KEY);
    CREATE TEMP TABLE staged_problems (file TEXT, line INTEGER, field TEXT, what TEXT, done TEXT);
    CREATE TEMP TABLE incoming (place INTEGER PRIMARY KEY, old INTEGER, was_published INTEGER, old_heat INTEGER,
        quiet_root INTEGER, seen_at INTEGER, number INTEGER, {", ".join(ARTICLE_COLUMNS)});
    CREATE TEMP TABLE incoming_topics (place INTEGER, topic TEXT);
    CREATE TEMP TABLE incoming_words (place INTEGER, word TEXT);
    CREATE TEMP TABLE incoming_coverage (place INTEGER, url_key TEXT);
    CREATE TEMP TABLE outgoing (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, replaced INTEGER NOT NULL,
        retold INTEGER NOT NULL);
    CREATE TEMP TABLE outgoing_words (word TEXT, seen_at INTEGER, article INTEGER);
    CREATE TEMP TABLE outgoing_coverage (url_key TEXT, article INTEGER);
    CREATE TEMP TABLE first_sights (key TEXT PRIMARY KEY, seen_at INTEGER NOT NULL, quiet INTEGER NOT NULL);
    CREATE TEMP TABLE moved (key TEXT PRIMARY KEY, story TEXT NOT NULL);
"""


class Prepared(NamedTuple):
    """What a file's report comes to in the tables. A tuple of plain values, because it may come from another process.

    `values` are those of the article's columns, None where there is no article; its words, the addresses of its
    coverage and its spellings are what stories and names are told by.
    """

    file: str
    status: str
    article_id: str
    problems: tuple[tuple[object, ...], ...]
    values: tuple[object, ...] | None = None
    topics: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    coverage: tuple[str, ...] = ()
    spellings: tuple[Spelling, ...] = ()


def prepared(report: FileReport, article_id: str) -> Prepared:
    """Return what is staged of a file's report; `article_id` is what the file claims, whether it is taken or not."""
    problems = tuple((each.file, each.line, each.field, each.what, each.done) for each in report.problems)
    article = report.article
    if article is None:
        return Prepared(report.file, report.status.value, article_id, problems)
    return Prepared(
        report.file,
        report.status.value,
        article_id,
        problems,
        article_values(article),
        tuple({fold(topic) for topic in article.topics}) if article.published else (),
        tuple(shared_words(headline(article.title))),
        tuple({url_key(other.url) for other in article.coverage}),
        tuple(spellings_of(article)),
    )


@dataclass(slots=True)
class Counts:
    """What a load changes, as its report says it."""

    added: int = 0
    updated: int = 0
    hidden: int = 0
    gone: int = 0


class Staging:
    """Takes file reports, compares them with the store, and keeps what differs."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._waiting: list[tuple[Prepared, int | None, bool]] = []
        self._place = 0
        self._loaded: set[str] = set()
        self._lost: set[str] = set()
        self.counts = Counts()
        self.spellings: Counter[Spelling] = Counter()
        connection.exec_driver_sql(f"PRAGMA main.cache_size=-{_CACHE_KB}")
        connection.exec_driver_sql(f"PRAGMA temp.cache_size=-{_CACHE_KB}")
        for statement in _TABLES.split(";"):
            if statement.strip():
                connection.exec_driver_sql(statement)

    def add(self, file: Prepared, stamp: int | None, *, fresh_root: bool) -> None:
        """Stage what a file says; `stamp` is what it looked like, `fresh_root` that its root is new."""
        self._waiting.append((file, stamp, fresh_root))
        if len(self._waiting) >= _CHUNK:
            self._flush()

    def remove(self, files: Iterable[tuple[str, str, str]]) -> None:
        """Stage that files are gone, each given with its status and article id."""
        gone = list(files)
        self._many("INSERT INTO gone_files VALUES (?)", [(file,) for file, _, _ in gone])
        self._lost.update(article for _, status, article in gone if status == FileStatus.LOAD)

    def settle(self, now: datetime) -> None:
        """Compare the rest, and decide what goes, what is new, and when it was first sighted."""
        self._flush()
        for chunk in _chunks(sorted(self._lost - self._loaded)):
            rows = list(self._existing(chunk).values())
            self.counts.gone += len(rows)
            self._let_go([(row, None) for row in rows])
        self._sight(now)

    # --- comparing ---

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        known = self._existing([file.article_id for file, *_ in waiting if file.values])
        self._many(
            "INSERT OR REPLACE INTO staged_files VALUES (?, ?, ?, ?)",
            [(file.file, stamp, file.status, file.article_id) for file, stamp, _ in waiting],
        )
        problems = [problem for file, *_ in waiting for problem in file.problems]
        self._many("INSERT INTO staged_problems VALUES (?, ?, ?, ?, ?)", problems)
        rows: list[tuple[object, ...]] = []
        topics: list[tuple[int, str]] = []
        words: list[tuple[int, str]] = []
        coverage: list[tuple[int, str]] = []
        replaced: list[tuple[RowMapping, int, Prepared]] = []
        for file, _, fresh_root in waiting:
            if file.values is None:
                self._lost.add(file.article_id)
                continue
            self._loaded.add(file.article_id)
            old = known.get(file.article_id)
            if old is not None and old["fingerprint"] == file.values[_FINGERPRINT]:
                continue
            self._count(old, published=bool(file.values[_PUBLISHED]))
            self._place += 1
            place = self._place
            rows.append((place, *_old_values(old), fresh_root, None, old["number"] if old else None, *file.values))
            topics += [(place, topic) for topic in file.topics]
            self.spellings.update(file.spellings)
            if old is None:
                words += [(place, word) for word in file.words]
                coverage += [(place, address) for address in file.coverage]
            else:
                replaced.append((old, place, file))
        for old, place, file in replaced:
            had = _Derived(old)
            words += [(place, word) for word in file.words if word not in had.words]
            coverage += [(place, address) for address in file.coverage if address not in had.coverage]
        self._let_go([(old, file) for old, _, file in replaced])
        marks = ", ".join("?" * (7 + len(ARTICLE_COLUMNS)))
        self._many(f"INSERT INTO incoming VALUES ({marks})", rows)
        self._many("INSERT INTO incoming_topics VALUES (?, ?)", topics)
        self._many("INSERT INTO incoming_words VALUES (?, ?)", words)
        self._many("INSERT INTO incoming_coverage VALUES (?, ?)", coverage)

    def _existing(self, ids: Sequence[str]) -> dict[str, RowMapping]:
        rows = self._connection.exec_driver_sql(
            "SELECT * FROM articles WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(ids),)
        )
        return {row["id"]: row for row in rows.mappings()}

    def _count(self, old: RowMapping | None, *, published: bool) -> None:
        if old is None:
            self.counts.added += 1
        elif old["published"] and not published:
            self.counts.hidden += 1
        else:
            self.counts.updated += 1

    def _let_go(self, rows: Sequence[tuple[RowMapping, Prepared | None]]) -> None:
        """Stage that rows go, each for good or for what takes its place, with what was derived from them and goes."""
        outgoing: list[tuple[int, str, bool, bool]] = []
        words: list[tuple[str, int, int]] = []
        addresses: list[tuple[str, int]] = []
        for row, successor in rows:
            number, had = row["number"], _Derived(row)
            kept_words, kept_coverage = (successor.words, successor.coverage) if successor else ((), ())
            words += [(word, row["seen_at"], number) for word in had.words.difference(kept_words)]
            addresses += [(address, number) for address in had.coverage.difference(kept_coverage)]
            self.spellings.subtract(spellings_of(from_row(row)))
            retold = successor is None or (row["title"], row["excerpt"]) != _text(successor)
            outgoing.append((number, row["key"], successor is not None, retold))
        self._many("INSERT INTO outgoing VALUES (?, ?, ?, ?)", outgoing)
        self._many("INSERT INTO outgoing_words VALUES (?, ?, ?)", words)
        self._many("INSERT INTO outgoing_coverage VALUES (?, ?)", addresses)

    # --- first sight ---

    def _sight(self, now: datetime) -> None:
        """Give every incoming article its first sight and its number.

        In a backfill (the first load of a root, or more new articles than a publisher brings at once) first sight is
        the published date, and only what was published within 48 hours can still be pushed. Numbers follow first sight.
        """
        run = self._connection.exec_driver_sql
        at = epoch(now) or 0
        news = epoch(now - _NEWS) or 0
        held = run("SELECT count(*) FROM articles").scalar_one()
        unseen = "FROM incoming i WHERE NOT EXISTS (SELECT 1 FROM sightings s WHERE s.key = i.key)"
        new = run(f"SELECT count(*) {unseen}").scalar_one()
        flood = new > max(_FLOOD, held * _FLOOD_SHARE)
        run(
            f"""INSERT INTO first_sights SELECT key, seen, backfill AND seen < ? FROM (
                    SELECT i.key AS key, (? OR i.quiet_root) AS backfill,
                    CASE WHEN ? OR i.quiet_root THEN min(coalesce(i.published_at, ?), ?) ELSE ? END AS seen
                    {unseen})""",
            (news, flood, flood, at, at, at),
        )
        run(
            """UPDATE incoming SET seen_at = coalesce(
                   (SELECT seen_at FROM sightings s WHERE s.key = incoming.key),
                   (SELECT seen_at FROM first_sights f WHERE f.key = incoming.key))"""
        )
        run(
            """UPDATE incoming SET number = n.number FROM (
                   SELECT place, row_number() OVER (ORDER BY seen_at, id) + ? AS number FROM incoming WHERE old IS NULL
               ) n WHERE incoming.place = n.place""",
            (run("SELECT coalesce(max(number), 0) FROM articles").scalar_one(),),
        )

    @property
    def backfilled(self) -> int:
        """The number of articles that came quietly."""
        return int(self._connection.exec_driver_sql("SELECT count(*) FROM first_sights WHERE quiet").scalar_one())

    def _many(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._connection.exec_driver_sql(statement, list(rows))


class _Derived:
    """What stories find a row's article by."""

    def __init__(self, row: RowMapping) -> None:
        self.words = frozenset(shared_words(headline(row["title"])))
        self.coverage = frozenset(coverage_addresses(row["coverage"]))


def _text(file: Prepared) -> tuple[object, object]:
    assert file.values is not None
    return file.values[_TITLE], file.values[_EXCERPT]


def _old_values(old: RowMapping | None) -> tuple[object, object, object]:
    return (old["number"], old["published"], old["heat"]) if old is not None else (None, None, None)


def _chunks(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
