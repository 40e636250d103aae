"""Full-text search: the index over headlines and summaries, and the only place that speaks FTS5."""

import re
import unicodedata
from collections.abc import Sequence
from itertools import chain, product

from sqlalchemy import ColumnElement, Connection, FromClause, Integer, column, func, select, text

from bot.briefing.query import Query, Term, query_of
from bot.briefing.words import UNSPACED
from bot.models import NOTHING_BLOCKED, Blocked, Listing, fold
from bot.store.tables import articles, names

# Ranking by relevance must walk every match (0.8 s for a common word in a million articles); the newest few hundred by
# row number, which follow first sight, are there at once and are what people look for.
_CANDIDATES = 300

# From these many changed rows, and this share of all, building the index anew is cheaper than mending it (measured).
_REBUILD_ROWS = 50
_REBUILD_SHARE = 0.025

# What the index has no tokens for (scripts without spaces, emoji) is read through in the newest so many articles, in
# some 30 ms.
_READ_THROUGH = 15_000

# The articles of a topic that has fewer are listed; of another, the newest are soon met by walking through them all.
_FEW = 2000

_SHARP = re.compile("ss|ß", re.IGNORECASE)
# So many of them are spelled each for itself: with 3 a search has 8 spellings, with 8 it would have 256.
_MOST_SHARP = 3

_WORD = re.compile(r"\w+")
_CASED = re.compile("[A-Za-z]")
# What the index has tokens for, if it is of a script with spaces.
_TOKENS = re.compile(r"[\w\s'’-]+")


def match_expression(query: Query) -> str | None:
    """Return the terms of a search as an FTS5 query, as far as the index has tokens for them; None if there are none.

    Every term is quoted, so that no input at all is syntax.
    """
    wanted = " ".join(_quoted(term) for term in query.wanted if _is_indexed(term))
    if not wanted:
        return None
    # Side by side they all have to be there, but for one that is no token at all ("_").
    spellings = _spellings(wanted)
    wanted = " OR ".join(f"({each})" for each in spellings) if len(spellings) > 1 else wanted
    unwanted = [
        each for term in query.unwanted if _is_indexed(term) for each in _spellings(_quoted(term, exactly=True))
    ]
    return f"({wanted}) NOT ({' OR '.join(unwanted)})" if unwanted else wanted


def _quoted(term: Term, *, exactly: bool = False) -> str:
    return f'"{" ".join(term.words)}"' + ("" if exactly or term.exact else "*")


def _is_indexed(term: Term) -> bool:
    return all(_WORD.fullmatch(word) and not UNSPACED.search(word) for word in term.words)


def without_words(table: FromClause, words: Sequence[str]) -> list[ColumnElement[bool]]:
    """Return the conditions under which an article has none of the words in title and excerpt: whole words, phrases.

    Rather too much is kept out than too little: the index knows neither accents nor punctuation. What it has no tokens
    for (`C++`, scripts without spaces) is looked for as it is written.
    """
    spellings = list(dict.fromkeys(each for word in words for each in _spellings(" ".join(word.split()))))
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


def _spellings(words: str) -> tuple[str, ...]:
    """Return how words may be written: `ß` is `ss` in another case, each for itself, and some letters are joined."""
    between = _SHARP.split(unicodedata.normalize("NFKC", words))
    sharps = len(between) - 1
    chosen = product(("ss", "ß"), repeat=sharps) if sharps <= _MOST_SHARP else [("ss",) * sharps, ("ß",) * sharps]
    return tuple(dict.fromkeys((words, *("".join(chain(*zip(between, (*each, ""), strict=True))) for each in chosen))))


def _literal(word: str) -> str:
    return re.sub(r"([/%_])", r"/\1", word.strip())


