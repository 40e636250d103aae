"""Commands in the languages of those who type them."""

import discord
from discord import app_commands

from bot.cards.language import NP_, localised

NAMES = (
    NP_("name of a command or an option", "brief"),
    NP_("name of a command or an option", "topic"),
    NP_("name of a command or an option", "size"),
    NP_("name of a command or an option", "public"),
    NP_("name of a command or an option", "news"),
    NP_("name of a command or an option", "top"),
    NP_("name of a command or an option", "provider"),
    NP_("name of a command or an option", "period"),
    NP_("name of a command or an option", "latest"),
    NP_("name of a command or an option", "name"),
    NP_("name of a command or an option", "search"),
    NP_("name of a command or an option", "words"),
    NP_("name of a command or an option", "story"),
    NP_("name of a command or an option", "headline"),
    NP_("name of a command or an option", "saved"),
    NP_("name of a command or an option", "privacy"),
    NP_("name of a command or an option", "trends"),
    NP_("name of a command or an option", "subscribe"),
    NP_("name of a command or an option", "channel"),
    NP_("name of a command or an option", "how_hot"),
    NP_("name of a command or an option", "how_often"),
    NP_("name of a command or an option", "subscriptions"),
    NP_("name of a command or an option", "list"),
    NP_("name of a command or an option", "edit"),
    NP_("name of a command or an option", "subscription"),
    NP_("name of a command or an option", "log"),
    NP_("name of a command or an option", "explain"),
    NP_("name of a command or an option", "article"),
    NP_("name of a command or an option", "settings"),
    NP_("name of a command or an option", "timezone"),
    NP_("name of a command or an option", "language"),
    NP_("name of a command or an option", "notices"),
    NP_("name of a command or an option", "share"),
    NP_("name of a command or an option", "help"),
    NP_("name of a command or an option", "admin"),
    NP_("name of a command or an option", "reload"),
    NP_("name of a command or an option", "status"),
    NP_("name of a command or an option", "deliveries"),
    NP_("name of a command or an option", "state"),
    NP_("name of a command or an option", "server"),
    NP_("name of a command or an option", "problems"),
    NP_("name of a command or an option", "pause"),
    NP_("name of a command or an option", "resume"),
    NP_("name of a command or an option", "hide"),
    NP_("name of a command or an option", "Find coverage"),
    NP_("name of a command or an option", "Save story"),
)
"""All names of commands, groups, options and message menus: discord.py asks for their translations one by one."""

_NAME_PLACES = {
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
        return localised(string.message, str(locale), name=context.location in _NAME_PLACES)
