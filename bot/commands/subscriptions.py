"""`/subscriptions`: what a server gets, and its controls."""

import dataclasses
from datetime import datetime
from typing import Literal

import discord
from discord import app_commands, ui
from discord.ext import commands
from sqlalchemy import Connection

from bot.briefing.schedules import known_timezone, next_run
from bot.cards import texts
from bot.cards.layout import sentence
from bot.cards.subscriptions import subscription_layout, subscriptions_layout
from bot.commands.answer import Control, Refusal, guarded, replace, show
from bot.commands.host import Host, Interaction, host_of
from bot.commands.subscribe import missing_permissions
from bot.models import Often, Subscription, SubscriptionState
from bot.store import servers, subscriptions


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.guild_only()
class Subscriptions(
    commands.GroupCog, group_name="subscriptions", group_description="The news that is sent in this server"
):
    """What a server gets."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    @app_commands.command(name="list", description="All subscriptions of this server")
    async def list_(self, interaction: Interaction) -> None:
        """List the server's subscriptions."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        if interaction.guild_id is None:
            raise Refusal(texts.ONLY_IN_SERVERS)
        known = await self._host.database.read(subscriptions.subscriptions_of, interaction.guild_id)
        if not known:
            raise Refusal(texts.NO_SUBSCRIPTIONS.format(command=self._host.mention("subscribe")))
        await show(interaction, subscriptions_layout(known))


# --- controls ------------------------------------------------------------------------------------------------


async def _subscription(interaction: Interaction, subscription_id: int) -> Subscription:
    """Return a subscription of the server that the interaction is from."""
    known = await host_of(interaction).database.read(subscriptions.subscription, subscription_id)
    if known is None or known.guild_id != interaction.guild_id:
        raise Refusal(texts.GONE_SUBSCRIPTION)
    return known


def _check_manager(interaction: Interaction) -> None:
    """Raise a refusal unless the person may manage the server, or the message was made for them alone.

    What only they see came from a command that their server's settings let them use.
    """
    private = interaction.message is not None and interaction.message.flags.ephemeral
    if not (private or interaction.permissions.manage_guild):
        raise Refusal(texts.NEEDS_MANAGER)


async def _show_subscription(interaction: Interaction, known: Subscription) -> None:
    host = host_of(interaction)
    timezone = (await host.database.read(servers.server, known.guild_id)).timezone
    asks = known.terms.often is not Often.INSTANT and timezone is None
    await replace(interaction, subscription_layout(known, texts.line(known), ask_timezone=asks))


class SubscriptionSelect(Control, template=r"hl1:us"):
    """Opens one of the listed subscriptions."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the subscription in place of the list."""
        _check_manager(interaction)
        await _show_subscription(interaction, await _subscription(interaction, int(self.values[0])))


class SubscriptionButton(Control, template=r"hl1:u:(?P<action>open|pause|resume|remove|zone):(?P<id>\d+)"):
    """Does something to a subscription."""

    async def respond(self, interaction: Interaction) -> None:
        """Do it, and show the subscription as it is now."""
        _check_manager(interaction)
        host = host_of(interaction)
        known = await _subscription(interaction, int(self.parts["id"]))
        action: Literal["open", "pause", "resume", "remove", "zone"] = self.parts["action"]  # type: ignore[assignment]  # by the template
        if action == "zone":
            await interaction.response.send_modal(TimezoneForm(known.id))
            return
        await interaction.response.defer()
        if action == "remove":
            await host.database.write(subscriptions.remove_subscription, known.id)
            await replace(interaction, sentence(texts.removed(known)))
            return
        if action == "pause":
            await host.database.write(subscriptions.pause_subscription, known.id, None)
        elif action == "resume":
            await _resume(interaction, host, known)
        await _show_subscription(interaction, await _subscription(interaction, known.id))


async def _resume(interaction: Interaction, host: Host, known: Subscription) -> None:
    """Let a subscription post again, if Heatline can; what it missed in the last days comes now."""
    channel = interaction.guild.get_channel_or_thread(known.channel_id) if interaction.guild else None
    if not isinstance(channel, discord.TextChannel | discord.Thread):
        raise Refusal(texts.cannot_find(known.channel_id))
    missing = missing_permissions(channel)
    if missing:
        raise Refusal(texts.missing_permissions(channel.id, missing))
    now = host.clock()
    if known.state is SubscriptionState.PAUSED:
        at = now
        if known.terms.often is not Often.INSTANT:
            timezone = (await host.database.read(servers.server, known.guild_id)).timezone
            at = next_run(now, known.terms, timezone or "UTC")
        await host.database.write(subscriptions.resume_subscription, known.id, at)
        host.schedule_changed()
        host.outbox_changed()


def set_timezone(connection: Connection, guild_id: int, timezone: str, now: datetime) -> None:
    """Set a server's time zone, and with it the next runs of its digests."""
    servers.keep_server(connection, dataclasses.replace(servers.server(connection, guild_id), timezone=timezone))
    for known in subscriptions.subscriptions_of(connection, guild_id):
        if known.terms.often is not Often.INSTANT:
            subscriptions.set_next_run(connection, known.id, next_run(now, known.terms, timezone))


class TimezoneForm(ui.Modal, title="Time zone of this server"):
    """Asks for the server's time zone, once."""

    zone = ui.Label(
        text="City or time zone",
        component=ui.TextInput[ui.Modal](placeholder="Europe/Berlin", min_length=2, max_length=60),
    )

    def __init__(self, subscription_id: int) -> None:
        super().__init__()
        self._subscription_id = subscription_id

    async def on_submit(self, interaction: Interaction) -> None:
        """Set the time zone, and say when the next daily briefing comes."""
        await guarded(interaction, self._submit)

    async def _submit(self, interaction: Interaction) -> None:
        field = self.zone.component
        assert isinstance(field, ui.TextInput)
        timezone = known_timezone(field.value)
        if timezone is None:
            raise Refusal(texts.bad_timezone(field.value))
        if interaction.guild_id is None:
            raise Refusal(texts.ONLY_IN_SERVERS)
        await interaction.response.defer()
        host = host_of(interaction)
        now = host.clock()
        await host.database.write(set_timezone, interaction.guild_id, timezone, now)
        host.schedule_changed()
        known = await _subscription(interaction, self._subscription_id)
        text = f"{texts.line(known)}\n{texts.timezone_set(timezone, next_run(now, known.terms, timezone))}"
        await replace(interaction, subscription_layout(known, text, ask_timezone=False))


CONTROLS: tuple[type[Control], ...] = (SubscriptionSelect, SubscriptionButton)
