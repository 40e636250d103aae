"""After a load: which posts of the last days no longer say what is so."""

from datetime import datetime

from sqlalchemy import Connection

from bot.briefing.shown import Mark, mark
from bot.briefing.stories import url_key
from bot.store.database import connect
from bot.store.edits import (
    COVERAGE_FOR,
    TITLES_FOR,
    first_told_since,
    hidden_keys,
    keys_on_their_way,
    keys_told,
    queue_edits,
    queue_hidden_edits,
    stale_posts,
)
from bot.store.told import told_articles

# Posts looked at, and edits queued, in one transaction: other writers wait some milliseconds for it.
_SLICE = 1000


class Changes:
    """Finds the posts to be edited. It keeps in mind what articles were like, and looks only at what changed since."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._seen: dict[str, Mark | None] = {}  # of articles told within 7 days; None for those that are hidden

    def queue(self, now: datetime) -> int:
        """Queue an edit for every post that needs one, and return their number; to be called in a thread."""
        queued = 0
        with connect(self._url, writes=False) as reader, connect(self._url, writes=True) as writer:
            with reader.begin():
                first = first_told_since(reader, now - TITLES_FOR)
                keys = keys_told(reader, first)
                # What is being sent was read before this load, and is recorded after it: look again next time.
                unsettled = keys_on_their_way(reader)
                told = told_articles(reader, keys)
                hidden = hidden_keys(reader, keys)
            for key in keys:
                article = None if key in hidden else told.get(key)
                current = mark(article) if article is not None and article.published else None
                if key not in self._seen or current != self._seen[key]:
                    if key in hidden:
                        with writer.begin():
                            queued += queue_hidden_edits(writer, key, now, shown=True)
                    elif current is not None and article is not None:
                        queued += self._queue_article(reader, writer, key, current, url_key(article.url), first, now)
                self._seen[key] = current
            for key in unsettled | (self._seen.keys() - keys):
                self._seen.pop(key, None)
        return queued

    def _queue_article(
        self, reader: Connection, writer: Connection, key: str, now: Mark, address: str, first: int, at: datetime
    ) -> int:
        """Queue edits for the posts that show the article otherwise, a slice of channels at a time."""
        queued, beyond = 0, 0
        while True:
            with reader.begin():
                found, further = stale_posts(
                    reader,
                    key,
                    now=now,
                    address=address,
                    first=first,
                    day=at - COVERAGE_FOR,
                    beyond=beyond,
                    most=_SLICE,
                )
            if found:
                with writer.begin():
                    queue_edits(writer, found, at)
            queued += len(found)
            if further is None:
                return queued
            beyond = further
