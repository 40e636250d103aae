"""What was meant by a search that finds nothing: the nearest words that the news has."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy import Connection

from bot.briefing.naming import named, suggestions
from bot.briefing.query import query_of
from bot.briefing.words import UNSPACED
from bot.models import NOTHING_BLOCKED, Blocked, Listing
from bot.store.articles import names_of
from bot.store.search import best_matches

# Shorter words are near to too many others.
_SHORTEST = 4
# A word of so many letters may have one wrong, a longer one two: three make another word.
_TWO_WRONG = 8
# Looking for a word takes 15 ms among a hundred thousand articles. Who has so many wrong did not mistype one.
_MOST_UNKNOWN = 2
# Of words that are equally near, the most frequent of so many is meant.
_NEAR = 8


def nearest_search(
    connection: Connection, listing: Listing, blocked: Blocked = NOTHING_BLOCKED
) -> tuple[Listing, int] | None:
    """Return the search with the words that were meant instead of those that the news does not have, and what it finds.

    None where no word is near, or where the others find nothing either.
    """
    typed = listing.words or ""
    query = query_of(typed)
    words = dict.fromkeys(word for term in query.wanted for word in term.words)
    unknown = [word for word in words if _is_mendable(word) and not _is_known(connection, word)]
    if len(unknown) > _MOST_UNKNOWN:
        return None
    meant = {word: near for word in unknown if (near := _meant(connection, word)) is not None}
    meant |= _meant_names(connection, "topic", query.topics) | _meant_names(connection, "provider", query.providers)
    if not meant:
        return None
    mended = typed
    for word, near in meant.items():
        mended = mended.replace(word, near)
    there = replace(listing, words=mended)
    found = len(best_matches(connection, there, blocked))
    return (there, found) if found else None


def _meant_names(connection: Connection, kind: Literal["topic", "provider"], typed: Sequence[str]) -> dict[str, str]:
    """Return the names that were meant by those that are not there; none with a space in it."""
    known = names_of(connection, kind) if typed else ()
    return {
        name: near[0].name
        for name in typed
        if named(known, name) is None and (near := suggestions(known, name, most=1)) and " " not in near[0].name
    }


def _is_mendable(word: str) -> bool:
    return len(_indexed(word)) >= _SHORTEST and not UNSPACED.search(word)


def _is_known(connection: Connection, word: str) -> bool:
    """Whether the news has the word, or one that begins with it."""
    found = connection.exec_driver_sql("SELECT 1 FROM articles_fts WHERE articles_fts MATCH ? LIMIT 1", (f'"{word}"*',))
    return found.first() is not None


def _meant(connection: Connection, word: str) -> str | None:
    """Return the word of the news that was meant; None where none is near."""
    plain = _indexed(word)
    first = plain[0]
    rows = connection.exec_driver_sql(
        "SELECT term, doc FROM articles_fts_words WHERE term >= ? AND term < ?", (first, chr(ord(first) + 1))
    )
    counts: dict[str, int] = {term: count for term, count in rows}  # noqa: C416 - typed
    most = 1 if len(plain) < _TWO_WRONG else 2
    near = process.extract(plain, counts.keys(), scorer=OSA.distance, score_cutoff=most, limit=_NEAR)
    return min(near, key=lambda each: (each[1], -counts[each[0]]))[0] if near else None


def _indexed(word: str) -> str:
    """Return the word as the index has it: lower case, without accents."""
    parts = unicodedata.normalize("NFD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
