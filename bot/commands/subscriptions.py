"""`/subscriptions`: what a server gets, and its controls."""

from dataclasses import replace as changed
from typing import Literal

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.briefing.schedules import next_run
from bot.cards import ids, order_texts, texts
from bot.cards.language import N_, _
from bot.cards.layout import sentence
from bot.cards.markup import cut
from bot.cards.subscriptions import subscription_layout, subscriptions_layout, which_layout
from bot.commands import panel, record, subscribe, testing
from bot.commands.answer import Control, Refusal, guarded, replace, show
from bot.commands.choices import timezone_of
from bot.commands.host import Host, Interaction, host_of
from bot.commands.record import article_choices, check_manager, show_explanation, show_log
from bot.commands.timezones import set_timezone
from bot.delivery.access import missing_permissions
from bot.models import Level, Often, Subscription, Terms, fold
from bot.store import servers, subscriptions


async def _known(interaction: Interaction) -> tuple[Subscription, ...]:
    """Return the server's subscriptions; a refusal where there are none."""
    if interaction.guild_id is None:
        raise Refusal(_(texts.ONLY_IN_SERVERS))
    host = host_of(interaction)
    known = await host.database.read(subscriptions.subscriptions_of, interaction.guild_id)
    if not known:
        raise Refusal(_(texts.NO_SUBSCRIPTIONS, command=host.mention("subscribe")))
    return known


async def subscription_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete a subscription of the server: what, and where to."""
    if interaction.guild_id is None:
        return []
    known = await host_of(interaction).database.read(subscriptions.subscriptions_of, interaction.guild_id)
    found = []
    for each in known:
        channel = interaction.guild.get_channel_or_thread(each.channel_id) if interaction.guild else None
        where = f"#{cut(channel.name, 30)}" if channel else _("a lost channel")
        name = f"{cut(texts.plain_about(each.terms), 60)} → {where}"
        if fold(typed) in fold(name):
            found.append(app_commands.Choice(name=name, value=str(each.id)))
    return found[:25]


async def _chosen(interaction: Interaction, typed: str) -> Subscription:
    """Return the subscription that was chosen, or typed: by its number, or by words that only one has."""
    known = await _known(interaction)
    found = [each for each in known if str(each.id) == typed.strip()]
    if not found:
        found = [each for each in known if fold(typed) in fold(texts.plain_about(each.terms))]
    if len(found) != 1:
        raise Refusal(_(order_texts.WHICH_SUBSCRIPTION))
    return found[0]


@app_commands.default_permissions(manage_guild=True)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.guild_only()
class Subscriptions(
    commands.GroupCog, group_name="subscriptions", group_description=N_("The news that is sent in this server")
):
    """What a server gets."""

    def __init__(self, host: Host) -> None:
        super().__init__()
        self._host = host

    @app_commands.command(name="list", description=N_("All subscriptions of this server"))
    async def list_(self, interaction: Interaction) -> None:
        """List the server's subscriptions."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        known = await _known(interaction)
        settings = await self._host.database.read(servers.server, known[0].guild_id)
        await show(interaction, subscriptions_layout(known, settings, _troubles(interaction, known)))

    @app_commands.command(description=N_("Change a subscription: what, how hot, when, how it looks"))
    @app_commands.describe(subscription=N_("Which one"))
    @app_commands.autocomplete(subscription=subscription_choices)
    async def edit(self, interaction: Interaction, subscription: app_commands.Range[str, 1, 100] | None = None) -> None:
        """Open the panel of a subscription."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        known = await _known(interaction)
        if subscription is None and len(known) > 1:
            await show(interaction, which_layout(known))
            return
        await panel.open_panel(interaction, await _chosen(interaction, subscription) if subscription else known[0])

    @app_commands.command(description=N_("What was sent lately, and what waits or failed"))
    @app_commands.describe(subscription=N_("Only of this one"))
    @app_commands.autocomplete(subscription=subscription_choices)
    async def log(self, interaction: Interaction, subscription: app_commands.Range[str, 1, 100] | None = None) -> None:
        """Show the newest deliveries."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        chosen = await _chosen(interaction, subscription) if subscription else None
        await show_log(interaction, chosen.id if chosen else 0)

    @app_commands.command(description=N_("Why a story was posted, or why not"))
    @app_commands.describe(article=N_("Words of its headline, its address, or a link to the message"))
    @app_commands.autocomplete(article=article_choices)
    async def explain(self, interaction: Interaction, article: app_commands.Range[str, 1, 1000]) -> None:
        """Explain for each subscription what became of an article."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_explanation(interaction, article, self._host)


def _troubles(interaction: Interaction, known: tuple[Subscription, ...]) -> dict[int, str]:
    """Return what keeps Heatline from posting, as it is now, by the ids of the subscriptions."""
    found = {}
    for each in known:
        channel = interaction.guild.get_channel_or_thread(each.channel_id) if interaction.guild else None
        if isinstance(channel, discord.TextChannel | discord.Thread):
            missing = missing_permissions(channel)
            if missing:
                found[each.id] = order_texts.closed(channel.id, missing)
    return found


# --- controls ------------------------------------------------------------------------------------------------


async def _subscription(interaction: Interaction, subscription_id: int) -> Subscription:
    """Return a subscription of the server that the interaction is from."""
    known = await host_of(interaction).database.read(subscriptions.subscription, subscription_id)
    if known is None or known.guild_id != interaction.guild_id:
        raise Refusal(_(texts.GONE_SUBSCRIPTION))
    return known


async def _show_subscription(interaction: Interaction, known: Subscription) -> None:
    host = host_of(interaction)
    timezone = (await host.database.read(servers.server, known.guild_id)).timezone
    asks = known.terms.often is not Often.INSTANT and timezone is None
    await replace(interaction, subscription_layout(known, order_texts.summary(known), ask_timezone=asks))


class SubscriptionSelect(Control, template=ids.SUBSCRIPTION):
    """Opens the panel of one of the listed subscriptions."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the panel in place of the list."""
        check_manager(interaction)
        known = await _subscription(interaction, int(self.values[0]))
        await interaction.response.defer()
        await panel.open_panel(interaction, known)


