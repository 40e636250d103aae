"""What terms would have brought: the last days played again, by the very decisions of the planner."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.briefing.choosing import Candidate
from bot.briefing.deciding import DAY, Decision, Recent, bar_of, decide, news_until, reach
from bot.briefing.matching import Wanted
from bot.briefing.schedules import next_run
from bot.models import Backtest, Bars, Often, Post, Server, Terms
from bot.store.bars import current_bars
from bot.store.candidates import STORY_DAYS
from bot.store.history import Seen, seen_since, titles

_LAST = 3
_MAX_AGE = timedelta(days=3)

# What waits, in the order of briefings, coldest first: heat, quality, published date, key, and the article itself.
_Waiting = tuple[int, int, int, str, int]


def backtest(
    connection: Connection,
    terms: Terms,
    settings: Server,
    now: datetime,
    spacing: timedelta,
    days: int = 30,
    *,
    max_age: timedelta = _MAX_AGE,
) -> Backtest:
    """Return what a subscription with these terms, alone in its channel and made so many days ago, would have brought.

    Bars are today's. What came with a backfill counts as having come when it was published.
    """
    start = now - timedelta(days=days)
    bars = current_bars(connection, terms.filter, now)
    wanted = Wanted.of(terms, settings)
    seen, changes = seen_since(connection, start, wanted.filter, texts=wanted.by_text)
    replay = _Replay(terms, settings.timezone, spacing, max_age, bars, wanted, seen, changes)
    posts = list(replay.posts(start, now))
    last = posts[: -_LAST - 1 : -1]
    told = titles(connection, {each.key for _, decision in last for each in decision.chosen})
    return Backtest(
        days,
        len(posts),
        sum(decision.role_id is not None for _, decision in posts),
        tuple(
            Post(at, tuple(told[each.key] for each in decision.chosen), decision.role_id is not None)
            for at, decision in last
        ),
    )


class _Replay:
    """A channel with one subscription, in the past."""

    def __init__(
        self,
        terms: Terms,
        timezone: str | None,
        spacing: timedelta,
        max_age: timedelta,
        bars: Bars,
        wanted: Wanted,
        seen: Mapping[int, Seen],
        changes: Sequence[tuple[int, int, int]],
    ) -> None:
        self._terms, self._timezone, self._spacing, self._max_age = terms, timezone, spacing, max_age
        self._wanted, self._seen, self._changes = wanted, seen, changes
        self._bar, self._ping_bar = bar_of(terms, bars), bars.bar(terms.ping_level)
        self._waiting: list[_Waiting] = []
        self._cleared_at = 0.0
        self._heats: dict[int, int] = {}
        self._wants: dict[int, bool] = {}
        self._told: set[str] = set()
        self._stories: dict[str, datetime] = {}
        self._recent: list[Recent] = []

    def posts(self, start: datetime, end: datetime) -> Iterator[tuple[datetime, Decision]]:
        """Yield every message with its time: decided whenever something came or it was time to look again."""
        changes, done = self._changes, 0
        instant = self._terms.often is Often.INSTANT
        look_again = None if instant else next_run(start, self._terms, self._timezone or "UTC")
        while look_again is not None or done < len(changes):
            now = datetime.fromtimestamp(changes[done][0], UTC) if look_again is None else look_again
            if now > end:
                return
            until, come = now.timestamp(), done
            while done < len(changes) and changes[done][0] <= until:
                done += 1
            self._take(changes[come:done], until)
            decision = self._decide(now)
            look_again = decision.look_again
            if decision.chosen:
                self._recent.append(Recent(int(until), 0, instant, decision.role_id is not None))
                for each in decision.chosen:
                    self._told |= {each.key, each.url_key}
                    self._stories[each.story] = now
                yield now, decision

    def _take(self, changes: Sequence[tuple[int, int, int]], now: float) -> None:
        least = max(0, self._bar)
        for _, number, heat in changes:
            self._heats[number] = heat
            if heat >= least:
                each = self._seen[number]
                self._waiting.append((heat, each.quality or 0, each.published_at or 0, each.key, number))
        if now - self._cleared_at > DAY.total_seconds():  # at each decision it would be most of the work
            since = now - (reach(self._terms, self._max_age) + DAY).total_seconds()
            self._waiting = [each for each in self._waiting if self._seen[each[-1]].seen_at >= since]
            self._cleared_at = now
        self._waiting.sort()

    def _decide(self, now: datetime) -> Decision:
        longest = max(DAY, self._spacing, timedelta(minutes=self._terms.spacing or 0))
        self._recent = [each for each in self._recent if each.at >= (now - longest).timestamp()]
        return decide(
            self._terms,
            self._timezone,
            self._matching(now),
            self._recent,
            now,
            subscription_id=0,
            spacing=self._spacing,
            ping_bar=self._ping_bar,
            counting=False,
        )

    def _matching(self, now: datetime) -> Iterator[Candidate]:
        """Yield what could be told, hottest first, as far as it is asked for."""
        for heat, _, _, key, number in reversed(self._waiting):
            each = self._seen[number]
            if self._heats[number] != heat or key in self._told or each.url_key in self._told:
                continue
            told = self._stories.get(each.story)
            if told is not None and told >= now - timedelta(days=STORY_DAYS):
                continue
            if news_until(each.seen_at, self._terms, self._timezone, self._max_age) < now:
                continue
            candidate = each.candidate(heat)
            if number not in self._wants:  # words take long to look for, and stay as they are
                self._wants[number] = self._wanted.rule_against(candidate, self._bar) is None
            if self._wants[number]:
                yield candidate
