"""What people type to search: words, "phrases", -exclusions, and `topic:` `provider:` `before:` `after:`."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

# Longer queries help nobody; each term costs a walk of the index.
LENGTH = 200
TERMS = 16

_QUOTES = str.maketrans("“”„«»＂", '""""""')
_PART = re.compile(
    r'(?P<minus>-)?(?:(?P<field>topic|provider|before|after):)?(?:"(?P<quoted>[^"]*)"?|(?P<bare>[^\s"]+))', re.I
)
_WORD = re.compile(r"\w+")
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?")


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase of several, to be found in this order; the last of `words` may go on unless `exact`."""

    words: tuple[str, ...]
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Query:
    """A search: every term of `wanted` and none of `unwanted`; from `after` on, and earlier than `before`."""

    wanted: tuple[Term, ...] = ()
    unwanted: tuple[Term, ...] = ()
    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    after: datetime | None = None
    before: datetime | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for."""
        return not (self.wanted or self.unwanted or self.topics or self.providers or self.after or self.before)


def query_of(typed: str) -> Query:
    """Return the search that was typed. Any text at all is a search; what makes no sense is taken as words."""
    text = unicodedata.normalize("NFC", typed[:LENGTH]).translate(_QUOTES)
    wanted: list[Term] = []
    unwanted: list[Term] = []
    names: dict[str, list[str]] = {"topic": [], "provider": []}
    days: dict[str, datetime] = {}
    for part in _PART.finditer(text):
        value, field = part["quoted"] if part["quoted"] is not None else part["bare"], (part["field"] or "").lower()
        if field in names and not part["minus"] and value.strip():
            names[field].append(value.strip())
        elif field in ("before", "after") and not part["minus"] and (begins := _beginning(value)):
            days[field] = begins
        else:
            (unwanted if part["minus"] else wanted).extend(_terms(f"{part['field'] or ''} {value}", part["quoted"]))
    return Query(
        tuple(wanted[:TERMS]),
        tuple(unwanted[:TERMS]),
        tuple(names["topic"][:TERMS]),
        tuple(names["provider"][:TERMS]),
        days.get("after"),
        days.get("before"),
    )


def _terms(text: str, quoted: str | None) -> list[Term]:
    """Return the terms of a part: a phrase is one, however many words it has; `C++ and node.js` are words alone."""
    words = tuple(_WORD.findall(text)) or tuple(character for character in text if _is_symbol(character))
    if not words:
        return []
    return [Term(words, exact=quoted is not None or (len(words) == 1 and _is_letter(words[0])))]


def _is_letter(word: str) -> bool:
    """Whether the word is one letter or digit, with which far too many words begin; a syllable of Hangul says more."""
    return len(word) == 1 and (word.isdigit() or word.lower() != word.upper())


def _is_symbol(character: str) -> bool:
    """Whether the character is an emoji or another sign that can be looked for."""
    return unicodedata.category(character) == "So"


def _beginning(text: str) -> datetime | None:
    """Return when the day, month or year that was written begins, in UTC; None if there is no such."""
    match = _DATE.fullmatch(text.strip())
    if match is None:
        return None
    year, month, day = (int(number) if number else 1 for number in match.groups())
    try:
        return datetime(year, month, day, tzinfo=UTC)
    except ValueError:
        return None
