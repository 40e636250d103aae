"""What readers keep: when they last looked, and the stories that they saved. Nothing else is stored about anybody."""

import json
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, delete, func, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.models import Article, Saved
from bot.store.rows import epoch, moment
from bot.store.tables import drafts, hidden_articles, looks, saved

SAVED_CAP = 500
"""Stories that one reader can save."""

# Asking again within this time is one look: what was new a minute ago is still new.
_ONE_LOOK = timedelta(minutes=30)


def last_look(connection: Connection, user_id: int, topic: str, now: datetime) -> datetime | None:
    """Return when a reader last looked at a topic (folded; empty for all), None if never, or if that was just now."""
    found = select(looks.c.at).where(looks.c.user_id == user_id, looks.c.topic == topic)
    at = moment(connection.execute(found).scalar_one_or_none())
    return None if at is None or now - at < _ONE_LOOK else at


def keep_look(connection: Connection, user_id: int, topic: str, now: datetime) -> None:
    """Record that a reader looks at a topic now."""
    statement = upsert(looks).values(user_id=user_id, topic=topic, at=epoch(now))
    connection.execute(
        statement.on_conflict_do_update(index_elements=["user_id", "topic"], set_={"at": statement.excluded.at})
    )


def save_story(connection: Connection, user_id: int, article: Article, now: datetime) -> bool:
    """Save a story for a reader; False if they have saved as many as they can. Saving twice changes nothing."""
    count = connection.execute(select(func.count()).where(saved.c.user_id == user_id)).scalar_one()
    if count >= SAVED_CAP and not is_saved(connection, user_id, article.key):
        return False
    connection.execute(
        upsert(saved)
        .values(
            user_id=user_id,
            key=article.key,
            at=epoch(now),
            title=article.title,
            url=article.url,
            provider=article.provider,
        )
        .on_conflict_do_nothing()
    )
    return True


def is_saved(connection: Connection, user_id: int, key: str) -> bool:
    """Whether a reader saved the story."""
    found = select(saved.c.key).where(saved.c.user_id == user_id, saved.c.key == key)
    return connection.execute(found).first() is not None


def forget_story(connection: Connection, user_id: int, key: str) -> None:
    """Take a story off a reader's list."""
    connection.execute(delete(saved).where(saved.c.user_id == user_id, saved.c.key == key))


def saved_stories(connection: Connection, user_id: int) -> tuple[Saved, ...]:
    """Return the stories that a reader saved, newest first; none that the host hid."""
    return _saved(connection, user_id, saved.c.key.not_in(select(hidden_articles.c.key)))


def _saved(connection: Connection, user_id: int, *conditions: ColumnElement[bool]) -> tuple[Saved, ...]:
    kept = select(saved).where(saved.c.user_id == user_id, *conditions)
    found = []
    for row in connection.execute(kept.order_by(saved.c.at.desc(), saved.c.key)).mappings():
        at = moment(row["at"])
        assert at is not None
        found.append(Saved(row["key"], at, row["title"], row["url"], row["provider"]))
    return tuple(found)


def export_reader(connection: Connection, user_id: int) -> str:
    """Return everything that is stored about a reader, as JSON."""
    looked = connection.execute(select(looks.c.topic, looks.c.at).where(looks.c.user_id == user_id))
    about = {
        "user_id": str(user_id),
        "last_looks": [{"topic": topic or None, "at": _iso(at)} for topic, at in looked],
        "saved_stories": [
            {"title": each.title, "url": each.url, "provider": each.provider, "saved_at": each.at.isoformat()}
            for each in _saved(connection, user_id)
        ],
        "open_panels": connection.execute(select(func.count()).where(drafts.c.user_id == user_id)).scalar_one(),
    }
    return json.dumps(about, ensure_ascii=False, indent=2) + "\n"


def _iso(seconds: int) -> str | None:
    at = moment(seconds)
    return at.isoformat() if at else None


def forget_reader(connection: Connection, user_id: int) -> int:
    """Delete everything that is stored about a reader; return the number of entries."""
    counts = [
        connection.execute(delete(table).where(table.c.user_id == user_id)).rowcount for table in (looks, saved, drafts)
    ]
    return sum(counts)


def count_kept(connection: Connection, user_id: int) -> tuple[int, int, int]:
    """Return how many saved stories, last looks and open panels are stored about a reader."""
    stories, looked, panels = (
        connection.execute(select(func.count()).where(table.c.user_id == user_id)).scalar_one()
        for table in (saved, looks, drafts)
    )
    return stories, looked, panels
