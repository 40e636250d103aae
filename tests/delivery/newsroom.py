"""A corpus, a database and a clock, moved by hand: what happens between a publisher and the outbox."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.briefing.schedules import next_run
from bot.delivery.plan import Planned, Planner
from bot.loading import load
from bot.models import DeliveryKind, DeliveryState, LoadReport, Often, Server, Subscription, Terms, key_of
from bot.settings import read_settings
from bot.store import servers, subscriptions
from bot.store.claims import claim_deliveries
from bot.store.database import connect
from bot.store.deliveries import Outcome, pieces, queue_delivery, record_outcomes
from bot.store.tables import deliveries, delivery_articles
from tests.corpus.news import news

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
HERE, THERE = 701, 702


@dataclass(frozen=True, slots=True)
class Message:
    """One delivery: where, why, in which state, and the ids of its articles in order."""

    channel: int
    kind: DeliveryKind
    state: DeliveryState
    ids: tuple[str, ...]
    more: int
    subscription: int
    at: datetime
    pings: bool = False


class Newsroom:
    """Everything up to the outbox. The news folder is read once while empty, so that nothing is a backfill."""

    def __init__(
        self, folder: Path, *, spacing: timedelta = timedelta(0), read: bool = True, now: datetime = START
    ) -> None:
        self.corpus = folder / "corpus"
        self.corpus.mkdir(exist_ok=True)
        self.settings = read_settings(
            corpus_dir=str(self.corpus), database_url=f"sqlite+aiosqlite:///{folder / 'heatline.db'}"
        )
        self.url = self.settings.database_url
        self.now = now
        self.guild_id = 700
        self.planner = Planner(self.url, spacing=spacing, max_age=timedelta(days=3))
        self._ids = {key_of(path.stem): path.stem for path in self.corpus.glob("*.md")}
        if read:
            self.load()

    # --- the publisher ---

    def write(
        self,
        name: str,
        *,
        heat: int | None = 90,
        provider: str = "Example News",
        topics: Sequence[str] = ("AI",),
        url: str | None = None,
        related: Sequence[str] = (),
        published: str | None = "true",
        at: datetime | None = None,
        title: str | None = None,
        type: str = "article",  # noqa: A002 - the field's name
    ) -> None:
        """Write a file; `heat=None` leaves it unscored, `related` are the addresses of its coverage."""
        coverage = "".join(
            f"\n  - title: Another report\n    webUrl: {address}\n    provider:\n      name: Other"
            for address in related
        )
        text = news(
            title=f'"{title or name}"',
            webUrl=f'"{url or f"https://example.com/{name}"}"',
            heat=None if heat is None else str(heat),
            quality=None if heat is None else "60",
            published=published,
            publishedDateTime=f"{at or self.now:%Y-%m-%dT%H:%M:%SZ}",
            provider=f"\n  name: {provider}\n  domain: example.com",
            topics="".join(f"\n  - {topic}" for topic in topics),
            related=coverage or None,
            type=type,
        )
        (self.corpus / f"{name}.md").write_text(text)
        self._ids[key_of(name)] = name

    def know(self, *names: str) -> None:
        """Know the ids of articles that were not written here."""
        self._ids |= {key_of(name): name for name in names}

    def remove(self, name: str) -> None:
        """Remove a file."""
        (self.corpus / f"{name}.md").unlink()

    def later(self, by: timedelta) -> None:
        """Move the clock."""
        self.now += by

    # --- the program ---

    def load(self) -> LoadReport:
        """Read the corpus now."""
        return load(self.settings, now=self.now)

    def plan(self) -> Planned:
        """Plan what is due now."""
        return self.planner.plan(self.now)

    def round(self) -> list[Message]:
        """Load and plan, and return the messages that were queued by it."""
        before = len(self.messages())
        self.load()
        self.plan()
        return self.messages()[before:]

    def subscribe(
        self,
        channel: int = HERE,
        *,
        topic: str | None = None,
        provider: str | None = None,
        next_run_at: datetime | None = None,
        first: Sequence[str] = (),
        **terms: Any,
    ) -> Subscription:
        """Add a subscription, with a first briefing of the articles named; `terms` are the fields of its terms."""
        with connect(self.url, writes=True) as connection, connection.begin():
            made = subscriptions.add_subscription(
                connection,
                guild_id=self.guild_id,
                channel_id=channel,
                terms=Terms(
                    **{"topics": (topic,) if topic else (), "providers": (provider,) if provider else ()} | terms
                ),
                next_run_at=next_run_at,
                now=self.now,
            )
            if first:
                queue_delivery(
                    connection,
                    subscription_id=made.id,
                    guild_id=self.guild_id,
                    channel_id=channel,
                    kind=DeliveryKind.FIRST,
                    told=pieces(connection, [key_of(name) for name in first]),
                    now=self.now,
                )
        return made

    def order(self, terms: Terms, timezone: str | None = None, channel: int = HERE) -> Subscription:
        """Add a subscription with these terms, a digest at its next time."""
        digest = terms.often is not Often.INSTANT
        with connect(self.url, writes=True) as connection, connection.begin():
            return subscriptions.add_subscription(
                connection,
                guild_id=self.guild_id,
                channel_id=channel,
                terms=terms,
                next_run_at=next_run(self.now, terms, timezone or "UTC") if digest else None,
                now=self.now,
            )

    def change(self, what: str, subscription: Subscription) -> None:
        """Remove, pause or resume a subscription."""
        with connect(self.url, writes=True) as connection, connection.begin():
            if what == "remove":
                subscriptions.remove_subscription(connection, subscription.id)
            elif what == "pause":
                subscriptions.pause_subscription(connection, subscription.id, None)
            else:
                subscriptions.resume_subscription(connection, subscription.id, self.now)

    def set_timezone(self, timezone: str) -> None:
        """Set the server's time zone."""
        with connect(self.url, writes=True) as connection, connection.begin():
            servers.keep_server(connection, Server(self.guild_id, timezone=timezone))

    def set_server(self, **settings: Any) -> None:
        """Set what the server chooses: the fields of its settings."""
        with connect(self.url, writes=True) as connection, connection.begin():
            servers.keep_server(connection, Server(self.guild_id, **settings))

    def plan_until(self, until: datetime) -> None:
        """Move the clock on, planning whenever something is due, as the scheduler does."""
        while (due := self.next_run()) is not None and due <= until:
            self.now = max(self.now, due)
            self.plan()
        self.now = until

    def next_run(self) -> datetime | None:
        """Return when the scheduler would look again."""
        with connect(self.url, writes=False) as connection:
            return subscriptions.next_run(connection)

    def send(self) -> None:
        """Let everything that waits arrive."""
        with connect(self.url, writes=True) as connection, connection.begin():
            while claimed := claim_deliveries(
                connection, now=self.now, until=self.now + MINUTE, stale=self.now - 3 * DAY, most=1000
            )[1]:
                outcomes = [Outcome(delivery.id, DeliveryState.SENT, message_id=delivery.id) for delivery in claimed]
                record_outcomes(connection, outcomes, self.now)

    def messages(self, channel: int | None = None) -> list[Message]:
        """Return every delivery, oldest first."""
        with connect(self.url, writes=False) as connection:
            rows = connection.execute(select(deliveries).order_by(deliveries.c.id)).mappings().all()
            told: dict[int, list[str]] = {}
            for delivery_id, key in connection.execute(
                select(delivery_articles.c.delivery_id, delivery_articles.c.key).order_by(
                    delivery_articles.c.delivery_id, delivery_articles.c.position
                )
            ):
                told.setdefault(delivery_id, []).append(self._ids[key])
        return [
            Message(
                row["channel_id"],
                DeliveryKind(row["kind"]),
                DeliveryState(row["state"]),
                tuple(told.get(row["id"], ())),
                row["more"],
                row["subscription_id"],
                datetime.fromtimestamp(row["queued_at"], UTC),
                row["role_id"] is not None,
            )
            for row in rows
            if channel in (None, row["channel_id"])
        ]

    def told(self, channel: int = HERE) -> list[str]:
        """Return the ids of all articles that the channel has had or has coming, in order."""
        return [name for message in self.messages(channel) for name in message.ids]
