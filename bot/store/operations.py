"""How sending and loading do, in figures: each is read by an index, so that a host may ask at any time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bot.models import CorpusSummary, DeliveryKind
from bot.store.deliveries import sending_paused
from bot.store.loads import last_load
from bot.store.quarantine import Quarantined, quarantined_ones
from bot.store.rows import epoch, moment
from bot.store.subscriptions import count_subscriptions


@dataclass(frozen=True, slots=True)
class Outbox:
    """What is to be sent: what could go now, since when the first of it could, what goes later, what waits for its
    paused subscription, and what is under way or may have arrived."""

    due: int
    due_since: datetime | None
    later: int
    held: int
    sending: int

    @property
    def waiting(self) -> int:
        """The number of all that is to be sent."""
        return self.due + self.later + self.held + self.sending


@dataclass(frozen=True, slots=True)
class Results:
    """What became of deliveries in the last day: those sent by kind, those failed by reason, the most frequent first.

    `last_hour` counts those sent in the last hour, `uncertain` those that may have arrived twice.
    """

    last_hour: int
    sent: tuple[tuple[DeliveryKind, int], ...]
    failed: tuple[tuple[str, int], ...]
    uncertain: int

    @property
    def sent_count(self) -> int:
        """The number of those sent."""
        return sum(count for _, count in self.sent)

    @property
    def failed_count(self) -> int:
        """The number of those failed."""
        return sum(count for _, count in self.failed)


@dataclass(frozen=True, slots=True)
class Figures:
    """How sending and loading do.

    `troubled` are those of the paused subscriptions that trouble paused; `edits` and `notices` are yet to be made and
    told; `size` is the database's in bytes; `stopped_at` is since when a host lets nothing be sent.
    """

    outbox: Outbox
    results: Results
    active: int
    paused: int
    troubled: int
    edits: int
    notices: int
    quarantined: tuple[Quarantined, ...]
    corpus: CorpusSummary
    size: int
    stopped_at: datetime | None


def figures(connection: Connection, now: datetime) -> Figures:
    """Return how sending and loading do."""
    active, paused = count_subscriptions(connection)
    (troubled,) = _one(
        connection, "SELECT count(*) FROM subscriptions WHERE state = 'paused' AND paused_because IS NOT NULL"
    )
    (edits,) = _one(connection, "SELECT count(*) FROM edits")
    (notices,) = _one(connection, "SELECT count(*) FROM notices WHERE told_at IS NULL")
    (size,) = _one(connection, "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
    return Figures(
        outbox=outbox(connection, now),
        results=_results(connection, now),
        active=active,
        paused=paused,
        troubled=troubled,
        edits=edits,
        notices=notices,
        quarantined=quarantined_ones(connection),
        corpus=_corpus(connection),
        size=size,
        stopped_at=sending_paused(connection),
    )


def _one(connection: Connection, query: str) -> tuple[int, ...]:
    return tuple(connection.execute(text(query)).one())


def outbox(connection: Connection, now: datetime) -> Outbox:
    """Return what is to be sent, in figures."""
    due, due_since, later, held, sending = connection.execute(
        text("""
            WITH open AS MATERIALIZED (
                SELECT d.due_at, d.state = 'sending' AS tried, d.due_at <= :now AS due,
                       d.state = 'pending' AND EXISTS (
                           SELECT 1 FROM subscriptions s WHERE s.id = d.subscription_id AND s.state = 'paused') AS held
                FROM deliveries d WHERE d.state IN ('pending', 'sending'))
            SELECT count(*) FILTER (WHERE due AND NOT tried AND NOT held),
                   min(due_at) FILTER (WHERE due AND NOT held),
                   count(*) FILTER (WHERE NOT due AND NOT tried AND NOT held),
                   count(*) FILTER (WHERE held),
                   count(*) FILTER (WHERE tried)
            FROM open"""),
        {"now": epoch(now)},
    ).one()
    return Outbox(due, moment(due_since), later, held, sending)


def _results(connection: Connection, now: datetime) -> Results:
    since = {"day": epoch(now - timedelta(days=1)), "hour": epoch(now - timedelta(hours=1))}
    sent = connection.execute(
        text("""SELECT kind, count(*), sum(sent_at >= :hour), sum(uncertain) FROM deliveries
                WHERE sent_at >= :day GROUP BY kind ORDER BY 2 DESC, kind"""),
        since,
    ).all()
    failed = connection.execute(
        text("""SELECT coalesce(reason, ''), count(*) FROM deliveries
                WHERE state = 'failed' AND due_at >= :day GROUP BY 1 ORDER BY 2 DESC, 1"""),
        since,
    )
    return Results(
        last_hour=sum(row[2] for row in sent),
        sent=tuple((DeliveryKind(row[0]), row[1]) for row in sent),
        failed=tuple((reason, count) for reason, count in failed),
        uncertain=sum(row[3] for row in sent),
    )


def _corpus(connection: Connection) -> CorpusSummary:
    """Return what the store holds; the newest is the one that came last, by an index."""
    articles, topics, problems, newest = connection.execute(
        text("""
            SELECT (SELECT count(*) FROM articles WHERE published = 1),
                   (SELECT count(*) FROM names WHERE kind = 'topic'),
                   (SELECT count(*) FROM problems),
                   (SELECT max(seen_at) FROM articles WHERE published = 1)""")
    ).one()
    report, at = last_load(connection) or (None, None)
    return CorpusSummary(articles, moment(newest), topics, problems, report, at)
