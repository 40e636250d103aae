"""Where an interaction is from, and what goes there."""

import discord

from bot.cards import texts
from bot.cards.language import _, language_of, speak
from bot.commands.answer import Refusal
from bot.commands.host import Interaction, host_of
from bot.models import Server
from bot.store.servers import server


async def server_of(interaction: Interaction) -> Server:
    """Return the settings of the server that the interaction is from; outside of servers nothing is set."""
    if interaction.guild_id is None or interaction.guild is None:
        return Server(0)
    return await host_of(interaction).database.read(server, interaction.guild_id)


async def sharing(interaction: Interaction) -> Server:
    """Return the settings of the server in which a person is about to show something, in its language from now on.

    Raises `Refusal` where they could not post it themselves or the server does not want it, and `CommandOnCooldown`
    where they have shown much.
    """
    if not may_post(interaction):
        raise Refusal(_(texts.CANNOT_POST_HERE))
    settings = await server_of(interaction)
    if not settings.share:
        raise Refusal(_(texts.NO_SHARING))
    host_of(interaction).cooldowns.share(interaction.user.id, interaction.channel_id or 0)
    if interaction.guild_id is not None:
        speak(language_of(settings.language, str(interaction.guild_locale or interaction.locale)))
    return settings


def manages_here(interaction: Interaction) -> bool:
    """Whether the person manages the server that the interaction is from, and Heatline is a member of it."""
    guild_id = interaction.guild_id
    known = guild_id is not None and interaction.client.get_guild(guild_id) is not None
    return known and interaction.permissions.manage_guild


def may_post(interaction: Interaction) -> bool:
    """Whether the person could send a message where the interaction is from."""
    if interaction.guild_id is None:
        return True
    allowed = interaction.permissions
    in_thread = isinstance(interaction.channel, discord.Thread)
    return allowed.send_messages_in_threads if in_thread else allowed.send_messages