class LowerSelect(Control, template=ids.EXPLAIN):
    """Opens the panel of a subscription whose bar held an article back."""

    async def respond(self, interaction: Interaction) -> None:
        """Show the panel with the bar lowered, not saved yet."""
        check_manager(interaction)
        known = await _subscription(interaction, int(self.values[0]))
        await interaction.response.defer()
        await panel.open_panel(interaction, known, _lowered(known.terms))


def _lowered(terms: Terms) -> Terms:
    """Return the terms with the next lower bar."""
    lower = Level.HOT if terms.min_heat is None and terms.level is Level.HOTTEST else Level.EVERYTHING
    return changed(terms, level=lower, min_heat=None)


_Action = Literal["open", "change", "lower", "pause", "resume", "remove", "zone"]


class SubscriptionButton(Control, template=r"hl1:u:(?P<action>open|change|lower|pause|resume|remove|zone):(?P<id>\d+)"):
    """Does something to a subscription."""

    async def respond(self, interaction: Interaction) -> None:
        """Do it, and show the subscription as it is now."""
        check_manager(interaction)
        host = host_of(interaction)
        known = await _subscription(interaction, int(self.parts["id"]))
        action: _Action = self.parts["action"]  # type: ignore[assignment]  # by the template
        if action == "zone":
            await interaction.response.send_modal(TimezoneForm(known.id))
            return
        await interaction.response.defer()
        if action in ("change", "lower"):
            await panel.open_panel(interaction, known, _lowered(known.terms) if action == "lower" else None)
            return
        if action == "remove":
            await host.database.write(subscriptions.remove_subscription, known.id)
            await replace(interaction, sentence(texts.removed(known)))
            return
        if action == "pause":
            await host.database.write(subscriptions.pause_subscription, known.id, None)
        elif action == "resume":
            await panel.resume(interaction, known)
        await _show_subscription(interaction, await _subscription(interaction, known.id))


class TimezoneForm(ui.Modal):
    """Asks for the server's time zone, once."""

    def __init__(self, subscription_id: int) -> None:
        super().__init__(title=_("Time zone of this server"))
        self._subscription_id = subscription_id
        self._zone = ui.TextInput[ui.Modal](placeholder="Europe/Berlin", min_length=2, max_length=60)
        self.add_item(ui.Label(text=_("City or time zone"), component=self._zone))

    async def on_submit(self, interaction: Interaction) -> None:
        """Set the time zone, and say when the next daily briefing comes."""
        await guarded(interaction, self._submit)

    async def _submit(self, interaction: Interaction) -> None:
        timezone = timezone_of(self._zone.value)
        if interaction.guild_id is None:
            raise Refusal(_(texts.ONLY_IN_SERVERS))
        await interaction.response.defer()
        host = host_of(interaction)
        now = host.clock()
        await host.database.write(set_timezone, interaction.guild_id, timezone, now)
        host.schedule_changed()
        known = await _subscription(interaction, self._subscription_id)
        text = f"{order_texts.summary(known)}\n{texts.timezone_set(timezone, next_run(now, known.terms, timezone))}"
        await replace(interaction, subscription_layout(known, text, ask_timezone=False))


CONTROLS: tuple[type[Control], ...] = (
    SubscriptionSelect,
    LowerSelect,
    SubscriptionButton,
    *subscribe.CONTROLS,
    *panel.CONTROLS,
    *record.CONTROLS,
    *testing.CONTROLS,
)
