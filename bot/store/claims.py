"""Claims: which of the outbox is sent next. Servers take turns, and a channel's messages keep their order."""

import json
from collections.abc import Collection
from datetime import datetime
from itertools import zip_longest

from sqlalchemy import Boolean, ColumnElement, Connection, RowMapping, and_, func, literal_column, select, text, update

from bot.models import Delivery, DeliveryKind, DeliveryState
from bot.store.deliveries import sending_paused
from bot.store.fence import count_claim
from bot.store.notices import DROPPED, add_notice
from bot.store.rows import delivery_from_row, epoch, moment
from bot.store.tables import deliveries, delivery_articles

# The partial indexes serve only a condition written like their own, with literals.
_OPEN: ColumnElement[bool] = literal_column("deliveries.state IN ('pending', 'sending')", Boolean)

# What is to be sent when it is due: open, and not of a paused subscription. What was already tried is finished whatever
# became of its subscription: it may have arrived. What lost its subscription is taken up too, so that it ends.
_SENDABLE = """e.state IN ('pending', 'sending') AND (e.state = 'sending' OR
    coalesce((SELECT s.state FROM subscriptions s WHERE s.id = e.subscription_id), 'active') = 'active')"""

QUIET = "quiet hours"
"""Why a message is held, where quiet hours hold it."""

# What quiet hours hold lets the later messages of its channel pass: they may be of a subscription without such hours.
_HELD = f"(e.state = 'pending' AND e.reason IS '{QUIET}' AND e.due_at > :now)"

# No wait of ours but that for quiet hours is longer, in seconds: what is due later than that was given its time before
# the clock was set back. A limit of Discord's that is longer is asked for once in that time.
_LONGEST_WAIT = 1_200

# The servers that have something open, found by as many jumps in the index.
_SERVERS = text(
    """WITH RECURSIVE some(id) AS (
         SELECT min(guild_id) FROM deliveries WHERE state IN ('pending', 'sending')
         UNION ALL
         SELECT (SELECT min(guild_id) FROM deliveries WHERE state IN ('pending', 'sending') AND guild_id > some.id)
         FROM some WHERE some.id IS NOT NULL)
       SELECT id FROM some WHERE id IS NOT NULL"""
)

# The first message of each channel of a server; the others wait for it, so that a channel's messages keep their order.
_HEADS = text(
    f"""WITH RECURSIVE some(id) AS (
         SELECT min(channel_id) FROM deliveries WHERE state IN ('pending', 'sending') AND guild_id = :guild
         UNION ALL
         SELECT (SELECT min(channel_id) FROM deliveries
                 WHERE state IN ('pending', 'sending') AND guild_id = :guild AND channel_id > some.id)
         FROM some WHERE some.id IS NOT NULL)
       SELECT d.* FROM some JOIN deliveries d ON d.id =
         (SELECT e.id FROM deliveries e
          WHERE e.guild_id = :guild AND e.channel_id = some.id AND {_SENDABLE} AND NOT {_HELD}
          ORDER BY e.id LIMIT 1)
       WHERE d.due_at <= :now OR (d.due_at > :now + {_LONGEST_WAIT} AND d.reason IS NOT '{QUIET}')
       ORDER BY d.due_at, d.id"""
)

_NEXT = text(
    f"""SELECT min(e.due_at) FROM deliveries e
       WHERE {_SENDABLE} AND e.channel_id NOT IN (SELECT value FROM json_each(:busy))
         AND NOT EXISTS (SELECT 1 FROM deliveries f WHERE f.guild_id = e.guild_id AND f.channel_id = e.channel_id
                         AND f.id < e.id AND f.reason IS NOT '{QUIET}' AND {_SENDABLE.replace("e.", "f.")})"""
)

# So long news comes before digests. Then a digest counts as much: at none, an hour of news would starve it.
_DIGESTS_WAIT = 300


