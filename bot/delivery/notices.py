"""Telling servers of trouble, once, and that Heatline has come: where their admins look, never in a DM."""

import asyncio
import base64
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import aiohttp
import discord
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot.cards.language import language_of, speaking
from bot.cards.notices import notice_line, notices_text
from bot.delivery.attempt import DEADLINE, TokenRejectedError
from bot.delivery.cloudflare import is_page
from bot.delivery.pace import Pace, ThrottledError, UpstreamError
from bot.models import Server, SubscriptionState
from bot.store.database import Database
from bot.store.notices import mark_told, untold_notices, untold_servers
from bot.store.servers import server
from bot.store.subscriptions import subscriptions_in

_log = logging.getLogger(__name__)

# How often it is looked whether something is to be told. Trouble often comes to several channels within seconds.
_EVERY = 30.0
# Where a notice was refused, the admins may still allow it; asking every 30 s would be thousands of invalid requests.
_AGAIN = timedelta(hours=6)

Channel = discord.TextChannel | discord.Thread


@dataclass(frozen=True, slots=True)
class Untold:
    """What a server is to be told in one message: the text, and the ids of the notices in it."""

    server: Server
    text: str
    ids: tuple[int, ...]


def untold(connection: Connection, guild_id: int, locale: str | None = None) -> Untold | None:
    """Return what a server is to be told, if anything, in its language; if it chose none, in that of its `locale`."""
    told = untold_notices(connection, guild_id)
    if not told:
        return None
    settings = server(connection, guild_id)
    with speaking(language_of(settings.language, locale)):
        lines = []
        for notice in told:
            known = subscriptions_in(connection, notice.channel_id)
            lines.append(notice_line(notice, [each for each in known if each.state is SubscriptionState.PAUSED]))
        text, number = notices_text(lines)
    return Untold(settings, text, tuple(notice.id for notice in told[:number]))


class Teller:
    """Tells servers of trouble in their notice channel, else where their community updates go.

    Where neither can be written to, `bot.commands.notices` tells the first admin who uses a command.
    """

    def __init__(self, database: Database, bot: discord.Client, pace: Pace, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._bot = bot
        self._pace = pace
        self._clock = clock
        self._not_before: dict[int, datetime] = {}

    async def run(self) -> None:
        """Tell until cancelled. Raises `TokenRejectedError`."""
        while True:
            try:
                await self.tell()
            except OperationalError as error:
                _log.warning("The database is busy (%s); notices wait.", error.orig)
            await asyncio.sleep(_EVERY)

    async def tell(self) -> None:
        """Tell every server what it is to be told."""
        now = self._clock()
        for guild_id in await self._database.read(untold_servers):
            guild = self._bot.get_guild(guild_id)
            if guild is None or guild.unavailable or self._not_before.get(guild_id, now) > now:
                continue
            news = await self._database.read(untold, guild_id, str(guild.preferred_locale))
            channel = notice_place(guild, news.server) if news else None
            if news is None or channel is None:
                continue
            if await self._send(channel, news.text, "notice", *news.ids):
                await self._database.write(mark_told, news.ids, self._clock())
                self._not_before.pop(guild_id, None)

    async def greet(self, guild: discord.Guild, text: str) -> None:
        """Say once that Heatline has come, silently, where the server's community updates go."""
        channel = notice_place(guild, Server(guild.id))
        if channel is not None:
            await self._send(channel, text, "greeting", guild.id, silent=True)

    async def _send(self, channel: Channel, text: str, *name: object, silent: bool = False) -> bool:
        """Send a message under a nonce made of its name, and return whether it arrived for sure."""
        digest = hashlib.blake2b(repr((channel.id, *name)).encode(), digest_size=15).digest()
        try:
            async with self._pace.slot(), asyncio.timeout(DEADLINE):
                await channel.send(
                    text,
                    nonce=base64.b32encode(digest).decode(),
                    silent=silent,
                    allowed_mentions=discord.AllowedMentions.none(),
                )
        except (ThrottledError, UpstreamError, TimeoutError, aiohttp.ClientError, OSError) as error:
            _log.info("Server %d could not be told yet (%s).", channel.guild.id, type(error).__name__)
            return False
        except discord.HTTPException as error:
            if error.status == 401:
                raise TokenRejectedError from None
            _log.warning("Server %d cannot be told of trouble: %s %s", channel.guild.id, error.status, error.code)
            if error.status == 403 or not is_page(error):
                self._not_before[channel.guild.id] = self._clock() + _AGAIN
            return False
        except Exception as error:  # an answer that makes no sense: whether it arrived is unknown
            _log.warning("Server %d could not be told yet (%s).", channel.guild.id, type(error).__name__)
            return False
        return True


def notice_place(guild: discord.Guild, settings: Server) -> Channel | None:
    """Return where the server's admins look, if it can be written there."""
    chosen = guild.get_channel_or_thread(settings.notice_channel_id) if settings.notice_channel_id else None
    for channel in (chosen, guild.public_updates_channel):
        if isinstance(channel, Channel) and guild.me is not None:
            allowed = channel.permissions_for(guild.me)
            speaks = allowed.send_messages_in_threads if isinstance(channel, discord.Thread) else allowed.send_messages
            if allowed.view_channel and speaks:
                return channel
    return None
