"""Edits: posted messages that no longer say what is so."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, RowMapping, delete, func, select, text, update
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.briefing.shown import LETTERS, Mark, is_in, key_mark, number_in
from bot.briefing.stories import url_key
from bot.models import Article, Delivery, DeliveryState, Subscription
from bot.store.rows import delivery_from_row, epoch, moment
from bot.store.servers import server
from bot.store.subscriptions import subscription
from bot.store.tables import deliveries, delivery_articles, edits, hidden_articles
from bot.store.told import told_articles

COVERAGE_FOR = timedelta(hours=24)
"""So long after it was sent, a post says who reports its story too. Later, nobody reads it again for that."""
COVERAGE_EDITS = 3
TITLES_FOR = timedelta(days=7)
"""So long, the title of a post follows its publisher's."""
_HIDDEN_FOR = timedelta(days=30)
"""So long, a hidden article is taken back from posts; older ones nobody scrolls to."""


class Because(StrEnum):
    """Why a post is edited."""

    COVERAGE = "coverage"
    TITLE = "title"
    HIDDEN = "hidden"


# --- finding -------------------------------------------------------------------------------------------------


def first_told_since(connection: Connection, since: datetime) -> int:
    """Return the id from which on all deliveries were queued at or after a time.

    Ids follow time, so it is found by halves: twenty looks among a million.
    """
    before, after = 0, (connection.execute(select(func.max(deliveries.c.id))).scalar_one() or 0) + 1
    while after - before > 1:
        middle = (before + after) // 2
        next_one = select(deliveries.c.queued_at).where(deliveries.c.id >= middle).order_by(deliveries.c.id).limit(1)
        if connection.execute(next_one).scalar_one() < (epoch(since) or 0):
            before = middle
        else:
            after = middle
    return after


def keys_told(connection: Connection, first: int) -> set[str]:
    """Return the keys of all articles in deliveries from this one on."""
    # The plus keeps SQLite from walking the index of all keys there ever were (3 s among a million deliveries).
    query = text("SELECT DISTINCT +key FROM delivery_articles WHERE delivery_id >= :first")
    return set(connection.execute(query, {"first": first}).scalars())


def keys_on_their_way(connection: Connection) -> set[str]:
    """Return the keys of the articles that are being sent or wait for it."""
    query = text(
        "SELECT DISTINCT +key FROM delivery_articles"
        " WHERE delivery_id IN (SELECT id FROM deliveries WHERE state IN ('pending', 'sending'))"
    )
    return set(connection.execute(query).scalars())


def hidden_keys(connection: Connection, keys: Collection[str]) -> set[str]:
    """Return those of the keys whose articles the host has hidden."""
    query = select(hidden_articles.c.key).where(text("key IN (SELECT value FROM json_each(:keys))"))
    return set(connection.execute(query, {"keys": json.dumps(sorted(keys))}).scalars())


# Where an article's mark begins in what a post shows; what follows it there is its title, the others, their number.
_AT = "instr(d.shown, :mark)"
_STALE = f"""
    SELECT d.id, a.channel_id,
           CASE WHEN substr(d.shown, {_AT} + {LETTERS}, {LETTERS}) <> :title THEN 'title' ELSE 'coverage' END
    FROM delivery_articles a JOIN deliveries d ON d.id = a.delivery_id
    WHERE a.key = :key AND a.channel_id > :beyond AND a.delivery_id >= :first AND a.url_key = :address
      AND d.state = 'sent' AND d.message_id IS NOT NULL AND {_AT} > 0
      AND (substr(d.shown, {_AT} + {LETTERS}, {LETTERS}) <> :title
           OR (d.sent_at >= :day AND d.edits < {COVERAGE_EDITS}
               AND substr(d.shown, {_AT} + {2 * LETTERS}, {LETTERS}) <> :others
               AND CAST(substr(d.shown, {_AT} + {3 * LETTERS}, 2) AS INTEGER) < :count))
    ORDER BY a.channel_id LIMIT :most
"""


def stale_posts(
    connection: Connection,
    key: str,
    *,
    now: Mark,
    address: str,
    first: int,
    day: datetime,
    beyond: int,
    most: int,
) -> tuple[list[tuple[int, Because]], int | None]:
    """Return posts, from the delivery `first` on, that show the article otherwise than it is now, and why to edit them.

    They are those of channels beyond an id; the second value is where to go on, None where that was all. A post that
    was sent before `day`, or has had its edits, is not edited for coverage; nor is it if reports were only lost. Where
    the article was swapped for one with another address, its posts are left alone.
    """
    values = {
        "key": key,
        "mark": now.key,
        "title": now.title,
        "others": now.others,
        "count": now.count,
        "address": address,
        "first": first,
        "day": epoch(day),
        "beyond": beyond,
        "most": most,
    }
    rows = connection.execute(text(_STALE), values).all()
    found = [(delivery_id, Because(because)) for delivery_id, _, because in rows]
    return found, rows[-1][1] if len(rows) == most else None


