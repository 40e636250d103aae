"""`/admin`: for those who host the program."""

import asyncio
import re
from datetime import datetime

import discord
from discord import app_commands
from discord.ext import commands
from sqlalchemy import Connection

from bot.cards import ids, texts
from bot.cards.language import N_, _
from bot.cards.layout import button, sentence
from bot.cards.markup import cut
from bot.cards.operations import STATES
from bot.cards.status import failed_layout, progress_layout, refused_layout, report_layout
from bot.commands import operations
from bot.commands.answer import Control, Refusal, replace, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.operations import check_host, server_choices, server_id, show_deliveries, show_problems, show_status
from bot.loading import MassRemovalError
from bot.models import DeliveryState, HeatlineError
from bot.store.articles import articles_by_key
from bot.store.deliveries import pause_sending, resume_sending, sending_paused
from bot.store.edits import queue_hidden_edits
from bot.store.headlines import article_to_hide, articles_to_hide
from bot.store.hidden import hide_article, unhide_article
from bot.store.operations import outbox

# Discord takes five edits of an answer in five seconds; one every so often leaves it calm.
_PROGRESS_SECONDS = 1.5


@app_commands.allowed_installs(guilds=True, users=False)
class Admin(commands.GroupCog, group_name="admin", group_description=N_("For Heatline's hosts")):
    """Commands that are checked at every call: hidden is not forbidden."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    async def interaction_check(self, interaction: Interaction) -> bool:
        """Let only hosts pass; fails closed while the app's owner is not known."""
        if not self._host.is_admin(interaction.user.id):
            raise Refusal(_(texts.NOT_ADMIN))
        return True

    @app_commands.command(description=N_("Read the news folder now, and push what is new"))
    async def reload(self, interaction: Interaction) -> None:
        """Reload the corpus, showing progress while it runs and then what changed."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await _reload(interaction, allow_mass_removal=False)

    @app_commands.command(description=N_("Whether all is well: queue, pace, results, subscriptions, news"))
    async def status(self, interaction: Interaction) -> None:
        """Show whether all is well, and the figures."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_status(interaction)

    @app_commands.command(description=N_("What was sent lately in all servers, what waits, what failed and why"))
    @app_commands.describe(
        state=N_("Only those in this state"), server=N_("Only those for this server: its name or id")
    )
    @app_commands.choices(state=[app_commands.Choice(name=name, value=state.value) for state, name in STATES.items()])
    @app_commands.autocomplete(server=server_choices)
    async def deliveries(
        self,
        interaction: Interaction,
        state: str | None = None,
        server: app_commands.Range[str, 1, 100] | None = None,
    ) -> None:
        """Show the newest deliveries, page by page."""
        guild_id = server_id(interaction.client, server) if server else None
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_deliveries(interaction, DeliveryState(state) if state else None, guild_id)

    @app_commands.command(description=N_("What is wrong with news files, by kind"))
    async def problems(self, interaction: Interaction) -> None:
        """Show the problems of the last load."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_problems(interaction)

    @app_commands.command(description=N_("Stop all sending at once, until it is resumed"))
    async def pause(self, interaction: Interaction) -> None:
        """Let nothing be sent any more, also after a restart; what is queued waits."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        database, now = self._host.database, self._host.clock()
        if await database.read(sending_paused) is None:
            await database.write(pause_sending, now)
        queue = await database.read(outbox, now)
        await show(interaction, sentence(texts.sending_stopped(queue.waiting, self._host.mention("admin resume"))))

    @app_commands.command(description=N_("Send again, after a pause"))
    async def resume(self, interaction: Interaction) -> None:
        """Let what waits be sent."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        database = self._host.database
        if await database.read(sending_paused) is None:
            raise Refusal(_(texts.NOT_STOPPED))
        await database.write(resume_sending)
        self._host.outbox_changed()
        queue = await database.read(outbox, self._host.clock())
        await show(interaction, sentence(texts.sending_resumed(queue.waiting)))

    @app_commands.command(description=N_("Take an article out of everything that is shown, or show it again"))
    @app_commands.describe(article=N_("Words of its headline, or its address"))
    async def hide(self, interaction: Interaction, article: app_commands.Range[str, 1, 400]) -> None:
        """Ask whether the article is really to be hidden."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._host.database.read(article_to_hide, article, self._host.clock())
        if found is None:
            raise Refusal(_(texts.WHICH_ARTICLE))
        label, action = (_(texts.UNHIDE), "show") if found.hidden else (_(texts.HIDE), "hide")
        style = discord.ButtonStyle.secondary if found.hidden else discord.ButtonStyle.danger
        question = texts.ask_to_hide(found.title, hidden=found.hidden)
        await show(interaction, sentence(question, button(label, ids.hide(action, found.key), style)))

    @hide.autocomplete("article")
    async def _articles(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        if not self._host.is_admin(interaction.user.id):
            return []
        found = await self._host.database.read(articles_to_hide, typed, self._host.clock())
        named = {each.key: _("Hidden: {title}", title=each.title) if each.hidden else each.title for each in found}
        return [app_commands.Choice(name=cut(name, 100), value=key) for key, name in named.items()]


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
        await show(interaction, failed_layout(str(error)))
        return
    await show(interaction, report_layout(report, queued, host.vitals().sync_failure))


class MassRemovalButton(Control, template=re.escape(ids.MASS_REMOVAL)):
    """Loads although much of the news will be removed: a host has looked, and says so."""

    async def respond(self, interaction: Interaction) -> None:
        """Reload in place of the question."""
        check_host(interaction)
        await interaction.response.defer()
        await _reload(interaction, allow_mass_removal=True)


class HideButton(Control, template=rf"hl1:h:(?P<action>hide|show):(?P<key>{ids.KEY})"):
    """Hides an article, or shows it again: a host has seen its title, and says so."""

    async def respond(self, interaction: Interaction) -> None:
        """Do it, let posts be edited, and say so in place of the question."""
        check_host(interaction)
        host, key = host_of(interaction), self.parts["key"]
        if not await host.database.read(articles_by_key, [key]):
            raise Refusal(_(texts.GONE_STORY))
        await interaction.response.defer()
        hides = self.parts["action"] == "hide"
        edited = await host.database.write(_hide, key, interaction.user.id if hides else None, host.clock())
        host.outbox_changed()
        said = _(texts.HIDDEN) if hides else _(texts.UNHIDDEN)
        await replace(interaction, sentence(said + texts.edited_posts(edited)))


def _hide(connection: Connection, key: str, user_id: int | None, now: datetime) -> int:
    if user_id is None:
        unhide_article(connection, key)
    else:
        hide_article(connection, key, user_id, now)
    return queue_hidden_edits(connection, key, now)


CONTROLS: tuple[type[Control], ...] = (MassRemovalButton, HideButton, *operations.CONTROLS)
