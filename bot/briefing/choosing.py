"""Which candidates make a briefing."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

SIZE = 5
"""Articles in one message."""

PUBLISHER_CAP = 2
"""Articles of one provider in one message: one publisher has four fifths of a real feed."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What choosing needs to know of a pushable article. Names are folded; times are epoch seconds."""

    key: str
    url_key: str
    story: str
    provider: str
    topics: frozenset[str]
    heat: int
    quality: int
    published_at: int
    seen_at: int
    load: int

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """The order of briefings, highest first: heat, then quality, published date and key."""
        return self.heat, self.quality, self.published_at, self.key


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen, in order, and how many more stories would have matched."""

    chosen: tuple[Candidate, ...]
    more: int


def choose(matching: Iterable[Candidate], size: int = SIZE, cap: int = PUBLISHER_CAP) -> Choice:
    """Return the hottest of the matching candidates: one per story and per address, at most `cap` of one provider."""
    told: set[str] = set()
    taken: Counter[str] = Counter()
    chosen: list[Candidate] = []
    more = 0
    for candidate in sorted(matching, key=lambda c: c.rank, reverse=True):
        if candidate.story in told or candidate.url_key in told:
            continue
        told |= {candidate.story, candidate.url_key}
        if len(chosen) < size and taken[candidate.provider] < cap:
            taken[candidate.provider] += 1
            chosen.append(candidate)
        else:
            more += 1
    return Choice(tuple(chosen), more)
