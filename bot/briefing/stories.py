"""Stories: which articles are about the same event."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from rapidfuzz import fuzz, process

# Articles further apart are not linked: twins months apart under one address are a monthly page, not one event.
TOGETHER = 7 * 86_400
# A story spans at most this: a chain of links could otherwise join the news of a whole year.
SPAN = 14 * 86_400
# How alike two headlines must be, of 100, words in any order. At 100 only equal ones are; at 80 "… opens plant in Ohio"
# and "… closes plant in Ohio" are.
ALIKE = 90
# Shorter headlines are alike by chance: "Stocks fall", "Markets today".
_WORDS = 5

_WORD = re.compile(r"\w+")

# Nearly every address: a plain host and no fragment. What splitting it would do is then known, at a fifth of the time.
_PLAIN = re.compile(r"https?://(?:www\.)?([a-z0-9_.-]*[a-z_-])(/[!-\"$->@-~]*)?")


def url_key(url: str) -> str:
    """Return the form in which addresses are compared: without scheme, `www.`, fragment and trailing slash.

    The query stays: for many publishers it is what names the article.
    """
    if plain := _PLAIN.fullmatch(url):
        return f"//{plain[1]}{(plain[2] or '').rstrip('/')}"
    try:
        parts = urlsplit(url)
    except ValueError:  # a host in brackets that is no address: equal only to itself
        return url
    host = parts.netloc.lower().removeprefix("www.").removesuffix(":443").removesuffix(":80")
    return urlunsplit(("", host, parts.path.rstrip("/"), parts.query, ""))


@dataclass(frozen=True, slots=True)
class Member:
    """What the story of an article depends on.

    Its key, first sight (epoch seconds), own and coverage URL keys, and the words of its headline (`headline`).
    """

    key: str
    seen_at: int
    url: str
    coverage: tuple[str, ...] = ()
    headline: str = ""


def headline(title: str) -> str:
    """Return the headline as headlines are compared: its words in lower case and order, or "" if there are too few."""
    words = _WORD.findall(title.lower())
    return " ".join(sorted(words)) if len(words) >= _WORDS else ""


def shared_words(headline: str) -> list[str]:
    """Return the words of a headline of which two alike have at least one in common.

    Alike ones share at least half of their words, so they share one of the longest half and one more. Long words are
    rare; those of a few letters are never looked up unless the headline has no others.
    """
    words = sorted(set(headline.split()))
    words.sort(key=len, reverse=True)  # of equal length they stay as they are
    return words[: len(words) - -(-len(words) // 2) + 1]


def linked(one: Member, other: Member) -> bool:
    """Return whether two articles are about the same event, going by nothing but the two."""
    if abs(one.seen_at - other.seen_at) > TOGETHER:
        return False
    if one.url == other.url or one.url in other.coverage or other.url in one.coverage:
        return True
    return _alike(one.headline, other.headline)


def _alike(one: str, other: str) -> bool:
    if not one or not other or not fuzz.ratio(one, other, score_cutoff=ALIKE):
        return False
    first, second = set(one.split()), set(other.split())
    if 2 * len(first & second) < max(len(first), len(second)):
        return False
    return not any(character.isdigit() for word in first ^ second for character in word)


def links(members: Iterable[Member]) -> Iterator[tuple[str, str]]:
    """Yield the pairs of keys that are linked, each once, the smaller key first. The order of members is no matter."""
    everyone = sorted(members, key=lambda member: (member.seen_at, member.key))
    headlines = [member.headline for member in everyone]
    # The places of what came before, by own address, by address in the coverage, and by shared word; newest last.
    own: dict[str, list[int]] = {}
    covered: dict[str, list[int]] = {}
    worded: dict[str, list[int]] = {}
    since = 0  # the place of the first that is near enough
    for place, member in enumerate(everyone):
        while member.seen_at - everyone[since].seen_at > TOGETHER:
            since += 1
        words = shared_words(member.headline) if member.headline else []
        found = _since(own, (member.url, *member.coverage), since) | _since(covered, (member.url,), since)
        told = {earlier: headlines[earlier] for earlier in _since(worded, words, since) - found}
        # all of them in one call: nearly none is alike
        for _, _, earlier in process.extract(member.headline, told, scorer=fuzz.ratio, score_cutoff=ALIKE, limit=None):
            if _alike(headlines[earlier], member.headline):
                found.add(earlier)
        for earlier in found:
            first, second = sorted((everyone[earlier].key, member.key))
            yield first, second
        own.setdefault(member.url, []).append(place)
        for address in set(member.coverage):
            covered.setdefault(address, []).append(place)
        for word in words:
            worded.setdefault(word, []).append(place)


def _since(index: Mapping[str, list[int]], names: Iterable[str], since: int) -> set[int]:
    """Return the places that an index has under any of the names, from one on."""
    found: set[int] = set()
    for name in names:
        if places := index.get(name):
            found.update(places[bisect_left(places, since) :])
    return found


def stories(seen: Mapping[str, int], pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the story of each of the keys in `seen` (first sights): the smallest key of those it is joined with.

    Links join their articles, the older first (that is when its younger article was first sighted), but for those that
    would make a story span more than 14 days. The order of the pairs does not matter.
    """
    leader = {key: key for key in seen}
    first, last = dict(seen), dict(seen)

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    def age(pair: tuple[str, str]) -> tuple[int, int, tuple[str, str]]:
        one, other = seen[pair[0]], seen[pair[1]]
        return max(one, other), min(one, other), pair

    for one, other in sorted(pairs, key=age):
        smaller, larger = sorted((find(one), find(other)))
        begin, end = min(first[smaller], first[larger]), max(last[smaller], last[larger])
        if smaller != larger and end - begin <= SPAN:
            leader[larger] = smaller
            first[smaller], last[smaller] = begin, end
    return {key: find(key) for key in seen}
