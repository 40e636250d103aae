"""Which articles are linked, and so which story each belongs to: for what a load changes, and what that touches."""

import json
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from bot.briefing.stories import TOGETHER, Member, headline, linked, links, shared_words, stories
from bot.store.rows import coverage_addresses

# Above this share of changed articles, linking all of them anew is cheaper than looking up each one's neighbours.
_ANEW_SHARE = 0.1

_MEMBER = "key, seen_at, url_key, coverage, title"


def link(connection: Connection) -> None:
    """Stage the links of the incoming articles, and the new story of every article whose story changes.

    Only the components that the load touches are joined anew; the outcome is that of joining everything.
    """
    run = connection.exec_driver_sql
    run("CREATE TEMP TABLE new_links (one TEXT, other TEXT, PRIMARY KEY (one, other)) WITHOUT ROWID")
    changed = run("SELECT count(*) FROM incoming").scalar_one()
    kept = run("SELECT count(*) FROM articles").scalar_one() - run("SELECT count(*) FROM outgoing").scalar_one()
    if changed > _ANEW_SHARE * kept:
        pairs: Iterable[tuple[str, str]] = links(_members(connection, everyone=True))
    else:
        pairs = _links_of_incoming(connection)
    rows = [pair for one, other in pairs for pair in ((one, other), (other, one))]
    if rows:
        run("INSERT OR IGNORE INTO new_links VALUES (?, ?)", rows)
    _join(connection)


def _members(connection: Connection, *, everyone: bool) -> Iterator[Member]:
    rows = f"SELECT {_MEMBER} FROM incoming"
    if everyone:
        rows += f" UNION ALL SELECT {_MEMBER} FROM articles WHERE number NOT IN (SELECT number FROM outgoing)"
    for key, seen_at, url, coverage, title in connection.exec_driver_sql(rows):
        yield Member(key, seen_at, url, tuple(coverage_addresses(coverage)), headline(title))


def _links_of_incoming(connection: Connection) -> Iterator[tuple[str, str]]:
    """Yield the links of the incoming articles: among themselves, and with those that stay."""
    incoming = list(_members(connection, everyone=False))
    yield from links(incoming)
    for member in incoming:
        for other in _neighbours(connection, member):
            if linked(member, other):
                one, two = sorted((member.key, other.key))
                yield one, two


def _neighbours(connection: Connection, member: Member) -> Iterator[Member]:
    """Yield the articles that stay, and may be linked with the member."""
    words = shared_words(member.headline) if member.headline else []
    rows = connection.exec_driver_sql(
        f"""SELECT {_MEMBER} FROM articles a WHERE a.number IN (
                SELECT number FROM articles WHERE url_key IN (SELECT value FROM json_each(?))
                UNION SELECT article FROM coverage_urls WHERE url_key = ?
                UNION SELECT w.article FROM json_each(?) j JOIN story_words w
                    ON w.word = j.value AND w.seen_at BETWEEN ? AND ?)
            AND a.seen_at BETWEEN ? AND ? AND a.number NOT IN (SELECT number FROM outgoing)""",
        (
            json.dumps([member.url, *member.coverage]),
            member.url,
            json.dumps(words),
            *(member.seen_at - TOGETHER, member.seen_at + TOGETHER) * 2,
        ),
    )
    for key, seen_at, url, coverage, title in rows:
        yield Member(key, seen_at, url, tuple(coverage_addresses(coverage)), headline(title))


def _join(connection: Connection) -> None:
    """Stage the story of every article in a component that the load touches, where it is another than before."""
    run = connection.exec_driver_sql
    run(
        """CREATE TEMP VIEW all_links AS SELECT one, other FROM new_links UNION
           SELECT key, other FROM main.story_links WHERE key NOT IN (SELECT key FROM outgoing)
           AND other NOT IN (SELECT key FROM outgoing)"""
    )
    run("CREATE TEMP TABLE touched (key TEXT PRIMARY KEY) WITHOUT ROWID")
    run(
        """INSERT INTO touched WITH RECURSIVE reached(key) AS (
               SELECT key FROM incoming
               UNION SELECT other FROM main.story_links WHERE key IN (SELECT key FROM outgoing)
                   AND other NOT IN (SELECT key FROM outgoing WHERE NOT replaced)
               UNION SELECT l.other FROM reached r JOIN all_links l ON l.one = r.key)
           SELECT key FROM reached"""
    )
    rows = run(
        """SELECT key, seen_at FROM incoming UNION ALL SELECT a.key, a.seen_at FROM touched t
           JOIN articles a ON a.key = t.key WHERE a.number NOT IN (SELECT number FROM outgoing)"""
    )
    seen: dict[str, int] = {row[0]: row[1] for row in rows}
    pairs = run("SELECT l.one, l.other FROM touched t JOIN all_links l ON l.one = t.key WHERE l.one < l.other")
    told = stories(seen, [(one, other) for one, other in pairs])
    if told:
        run("INSERT INTO moved VALUES (?, ?)", list(told.items()))
