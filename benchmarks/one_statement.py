"""What the planner is measured against: one set-based SQL statement that makes the same choice.

It is given tables of terms, filters and bars that are indexed for it and not timed. It knows what these subscriptions
ask for and no more: levels, topics, providers, words, types, sizes, caps, spacing and daily limits.
"""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from bot.briefing.deciding import bar_of
from bot.delivery.demand import asks_for_bars
from bot.models import Bars, Often, fold
from bot.store.bars import current_bars
from bot.store.terms import terms_of

_TABLES = """
CREATE TEMP TABLE orders (no INTEGER PRIMARY KEY, terms TEXT UNIQUE, bar INT, type TEXT, size INT, cap INT, most INT,
    topics INT, providers INT, words INT);
CREATE TEMP TABLE wants (what TEXT, no INT, name TEXT, PRIMARY KEY (what, no, name)) WITHOUT ROWID;
"""

_CHOICE = """
WITH offered AS MATERIALIZED (
    SELECT a.number, a.key, a.url_key, a.story, a.provider_folded AS provider, a.heat, a.quality, a.published_at,
           s.load, a.type, a.seen_at, ' ' || lower(a.title || ' ' || a.excerpt) || ' ' AS folded
    FROM sightings s JOIN articles a ON a.key = s.key
    WHERE s.seen_at >= :since AND NOT s.quiet AND a.published AND a.heat >= 0
), meant AS MATERIALIZED (
    SELECT DISTINCT w.no, x.article AS number FROM wants w
    JOIN article_topics x ON x.topic = w.name AND x.seen_at >= :since WHERE w.what = 'topic'
    UNION ALL SELECT o.no, c.number FROM orders o CROSS JOIN offered c WHERE NOT o.topics
), matching AS MATERIALIZED (
    SELECT o.no, o.size, o.cap, o.most, c.* FROM meant m JOIN orders o ON o.no = m.no
    JOIN offered c ON c.number = m.number
    WHERE c.heat >= o.bar AND (o.type IS NULL OR c.type = o.type)
      AND (NOT o.providers
           OR EXISTS (SELECT 1 FROM wants w WHERE w.what = 'provider' AND w.no = o.no AND w.name = c.provider))
      AND NOT EXISTS (SELECT 1 FROM wants w WHERE w.what = 'no provider' AND w.no = o.no AND w.name = c.provider)
      AND NOT EXISTS (SELECT 1 FROM wants w JOIN article_topics x ON x.topic = w.name AND x.article = c.number
                          AND x.seen_at = c.seen_at WHERE w.what = 'no topic' AND w.no = o.no)
      AND (NOT o.words
           OR EXISTS (SELECT 1 FROM wants w WHERE w.what = 'word' AND w.no = o.no AND instr(c.folded, w.name)))
      AND NOT EXISTS (SELECT 1 FROM wants w WHERE w.what = 'no word' AND w.no = o.no AND instr(c.folded, w.name))
), wanted AS MATERIALIZED (
    SELECT s.id, s.channel_id, s.next_run_at IS NULL AS waits, m.*
    FROM subscriptions s JOIN orders o ON o.terms = s.terms JOIN matching m ON m.no = o.no
    WHERE s.state = 'active' AND (s.next_run_at IS NULL OR s.next_run_at <= :now) AND m.load > s.after_load
      AND NOT EXISTS (SELECT 1 FROM delivery_articles d WHERE d.key = m.key AND d.channel_id = s.channel_id)
      AND NOT EXISTS (SELECT 1 FROM delivery_articles d WHERE d.url_key = m.url_key AND d.channel_id = s.channel_id)
      AND NOT EXISTS (SELECT 1 FROM delivery_articles d WHERE d.story = m.story AND d.channel_id = s.channel_id
                          AND d.at >= :week)
), free AS MATERIALIZED (
    SELECT channel_id, min(waits << 40 | id) & ((1 << 40) - 1) AS id  -- whose time has come first, then by age
    FROM (SELECT DISTINCT channel_id, id, waits, most FROM wanted) w
    WHERE NOT EXISTS (SELECT 1 FROM deliveries d WHERE d.channel_id = w.channel_id AND d.queued_at > :spaced
                          AND d.kind = 'push' AND d.state <> 'failed')
      AND (SELECT count(*) FROM deliveries d WHERE d.channel_id = w.channel_id AND d.subscription_id = w.id
               AND d.queued_at > :day AND d.kind = 'push' AND d.state <> 'failed') < most
    GROUP BY channel_id
), one_per_story AS (
    SELECT w.*, row_number() OVER (PARTITION BY w.id, w.story
                    ORDER BY heat DESC, quality DESC, published_at DESC, key DESC) AS of_story
    FROM wanted w JOIN free USING (id)
), capped AS (
    SELECT *, row_number() OVER (PARTITION BY id, provider
                  ORDER BY heat DESC, quality DESC, published_at DESC, key DESC) AS of_provider
    FROM one_per_story WHERE of_story = 1
), placed AS (
    SELECT *, row_number() OVER (PARTITION BY id
                  ORDER BY heat DESC, quality DESC, published_at DESC, key DESC) AS place
    FROM capped WHERE NOT cap OR of_provider <= cap
)
SELECT id, key FROM placed WHERE place <= size ORDER BY id, place
"""


def prepare(connection: Connection, now: datetime) -> None:
    """Make the tables of terms that the statement asks."""
    for statement in _TABLES.split(";")[:-1]:
        connection.exec_driver_sql(statement)
    texts = connection.exec_driver_sql("SELECT DISTINCT terms FROM subscriptions").scalars().all()
    for no, known in enumerate(texts):
        terms = terms_of(known)
        if terms.often is not Often.INSTANT:  # not due
            continue
        bars = current_bars(connection, terms.filter, now) if asks_for_bars(terms) else Bars(0, 0, 0)
        cap = 0 if terms.providers else terms.publisher_cap
        connection.exec_driver_sql(
            "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(no, known, bar_of(terms, bars), terms.type, terms.size, cap, terms.daily_limit),
                *(bool(terms.topics), bool(terms.providers), bool(terms.words)),
            ),
        )
        words = {"word": terms.words, "no word": terms.without_words}
        names = {
            "topic": terms.topics,
            "provider": terms.providers,
            "no topic": terms.without_topics,
            "no provider": terms.without_providers,
        }
        rows = [(what, no, fold(name)) for what, several in names.items() for name in several]
        rows += [(what, no, f" {fold(word)} ") for what, several in words.items() for word in several]
        if rows:
            connection.exec_driver_sql("INSERT OR IGNORE INTO wants VALUES (?, ?, ?)", rows)
    connection.exec_driver_sql("ANALYZE temp")
    connection.commit()


def choice(connection: Connection, now: datetime, spacing: timedelta, max_age: timedelta) -> list[tuple[int, str]]:
    """Return what each subscription should be told now, as (subscription, key), in order."""
    at = int(now.timestamp())
    times = {
        "now": at,
        "since": at - int(max_age.total_seconds()),
        "week": at - 7 * 86_400,
        "spaced": at - int(spacing.total_seconds()),
        "day": at - 86_400,
    }
    return [(subscription, key) for subscription, key in connection.execute(text(_CHOICE), times)]
