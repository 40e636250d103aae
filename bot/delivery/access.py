"""Where Heatline may post: what it lacks in a channel, and resuming what trouble paused once it lacks nothing."""

import asyncio
import logging
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta

import discord
from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from bot.briefing.schedules import next_run
from bot.cards.language import N_, language_of
from bot.models import Often
from bot.store import servers
from bot.store.database import Database
from bot.store.subscriptions import Trouble, resume_after_trouble, troubled_subscriptions

_log = logging.getLogger(__name__)

Channel = discord.TextChannel | discord.Thread
"""What news can be sent to."""

# What sending there takes, in the words of Discord's own settings.
_NEEDED = {
    "view_channel": N_("View Channel"),
    "send_messages": N_("Send Messages"),
    "embed_links": N_("Embed Links"),
    "read_message_history": N_("Read Message History"),
}

# How often all that is paused is looked at; events of a server have it looked at within moments.
_EVERY = 600.0
# How long after the first, second, ... pause in a row a subscription is tried again although nothing could be seen to
# change. By ten minutes alone, a channel that looks open and is not would be asked 144 times a day.
_WAITS = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6), timedelta(hours=24))
# An admin who sets up permissions makes several changes: one look for all of them.
_BREATH = 1.0
_FEW = 10
_TROUBLE = 5.0


def missing_permissions(channel: Channel) -> list[str]:
    """Return the names of the permissions that Heatline lacks in the channel."""
    allowed = channel.permissions_for(channel.guild.me)
    needed = dict(_NEEDED)
    if isinstance(channel, discord.Thread):
        needed = {"send_messages_in_threads": N_("Send Messages in Threads"), **needed}
        del needed["send_messages"]
    return [name for flag, name in needed.items() if not getattr(allowed, flag)]


def known_missing(bot: discord.Client, guild_id: int, channel_id: int) -> list[str]:
    """Return what Heatline lacks in a channel as far as the gateway has told; nothing where it has not."""
    guild = bot.get_guild(guild_id)
    channel = guild.get_channel_or_thread(channel_id) if guild else None
    return missing_permissions(channel) if isinstance(channel, Channel) else []


def server_language(bot: discord.Client, guild_id: int, chosen: str | None) -> str:
    """Return the language of what a server is told: the one that its admins chose, else that of its community."""
    guild = bot.get_guild(guild_id)
    return language_of(chosen, str(guild.preferred_locale) if guild else None)


class Resumer:
    """Resumes what trouble paused, when its server changes and every ten minutes.

    `on_resume` is called when something was resumed.
    """

    def __init__(
        self, database: Database, bot: discord.Client, clock: Callable[[], datetime], on_resume: Callable[[], None]
    ) -> None:
        self._database = database
        self._bot = bot
        self._clock = clock
        self._on_resume = on_resume
        self._begun_at = clock()
        self._changed: set[int] = set()
        self._came_up: set[int] = set()
        self._wake = asyncio.Event()

    def changed(self, guild_id: int) -> None:
        """Look at a server: its channels, roles or Heatline's own place in it have changed."""
        self._changed.add(guild_id)
        self._wake.set()

    def came_up(self, guild_id: int) -> None:
        """Look at a server that Discord tells of anew: it may have changed while nobody listened.

        What was paused since the program began is left alone: nothing is known to have changed since.
        """
        self._came_up.add(guild_id)
        self._wake.set()

    async def run(self) -> None:
        """Resume until cancelled."""
        clock = asyncio.get_running_loop().time
        due = clock() + _EVERY
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout_at(due):
                    await self._wake.wait()
                    await asyncio.sleep(_BREATH)
            changed, self._changed = self._changed, set()
            came_up, self._came_up = self._came_up, set()
            self._wake.clear()
            try:
                await self.look(None if clock() >= due else changed, came_up)
            except OperationalError as error:
                _log.warning("The database is busy (%s); nothing was resumed.", error.orig)
                self._changed |= changed
                self._came_up |= came_up
                await asyncio.sleep(_TROUBLE)
            if clock() >= due:
                due = clock() + _EVERY

    async def look(self, changed: Collection[int] | None = None, came_up: Collection[int] = ()) -> int:
        """Resume what can be resumed in the servers that changed or came up, or in all, and return how much it was."""
        now = self._clock()
        meant = None if changed is None else {*changed, *came_up}
        # After a reconnect every server has come up: then one look at all of them.
        asked = meant if meant is not None and len(meant) <= _FEW else {None}
        found = [each for guild_id in asked for each in await self._database.read(troubled_subscriptions, guild_id)]
        resumed = 0
        for trouble in found:
            guild_id = trouble.subscription.guild_id
            older = trouble.paused_at is None or trouble.paused_at < self._begun_at
            event = guild_id in (changed or ()) or (older and guild_id in came_up)
            if (meant is None or guild_id in meant) and self._is_over(trouble, now, event=event):
                resumed += await self._database.write(_resume, trouble, now)
        if resumed:
            _log.info("%d subscriptions resumed: their channels can be posted to again.", resumed)
            self._on_resume()
        return resumed

    def _is_over(self, trouble: Trouble, now: datetime, *, event: bool) -> bool:
        """Whether Heatline may post there again, as far as can be seen.

        After a first pause a change in the server is believed at once; where it was paused again since, only time is.
        """
        waited = trouble.paused_at is None or now - trouble.paused_at >= _wait(trouble.strikes)
        if not (waited or (event and trouble.strikes <= 1)):
            return False
        guild = self._bot.get_guild(trouble.subscription.guild_id)
        if guild is None or guild.unavailable or guild.me is None:
            return False
        channel = guild.get_channel_or_thread(trouble.subscription.channel_id)
        return isinstance(channel, Channel) and not missing_permissions(channel)


def _wait(strikes: int) -> timedelta:
    return _WAITS[min(max(strikes, 1), len(_WAITS)) - 1]


def _resume(connection: Connection, trouble: Trouble, now: datetime) -> bool:
    """Resume the subscription: what it missed comes now if it posts as it happens, else with its next digest."""
    known, at = trouble.subscription, now
    if known.terms.often is not Often.INSTANT:
        timezone = servers.server(connection, known.guild_id).timezone
        at = next_run(now, known.terms, timezone or "UTC")
    return resume_after_trouble(connection, known.id, at)
