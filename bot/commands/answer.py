"""Answering: one way to show a reply, one way to say what went wrong."""

import logging
import secrets
from collections.abc import Callable, Coroutine
from typing import Any

import discord
from discord import app_commands, ui

from bot.cards import texts
from bot.cards.language import _, language_of, ngettext, speak
from bot.cards.layout import sentence
from bot.commands.host import Interaction, host_of
from bot.models import HeatlineError
from bot.store.database import is_busy

_log = logging.getLogger(__name__)

_NOBODY = discord.AllowedMentions.none()

# Codes of an interaction that can no longer be answered: it expired, or was answered already.
_TOO_LATE = {10062, 40060, 10015, 50027}


class Refusal(HeatlineError, app_commands.AppCommandError):  # noqa: N818 - it is an answer, not a fault
    """A sentence for the person who asked; nothing went wrong and nothing was changed."""


async def show(interaction: Interaction, view: ui.LayoutView, *, public: bool = False) -> None:
    """Answer with a layout: in place of "is thinking" after a deferral, else as the first answer."""
    if interaction.response.is_done():
        await interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)
    else:
        await interaction.response.send_message(view=view, ephemeral=not public, allowed_mentions=_NOBODY)


async def say(interaction: Interaction, text: str, *buttons: ui.Button[Any]) -> None:
    """Answer with a sentence that only the person who asked sees, beside what is shown already."""
    view = sentence(text, *buttons)
    if interaction.response.is_done():
        await interaction.followup.send(view=view, ephemeral=True, allowed_mentions=_NOBODY)
    else:
        await interaction.response.send_message(view=view, ephemeral=True, allowed_mentions=_NOBODY)


async def replace(interaction: Interaction, view: ui.LayoutView) -> None:
    """Answer a control by changing the message that it is on."""
    if interaction.response.is_done():
        await interaction.edit_original_response(view=view, allowed_mentions=_NOBODY)
    else:
        await interaction.response.edit_message(view=view, allowed_mentions=_NOBODY)


async def explain(interaction: Interaction, error: Exception) -> None:
    """Answer an exception: a refusal with its sentence, a fault with an id that is in the log."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, discord.HTTPException) and error.code in _TOO_LATE:
        _log.warning("An interaction could not be answered in time (%s).", error.code)
        return
    text = _sentence_for(error)
    try:
        if interaction.response.is_done() and interaction.type is discord.InteractionType.application_command:
            await show(interaction, sentence(text))
        else:
            await say(interaction, text)
    except discord.HTTPException as failure:
        _log.warning("An error could not be shown: %s", failure)


def _sentence_for(error: Exception) -> str:
    if isinstance(error, HeatlineError):
        return str(error)
    if isinstance(error, app_commands.CommandOnCooldown):
        return ngettext(
            "A bit fast: try again in {number} second.",
            "A bit fast: try again in {number} seconds.",
            max(1, round(error.retry_after)),
        )
    if isinstance(error, app_commands.NoPrivateMessage):
        return _(texts.ONLY_IN_SERVERS)
    if isinstance(error, app_commands.TransformerError):
        return _("I can't see that channel: choose another, or let Heatline view it.")
    if isinstance(error, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        return _("This command has changed: press Ctrl+R in Discord, then try again.")
    if is_busy(error):
        _log.warning("The database is busy (%s): a command was not carried out.", type(error).__name__)
        return _("Heatline is busy right now: try again in a minute.")
    fault = secrets.token_hex(2).upper()
    _log.error("Fault %s", fault, exc_info=error)
    return _(texts.WENT_WRONG, id=fault)


class Control(ui.DynamicItem[ui.Item[Any]], template=r"hl0:never"):
    """A control that works for years: found by its id, answered under the same guard as a command.

    Subclasses give the pattern of their ids as `template` and answer in `respond`; `match` holds the id's parts.
    """

    def __init__(self, item: ui.Item[Any], parts: dict[str, str]) -> None:
        super().__init__(item)
        self.parts = parts

    @classmethod
    async def from_custom_id(cls, interaction: Interaction, item: ui.Item[Any], match: Any, /) -> "Control":
        """Return the control of a click."""
        return cls(item, match.groupdict())

    async def callback(self, interaction: Interaction) -> None:
        """Answer a click; any exception ends in one sentence."""
        await guarded(interaction, self.respond)

    async def respond(self, interaction: Interaction) -> None:
        """Answer a click."""
        raise Refusal(_(texts.OLD_BUTTON))

    @property
    def values(self) -> list[str]:
        """What was chosen, where the control is a select."""
        return self.item.values if isinstance(self.item, ui.Select) else []


async def guarded(interaction: Interaction, respond: Callable[[Interaction], Coroutine[Any, Any, None]]) -> None:
    """Run a callback for which discord.py has no hooks: in the person's language, and explaining what it raises."""
    speak(language_of(str(interaction.locale)))
    try:
        host_of(interaction).cooldowns.answer(interaction.user.id)
        await respond(interaction)
    except Exception as error:  # the outermost guard: whatever it is, the person gets an answer
        await explain(interaction, error)
