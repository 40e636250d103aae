"""The state of paged replies, kept for a year so that their buttons work that long."""

import base64
import hashlib
import json
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects.sqlite import insert

from bot.models import Listing, Order
from bot.store.rows import epoch
from bot.store.tables import listings

_KEPT = timedelta(days=365)

# A listing that was used this recently need not be written again: reading the news then waits for no writer.
_FRESH = timedelta(days=1)


def listing_key(listing: Listing) -> str:
    """Return the key of a listing: 16 base32 characters."""
    text = json.dumps(asdict(listing), sort_keys=True, ensure_ascii=False)
    return base64.b32encode(hashlib.blake2b(text.encode(), digest_size=10).digest()).decode()


def keep_listing(connection: Connection, listing: Listing, now: datetime) -> str:
    """Keep a listing for a year from now and return its key; listings that nobody used for a year go."""
    key = listing_key(listing)
    connection.execute(delete(listings).where(listings.c.used_at < epoch(now - _KEPT)))
    statement = insert(listings).values(key=key, listing=json.dumps(asdict(listing)), used_at=epoch(now))
    connection.execute(
        statement.on_conflict_do_update(index_elements=["key"], set_={"used_at": statement.excluded.used_at})
    )
    return key


def is_fresh(connection: Connection, key: str, now: datetime) -> bool:
    """Whether the listing was kept within the last day."""
    fresh = select(listings.c.key).where(listings.c.key == key, listings.c.used_at > epoch(now - _FRESH))
    return connection.execute(fresh).first() is not None


def kept_listing(connection: Connection, key: str) -> Listing | None:
    """Return the listing with this key, if it is still kept."""
    kept = connection.execute(select(listings.c.listing).where(listings.c.key == key)).scalar_one_or_none()
    if kept is None:
        return None
    value = json.loads(kept)
    return Listing(**value | {"order": Order(value["order"])})
