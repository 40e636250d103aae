"""What could be pushed, and what channels have had."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, select, text

from bot.briefing.choosing import Candidate
from bot.models import fold
from bot.store.rows import epoch
from bot.store.tables import articles, sightings

# A story that a channel has had is not told there again within these days.
_STORY_DAYS = 7


def candidates(connection: Connection, since: datetime) -> tuple[Candidate, ...]:
    """Return the pushable articles first sighted since then, but for those that came quietly with a backfill."""
    rows = connection.execute(
        select(articles, sightings.c.load)
        .join(sightings, sightings.c.key == articles.c.key)
        .where(
            sightings.c.seen_at >= epoch(since),
            sightings.c.quiet.is_(False),
            articles.c.published.is_(True),
            articles.c.heat >= 0,
        )
    ).mappings()
    return tuple(
        Candidate(
            key=row["key"],
            url_key=row["url_key"],
            story=row["story"],
            provider=row["provider_folded"],
            topics=frozenset(map(fold, json.loads(row["topics"]))),
            heat=row["heat"],
            quality=row["quality"] or 0,
            published_at=row["published_at"] or 0,
            seen_at=row["seen_at"],
            load=row["load"],
        )
        for row in rows
    )


class Told(Protocol):
    """An article as channels remember it: by its key, its address and its story it is never repeated there."""

    @property
    def key(self) -> str:
        """The article's key."""

    @property
    def url_key(self) -> str:
        """Its address, in the form in which addresses are compared."""

    @property
    def story(self) -> str:
        """Its story."""


@dataclass(slots=True)
class Had:
    """What channels have had or have coming, each as (channel, key | address | recent story)."""

    keys: set[tuple[int, str]]
    addresses: set[tuple[int, str]]
    stories: set[tuple[int, str]]

    def includes(self, channel_id: int, candidate: Told) -> bool:
        """Whether the channel has had the article, its address, or its story lately."""
        return (
            (channel_id, candidate.key) in self.keys
            or (channel_id, candidate.url_key) in self.addresses
            or (channel_id, candidate.story) in self.stories
        )

    def add(self, channel_id: int, candidate: Told) -> None:
        """Note that the channel is told of the candidate."""
        self.keys.add((channel_id, candidate.key))
        self.addresses.add((channel_id, candidate.url_key))
        self.stories.add((channel_id, candidate.story))


def had(connection: Connection, channels: Iterable[int], offered: Sequence[Told], now: datetime) -> Had:
    """Return which of the offered articles the channels have had, by any subscription."""
    wanted = {"channels": json.dumps(sorted(set(channels))), "since": epoch(now - timedelta(days=_STORY_DAYS))}

    def pairs(column: str, values: set[str], also: str = "") -> set[tuple[int, str]]:
        rows = connection.execute(
            text(f"""SELECT DISTINCT channel_id, {column} FROM delivery_articles
                     WHERE channel_id IN (SELECT value FROM json_each(:channels))
                       AND {column} IN (SELECT value FROM json_each(:values)) {also}"""),
            wanted | {"values": json.dumps(sorted(values))},
        )
        return {(channel, value) for channel, value in rows}

    recently = "AND at >= :since"
    offered_stories = {candidate.story for candidate in offered}
    # A story may have got another name since it was told: by the articles that are in it now it is known again.
    rows = connection.execute(
        text("SELECT key, story FROM articles WHERE story IN (SELECT value FROM json_each(:stories))"),
        {"stories": json.dumps(sorted(offered_stories))},
    )
    members: dict[str, str] = {key: story for key, story in rows}  # noqa: C416 - typed
    told = {(channel, members[key]) for channel, key in pairs("key", set(members), recently)}
    return Had(
        pairs("key", {candidate.key for candidate in offered}),
        pairs("url_key", {candidate.url_key for candidate in offered}),
        pairs("story", offered_stories, recently) | told,
    )


def recent_pushes(connection: Connection, channels: Iterable[int], since: datetime) -> dict[int, list[tuple[int, int]]]:
    """Return the pushes queued for each channel since then, newest first, as (epoch seconds, subscription id)."""
    rows = connection.execute(
        text("""SELECT channel_id, queued_at, subscription_id FROM deliveries
                WHERE channel_id IN (SELECT value FROM json_each(:channels)) AND queued_at >= :since
                  AND kind = 'push' AND state <> 'failed' ORDER BY queued_at DESC"""),
        {"channels": json.dumps(sorted(set(channels))), "since": epoch(since)},
    )
    found: dict[int, list[tuple[int, int]]] = {}
    for channel_id, queued_at, subscription_id in rows:
        found.setdefault(channel_id, []).append((queued_at, subscription_id))
    return found