def best_matches(connection: Connection, listing: Listing, blocked: Blocked = NOTHING_BLOCKED) -> list[int]:
    """Return the row numbers of the visible articles that a search finds: the newest few hundred, hottest first.

    A day of age weighs as much as one degree of heat: a story that was hot last month is below a warm one of today.
    """
    query = query_of(listing.words or "")
    if query.is_empty:
        return []
    conditions, values = _conditions(connection, query, listing)
    table, newest = "articles a", "a.number"
    expression = match_expression(query)
    reads_through = any(not _is_indexed(term) for term in (*query.wanted, *query.unwanted))
    if expression is not None:
        values["expression"] = expression
    if expression is not None and not reads_through:
        table, newest = "articles_fts JOIN articles a ON a.number = articles_fts.rowid", "articles_fts.rowid"
        conditions.append("articles_fts MATCH :expression")
    elif expression is not None:
        found = "SELECT rowid FROM articles_fts WHERE articles_fts MATCH :expression ORDER BY rowid DESC"
        conditions.append(f"a.number IN ({found} LIMIT {_READ_THROUGH})")
    elif reads_through:
        conditions.append(f"a.number > (SELECT max(number) FROM articles) - {_READ_THROUGH}")
    statement = f"""SELECT a.number FROM {table} WHERE {" AND ".join(conditions)}
                    ORDER BY {newest} DESC LIMIT {_CANDIDATES}"""
    best = select(articles.c.number).where(text(f"articles.number IN ({statement})"))
    if blocked.providers:
        best = best.where(articles.c.provider_folded.not_in(blocked.providers))
    best = best.where(*without_words(articles, blocked.words)).order_by(
        (func.coalesce(articles.c.heat, 0) + articles.c.seen_at / 86400.0).desc(), articles.c.number.desc()
    )
    return list(connection.execute(best, values).scalars())


def _conditions(connection: Connection, query: Query, listing: Listing) -> tuple[list[str], dict[str, object]]:
    """Return what is asked beside the index's terms, with its values."""
    conditions, values = ["a.published"], dict[str, object]()
    topics = [*query.topics, *([listing.topic] if listing.topic else [])]
    providers = [*query.providers, *([listing.provider] if listing.provider else [])]
    for place, name in enumerate(topics):
        tagged = f"a.number IN (SELECT t.article FROM article_topics t WHERE t.topic = :topic{place})"
        if _has_many(connection, name):
            tagged = f"EXISTS (SELECT 1 FROM article_topics t WHERE t.article = a.number AND t.topic = :topic{place})"
        conditions.append(tagged)
        values[f"topic{place}"] = fold(name)
    if providers:
        conditions += [f"a.provider_folded = :provider{place}" for place in range(len(providers))]
        values |= {f"provider{place}": fold(name) for place, name in enumerate(providers)}
    for name, sign, at in (("after", ">=", query.after), ("before", "<", query.before)):
        if at is not None:
            conditions.append(f"coalesce(a.published_at, a.seen_at) {sign} :{name}")
            values[name] = int(at.timestamp())
    only_unwanted = match_expression(query) is None
    for place, (term, wanted) in enumerate([(t, True) for t in query.wanted] + [(t, False) for t in query.unwanted]):
        if _is_indexed(term) and (wanted or not only_unwanted):
            continue  # the index finds it
        if _is_indexed(term):
            conditions.append(f"a.number NOT IN (SELECT rowid FROM articles_fts WHERE articles_fts MATCH :term{place})")
            values[f"term{place}"] = _quoted(term, exactly=True)
        else:
            written = " ".join(term.words)
            found = f"(a.title LIKE :term{place} ESCAPE '/' OR a.excerpt LIKE :term{place} ESCAPE '/')"
            values[f"term{place}"] = f"%{_literal(written)}%"
            if not _CASED.search(written):  # twice as fast, and the same
                found = f"(instr(a.title, :term{place}) OR instr(a.excerpt, :term{place}))"
                values[f"term{place}"] = written
            conditions.append(found if wanted else f"NOT {found}")
    return conditions, values


def _has_many(connection: Connection, topic: str) -> bool:
    query = select(names.c.count).where(names.c.kind == "topic", names.c.folded == fold(topic))
    return (connection.execute(query).scalar() or 0) > _FEW


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
