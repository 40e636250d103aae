"""What hosts look up: how Heatline is, what becomes of deliveries, which files have problems."""

import discord
from discord import app_commands

from bot.cards import texts
from bot.cards.language import _
from bot.cards.markup import cut
from bot.cards.operations import WHICH_SERVER, deliveries_layout, status_layout
from bot.cards.status import problems_layout
from bot.commands.answer import Control, Refusal, replace, show
from bot.commands.host import Interaction, host_of
from bot.models import DeliveryState, fold
from bot.store.operations import figures
from bot.store.problems import problem_kinds
from bot.store.tracked import Place, TrackedPage, tracked

# Kinds of problems that are read for an answer: more than fit it.
_KINDS = 15


def check_host(interaction: Interaction) -> None:
    """Raise a refusal unless the person is one of the program's hosts."""
    if not host_of(interaction).is_admin(interaction.user.id):
        raise Refusal(_(texts.NOT_ADMIN))


async def show_status(interaction: Interaction) -> None:
    """Answer with how Heatline is."""
    host = host_of(interaction)
    now = host.clock()
    await show(interaction, status_layout(host.vitals(), await host.database.read(figures, now), now))


async def show_problems(interaction: Interaction) -> None:
    """Answer with the problems of the last load, by kind."""
    await show(interaction, problems_layout(*await host_of(interaction).database.read(problem_kinds, _KINDS)))


# --- deliveries ----------------------------------------------------------------------------------------------


async def server_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete a server by words of its name, for hosts alone."""
    if not host_of(interaction).is_admin(interaction.user.id):
        return []
    found = [guild for guild in interaction.client.guilds if fold(typed) in fold(guild.name)]
    found.sort(key=lambda guild: (not fold(guild.name).startswith(fold(typed)), fold(guild.name)))
    return [app_commands.Choice(name=cut(guild.name, 100), value=str(guild.id)) for guild in found[:25]]


def server_id(client: discord.Client, typed: str) -> int:
    """Return the id of the server that was chosen or typed: its id, also after it left, or a name that only one has."""
    typed = typed.strip()
    if typed.isdecimal() and typed.isascii() and len(typed) <= 20:
        return int(typed)
    named = [guild.id for guild in client.guilds if fold(guild.name) == fold(typed)]
    if len(named) != 1:
        raise Refusal(_(WHICH_SERVER))
    return named[0]


async def show_deliveries(
    interaction: Interaction, state: DeliveryState | None, guild_id: int | None, place: Place | None = None
) -> None:
    """Answer with a page of deliveries, beside a place, or with the newest."""
    page = await host_of(interaction).database.read(tracked, state, guild_id, place)
    if place is not None and place.newer and not page.has_newer:  # those that came meanwhile make the first page whole
        page = await host_of(interaction).database.read(tracked, state, guild_id)
    view = deliveries_layout(page, state, guild_id, _names(interaction.client, page, guild_id))
    await (show if place is None else replace)(interaction, view)


def _names(client: discord.Client, page: TrackedPage, guild_id: int | None) -> dict[int, str]:
    """Return the names of the page's servers and channels, as far as Heatline knows them, by id."""
    found = {}
    for guild in filter(None, map(client.get_guild, {each.guild_id for each in page.deliveries} | {guild_id or 0})):
        found[guild.id] = guild.name
        for each in page.deliveries:
            channel = guild.get_channel_or_thread(each.entry.channel_id)
            if channel is not None:
                found[channel.id] = channel.name
    return found


class DeliveriesButton(
    Control,
    template=r"hl1:w:(?P<state>all|pending|sending|sent|failed):(?P<guild>\d{1,20}):(?P<way>[ab])"
    r":(?P<at>\d{1,18}):(?P<id>\d{1,18})",
):
    """Turns the pages of deliveries, for hosts alone."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the page in place of the one before."""
        check_host(interaction)
        await interaction.response.defer()
        state = None if self.parts["state"] == "all" else DeliveryState(self.parts["state"])
        place = Place(int(self.parts["at"]), int(self.parts["id"]), newer=self.parts["way"] == "a")
        await show_deliveries(interaction, state, int(self.parts["guild"]) or None, place)


CONTROLS: tuple[type[Control], ...] = (DeliveriesButton,)
