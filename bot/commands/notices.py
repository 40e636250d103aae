"""Telling an admin of trouble after a command, where there was no channel to tell it in."""

from bot.commands.answer import say
from bot.commands.host import Interaction, host_of
from bot.delivery.notices import notice_place, untold
from bot.store.notices import mark_told


async def tell_notices(interaction: Interaction) -> None:
    """Say what the server was not told yet, once, beside the answer that an admin got; not what a channel is told."""
    if interaction.guild is None or interaction.guild_id is None or not interaction.permissions.manage_guild:
        return
    host = host_of(interaction)
    news = await host.database.read(untold, interaction.guild_id, str(interaction.locale))
    if news is None or notice_place(interaction.guild, news.server) is not None:
        return
    if await host.database.write(mark_told, news.ids, host.clock()):  # of two commands at once, one tells
        await say(interaction, news.text)
