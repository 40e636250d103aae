"""Where an interaction is from, and what goes there."""

import discord

from bot.commands.host import Interaction, host_of
from bot.models import Server
from bot.store.servers import server


async def server_of(interaction: Interaction) -> Server:
    """Return the settings of the server that the interaction is from; outside of servers nothing is set."""
    if interaction.guild_id is None or interaction.guild is None:
        return Server(0)
    return await host_of(interaction).database.read(server, interaction.guild_id)


def may_post(interaction: Interaction) -> bool:
    """Whether the person could send a message where the interaction is from."""
    if interaction.guild_id is None:
        return True
    allowed = interaction.permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    return allowed.send_messages_in_threads if in_thread else allowed.send_messages
