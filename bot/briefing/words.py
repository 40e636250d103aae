"""Words that people choose, found in news: whole words and phrases, in any case."""

import re
from collections.abc import Iterable
from functools import lru_cache

from bot.models import fold

UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""A character of a script that is written without spaces: there, a word ends wherever it ends."""


@lru_cache(maxsize=4096)
def _pattern(words: tuple[str, ...]) -> tuple[tuple[str, ...], re.Pattern[str]]:
    """Return the first words of the phrases, one of which is in every text that holds a phrase, and the pattern."""
    phrases = sorted({" ".join(fold(word).split()) for word in words} - {""})
    return tuple({phrase.split(" ")[0] for phrase in phrases}), re.compile("|".join(map(_whole, phrases)))


def _whole(phrase: str) -> str:
    before = r"(?<!\w)" if _is_of_spaced_word(phrase[0]) else ""
    after = r"(?!\w)" if _is_of_spaced_word(phrase[-1]) else ""
    return before + r"\s+".join(map(re.escape, phrase.split(" "))) + after


def _is_of_spaced_word(character: str) -> bool:
    return character.isalnum() and not UNSPACED.match(character)


def mentions(folded: str, words: Iterable[str]) -> bool:
    """Whether a folded text holds any of the words; a word may be a phrase."""
    beginnings, pattern = _pattern(tuple(words))
    # Most texts hold none, and to see that takes a hundredth of the pattern's time.
    return any(word in folded for word in beginnings) and pattern.search(folded) is not None
