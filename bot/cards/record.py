"""What was posted and why: the log of deliveries, and the explanations of one article."""

from collections.abc import Collection, Sequence
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, order_texts, texts
from bot.cards.layout import Layout, button, separator
from bot.cards.markup import cut, shown
from bot.models import Explanation, Rule
from bot.store.posted import Entry

PAGE = 10


def log_layout(
    entries: Sequence[Entry], guild_id: int, of: str | None, subscription_id: int, first: int, paused: Collection[int]
) -> ui.LayoutView:
    """Return a page of the log, from its nth entry on, of one subscription (`of` says which) or of all."""
    title = f"### What was sent{f': {of}' if of else ''}"
    part = entries[first : first + PAGE]
    if not part:
        return Layout(ui.TextDisplay(title), ui.TextDisplay(order_texts.EMPTY_LOG))
    lines = [order_texts.entry(each, guild_id, held=each.subscription_id in paused) for each in part]
    title += f"\n-# {first + 1} to {first + len(part)} of the last {len(entries)}"
    buttons = []
    if first > 0:
        buttons.append(button("Newer", ids.log(subscription_id, max(0, first - PAGE))))
    if first + PAGE < len(entries):
        buttons.append(button("Older", ids.log(subscription_id, first + PAGE)))
    return Layout(
        ui.TextDisplay(title),
        separator(),
        ui.TextDisplay("\n".join(lines)),
        controls=(ui.ActionRow(*buttons),) if buttons else (),
    )


def explain_layout(title: str, explanations: Sequence[Explanation], guild_id: int) -> ui.LayoutView:
    """Return for each subscription why an article was posted or not, with a select to lower a bar that held it back."""
    lines = [order_texts.explanation(each, guild_id) for each in explanations]
    text = "\n".join(lines)
    room = limits.V2_TEXT - 400
    if len(text) > room:  # 25 long answers do not fit: those that fit, and the number of the rest
        kept = 0
        while kept < len(lines) and sum(len(line) + 1 for line in lines[: kept + 1]) <= room:
            kept += 1
        text = "\n".join([*lines[:kept], f"-# And {texts.count(len(lines) - kept, 'subscription')} more."])
    pieces: list[ui.Item[Any]] = [ui.TextDisplay(f"**{shown(title, 120)}**"), separator(), ui.TextDisplay(text)]
    held = [each for each in explanations if each.rule is Rule.BELOW_BAR]
    if not held:
        return Layout(*pieces)
    if len(held) == 1:
        lower = button("Lower the bar", ids.subscription("lower", held[0].subscription.id))
        return Layout(*pieces, controls=(ui.ActionRow(lower),))
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.EXPLAIN,
        placeholder=order_texts.LOWER,
        options=[
            discord.SelectOption(
                label=cut(texts.plain_about(each.subscription.terms), limits.OPTION), value=str(each.subscription.id)
            )
            for each in held[: limits.OPTIONS]
        ],
    )
    return Layout(*pieces, controls=(ui.ActionRow(select),))
