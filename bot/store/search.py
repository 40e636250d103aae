"""Full-text search: the index over headlines and summaries, and the only place that speaks FTS5."""

import re
import unicodedata

from sqlalchemy import Connection, bindparam, text

from bot.models import Listing, fold

# Ranking by relevance must walk every match (0.8 s for a common word in a million articles); the newest few hundred by
# row number, which follow first sight, are there at once and are what people look for.
_CANDIDATES = 300

# Longer queries help nobody; each term costs a walk of the index.
_TERMS = 16
_LENGTH = 200


def match_expression(words: str) -> str | None:
    """Return the words as an FTS5 query that finds all of them, each a prefix; None if there is nothing to look for.

    Every term is quoted, so that no input at all is syntax.
    """
    terms = re.findall(r"\w+", unicodedata.normalize("NFC", words[:_LENGTH]))[:_TERMS]
    return " ".join(f'"{term}"*' for term in terms) or None


def best_matches(connection: Connection, listing: Listing) -> list[int]:
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
    found = connection.execute(
        text(f"""SELECT number FROM articles WHERE number IN ({statement})
                 ORDER BY coalesce(heat, 0) + seen_at / 86400.0 DESC, number DESC"""),  # noqa: S608 - constants
        {
            "expression": expression,
            "provider": fold(listing.provider) if listing.provider else None,
            "topic": fold(listing.topic) if listing.topic else None,
            "most": _CANDIDATES,
        },
    )
    return list(found.scalars())


def unindex(connection: Connection, numbers: list[int]) -> None:
    """Take rows out of the index; to be called while they still hold the text that was indexed."""
    _for_each(
        connection,
        "INSERT INTO articles_fts(articles_fts, rowid, title, excerpt) "
        "SELECT 'delete', number, title, excerpt FROM articles WHERE number = :number",
        numbers,
    )


def index(connection: Connection, numbers: list[int]) -> None:
    """Add rows to the index, with the text that they hold now."""
    _for_each(
        connection,
        "INSERT INTO articles_fts(rowid, title, excerpt) SELECT number, title, excerpt FROM articles "
        "WHERE number = :number",
        numbers,
    )


def rebuild(connection: Connection) -> None:
    """Index every row anew: cheaper than `unindex` and `index` from a few per cent of changed rows up."""
    connection.exec_driver_sql("INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')")


def _for_each(connection: Connection, statement: str, numbers: list[int]) -> None:
    if numbers:
        connection.execute(text(statement).bindparams(bindparam("number")), [{"number": number} for number in numbers])
