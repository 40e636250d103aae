"""Terms that somebody is choosing and has not saved, under 16-character keys, so that a panel outlives a restart."""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, insert, select, update

from bot.models import Terms
from bot.store.rows import epoch, moment
from bot.store.tables import drafts
from bot.store.terms import terms_of, terms_text

# A day would end a panel that was left open over a weekend; a year of abandoned ones would only fill the table.
_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Draft:
    """Unsaved terms. `subscription_id` is 0 for a subscription that is yet to be made.

    `edited_at` is when the subscription's terms were last set as this was opened: another time now means that somebody
    else has changed them since.
    """

    key: str
    guild_id: int
    channel_id: int
    subscription_id: int
    user_id: int
    terms: Terms
    edited_at: datetime | None


def keep_draft(
    connection: Connection,
    *,
    guild_id: int,
    channel_id: int,
    user_id: int,
    terms: Terms,
    now: datetime,
    subscription_id: int = 0,
    edited_at: datetime | None = None,
) -> Draft:
    """Keep a new draft and return it; drafts that nobody used for a week go."""
    connection.execute(delete(drafts).where(drafts.c.used_at < epoch(now - _KEPT)))
    key = base64.b32encode(secrets.token_bytes(10)).decode()
    connection.execute(
        insert(drafts).values(
            key=key,
            guild_id=guild_id,
            channel_id=channel_id,
            subscription_id=subscription_id,
            user_id=user_id,
            terms=terms_text(terms),
            edited_at=epoch(edited_at),
            used_at=epoch(now),
        )
    )
    return Draft(key, guild_id, channel_id, subscription_id, user_id, terms, edited_at)


def draft(connection: Connection, key: str) -> Draft | None:
    """Return the draft with this key, if it is still kept."""
    row = connection.execute(select(drafts).where(drafts.c.key == key)).mappings().first()
    if row is None:
        return None
    return Draft(
        key,
        row["guild_id"],
        row["channel_id"],
        row["subscription_id"],
        row["user_id"],
        terms_of(row["terms"]),
        moment(row["edited_at"]),
    )


def change_draft(connection: Connection, changed: Draft, now: datetime) -> None:
    """Keep a draft's channel, terms and the time they go out from, in place of those that were there."""
    connection.execute(
        update(drafts)
        .where(drafts.c.key == changed.key)
        .values(
            channel_id=changed.channel_id,
            terms=terms_text(changed.terms),
            edited_at=epoch(changed.edited_at),
            used_at=epoch(now),
        )
    )


def drop_draft(connection: Connection, key: str) -> None:
    """Forget a draft."""
    connection.execute(delete(drafts).where(drafts.c.key == key))
