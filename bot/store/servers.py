"""The settings of servers."""

import json
from collections.abc import Collection

from sqlalchemy import Connection, RowMapping, select
from sqlalchemy.dialects.sqlite import insert as upsert

from bot.models import Server
from bot.store.tables import guilds


def _from_row(row: RowMapping) -> Server:
    return Server(
        guild_id=row["guild_id"],
        timezone=row["timezone"],
        language=row["language"],
        notice_channel_id=row["notice_channel_id"],
        share=bool(row["share"]),
        blocked_providers=tuple(json.loads(row["blocked_providers"])),
        blocked_words=tuple(json.loads(row["blocked_words"])),
    )


def server(connection: Connection, guild_id: int) -> Server:
    """Return a server's settings: the defaults, where it never set any."""
    row = connection.execute(select(guilds).where(guilds.c.guild_id == guild_id)).mappings().first()
    return _from_row(row) if row else Server(guild_id)


def servers(connection: Connection, guild_ids: Collection[int]) -> dict[int, Server]:
    """Return the settings of those of the servers that have set any, by id."""
    wanted = json.dumps(sorted(set(guild_ids)))
    known = connection.exec_driver_sql(
        "SELECT * FROM guilds WHERE guild_id IN (SELECT value FROM json_each(?))", (wanted,)
    ).mappings()
    return {row["guild_id"]: _from_row(row) for row in known}


def keep_server(connection: Connection, settings: Server) -> None:
    """Keep a server's settings in place of those that were there."""
    values = {
        "timezone": settings.timezone,
        "language": settings.language,
        "notice_channel_id": settings.notice_channel_id,
        "share": settings.share,
        "blocked_providers": json.dumps(settings.blocked_providers, ensure_ascii=False),
        "blocked_words": json.dumps(settings.blocked_words, ensure_ascii=False),
    }
    statement = upsert(guilds).values(guild_id=settings.guild_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["guild_id"], set_=values))
