"""What came in the past, and what became of it: sightings, heat history and deliveries, for looking back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, case, func, literal_column, or_, select

from bot.briefing.choosing import Candidate
from bot.models import DeliveryState, Filter, SubscriptionState, fold
from bot.store.bars import filtered
from bot.store.candidates import folded_topics
from bot.store.rows import epoch, moment
from bot.store.tables import articles, deliveries, delivery_articles, heat_history, sightings, subscriptions


class Seen(NamedTuple):
    """An article of the past that can be seen now; names are folded, times epoch seconds."""

    key: str
    url_key: str
    story: str
    provider: str
    topics: str
    quality: int | None
    published_at: int | None
    seen_at: int
    type: str
    title: str
    excerpt: str

    def candidate(self, heat: int) -> Candidate:
        """Return it as the candidate that it was with this heat."""
        return Candidate(
            *(self.key, self.url_key, self.story, self.provider, folded_topics(self.topics), heat),
            *(self.quality or 0, self.published_at or 0, self.seen_at, 0, self.type),
            fold(f"{self.title}\n{self.excerpt}"),
        )


def seen_since(
    connection: Connection,
    since: datetime,
    filter: Filter,  # noqa: A002 - the word of the domain
    *,
    texts: bool,
) -> tuple[dict[int, Seen], list[tuple[int, int, int]]]:
    """Return what matches the filter of those first sighted since then, by number, and every change of their heat.

    Titles and excerpts are read only if `texts` are asked for: they are most of the bytes of an article.
    Changes are (time, number, heat), in order of time. What came with a backfill had its heat when it came, as far as
    is known.
    """
    a, h = articles.c, heat_history.c
    columns = (a.key, a.url_key, a.story, a.provider_folded, a.topics, a.quality, a.published_at, a.seen_at, a.type)
    of_them = (a.published.is_(True), a.seen_at >= epoch(since), *filtered(filter))
    words = (a.title, a.excerpt) if texts else (literal_column("''"), literal_column("''"))
    query = select(a.number, *columns, *words).where(*of_them)
    found = {number: Seen(*values) for number, *values in connection.execute(query)}
    at = case((or_(sightings.c.quiet, h.at.is_(None)), a.seen_at), else_=h.at)
    heat = case((or_(sightings.c.quiet, h.at.is_(None)), a.heat), else_=h.heat)
    changes = (
        select(at, a.number, heat)
        .select_from(articles)
        .join(sightings, sightings.c.key == a.key)
        .join(heat_history, h.key == a.key, isouter=True)
        .where(*of_them, heat.is_not(None))
        .order_by(at, a.number)
    )
    return found, [tuple(row) for row in connection.execute(changes)]


def titles(connection: Connection, keys: Collection[str]) -> dict[str, str]:
    """Return the titles of articles, by key."""
    rows = connection.execute(select(articles.c.key, articles.c.title).where(articles.c.key.in_(keys)))
    return {key: title for key, title in rows}  # noqa: C416 - typed


# --- one article ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sighting:
    """When an article was first sighted, in which load, and whether it came quietly with a backfill."""

    seen_at: int
    load: int
    quiet: bool
    published: bool


def sighting(connection: Connection, key: str) -> Sighting | None:
    """Return the sighting of an article that is there."""
    query = (
        select(sightings.c.seen_at, sightings.c.load, sightings.c.quiet, articles.c.published)
        .join(articles, articles.c.key == sightings.c.key)
        .where(sightings.c.key == key)
    )
    row = connection.execute(query).first()
    return Sighting(row[0], row[1], bool(row[2]), bool(row[3])) if row else None


def heat_changes(connection: Connection, key: str) -> list[tuple[int, int]]:
    """Return every heat that the article had, with its time (epoch seconds), oldest first."""
    query = select(heat_history.c.at, heat_history.c.heat).where(heat_history.c.key == key).order_by(heat_history.c.at)
    return [(at, heat) for at, heat in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class Past:
    """A message with an article, or with another of its story or address; `at` is when it was queued."""

    subscription_id: int
    channel_id: int
    key: str
    url_key: str
    heat: int | None
    state: DeliveryState
    reason: str | None
    bar: int
    at: datetime
    due_at: datetime
    sent_at: datetime | None
    message_id: int | None


def past_messages(connection: Connection, guild_id: int, key: str, url_key: str, story: str) -> Sequence[Past]:
    """Return the server's messages with the article, its address or its story, oldest first."""
    d, p = deliveries.c, delivery_articles.c
    members = select(articles.c.key).where(articles.c.story == story)
    query = (
        select(
            *(d.subscription_id, d.channel_id, p.key, p.url_key, p.heat, d.state, d.reason, d.bar),
            *(d.queued_at, d.due_at, d.sent_at, d.message_id),
        )
        .join(delivery_articles, p.delivery_id == d.id)
        .where(d.guild_id == guild_id, or_(p.key == key, p.url_key == url_key, p.story == story, p.key.in_(members)))
        .order_by(d.id)
    )
    found = []
    for row in connection.execute(query):
        subscription_id, channel_id, own, address, heat, state, reason, bar, *times, message_id = row
        at, due, sent_at = map(moment, times)
        assert at is not None
        assert due is not None
        found.append(
            Past(
                *(subscription_id, channel_id, own, address, heat, DeliveryState(state), reason, bar),
                *(at, due, sent_at, message_id),
            )
        )
    return found


def paused_at(connection: Connection, subscription_id: int) -> datetime | None:
    """Return since when a subscription is paused, if it is and that is known."""
    query = select(func.max(subscriptions.c.paused_at)).where(
        subscriptions.c.id == subscription_id, subscriptions.c.state == SubscriptionState.PAUSED.value
    )
    return moment(connection.execute(query).scalar_one())
