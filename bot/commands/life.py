"""The life of a server: invited, changed, unavailable, left, and what that means for its news."""

import logging
from typing import Any

import discord
from discord import app_commands
from discord.ext import commands
from sqlalchemy import Connection

from bot.cards import notices
from bot.cards.language import _, language_of, speaking
from bot.commands.host import Host, Interaction
from bot.commands.notices import tell_notices
from bot.delivery.access import Resumer
from bot.delivery.notices import Teller
from bot.store.leaving import add_server, leave_server, reconcile_servers, return_server
from bot.store.subscriptions import pause_for_trouble, subscriptions_in

_log = logging.getLogger(__name__)

_ADMINS_COMMANDS = {"subscribe", "subscriptions", "settings"}


def _lose_channel(connection: Connection, channel_id: int, host: Host) -> None:
    for known in subscriptions_in(connection, channel_id):
        pause_for_trouble(connection, known.id, "gone", (), host.clock())


class Life(commands.Cog):
    """Listens to what happens to servers. Events may come twice, late or never: each may be repeated without harm."""

    def __init__(self, host: Host, bot: discord.Client, resumer: Resumer, teller: Teller) -> None:
        self._host = host
        self._bot = bot
        self._resumer = resumer
        self._teller = teller

    @commands.Cog.listener()
    async def on_app_command_completion(
        self, interaction: Interaction, command: app_commands.Command[Any, ..., Any] | app_commands.ContextMenu
    ) -> None:
        """Tell an admin who looks after the server's news what could be told nowhere else."""
        if command.qualified_name.split(" ")[0] in _ADMINS_COMMANDS:
            await tell_notices(interaction)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Find out who removed Heatline, or took it back, while nobody listened.

        Every shard has been told its servers by now, unavailable ones too.
        """
        present = [guild.id for guild in self._bot.guilds]
        left, returned = await self._host.database.write(reconcile_servers, present, self._host.clock())
        if left or returned:
            _log.info("While Heatline was away, %d servers removed it and %d took it back.", len(left), len(returned))
        for guild_id in present:
            self._resumer.came_up(guild_id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Greet a new server, and give one that returned its news back."""
        if await self._host.database.write(return_server, guild.id):
            _log.info("Server %d took Heatline back.", guild.id)
            self._resumer.changed(guild.id)
        elif await self._host.database.write(add_server, guild.id):
            with speaking(language_of(str(guild.preferred_locale))):
                text = _(notices.HERE, command=self._host.mention("subscribe"))
            await self._teller.greet(guild, text)

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Send nothing more to a server that removed Heatline."""
        await self._host.database.write(leave_server, guild.id, self._host.clock())
        _log.info("Server %d removed Heatline; what it had is kept for 30 days.", guild.id)

    @commands.Cog.listener()
    async def on_guild_available(self, guild: discord.Guild) -> None:
        """Look whether news there can go on."""
        self._resumer.came_up(guild.id)

    @commands.Cog.listener()
    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        """Pause what went to a channel that is gone."""
        await self._host.database.write(_lose_channel, channel.id, self._host)

    @commands.Cog.listener()
    async def on_raw_thread_delete(self, payload: discord.RawThreadDeleteEvent) -> None:
        """Pause what went to a thread that is gone."""
        await self._host.database.write(_lose_channel, payload.thread_id, self._host)

    @commands.Cog.listener()
    async def on_guild_channel_create(self, channel: discord.abc.GuildChannel) -> None:
        """Look whether news there can go on."""
        self._resumer.changed(channel.guild.id)

    @commands.Cog.listener()
    async def on_guild_channel_update(
        self, _before: discord.abc.GuildChannel, channel: discord.abc.GuildChannel
    ) -> None:
        """Look whether news there can go on."""
        self._resumer.changed(channel.guild.id)

    @commands.Cog.listener()
    async def on_thread_update(self, _before: discord.Thread, thread: discord.Thread) -> None:
        """Look whether news there can go on."""
        self._resumer.changed(thread.guild.id)

    @commands.Cog.listener()
    async def on_thread_join(self, thread: discord.Thread) -> None:
        """Look whether news there can go on: the thread can be seen again."""
        self._resumer.changed(thread.guild.id)

    @commands.Cog.listener()
    async def on_guild_role_update(self, _before: discord.Role, role: discord.Role) -> None:
        """Look whether news there can go on."""
        self._resumer.changed(role.guild.id)

    @commands.Cog.listener()
    async def on_member_update(self, _before: discord.Member, member: discord.Member) -> None:
        """Look whether news there can go on, when Heatline's own roles changed."""
        if member == member.guild.me:
            self._resumer.changed(member.guild.id)
