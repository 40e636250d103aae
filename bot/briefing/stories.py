"""Stories: which articles are about the same event."""

from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

# Twins months apart under one address are two stories (a monthly page), not one.
_TOGETHER = 7 * 86_400


def url_key(url: str) -> str:
    """Return the form in which addresses are compared: without scheme, `www.`, fragment and trailing slash.

    The query stays: for many publishers it is what names the article.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # a host in brackets that is no address: equal only to itself
        return url
    host = parts.netloc.lower().removeprefix("www.").removesuffix(":443").removesuffix(":80")
    return urlunsplit(("", host, parts.path.rstrip("/"), parts.query, ""))


@dataclass(frozen=True, slots=True)
class Member:
    """What the story of an article depends on: its key, first sight (epoch seconds), own and coverage URL keys."""

    key: str
    seen_at: int
    url: str
    coverage: tuple[str, ...]


def stories(members: Iterable[Member]) -> dict[str, str]:
    """Return each article's story: the smallest key of those that are linked with it.

    Two are linked if first sighted within 7 days of each other, and they have the same address or one's address is in
    the other's coverage. The order of the members does not matter.
    """
    leader: dict[str, str] = {}
    seen: dict[str, int] = {}
    at_address: dict[str, list[str]] = {}
    everyone = sorted(members, key=lambda member: member.key)
    for member in everyone:
        leader[member.key] = member.key
        seen[member.key] = member.seen_at
        at_address.setdefault(member.url, []).append(member.key)

    def find(key: str) -> str:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for member in everyone:
        for address in (member.url, *member.coverage):
            for other in at_address.get(address, ()):
                if abs(seen[other] - member.seen_at) <= _TOGETHER:
                    first, second = sorted((find(member.key), find(other)))
                    leader[second] = first
    return {key: find(key) for key in leader}
