"""`/help`: what Heatline can do for the person, here."""

from discord import app_commands
from discord.ext import commands

from bot.cards.help import help_layout
from bot.cards.language import N_
from bot.commands.answer import show
from bot.commands.host import Host, Interaction


class Help(commands.Cog):
    """The way in."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @app_commands.command(description=N_("What Heatline can do for you here"))
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def help(self, interaction: Interaction) -> None:
        """Show the commands that the person may use."""
        manages = interaction.guild_id is not None and interaction.permissions.manage_guild
        layout = help_layout(self._host.mention, manages=manages, hosts=self._host.is_admin(interaction.user.id))
        await show(interaction, layout)
