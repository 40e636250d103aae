"""What could be pushed, and what channels have had."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol

from sqlalchemy import Connection, bindparam, text

from bot.briefing.choosing import Candidate
from bot.briefing.deciding import Recent
from bot.models import fold
from bot.store.bulk import driver_rows
from bot.store.rows import epoch

# A story that a channel has had is not told there again within these days.
STORY_DAYS = 7

# Up to so many channels are looked up one by one. Of thousands, all that lies between them is read in less time.
_FEW = 50
_ONE_BY_ONE = "d.channel_id IN (SELECT value FROM json_each(?2))"
_ALL_BETWEEN = f"""+{_ONE_BY_ONE} AND d.channel_id BETWEEN
    (SELECT min(value) FROM json_each(?2)) AND (SELECT max(value) FROM json_each(?2))"""


def candidates(connection: Connection, since: datetime, loads: Collection[int] | None = None) -> tuple[Candidate, ...]:
    """Return the pushable articles first sighted since then, but for those that came quietly with a backfill.

    With `loads`, these are only those that the loads brought or changed, of loads that are not planned yet.
    """
    touched = "" if loads is None else "AND s.key IN (SELECT key FROM touched_articles WHERE load IN :loads)"
    query = text(
        f"""SELECT a.key, a.url_key, a.story, a.provider_folded, a.topics, a.heat, a.quality, a.published_at,
                   a.seen_at, s.load, a.type, a.title, a.excerpt
            FROM sightings s JOIN articles a ON a.key = s.key
            WHERE {"s.seen_at" if loads is None else "+s.seen_at"} >= :since AND NOT s.quiet
              AND a.published AND a.heat >= 0 {touched}"""
    )
    values: dict[str, object] = {"since": epoch(since)}
    if loads is not None:
        query = query.bindparams(bindparam("loads", expanding=True))
        values["loads"] = list(loads)
    return tuple(map(_candidate, connection.execute(query, values)))


def candidate(connection: Connection, key: str) -> Candidate | None:
    """Return the article as a candidate, whether it could be pushed or not; heat -1 where it has none."""
    row = connection.execute(
        text("""SELECT a.key, a.url_key, a.story, a.provider_folded, a.topics, coalesce(a.heat, -1), a.quality,
                       a.published_at, a.seen_at, coalesce(s.load, 0), a.type, a.title, a.excerpt
                FROM articles a LEFT JOIN sightings s ON s.key = a.key WHERE a.key = :key"""),
        {"key": key},
    ).first()
    return _candidate(row) if row else None


@lru_cache(maxsize=4096)  # few sets of topics are on most articles
def folded_topics(topics: str) -> frozenset[str]:
    """Return the folded topics of an article's column."""
    return frozenset(map(fold, json.loads(topics)))


def _candidate(row: Sequence[Any]) -> Candidate:  # our own query
    key, url_key, story, provider, topics, heat, quality, published_at, seen_at, load, kind, title, excerpt = row
    return Candidate(
        key=key,
        url_key=url_key,
        story=story,
        provider=provider,
        topics=folded_topics(topics),
        heat=heat,
        quality=quality or 0,
        published_at=published_at or 0,
        seen_at=seen_at,
        load=load,
        type=kind,
        text=fold(f"{title}\n{excerpt}"),
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

    @property
    def heat(self) -> int | None:
        """Its heat when it was chosen."""


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
    wanted = {"channels": json.dumps(sorted(set(channels))), "since": epoch(now - timedelta(days=STORY_DAYS))}

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


class Taken:
    """Which of some candidates some channels have had or have coming: asked by article, not by channel.

    A few articles are sought among all that many channels ever had, so articles come first in the indexes.
    """

    def __init__(
        self, connection: Connection, offered: Collection[Candidate], channels: Collection[int], now: datetime
    ) -> None:
        self._connection = connection
        self._by_address = _grouped((each.url_key, each.key) for each in offered)
        self._by_story = _grouped((each.story, each.key) for each in offered)
        self._taken: dict[int, set[str]] = {}
        by_key = {each.key: frozenset((each.key,)) for each in offered}
        recently = f"AND d.at >= {epoch(now - timedelta(days=STORY_DAYS)):d}"
        self._find("key", by_key, channels)
        self._find("url_key", self._by_address, channels)
        self._find("story", self._by_story, channels, recently)
        self._find("key", self._members(by_key), channels, recently)

    def _members(self, by_key: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
        """Return what articles stand for by the story that they are in now, where that is more than themselves.

        A story may have got another name since it was told: by the articles that are in it now it is known again.
        """
        rows = driver_rows(
            self._connection,
            "SELECT key, story FROM articles WHERE story IN (SELECT value FROM json_each(?))",
            (json.dumps(list(self._by_story)),),
        )
        return {key: self._by_story[story] for key, story in rows if self._by_story[story] != by_key.get(key)}

    def _find(
        self, column: str, meant: Mapping[str, frozenset[str]], channels: Collection[int], recently: str = ""
    ) -> None:
        if not meant:
            return
        rows = driver_rows(
            self._connection,
            f"""SELECT j.key, d.channel_id FROM json_each(?1) j CROSS JOIN delivery_articles d
                WHERE d.{column} = j.value AND {_ONE_BY_ONE if len(channels) <= _FEW else _ALL_BETWEEN} {recently}""",
            (json.dumps(list(meant)), json.dumps(list(channels))),
        )
        taken, sets = self._taken, list(meant.values())
        for place, channel_id in rows:
            if channel_id in taken:
                taken[channel_id] |= sets[place]
            else:
                taken[channel_id] = set(sets[place])

    def left(self, channel_id: int, matching: Sequence[Candidate]) -> Sequence[Candidate]:
        """Return those of the candidates that the channel has not had, nor their address, nor their story lately."""
        taken = self._taken.get(channel_id)
        if not taken:
            return matching
        return [each for each in matching if each.key not in taken]

    def add(self, channel_id: int, chosen: Iterable[Candidate]) -> None:
        """Note that the channel is told of these."""
        taken = self._taken.setdefault(channel_id, set())
        nothing: frozenset[str] = frozenset()
        for each in chosen:
            taken |= self._by_address.get(each.url_key, nothing) | self._by_story.get(each.story, nothing)


def _grouped(pairs: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    groups: dict[str, set[str]] = {}
    for name, key in pairs:
        groups.setdefault(name, set()).add(key)
    return {name: frozenset(keys) for name, keys in groups.items()}


def recent_messages(connection: Connection, channels: Iterable[int], since: datetime) -> dict[int, list[Recent]]:
    """Return the messages queued for each channel since then; no first briefings, and none that failed."""
    rows = driver_rows(
        connection,
        """SELECT d.channel_id, d.queued_at, d.subscription_id, d.kind = 'push', d.role_id IS NOT NULL
           FROM json_each(?) j CROSS JOIN deliveries d
           WHERE d.channel_id = j.value AND d.queued_at >= ? AND d.kind <> 'first' AND d.state <> 'failed'""",
        (json.dumps(sorted(set(channels))), epoch(since)),
    )
    found: dict[int, list[Recent]] = {}
    for channel_id, at, subscription_id, push, pings in rows:
        recent = Recent(at, subscription_id, push, pings)
        if channel_id in found:
            found[channel_id].append(recent)
        else:
            found[channel_id] = [recent]
    return found
