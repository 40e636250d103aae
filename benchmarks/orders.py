"""A host's subscriptions, news and past deliveries, generated into a database: what the planner is measured on.

A hundred thousand subscriptions have some thousand filters: a few topics and providers are on most of them. Levels are
those that /subscribe would offer: the lowest that gives at most three posts a day. The posts after the last loads
are made by the planner itself; older ones are filled in.
"""

import random
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.corpus import sentence, vocabulary
from bot.delivery.plan import Planner
from bot.models import Article, Level, Often, Terms, fold, key_of, nonce_of
from bot.store.migrate import migrate
from bot.store.rows import ARTICLE_COLUMNS, article_values
from bot.store.terms import terms_text

NOW = datetime(2026, 11, 3, 18, 0, tzinfo=UTC)
SPACING, MAX_AGE = timedelta(minutes=20), timedelta(days=3)
EVERY = timedelta(hours=2)
A_LOAD = 50
PER_SUBSCRIPTION = 10
_LOADS_PLANNED = 4
_DAYS = 60
_TOPICS = [f"Topic {number}" for number in range(150)]
_PROVIDERS = [f"Provider {number}" for number in range(120)]


def _weights(count: int) -> list[float]:
    return [1 / (rank + 4) for rank in range(count)]


class Host:
    """A database being filled."""

    def __init__(self, database: Path, subscriptions: int) -> None:
        self.url = f"sqlite+aiosqlite:///{database}"
        migrate(self.url)
        self._chance = random.Random(subscriptions)
        self._words = vocabulary(self._chance)
        self._connection = sqlite3.connect(database, isolation_level=None)
        self._connection.executescript("PRAGMA synchronous=OFF; PRAGMA cache_size=-200000")
        self._number = self._load = 0
        self._old: list[tuple[str, str]] = []
        self._subscriptions = subscriptions

    def fill(self) -> None:
        """Make everything but the newest load planned, and that one ready to be planned."""
        begun = NOW - _DAYS * timedelta(days=1)
        while (at := begun + self._load * EVERY) < NOW - _LOADS_PLANNED * EVERY:
            self._add_load(at, planned=True)
        self._subscribe()
        planner = Planner(self.url, spacing=SPACING, max_age=MAX_AGE)
        planner.plan(at)
        for ago in range(_LOADS_PLANNED, 0, -1):
            self._add_load(NOW - ago * EVERY, planned=False)
            planner.plan(NOW - ago * EVERY)
            self._connection.execute("UPDATE deliveries SET state = 'sent', sent_at = queued_at")
            for minutes in (20, 40):
                planner.plan(NOW - ago * EVERY + timedelta(minutes=minutes))
        self._connection.execute("UPDATE deliveries SET state = 'sent', sent_at = queued_at")
        self._fill_up()
        self._add_load(NOW, planned=False)
        self._connection.execute("ANALYZE")
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def _add_load(self, at: datetime, *, planned: bool) -> None:
        self._load += 1
        seen = int(at.timestamp())
        run = self._connection.execute
        run("BEGIN")
        run("INSERT INTO loads VALUES (?, ?, '{}', ?)", (self._load, seen, seen if planned else None))
        columns = ", ".join(("number", "seen_at", "story", *ARTICLE_COLUMNS))
        story = ""
        for _ in range(A_LOAD):
            self._number += 1
            article = self._article(at)
            story = story if story and self._chance.random() < 0.1 else article.key  # another report of the same
            values = (self._number, seen, story, *article_values(article))
            run(f"INSERT INTO articles ({columns}) VALUES ({', '.join('?' * len(values))})", values)
            run("INSERT INTO sightings VALUES (?, ?, ?, 0)", (article.key, seen, self._load))
            run("INSERT INTO heat_history VALUES (?, ?, ?)", (article.key, seen, article.heat))
            if not planned:
                run("INSERT INTO touched_articles VALUES (?, ?)", (self._load, article.key))
            for topic in article.topics:
                run("INSERT INTO article_topics VALUES (?, ?, ?, ?)", (fold(topic), seen, self._number, article.heat))
            self._old.append((article.key, story))
        run("COMMIT")

    def _article(self, at: datetime) -> Article:
        chance, name = self._chance, f"{at:%Y-%m-%d}-story-{self._number:07d}"
        quality = chance.choice((72, 87, 89, 104))
        return Article(
            id=name,
            key=key_of(name),
            title=sentence(chance, self._words, 6, 12),
            url=f"https://example.com/{self._number}",
            provider=chance.choices(_PROVIDERS, _weights(len(_PROVIDERS)))[0],
            excerpt=sentence(chance, self._words, 25, 45),
            topics=tuple({chance.choices(_TOPICS, _weights(len(_TOPICS)))[0] for _ in range(chance.choice((1, 1, 2)))}),
            type="video" if chance.random() < 0.1 else "article",
            heat=quality + chance.choice((0, 0, 10, 20, 30)) + chance.randrange(9),
            quality=quality,
            published_at=at,
        )

    def _subscribe(self) -> None:
        chance, rows = self._chance, []
        at = int((NOW - _DAYS * timedelta(days=1)).timestamp())
        later = int((NOW + timedelta(hours=15)).timestamp())
        orders = [self._terms() for _ in range(max(50, self._subscriptions // 12))]
        texts = [terms_text(terms) for terms in orders]
        for number in range(1, self._subscriptions + 1):
            place = min(chance.randrange(len(orders)), chance.randrange(len(orders)))
            channel = chance.randrange(self._subscriptions * 4 // 5)
            digest = orders[place].often is not Often.INSTANT
            values = (channel // 3, 10**17 + channel, texts[place], self._load, later if digest else None)
            rows.append((number, *values, at, at))
        self._connection.executemany(
            """INSERT INTO subscriptions (id, guild_id, channel_id, terms, after_load, next_run_at, created_at,
                                          edited_at, state, strikes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'active', 0)""",
            rows,
        )

    def _terms(self) -> Terms:
        chance = self._chance
        topics = {
            chance.choices(_TOPICS, _weights(len(_TOPICS)))[0] for _ in range(chance.choice((0, 1, 1, 1, 1, 2, 3)))
        }
        some = tuple(chance.choices(_PROVIDERS, _weights(len(_PROVIDERS)))) if chance.random() < 0.3 else ()
        without = chance.random() < 0.2
        share = sum(_weights(150)[_TOPICS.index(topic)] for topic in topics) / sum(_weights(150)) * 1.4 if topics else 1
        daily = 600 * share * (0.03 if some and not without else 1)
        level = Level.EVERYTHING if daily <= 3 else Level.HOT if daily <= 12 else Level.HOTTEST
        return Terms(
            topics=tuple(sorted(topics)),
            providers=() if without else some,
            without_providers=some if without else (),
            without_topics=(chance.choice(_TOPICS),) if chance.random() < 0.05 else (),
            words=tuple(chance.sample(self._words, 8)) if chance.random() < 0.05 else (),
            without_words=tuple(chance.sample(self._words, 2)) if chance.random() < 0.05 else (),
            type="article" if chance.random() < 0.1 else None,
            level=level,
            min_heat=chance.choice((90, 110)) if chance.random() < 0.03 else None,
            often=Often.DAILY if chance.random() < 0.1 else Often.INSTANT,
            size=chance.choice((5, 5, 5, 3, 10)),
        )

    def _fill_up(self) -> None:
        """Add older deliveries until there are ten for each subscription."""
        run, chance = self._connection.execute, self._chance
        there = run("SELECT count(*) FROM deliveries").fetchone()[0]
        number = run("SELECT seq FROM sqlite_sequence WHERE name = 'deliveries'").fetchone()[0]
        known = run("SELECT id, channel_id FROM subscriptions").fetchall()
        old = self._old[: -(_LOADS_PLANNED + 1) * A_LOAD]
        run("BEGIN")
        for _ in range(PER_SUBSCRIPTION * self._subscriptions - there):
            number += 1
            subscription, channel = chance.choice(known)
            place = chance.randrange(len(old))
            key, story = old[place]
            at = int((NOW - _DAYS * timedelta(days=1) * (1 - place / len(self._old))).timestamp())
            told = run(
                "INSERT OR IGNORE INTO delivery_articles VALUES (?, 0, ?, ?, ?, ?, 90, ?)",
                (number, channel, key, f"//{key}", story, at),
            )
            if told.rowcount:
                values = (number, subscription, channel // 3, channel, nonce_of(number, channel, at), at, at, at)
                run(
                    """INSERT INTO deliveries (id, subscription_id, guild_id, channel_id, nonce, queued_at, due_at,
                           sent_at, kind, state, bar, more, attempts, uncertain, edits)
                       VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'push', 'sent', 0, 0, 1, 0, 0)""",
                    values,
                )
        run("COMMIT")