def claim_deliveries(
    connection: Connection,
    *,
    now: datetime,
    until: datetime,
    stale: datetime,
    most: int,
    busy: Collection[int] = (),
    after: int = 0,
) -> tuple[int, list[Delivery]]:
    """Take up to `most` due deliveries for sending, as they were before: at most one of a channel, its first.

    Servers take turns, beginning with the one after `after`; news comes before digests. Nothing is taken while sending
    is paused, nor of a channel that is `busy`: one of its messages is under way. What is taken is not due again before
    `until`, so that one whose outcome is lost is taken up again. Pending ones queued before `stale` are failed
    instead, but for first briefings; their servers are to be told, and their number is returned too.
    """
    dropped = _drop(connection, stale, now)
    if sending_paused(connection):
        return dropped, []
    rows = _turns(connection, now, most, set(busy), after)
    if not rows:
        return dropped, []
    ids = [row["id"] for row in rows]
    keys: dict[int, list[str]] = {}
    for delivery_id, key in connection.execute(
        select(delivery_articles.c.delivery_id, delivery_articles.c.key)
        .where(delivery_articles.c.delivery_id.in_(ids))
        .order_by(delivery_articles.c.delivery_id, delivery_articles.c.position)
    ):
        keys.setdefault(delivery_id, []).append(key)
    count_claim(connection)
    connection.execute(
        update(deliveries)
        .where(deliveries.c.id.in_(ids))
        .values(
            state=DeliveryState.SENDING.value,
            attempts=deliveries.c.attempts + 1,
            first_attempt_at=func.coalesce(deliveries.c.first_attempt_at, epoch(now)),
            due_at=epoch(until),
        )
    )
    return dropped, [delivery_from_row(row, keys.get(row["id"], ())) for row in rows]


def _drop(connection: Connection, stale: datetime, now: datetime) -> int:
    """Fail what has waited too long, and have its servers told; return its number."""
    too_old = and_(
        _OPEN,
        deliveries.c.state == DeliveryState.PENDING.value,
        deliveries.c.queued_at < epoch(stale),
        deliveries.c.kind != DeliveryKind.FIRST.value,
        deliveries.c.first_attempt_at.is_(None),  # what may have arrived is first looked for
    )
    # One notice for a server; of its channels, the one that lost most is named.
    query = (
        select(deliveries.c.guild_id, deliveries.c.channel_id, func.count())
        .where(too_old)
        .group_by(deliveries.c.guild_id, deliveries.c.channel_id)
        .order_by(func.count())
    )
    lost: dict[int, tuple[int, int]] = {}
    for guild_id, channel_id, count in connection.execute(query):
        lost[guild_id] = (channel_id, lost.get(guild_id, (0, 0))[1] + count)
    if not lost:
        return 0
    connection.execute(update(deliveries).where(too_old).values(state="failed", reason=DROPPED, due_at=epoch(now)))
    for guild_id, (channel_id, count) in lost.items():
        add_notice(
            connection,
            guild_id=guild_id,
            channel_id=channel_id,
            subscription_id=None,
            because=DROPPED,
            detail=(str(count),),
            now=now,
        )
    return sum(count for _, count in lost.values())


def _turns(connection: Connection, now: datetime, most: int, busy: set[int], after: int) -> list[RowMapping]:
    """Return up to `most` rows to be sent, in their order: round and round over the servers, news first."""
    at = int(now.timestamp())
    servers = list(connection.execute(_SERVERS).scalars())
    begin = next((index for index, guild_id in enumerate(servers) if guild_id > after), 0)
    news: list[list[RowMapping]] = []
    digests: list[list[RowMapping]] = []
    found = 0
    for guild_id in servers[begin:] + servers[:begin]:  # fifty microseconds each, where nothing is due
        heads = connection.execute(_HEADS, {"guild": guild_id, "now": at}).mappings()
        free = [row for row in heads if row["channel_id"] not in busy]
        if not free:
            continue
        waits = [row["kind"] == DeliveryKind.DIGEST.value and row["queued_at"] > at - _DIGESTS_WAIT for row in free]
        news.append([row for row, wait in zip(free, waits, strict=True) if not wait][:most])
        digests.append([row for row, wait in zip(free, waits, strict=True) if wait][:most])
        found += len(news[-1])
        if len(news) >= most and found >= most:
            break
    rounds = [*zip_longest(*news), *zip_longest(*digests)]
    return [row for turn in rounds for row in turn if row is not None][:most]


def next_due(connection: Connection, busy: Collection[int] = ()) -> datetime | None:
    """Return the earliest time at which a channel's first delivery is due; of channels that are not busy.

    None while sending is paused.
    """
    if sending_paused(connection):
        return None
    return moment(connection.execute(_NEXT, {"busy": json.dumps(sorted(busy))}).scalar_one())
