"""Why an article was or was not posted: what happened, else the rule that held it back, by the bar of that time."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection

from bot.briefing.choosing import Candidate
from bot.briefing.deciding import DAY, bar_of, decide, news_until
from bot.briefing.matching import Wanted
from bot.delivery.demand import asks_for_bars
from bot.models import Bars, DeliveryState, Explanation, Often, Rule, Server, Subscription, SubscriptionState
from bot.store.bars import bars_on, current_bars
from bot.store.candidates import STORY_DAYS, candidate, recent_messages
from bot.store.history import Past, Sighting, heat_changes, past_messages, paused_at, sighting
from bot.store.servers import server
from bot.store.subscriptions import subscriptions_of

# A delivery that failed for these reasons was ended, not refused.
_ENDED = ("too old", "unsubscribed")

# Heats with their times (epoch seconds), oldest first.
_Heats = Sequence[tuple[int, int]]


def explain(
    connection: Connection, guild_id: int, key: str, now: datetime, spacing: timedelta, max_age: timedelta
) -> tuple[Explanation, ...]:
    """Return for each subscription of the server why the article was or was not posted; nothing if it is unknown."""
    article, sighted = candidate(connection, key), sighting(connection, key)
    if article is None or sighted is None:
        return ()
    case = _Case(connection, server(connection, guild_id), article, sighted, now, spacing, max_age)
    return tuple(map(case.explained, subscriptions_of(connection, guild_id)))


class _Case:
    """One article in one server."""

    def __init__(
        self,
        connection: Connection,
        settings: Server,
        article: Candidate,
        sighted: Sighting,
        now: datetime,
        spacing: timedelta,
        max_age: timedelta,
    ) -> None:
        self._connection, self._settings, self._article, self._sighted = connection, settings, article, sighted
        self._now, self._spacing, self._max_age = now, spacing, max_age
        self._heats = heat_changes(connection, article.key)
        self._past = past_messages(connection, settings.guild_id, article.key, article.url_key, article.story)

    def explained(self, subscription: Subscription) -> Explanation:
        """Return what became of the article for a subscription of the server."""
        past = [each for each in self._past if each.channel_id == subscription.channel_id]
        own = [each for each in past if each.key == self._article.key and each.subscription_id == subscription.id]
        found = _of_delivery(subscription, own[-1]) if own else self._held_back(subscription, past)
        return replace(found, edited_since=found.at is not None and subscription.edited_at > found.at)

    def _held_back(self, subscription: Subscription, past: Sequence[Past]) -> Explanation:
        terms, article = subscription.terms, self._article
        end = news_until(self._sighted.seen_at, terms, self._settings.timezone, self._max_age)
        heats = [(at, heat) for at, heat in self._heats if at <= end.timestamp() or self._sighted.quiet]
        paused = subscription.state is SubscriptionState.PAUSED
        if paused and (paused_at(self._connection, subscription.id) or self._now) <= end:
            return Explanation(subscription, Rule.PAUSED, reason=subscription.paused_because)
        if rule := self._never(subscription, heats):
            return Explanation(subscription, rule)
        came = datetime.fromtimestamp(next((at for at, heat in heats if heat >= 0)), UTC)
        wanted = Wanted.of(terms, self._settings)
        if rule := wanted.rule_against(article, -1):
            return Explanation(subscription, rule, came)
        if below := self._below_bar(subscription, heats, end):
            return below
        if same := _same_story(article, past, came, end):
            return Explanation(subscription, Rule.SAME_STORY, same.at, message_id=same.message_id)
        if article.heat < 0:  # by now; it was a candidate before
            return Explanation(subscription, Rule.SUPERSEDED if heats[-1][1] < 0 else Rule.UNSCORED)
        if paused and self._now > end:
            return Explanation(subscription, Rule.PAUSED, reason=subscription.paused_because)
        return self._waiting(subscription, end) or Explanation(subscription, Rule.CROWDED_OUT, min(end, self._now))

    def _never(self, subscription: Subscription, heats: _Heats) -> Rule | None:
        """Return the rule by which the article was no candidate of the subscription at any time, if there is one."""
        if not self._sighted.published:
            return Rule.HIDDEN
        if not any(heat >= 0 for _, heat in heats):
            return Rule.SUPERSEDED if heats else Rule.UNSCORED
        if self._sighted.load <= subscription.after_load:
            return Rule.OLDER
        return Rule.QUIETLY if self._sighted.quiet else None

    def _below_bar(self, subscription: Subscription, heats: _Heats, end: datetime) -> Explanation | None:
        """Return what it lacked when it came, unless its heat reached the bar of any day on which it was news."""
        decided = []
        last = min(end, self._now)
        for place, (at, heat) in enumerate(heats):
            since = datetime.fromtimestamp(at, UTC)
            until = datetime.fromtimestamp(heats[place + 1][0], UTC) if place + 1 < len(heats) else last
            while heat >= 0:
                bar = self._bar(subscription, since)
                if heat >= bar:
                    return None
                decided.append((since, heat, bar))
                since = since.replace(hour=0, minute=0, second=0) + DAY  # a day has its bars
                if since > min(until, last):
                    break
        came, heat, bar = decided[0]
        return Explanation(subscription, Rule.BELOW_BAR, came, heat, bar)

    def _bar(self, subscription: Subscription, at: datetime) -> int:
        terms = subscription.terms
        if not asks_for_bars(terms):
            return bar_of(terms, Bars(0, 0, 0))
        bars = bars_on(self._connection, terms.filter, at)
        return bar_of(terms, bars or current_bars(self._connection, terms.filter, self._now))

    def _waiting(self, subscription: Subscription, end: datetime) -> Explanation | None:
        """Return until when it waits, if it is still news by then."""
        terms, timezone = subscription.terms, self._settings.timezone
        at = max(self._now, subscription.next_run_at or self._now)
        since = at - max(DAY, self._spacing, timedelta(minutes=terms.spacing or 0))
        channel = subscription.channel_id
        decision = decide(
            terms,
            timezone,
            (self._article,),
            recent_messages(self._connection, {channel}, since).get(channel, ()),
            at,
            subscription_id=subscription.id,
            spacing=self._spacing,
        )
        until = at if decision.chosen else decision.look_again
        if until is not None and until > end:
            return None
        if terms.often is Often.INSTANT and subscription.next_run_at is None and decision.chosen:
            until = None  # with the next load
        return Explanation(subscription, Rule.WAITING, until=until)


def _of_delivery(subscription: Subscription, past: Past) -> Explanation:
    """Return what became of the subscription's own message with the article."""
    if past.state is DeliveryState.SENT:
        rule, at = Rule.POSTED, past.sent_at or past.at
    elif past.state is DeliveryState.FAILED:
        rule, at = Rule.REMOVED if past.reason in _ENDED else Rule.FAILED, past.at
    elif past.state is DeliveryState.PENDING and subscription.state is SubscriptionState.PAUSED:
        return Explanation(subscription, Rule.PAUSED, past.at, past.heat, past.bar, reason=subscription.paused_because)
    else:
        rule, at = Rule.QUEUED, past.at
    until = past.due_at if rule is Rule.QUEUED else None
    return Explanation(subscription, rule, at, past.heat, past.bar, past.message_id, until, past.reason)


def _same_story(article: Candidate, past: Sequence[Past], came: datetime, end: datetime) -> Past | None:
    """Return the message of the channel because of which the article was not told again, if there is one."""
    since = came - timedelta(days=STORY_DAYS)
    return next(
        (
            each
            for each in reversed(past)
            if each.at <= end and (each.at >= since or article.key == each.key or article.url_key == each.url_key)
        ),
        None,
    )
