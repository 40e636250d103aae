"""`/saved` and `/privacy`: what readers keep, and what is stored about them."""

import io
from typing import Literal

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import texts
from bot.cards.language import N_, _
from bot.cards.layout import sentence
from bot.cards.readers import confirm_forgetting_layout, gone_layout, privacy_layout, saved_layout
from bot.commands.answer import Control, Refusal, replace, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.story import show_story
from bot.store.articles import articles_by_key
from bot.store.hidden import is_hidden
from bot.store.readers import count_kept, export_reader, forget_reader, saved_stories


class Readers(commands.Cog):
    """What belongs to one reader, wherever they are."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @app_commands.command(description=N_("Your saved stories"))
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def saved(self, interaction: Interaction) -> None:
        """Show the reader's saved stories."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        stories = await self._host.database.read(saved_stories, interaction.user.id)
        await show(interaction, saved_layout(stories, 0) if stories else sentence(_(texts.NOTHING_SAVED)))

    @app_commands.command(description=N_("What is stored about you: see it, export it, delete it"))
    @app_commands.allowed_installs(guilds=True, users=True)
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    async def privacy(self, interaction: Interaction) -> None:
        """Show what is stored about the reader."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show(interaction, privacy_layout(*await self._host.database.read(count_kept, interaction.user.id)))


class SavedSelect(Control, template=r"hl1:sv"):
    """Opens a saved story."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the story; where its article is gone, what was kept of it."""
        host, key = host_of(interaction), self.values[0]
        if await host.database.read(articles_by_key, [key]):
            await show_story(interaction, key)
            return
        if await host.database.read(is_hidden, key):
            raise Refusal(_(texts.HIDDEN_BY_HOST))
        stories = await host.database.read(saved_stories, interaction.user.id)
        kept = next((each for each in stories if each.key == key), None)
        if kept is None:
            raise Refusal(_(texts.GONE_STORY))
        await show(interaction, gone_layout(kept))


class SavedPageButton(Control, template=r"hl1:sp:(?P<page>\d{1,3})"):
    """Turns the page of saved stories."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the page in place of the one that is there; always the reader's own list."""
        stories = await host_of(interaction).database.read(saved_stories, interaction.user.id)
        if not stories:
            raise Refusal(_(texts.NOTHING_SAVED))
        await replace(interaction, saved_layout(stories, int(self.parts["page"])))


class PrivacyButton(Control, template=r"hl1:y:(?P<action>show|export|delete|yes)"):
    """Exports or deletes what is stored about the reader."""

    async def respond(self, interaction: Interaction) -> None:
        """Do it, to whoever presses: everybody has only what is their own."""
        host, user = host_of(interaction), interaction.user.id
        action: Literal["show", "export", "delete", "yes"] = self.parts["action"]  # type: ignore[assignment]  # by the template
        if action == "export":
            await interaction.response.defer(ephemeral=True, thinking=True)
            text = await host.database.read(export_reader, user)
            file = discord.File(io.BytesIO(text.encode()), filename="heatline-about-you.json")
            await interaction.followup.send(file=file, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())
            return
        await interaction.response.defer()
        if action == "yes":
            await host.database.write(forget_reader, user)
            await replace(interaction, sentence(_(texts.FORGOTTEN)))
            return
        kept = await host.database.read(count_kept, user)
        await replace(interaction, confirm_forgetting_layout(*kept) if action == "delete" else privacy_layout(*kept))


CONTROLS: tuple[type[Control], ...] = (SavedSelect, SavedPageButton, PrivacyButton)
