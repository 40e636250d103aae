"""The command tree: what every command goes through before it is carried out."""

import discord
from discord import app_commands

from bot.cards.language import language_of, speak
from bot.commands.answer import explain
from bot.commands.host import host_of


class HeatlineTree(app_commands.CommandTree[discord.Client]):
    """The command tree: it speaks the language of whoever asks, and whatever a command raises ends in one sentence."""

    async def interaction_check(self, interaction: discord.Interaction[discord.Client]) -> bool:
        """Speak the language of the person for the rest of the answer, if they do not ask too much."""
        speak(language_of(str(interaction.locale)))
        if interaction.type is discord.InteractionType.application_command:
            try:
                host_of(interaction).cooldowns.answer(interaction.user.id)
            except app_commands.CommandOnCooldown as error:  # what is raised here reaches no handler
                await explain(interaction, error)
                return False
        return True

    async def on_error(
        self, interaction: discord.Interaction[discord.Client], error: app_commands.AppCommandError
    ) -> None:
        """Explain an error to the person."""
        await explain(interaction, error)
