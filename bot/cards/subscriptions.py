"""Subscriptions as replies: all of a server's, one with what can be done to it, and one that could not be made."""

from collections.abc import Mapping, Sequence
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, order_texts, texts
from bot.cards.language import _, ngettext
from bot.cards.layout import Layout, button, sentence, separator
from bot.cards.markup import cut
from bot.models import Server, Subscription, SubscriptionState


def subscription_layout(known: Subscription, text: str, *, ask_timezone: bool) -> ui.LayoutView:
    """Return one subscription: the text, and buttons to change, pause or resume, and remove it, and to set a zone."""
    paused = known.state is SubscriptionState.PAUSED
    buttons = [
        button(_("Change"), ids.subscription("change", known.id)),
        button(_("Resume"), ids.subscription("resume", known.id), discord.ButtonStyle.primary)
        if paused
        else button(_("Pause"), ids.subscription("pause", known.id)),
        button(_("Remove"), ids.subscription("remove", known.id), discord.ButtonStyle.danger),
    ]
    if ask_timezone:
        zone = button(_("Set time zone"), ids.subscription("zone", known.id), discord.ButtonStyle.primary)
        buttons.insert(0, zone)
        text += f"\n-# {_(texts.ASK_TIMEZONE)}"
    return Layout(ui.TextDisplay(text), controls=(ui.ActionRow(*buttons),))


def subscriptions_layout(known: Sequence[Subscription], settings: Server, troubles: Mapping[int, str]) -> ui.LayoutView:
    """Return all subscriptions of a server, with a select to change one; `troubles` are sentences by their ids."""
    title = ngettext("### {number} subscription", "### {number} subscriptions", len(known))
    pieces: list[ui.Item[Any]] = [ui.TextDisplay(title)]
    text = "\n".join(order_texts.line(each, settings, troubles.get(each.id)) for each in known)
    if len(text) > limits.V2_TEXT - 200:
        text = "\n".join(texts.short_line(each) for each in known)
    pieces += [separator(), ui.TextDisplay(text)]
    return Layout(*pieces, controls=(_select(known, _(texts.CHANGE_ONE)),))


def which_layout(known: Sequence[Subscription]) -> ui.LayoutView:
    """Return the question which subscription to change."""
    return Layout(ui.TextDisplay(_(order_texts.ASK_WHICH)), controls=(_select(known, _(texts.CHANGE_ONE)),))


def _select(known: Sequence[Subscription], placeholder: str) -> ui.ActionRow[Any]:
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.SUBSCRIPTION,
        placeholder=placeholder,
        options=[
            discord.SelectOption(
                label=cut(texts.plain_about(each.terms), limits.OPTION),
                value=str(each.id),
                description=cut(texts.option_state(each), limits.OPTION),
            )
            for each in known[: limits.OPTIONS]
        ],
    )
    return ui.ActionRow(select)


def closed_layout(text: str, draft_key: str) -> ui.LayoutView:
    """Return why Heatline cannot post in a channel, with buttons to ask again there or elsewhere."""
    return sentence(
        text,
        button(_("Check again"), ids.panel(draft_key, "again"), discord.ButtonStyle.primary),
        button(_("Other channel"), ids.panel(draft_key, "elsewhere")),
    )


def elsewhere_layout(draft_key: str) -> ui.LayoutView:
    """Return a select of the channel to send the news to instead."""
    select: ui.ChannelSelect[Any] = ui.ChannelSelect(
        custom_id=ids.panel(draft_key, "channel"),
        placeholder=_("Choose a channel or a thread"),
        channel_types=[
            discord.ChannelType.text,
            discord.ChannelType.news,
            discord.ChannelType.public_thread,
            discord.ChannelType.private_thread,
            discord.ChannelType.news_thread,
        ],
    )
    return Layout(ui.TextDisplay(_("Where should the news go instead?")), controls=(ui.ActionRow(select),))
