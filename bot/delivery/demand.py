"""What subscriptions want of what is there: worked out once for all that want the same."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from bot.briefing.choosing import Candidate
from bot.briefing.deciding import DAY, bar_of, fresh, reach
from bot.briefing.matching import Offer, Wanted
from bot.models import Filter, Level, Often, Server, Terms
from bot.store.bars import TodaysBars
from bot.store.candidates import candidates
from bot.store.due import Due
from bot.store.servers import servers
from bot.store.terms import terms_of


@dataclass(frozen=True, slots=True)
class Group:
    """Subscriptions with the same terms in servers with the same settings, and what they want of what is there.

    `matching` come hottest first; `oldest` and `newest` are the loads in which the first and the last of them came.
    """

    terms: Terms
    timezone: str | None
    bar: int
    ping_bar: int
    matching: Sequence[Candidate]
    oldest: int
    newest: int

    def since(self, load: int) -> Sequence[Candidate]:
        """Return those of the matching that came after a load."""
        return self.matching if self.oldest > load else [each for each in self.matching if each.load > load]


_NOBODY = Server(0)


class Demand:
    """Groups of subscriptions, over one snapshot of the database.

    With `loads`, of articles that loads brought or changed which are yet to be planned, else of all that are news.
    """

    def __init__(
        self,
        connection: Connection,
        now: datetime,
        max_age: timedelta,
        bars: TodaysBars,
        loads: Collection[int] | None = None,
    ) -> None:
        self._connection = connection
        self._loads = loads
        self._now = now
        self._max_age = max_age
        self._todays = bars
        self._reach = timedelta(0)
        self._offer = Offer(())
        self._plain: dict[str, Group] = {}  # as if no server had set anything: the most that these terms could want
        self._groups: dict[tuple[object, ...], Group] = {}

    def wanting(self, terms: Iterable[str]) -> list[str]:
        """Return those of the terms, as texts, by which anything is to be decided: they want some of what is there.

        The others wait for a next load, and this one brought nothing for them.
        """
        texts = set(terms)
        self._learn(texts - self._plain.keys())
        return [
            text for text in texts if (plain := self._plain[text]).matching or plain.terms.often is not Often.INSTANT
        ]

    def concerned(self, subscriptions: Sequence[Due]) -> list[tuple[Due, Group]]:
        """Return those that have something to decide, and what they want."""
        self._learn({each.terms for each in subscriptions} - self._plain.keys())
        concerned = [each for each in subscriptions if self._is_concerned(each)]
        known = servers(self._connection, {each.guild_id for each in concerned})
        return [(each, self._group(each.terms, known.get(each.guild_id, _NOBODY))) for each in concerned]

    def _is_concerned(self, subscription: Due) -> bool:
        plain = self._plain[subscription.terms]
        return (
            plain.newest > subscription.after_load
            or subscription.next_run_at is not None
            or plain.terms.often is not Often.INSTANT
        )

    def _learn(self, texts: set[str]) -> None:
        learned = {text: terms_of(text) for text in texts}
        self._widen(max((reach(terms, self._max_age) for terms in learned.values()), default=timedelta(0)))
        wanted = {text: Wanted.of(terms, _NOBODY) for text, terms in learned.items()}
        # Of what nothing comes near, nobody will ask by which bar it was refused.
        near = {text: found for text, each in wanted.items() if (found := self._offer.near(each.filter))}
        self._todays.read({wanted[text].filter for text in near if asks_for_bars(learned[text])})
        since = (self._now - self._max_age).timestamp()
        for text, terms in learned.items():
            if text not in near:
                self._plain[text] = _group(terms, None, 0, 0, ())
                continue
            bar, ping_bar = self._bars(terms, wanted[text].filter)
            matching = wanted[text].among(near[text], bar)
            self._plain[text] = _group(terms, None, bar, ping_bar, matching)
            if all(each.seen_at >= since for each in matching):
                self._groups[text, None, (), ()] = self._plain[text]

    def _widen(self, wanted: timedelta) -> None:
        """Know of all that came so long ago; what quiet hours hold is a day older."""
        if wanted > self._reach:
            self._reach = wanted
            self._offer = Offer(candidates(self._connection, self._now - wanted - DAY, self._loads))

    def _bars(self, terms: Terms, filter: Filter) -> tuple[int, int]:  # noqa: A002 - the word of the domain
        if not asks_for_bars(terms):
            return terms.min_heat or 0, 0
        today = self._todays[filter]
        return bar_of(terms, today), today.bar(terms.ping_level)

    def _group(self, text: str, server: Server) -> Group:
        name = (text, server.timezone, server.blocked_providers, server.blocked_words)
        if name not in self._groups:
            plain = self._plain[text]
            matching: Sequence[Candidate] = plain.matching
            if server.blocked_providers or server.blocked_words:
                wanted = Wanted.of(plain.terms, server)
                matching = [each for each in matching if wanted.rule_against(each, plain.bar) is None]
            matching = fresh(matching, plain.terms, server.timezone, self._max_age, self._now)
            self._groups[name] = _group(plain.terms, server.timezone, plain.bar, plain.ping_bar, matching)
        return self._groups[name]


def asks_for_bars(terms: Terms) -> bool:
    """Whether the bars of the terms' filter decide anything: all levels but everything go by them."""
    by_level = terms.min_heat is None and terms.level is not Level.EVERYTHING
    return by_level or (terms.role_id is not None and terms.ping_level is not Level.EVERYTHING)


def _group(terms: Terms, timezone: str | None, bar: int, ping_bar: int, matching: Sequence[Candidate]) -> Group:
    numbers = [each.load for each in matching]
    return Group(terms, timezone, bar, ping_bar, matching, min(numbers, default=0), max(numbers, default=0))
