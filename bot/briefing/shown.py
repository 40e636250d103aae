"""What a post shows of its articles, in a few letters each, by which it is known whether an edit is due."""

import base64
import hashlib
from dataclasses import dataclass, replace

from bot.models import Article, Look

# A mark's letters and the digits of its count. At 2 letters posts would be taken for unchanged; at 16 a million posts
# would take twice the space. By 6, one change in a billion goes unseen.
LETTERS = 6
DIGITS = 2
_MOST = 10**DIGITS - 1

_LOOKS = {Look.CARD: "C", Look.COMPACT: "M", Look.HEADLINE: "H"}


def also(article: Article) -> list[str]:
    """Return the providers that report the article's story too, in their order."""
    names = dict.fromkeys(report.provider for report in article.coverage if report.provider)
    return [name for name in names if name != article.provider]


@dataclass(frozen=True, slots=True)
class Mark:
    """An article in a post: which it is, its title, who also reports it and how many those are."""

    key: str
    title: str
    others: str
    count: int

    def __str__(self) -> str:
        return f"{self.key}{self.title}{self.others}{self.count:0{DIGITS}}"


def key_mark(key: str) -> str:
    """Return the letters by which an article is found in what a post shows."""
    return _letters(key)


def is_in(shown: str, key: str) -> bool:
    """Whether a post shows the article with this key."""
    return key_mark(key) in shown


def number_in(shown: str) -> int:
    """Return how many articles a post shows."""
    return len(shown) // (3 * LETTERS + DIGITS)


def mark(article: Article) -> Mark:
    """Return the article as a post would show it now."""
    names = also(article)
    return Mark(
        key_mark(article.key),
        _letters(article.title),
        _letters("\n".join(sorted(names))),
        min(_MOST, len(names)),
    )


def shown_by(look: Look, *articles: Article) -> str:
    """Return what a post shows of the articles; headlines alone do not say who else reports."""
    marks = [mark(article) for article in articles]
    if look is Look.HEADLINE:
        marks = [replace(each, others="-" * LETTERS, count=_MOST) for each in marks]  # nothing can be more
    return _LOOKS[look] + "".join(map(str, marks))


def look_of(shown: str) -> Look:
    """Return how the post looked when it was sent."""
    return next((look for look, letter in _LOOKS.items() if shown.startswith(letter)), Look.CARD)


def _letters(text: str) -> str:
    return base64.b32encode(hashlib.blake2b(text.encode(), digest_size=5).digest()).decode()[:LETTERS]