def queue_edits(connection: Connection, posts: Sequence[tuple[int, Because]], now: datetime) -> None:
    """Let these posts be edited, unless they are to be already."""
    if posts:
        values = [
            {"delivery_id": delivery_id, "because": because.value, "attempts": 0, "due_at": epoch(now)}
            for delivery_id, because in posts
        ]
        connection.execute(upsert(edits).on_conflict_do_nothing(index_elements=["delivery_id"]), values)


def queue_hidden_edits(connection: Connection, key: str, now: datetime, *, shown: bool = False) -> int:
    """Let every post of the last 30 days with this article, hidden or shown again just now, be edited to say so.

    With `shown` only those that show it still. Returns the number of posts.
    """
    told = (
        select(deliveries.c.id)
        .join(delivery_articles, delivery_articles.c.delivery_id == deliveries.c.id)
        .where(
            delivery_articles.c.key == key,
            deliveries.c.state == DeliveryState.SENT.value,
            deliveries.c.message_id.is_not(None),
            deliveries.c.sent_at >= epoch(now - _HIDDEN_FOR),
        )
    )
    if shown:
        told = told.where(func.instr(deliveries.c.shown, key_mark(key)) > 0)
    rows = [
        {"delivery_id": delivery_id, "because": Because.HIDDEN.value, "attempts": 0, "due_at": epoch(now)}
        for delivery_id in connection.execute(told).scalars()
    ]
    if rows:
        statement = upsert(edits)
        again = {name: statement.excluded[name] for name in ("because", "attempts", "due_at")}
        connection.execute(statement.on_conflict_do_update(index_elements=["delivery_id"], set_=again), rows)
    return len(rows)


# --- making --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edit:
    """A post to be edited. `articles` are those that it is to show, none where all of it was hidden.

    `possible` says that nothing that it shows is gone, or was swapped for another address; it always is for what was
    hidden. `subscription` is None if it was removed, `language` where the server has chosen none.
    """

    delivery: Delivery
    because: Because
    message_id: int
    sent_at: datetime
    shown: str
    edits: int
    attempts: int
    subscription: Subscription | None
    articles: tuple[Article, ...]
    possible: bool
    language: str | None


def due_edits(connection: Connection, now: datetime, most: int) -> list[Edit]:
    """Return up to so many edits that are due, those of hidden articles first."""
    query = (
        select(deliveries, edits.c.because, edits.c.attempts.label("tries"))
        .join(edits, edits.c.delivery_id == deliveries.c.id)
        .where(edits.c.due_at <= epoch(now))
        .order_by(edits.c.because != Because.HIDDEN.value, edits.c.due_at, edits.c.delivery_id)
        .limit(most)
    )
    return [_edit(connection, row) for row in connection.execute(query).mappings().all()]


def _edit(connection: Connection, row: RowMapping) -> Edit:
    query = (
        select(delivery_articles.c.key, delivery_articles.c.url_key)
        .where(delivery_articles.c.delivery_id == row["id"])
        .order_by(delivery_articles.c.position)
    )
    posted: dict[str, str] = {key: address for key, address in connection.execute(query)}  # noqa: C416 - typed
    told = told_articles(connection, posted)
    articles = [told[key] for key in posted if key in told and url_key(told[key].url) == posted[key]]
    because, shown = Because(row["because"]), row["shown"] or ""
    if because is Because.HIDDEN:
        hidden = hidden_keys(connection, posted)
        articles = [article for article in articles if article.published and article.key not in hidden]
        possible = bool(articles or hidden)  # neither: shown again, but gone by now
    else:
        articles = [article for article in articles if is_in(shown, article.key)]
        possible = 0 < len(articles) == number_in(shown)
    sent_at = moment(row["sent_at"])
    assert sent_at is not None
    return Edit(
        delivery=delivery_from_row(row, posted),
        because=because,
        message_id=row["message_id"],
        sent_at=sent_at,
        shown=shown,
        edits=row["edits"],
        attempts=row["tries"],
        subscription=subscription(connection, row["subscription_id"]),
        articles=tuple(articles),
        possible=possible,
        language=server(connection, row["guild_id"]).language,
    )


def next_edit(connection: Connection) -> datetime | None:
    """Return the earliest time at which an edit is due."""
    return moment(connection.execute(select(func.min(edits.c.due_at))).scalar_one())


def record_edit(connection: Connection, edit: Edit, shown: str | None) -> None:
    """Record that a post was edited and what it shows now; None where it is not to be edited again."""
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id == edit.delivery.id)
        .values(shown=shown, edits=deliveries.c.edits + (edit.because is Because.COVERAGE))
    )
    end_edit(connection, edit)


def end_edit(connection: Connection, edit: Edit) -> None:
    """Let an edit be done, made or not; another one that has been asked for meanwhile stays."""
    connection.execute(
        delete(edits).where(edits.c.delivery_id == edit.delivery.id, edits.c.because == edit.because.value)
    )


def postpone_edit(connection: Connection, edit: Edit, until: datetime) -> None:
    """Let an edit be tried again later."""
    connection.execute(
        update(edits)
        .where(edits.c.delivery_id == edit.delivery.id)
        .values(attempts=edits.c.attempts + 1, due_at=epoch(until))
    )
