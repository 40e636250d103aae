"""A server's time zone, and what hangs on it."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from bot.briefing.schedules import next_run
from bot.models import Often
from bot.store import servers, subscriptions


def set_timezone(connection: Connection, guild_id: int, timezone: str, now: datetime) -> None:
    """Set a server's time zone, and with it the next runs of its digests."""
    servers.keep_server(connection, replace(servers.server(connection, guild_id), timezone=timezone))
    for known in subscriptions.subscriptions_of(connection, guild_id):
        if known.terms.often is not Often.INSTANT:
            subscriptions.set_next_run(connection, known.id, next_run(now, known.terms, timezone))
