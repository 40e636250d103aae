"""`/admin`: for those who host the program."""

import asyncio
import re
from datetime import timedelta

import discord
from discord import app_commands
from discord.ext import commands

from bot.cards import ids, texts
from bot.cards.layout import sentence
from bot.cards.status import progress_layout, refused_layout, report_layout, status_layout
from bot.commands.answer import Control, Refusal, show
from bot.commands.host import Host, Interaction, host_of
from bot.loading import MassRemovalError
from bot.models import HeatlineError
from bot.store.articles import corpus_summary
from bot.store.deliveries import queue_figures
from bot.store.subscriptions import count_subscriptions

# Discord takes five edits of an answer in five seconds; one every so often leaves it calm.
_PROGRESS_SECONDS = 1.5


@app_commands.allowed_installs(guilds=True, users=False)
class Admin(commands.GroupCog, group_name="admin", group_description="For Heatline's hosts"):
    """Commands that are checked at every call: hidden is not forbidden."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    async def interaction_check(self, interaction: Interaction) -> bool:
        """Let only hosts pass; fails closed while the app's owner is not known."""
        if not self._host.is_admin(interaction.user.id):
            raise Refusal(texts.NOT_ADMIN)
        return True

    @app_commands.command(description="Read the news folder now, and push what is new")
    async def reload(self, interaction: Interaction) -> None:
        """Reload the corpus, showing progress while it runs and then what changed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _reload(interaction, allow_mass_removal=False)

    @app_commands.command(description="How Heatline is: articles, subscriptions, queue, last load")
    async def status(self, interaction: Interaction) -> None:
        """Show the program's state."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        database, now = self._host.database, self._host.clock()
        await show(
            interaction,
            status_layout(
                self._host.vitals(),
                await database.read(corpus_summary),
                await database.read(count_subscriptions),
                await database.read(queue_figures, now - timedelta(days=1)),
                now,
            ),
        )


async def _reload(interaction: Interaction, *, allow_mass_removal: bool) -> None:
    """Reload the corpus, showing in the deferred answer how far it is, and then what changed or why nothing did."""
    host = host_of(interaction)
    done, total = 0, 0

    def progress(read: int, files: int) -> None:
        nonlocal done, total
        done, total = read, files

    work = asyncio.ensure_future(host.reload(progress, allow_mass_removal=allow_mass_removal))
    try:
        while not (await asyncio.wait([work], timeout=_PROGRESS_SECONDS))[0]:
            await show(interaction, progress_layout(done, total))
    except discord.HTTPException:
        await asyncio.wait([work])  # the answer is gone; the load goes on
    try:
        report, queued = await work
    except MassRemovalError as error:
        await show(interaction, refused_layout(str(error)))
        return
    except HeatlineError as error:
        await show(interaction, sentence(str(error)))
        return
    await show(interaction, report_layout(report, queued, host.vitals().sync_failure))


class MassRemovalButton(Control, template=re.escape(ids.MASS_REMOVAL)):
    """Loads although much of the news will be removed: a host has looked, and says so."""

    async def respond(self, interaction: Interaction) -> None:
        """Reload in place of the question."""
        if not host_of(interaction).is_admin(interaction.user.id):
            raise Refusal(texts.NOT_ADMIN)
        await interaction.response.defer()
        await _reload(interaction, allow_mass_removal=True)


CONTROLS: tuple[type[Control], ...] = (MassRemovalButton,)
