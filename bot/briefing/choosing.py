"""Which candidates make a briefing."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Candidate:
    """What choosing needs to know of a pushable article.

    Names are folded, and so is `text`: title and excerpt, where words are looked for. Times are epoch seconds.
    """

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
    type: str = "article"
    text: str = ""

    @property
    def rank(self) -> tuple[int, int, int, str]:
        """The order of briefings, highest first: heat, then quality, published date and key."""
        return self.heat, self.quality, self.published_at, self.key


def hottest_first(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return the candidates in the order of briefings."""
    return sorted(candidates, key=lambda candidate: candidate.rank, reverse=True)


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen, in order, and how many more stories would have matched."""

    chosen: tuple[Candidate, ...]
    more: int


def choose(ordered: Iterable[Candidate], size: int, cap: int, *, counting: bool = True) -> Choice:
    """Return the first of the candidates: one per story and per address, at most `cap` of one provider (0: any number).

    They come hottest first. Without `counting`, `more` only tells whether there are more.
    """
    told: set[str] = set()
    taken: dict[str, int] = {}
    chosen: list[Candidate] = []
    more = 0
    for candidate in ordered:
        if candidate.story in told or candidate.url_key in told:
            continue
        told.add(candidate.story)
        told.add(candidate.url_key)
        of_provider = taken.get(candidate.provider, 0)
        if len(chosen) < size and (not cap or of_provider < cap):
            taken[candidate.provider] = of_provider + 1
            chosen.append(candidate)
        else:
            more += 1
            if not counting and len(chosen) >= size:
                break
    return Choice(tuple(chosen), more)
