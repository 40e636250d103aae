"""What a search found, in bold: the words that match, wherever they stand."""

import re
import unicodedata
from collections.abc import Sequence

from bot.briefing.query import Term, query_of
from bot.briefing.words import UNSPACED
from bot.cards.markup import cut, escape

# Characters before the first match, where a text begins in its middle to show it.
_BEFORE = 40
_TOKEN = re.compile(r"[^\W_]+")  # as the index tells words apart


def highlighted(text: str, searched: str, most: int) -> str:
    """Return a text, cut to so many visible characters and escaped, with what was searched for in bold.

    Where the first match is further on than that, the text begins shortly before it.
    """
    terms = query_of(searched).wanted
    spans = _matches(text, terms)
    if spans and spans[0][1] > most:
        begin = text.rfind(" ", 0, max(0, spans[0][0] - _BEFORE)) + 1
        text = "…" + text[begin:] if begin else text
    kept = cut(text, most)
    written = escape(kept)
    ends = [0, *_ends(kept, written)]
    pieces, done = [], 0
    for start, end in _matches(kept, terms):
        pieces += [written[done : ends[start]], f"**{written[ends[start] : ends[end]]}**"]
        done = ends[end]
    return "".join((*pieces, written[done:]))


def _ends(text: str, escaped: str) -> list[int]:
    """Return for each character where it ends in the escaped text, which only adds characters before some of them."""
    ends, place = [], 0
    for character in text:
        if character == "\\":  # doubled
            place += 1
        while escaped[place] != character:
            place += 1
        place += 1
        ends.append(place)
    return ends


def _matches(text: str, terms: Sequence[Term]) -> list[tuple[int, int]]:
    """Return where words of the terms are, in order and apart from each other."""
    words = {_plain(part): term.exact for term in terms for word in term.words for part in _TOKEN.findall(word)}
    found = [
        match.span()
        for match in _TOKEN.finditer(text)
        for plain in (_plain(match[0]),)
        if any(plain == word or (not exact and plain.startswith(word)) for word, exact in words.items())
    ]
    for word in (word for term in terms for word in term.words if UNSPACED.search(word) or not _TOKEN.match(word)):
        found += [match.span() for match in re.finditer(re.escape(word), text)]
    apart: list[tuple[int, int]] = []
    for start, end in sorted(found):
        if apart and start <= apart[-1][1]:
            apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
        else:
            apart.append((start, end))
    return apart


def _plain(word: str) -> str:
    """Return a word as the index compares it: in lower case, without accents, in plain letters."""
    parts = unicodedata.normalize("NFKD", word.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part))
