"""First sights: what came quietly, or before a subscription was made, was never its news."""

import json
from collections.abc import Collection

from sqlalchemy import Connection, text


def never_news(connection: Connection, keys: Collection[str], after_load: int) -> set[str]:
    """Return those of the keys that are never pushed for what was made after this load, however hot they get."""
    query = text(
        """SELECT key FROM sightings
           WHERE key IN (SELECT value FROM json_each(:keys)) AND (quiet OR load <= :after)"""
    )
    found = connection.execute(query, {"keys": json.dumps(sorted(keys)), "after": after_load})
    return set(found.scalars())
