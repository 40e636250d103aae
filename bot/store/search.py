"""Full-text search: the index over headlines and summaries, and the only place that speaks FTS5."""

import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import ColumnElement, Connection, FromClause, Integer, column, func, select, text

from bot.briefing.words import UNSPACED
from bot.models import NOTHING_BLOCKED, Blocked, Listing, fold
from bot.store.tables import articles

# Ranking by relevance must walk every match (0.8 s for a common word in a million articles); the newest few hundred by
# row number, which follow first sight, are there at once and are what people look for.
_CANDIDATES = 300

# From these many changed rows, and this share of all, building the index anew is cheaper than mending it (measured).
_REBUILD_ROWS = 50
_REBUILD_SHARE = 0.025

# Longer queries help nobody; each term costs a walk of the index.
_TERMS = 16

_WORD = re.compile(r"\w+")
# What the index has tokens for, if it is of a script with spaces.
_TOKENS = re.compile(r"[\w\s'’-]+")
_LENGTH = 200


def match_expression(words: str) -> str | None:
    """Return the words as an FTS5 query that finds all of them, each a prefix; None if there is nothing to look for.

    Every term is quoted, so that no input at all is syntax.
    """
    terms = re.findall(r"\w+", unicodedata.normalize("NFC", words[:_LENGTH]))[:_TERMS]
    return " ".join(f'"{term}"*' for term in terms) or None


def without_words(table: FromClause, words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions under which an article has none of the words in title and excerpt: whole words, phrases.

    Rather too much is kept out than too little: the index knows neither accents nor punctuation. What it has no tokens
    for (`C++`, scripts without spaces) is looked for as it is written.
    """
    spellings = list(dict.fromkeys(each for word in words for each in _spellings(word)))
    indexed = [word for word in spellings if _TOKENS.fullmatch(word) and _WORD.search(word)]
    indexed = [word for word in indexed if not UNSPACED.search(word)]
    conditions: list[ColumnElement[bool]] = []
    if indexed:
        expression = " OR ".join(f'"{" ".join(_WORD.findall(word))}"' for word in indexed)
        found = text("SELECT rowid FROM articles_fts WHERE articles_fts MATCH :unwanted").bindparams(
            unwanted=unicodedata.normalize("NFC", expression)
        )
        conditions.append(table.c.number.not_in(found.columns(column("rowid", Integer))))
    for word in (word for word in spellings if word not in indexed):
        # LIKE knows upper and lower case of ASCII letters only
        for written in dict.fromkeys((word, word.lower(), word.upper(), word.title())):
            columns = (table.c.title, table.c.excerpt)
            conditions += [each.not_like(f"%{_literal(written)}%", escape="/") for each in columns]
    return conditions


def _spellings(word: str) -> tuple[str, ...]:
    """Return how a word may be written: `ß` and `ss` are the same in another case."""
    word = " ".join(word.split())
    return tuple(dict.fromkeys((word, re.sub("ss", "ß", word, flags=re.IGNORECASE), word.replace("ß", "ss"))))


def _literal(word: str) -> str:
    return re.sub(r"([/%_])", r"/\1", word.strip())


def best_matches(connection: Connection, listing: Listing, blocked: Blocked = NOTHING_BLOCKED) -> list[int]:
    """Return the row numbers of the visible articles that have all the words: the newest few hundred, hottest first.

    A day of age weighs as much as one degree of heat: a story that was hot last month is below a warm one of today.
    """
    expression = match_expression(listing.words or "")
    if expression is None:
        return []
    statement = """
        SELECT a.number FROM articles_fts
        JOIN articles a ON a.number = articles_fts.rowid
        WHERE articles_fts MATCH :expression AND a.published
          AND (:provider IS NULL OR a.provider_folded = :provider)
          AND (:topic IS NULL OR EXISTS (
                SELECT 1 FROM article_topics t WHERE t.article = a.number AND t.topic = :topic))
        ORDER BY articles_fts.rowid DESC LIMIT :most"""
    best = select(articles.c.number).where(text(f"articles.number IN ({statement})"))
    if blocked.providers:
        best = best.where(articles.c.provider_folded.not_in(blocked.providers))
    found = connection.execute(
        best.where(*without_words(articles, blocked.words)).order_by(
            (func.coalesce(articles.c.heat, 0) + articles.c.seen_at / 86400.0).desc(), articles.c.number.desc()
        ),
        {
            "expression": expression,
            "provider": fold(listing.provider) if listing.provider else None,
            "topic": fold(listing.topic) if listing.topic else None,
            "most": _CANDIDATES,
        },
    )
    return list(found.scalars())


def rebuilds(changed: int, held: int) -> bool:
    """Whether building the index anew is cheaper than mending it for so many changed rows."""
    return changed > max(_REBUILD_ROWS, held * _REBUILD_SHARE)


def unindex(connection: Connection, numbers: str) -> None:
    """Take the rows that a SELECT gives out of the index, while they still hold the text that was indexed."""
    connection.exec_driver_sql(
        "INSERT INTO articles_fts(articles_fts, rowid, title, excerpt) "
        f"SELECT 'delete', number, title, excerpt FROM articles WHERE number IN ({numbers})"
    )


def index(connection: Connection, numbers: str) -> None:
    """Add the rows that a SELECT gives to the index, with the text that they hold now."""
    connection.exec_driver_sql(
        "INSERT INTO articles_fts(rowid, title, excerpt) SELECT number, title, excerpt FROM articles "
        f"WHERE number IN ({numbers})"
    )


def rebuild(connection: Connection) -> None:
    """Index every row anew."""
    connection.exec_driver_sql("INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')")
