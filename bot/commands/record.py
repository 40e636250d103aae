"""What was posted and why: the log of a server, and the explanation of one article."""

import re
from datetime import datetime

import discord
from discord import app_commands
from sqlalchemy import Connection

from bot.cards import order_texts, texts
from bot.cards.language import _
from bot.cards.markup import cut, shown
from bot.cards.record import explain_layout, log_layout
from bot.commands.answer import Control, Refusal, show
from bot.commands.host import Host, Interaction, host_of
from bot.delivery.explain import explain
from bot.models import SubscriptionState, fold
from bot.store import subscriptions
from bot.store.headlines import Hideable, article_to_hide, recent_headlines
from bot.store.hidden import hidden_ones
from bot.store.posted import key_of_message, posted

_MESSAGE = re.compile(r"https://(?:\w+\.)?discord(?:app)?\.com/channels/(\d{1,20})/\d{1,20}/(\d{1,20})")


async def show_log(interaction: Interaction, subscription_id: int, first: int = 0, *, beside: bool = False) -> None:
    """Answer with a page of the log of one subscription, or of all (0); `beside` leaves what is shown in place."""
    if interaction.guild_id is None:
        raise Refusal(_(texts.ONLY_IN_SERVERS))
    database = host_of(interaction).database
    entries = await database.read(posted, interaction.guild_id, subscription_id or None)
    known = await database.read(subscriptions.subscriptions_of, interaction.guild_id)
    paused = {each.id for each in known if each.state is SubscriptionState.PAUSED}
    one = next((each for each in known if each.id == subscription_id), None)
    of = shown(texts.plain_about(one.terms), 80) if one else None
    view = log_layout(entries, interaction.guild_id, of, subscription_id, first, paused)
    if beside:
        await interaction.followup.send(view=view, ephemeral=True, allowed_mentions=discord.AllowedMentions.none())
    else:
        await show(interaction, view)


class LogButton(Control, template=r"hl1:g:(?P<id>\d{1,18}):(?P<first>\d{1,3})"):
    """Turns the pages of the log."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the page in place of the one before."""
        check_manager(interaction)
        await interaction.response.defer()
        await show_log(interaction, int(self.parts["id"]), int(self.parts["first"]))


def check_manager(interaction: Interaction) -> None:
    """Raise a refusal unless the person may manage the server, or the message was made for them alone.

    What only they see came from a command that their server's settings let them use.
    """
    private = interaction.message is not None and interaction.message.flags.ephemeral
    if not (private or interaction.permissions.manage_guild):
        raise Refusal(_(texts.NEEDS_MANAGER))


# --- why and why not -----------------------------------------------------------------------------------------


async def article_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete a headline of the last 30 days by its words."""
    host = host_of(interaction)
    found = await host.database.read(recent_headlines, typed, host.clock())
    return [
        app_commands.Choice(name=cut(f"{cut(each.title, 75)} · {each.provider}", 100), value=each.key) for each in found
    ]


async def show_explanation(interaction: Interaction, typed: str, host: Host) -> None:
    """Answer why an article was or was not posted: one that was chosen, or named by address or message link."""
    if interaction.guild_id is None:
        raise Refusal(_(texts.ONLY_IN_SERVERS))
    now = host.clock()
    meant = await host.database.read(_meant, typed, interaction.guild_id, now)
    if meant is None:
        raise Refusal(_(order_texts.WHICH_ARTICLE))
    if meant.hidden:  # neither its title nor anything else of it is shown
        raise Refusal(_(order_texts.HIDDEN_ARTICLE))
    found = await host.database.read(explain, interaction.guild_id, meant.key, now, host.spacing, host.max_age)
    if not found:
        raise Refusal(_(texts.NO_SUBSCRIPTIONS, command=host.mention("subscribe")))
    await show(interaction, explain_layout(meant.title, found, interaction.guild_id))


def _meant(connection: Connection, typed: str, guild_id: int, now: datetime) -> Hideable | None:
    """Return the article that was chosen, or named by its address, its headline or a link to its message."""
    typed = typed.strip()
    if message := _MESSAGE.match(typed):
        key = key_of_message(connection, guild_id, int(message[2])) if int(message[1]) == guild_id else None
        if key is None:
            return None
        typed = key
    found = article_to_hide(connection, typed, now)
    if found is None:  # what is hidden is known though its file is gone, but by its whole headline alone
        gone = (each for each in hidden_ones(connection) if typed == each.key or fold(typed) == fold(each.title))
        found = next((Hideable(each.key, each.title, hidden=True) for each in gone), None)
    return found


CONTROLS: tuple[type[Control], ...] = (LogButton,)
