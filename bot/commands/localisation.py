"""Commands in the languages of those who type them."""

import discord
from discord import app_commands

from bot.cards.language import localised

_NAMES = {
    app_commands.TranslationContextLocation.command_name,
    app_commands.TranslationContextLocation.group_name,
    app_commands.TranslationContextLocation.parameter_name,
}


class Names(app_commands.Translator):
    """Gives Discord the names and descriptions of commands in the languages that there are."""

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return a name or description in Discord's language, if there is a catalogue of it that has it."""
        return localised(string.message, str(locale), name=context.location in _NAMES)
