"""Subscriptions as replies: all of a server's, and one with what can be done to it."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, texts
from bot.cards.layout import Layout, button, separator
from bot.cards.markup import cut
from bot.models import Subscription, SubscriptionState


def subscription_layout(known: Subscription, text: str, *, ask_timezone: bool) -> ui.LayoutView:
    """Return one subscription: the text, and buttons to pause or resume it, to remove it, and to set a time zone."""
    paused = known.state is SubscriptionState.PAUSED
    buttons = [
        button("Resume", ids.subscription("resume", known.id), discord.ButtonStyle.primary)
        if paused
        else button("Pause", ids.subscription("pause", known.id)),
        button("Remove", ids.subscription("remove", known.id), discord.ButtonStyle.danger),
    ]
    if ask_timezone:
        zone = button("Set time zone", ids.subscription("zone", known.id), discord.ButtonStyle.primary)
        buttons.insert(0, zone)
        text += f"\n-# {texts.ASK_TIMEZONE}"
    return Layout(ui.TextDisplay(text), controls=(ui.ActionRow(*buttons),))


def subscriptions_layout(known: Sequence[Subscription]) -> ui.LayoutView:
    """Return all subscriptions of a server, with a select to open one."""
    pieces: list[ui.Item[Any]] = [ui.TextDisplay(f"### {texts.count(len(known), 'subscription')}")]
    text = "\n".join(texts.line(each) for each in known)
    if len(text) > limits.V2_TEXT - 200:
        text = "\n".join(texts.short_line(each) for each in known)
    pieces += [separator(), ui.TextDisplay(text)]
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.SUBSCRIPTION,
        placeholder=texts.CHANGE_ONE,
        options=[
            discord.SelectOption(
                label=cut(texts.plain_about(each.terms), limits.OPTION),
                value=str(each.id),
                description=cut(texts.option_state(each), limits.OPTION),
            )
            for each in known[: limits.OPTIONS]
        ],
    )
    return Layout(*pieces, controls=(ui.ActionRow(select),))
