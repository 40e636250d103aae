"""Articles that Discord refuses wherever they are sent: they are kept from the channels, not the channels from news."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.models import DeliveryState
from bot.store.rows import epoch
from bot.store.tables import articles, deliveries, delivery_articles, quarantined_articles

BAD_PAYLOAD = ("refused (50035)", "refused (50006)")
"""The reasons of deliveries that Discord refused for what is in them: an invalid form body, an empty message."""

# At 1 a fault of one channel would keep a story from all; at ten, ten channels would lose the message it is in.
_CHANNELS = 3


@dataclass(frozen=True, slots=True)
class Quarantined:
    """An article that is no longer sent, with its title, if it is still there."""

    key: str
    title: str | None


def quarantined_keys(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Return those of the keys whose articles are no longer sent."""
    query = select(quarantined_articles.c.key).where(text("key IN (SELECT value FROM json_each(:keys))"))
    return frozenset(connection.execute(query, {"keys": json.dumps(sorted(keys))}).scalars())


def quarantined_ones(connection: Connection) -> tuple[Quarantined, ...]:
    """Return the articles that are no longer sent, the last one first."""
    query = (
        select(quarantined_articles.c.key, articles.c.title)
        .outerjoin(articles, articles.c.key == quarantined_articles.c.key)
        .order_by(quarantined_articles.c.at.desc())
    )
    return tuple(Quarantined(*row) for row in connection.execute(query))


def quarantine_refused(connection: Connection, delivery_ids: Collection[int], now: datetime) -> int:
    """Stop sending the articles of these refused messages that were refused in three channels and posted in none.

    In a message of several it is not known which of them was refused: those that are posted elsewhere were not. Returns
    the number of articles.
    """
    of_it = select(delivery_articles.c.key).where(delivery_articles.c.delivery_id.in_(delivery_ids)).distinct()
    found = 0
    for key in connection.execute(of_it).scalars().all():
        query = (
            select(deliveries.c.state, func.count(deliveries.c.channel_id.distinct()).label("channels"))
            .join(delivery_articles, delivery_articles.c.delivery_id == deliveries.c.id)
            .where(
                delivery_articles.c.key == key,
                (deliveries.c.state == DeliveryState.SENT.value) | deliveries.c.reason.in_(BAD_PAYLOAD),
            )
            .group_by(deliveries.c.state)
        )
        counts = {row.state: row.channels for row in connection.execute(query)}
        if counts.get("failed", 0) >= _CHANNELS and not counts.get("sent"):
            statement = upsert(quarantined_articles).values(key=key, at=epoch(now))
            found += connection.execute(statement.on_conflict_do_nothing()).rowcount
    return found


def release_changed(connection: Connection) -> None:
    """Let those be tried again whose files changed in what a message shows; to be called before a load is merged."""
    shown = ("title", "excerpt", "url", "provider", "provider_domain", "logo", "topics", "image", "coverage")
    ours, theirs = (", ".join(f"{table}.{column}" for column in shown) for table in ("a", "i"))
    connection.exec_driver_sql(
        f"""DELETE FROM quarantined_articles WHERE key IN (
                SELECT i.key FROM incoming i JOIN articles a ON a.number = i.old WHERE ({ours}) IS NOT ({theirs}))"""
    )
