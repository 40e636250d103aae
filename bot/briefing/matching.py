"""Which articles a subscription wants."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.briefing.choosing import Candidate, hottest_first
from bot.briefing.words import mentions
from bot.models import Filter, Rule, Server, Terms, fold


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the terms of a subscription and the settings of its server let through, ready to be compared."""

    filter: Filter
    words: tuple[str, ...]
    without_words: tuple[str, ...]
    type: str | None
    blocked_providers: frozenset[str]
    blocked_words: tuple[str, ...]

    @classmethod
    def of(cls, terms: Terms, server: Server) -> "Wanted":
        """Return what the terms want in this server."""
        return cls(
            terms.filter,
            terms.words,
            terms.without_words,
            terms.type,
            frozenset(map(fold, server.blocked_providers)),
            server.blocked_words,
        )

    @property
    def by_text(self) -> bool:
        """Whether titles and excerpts matter."""
        return bool(self.words or self.without_words or self.blocked_words)

    def rule_against(self, candidate: Candidate, bar: int) -> Rule | None:
        """Return the first rule that keeps the candidate out, None if it is wanted."""
        if not self.filter.matches(candidate.topics, candidate.provider):
            of_topic = Filter(topics=self.filter.topics, without_topics=self.filter.without_topics)
            return Rule.OTHER_PROVIDER if of_topic.matches(candidate.topics, candidate.provider) else Rule.OTHER_TOPIC
        if self.words and not mentions(candidate.text, self.words):
            return Rule.OTHER_WORDS
        if self.without_words and mentions(candidate.text, self.without_words):
            return Rule.OTHER_WORDS
        if self.type is not None and candidate.type != self.type:
            return Rule.OTHER_TYPE
        if candidate.provider in self.blocked_providers or (
            self.blocked_words and mentions(candidate.text, self.blocked_words)
        ):
            return Rule.BLOCKED
        return Rule.BELOW_BAR if candidate.heat < bar else None

    def among(self, candidates: Iterable[Candidate], bar: int) -> tuple[Candidate, ...]:
        """Return those of the candidates that are wanted, in their order."""
        matches = self.filter.matches  # first: it is quick, and most fail it
        return tuple(
            each
            for each in candidates
            if each.heat >= bar and matches(each.topics, each.provider) and self.rule_against(each, bar) is None
        )


class Offer:
    """What could be pushed, hottest first, found by topic and by provider: thousands of filters want few of it each."""

    def __init__(self, candidates: Iterable[Candidate]) -> None:
        self.candidates = tuple(hottest_first(candidates))
        self._by_topic: dict[str, list[int]] = {}
        self._by_provider: dict[str, list[int]] = {}
        for place, candidate in enumerate(self.candidates):
            self._by_provider.setdefault(candidate.provider, []).append(place)
            for topic in candidate.topics:
                self._by_topic.setdefault(topic, []).append(place)

    def near(self, filter: Filter) -> Sequence[Candidate]:  # noqa: A002 - the word of the domain
        """Return those of the filter's topics, else of its providers, hottest first: no others could match it."""
        if filter.topics:
            index, names = self._by_topic, filter.topics
        elif filter.providers:
            index, names = self._by_provider, filter.providers
        else:
            return self.candidates
        places = {place for name in names for place in index.get(name, ())}
        return [self.candidates[place] for place in sorted(places)]
