"""What readers keep: their saved stories, and what is stored about them."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, texts
from bot.cards.layout import Layout, button, separator
from bot.cards.markup import cut, escape, link, shown
from bot.models import Saved

PAGE = 10
"""Saved stories on a page: their lines stay under Discord's text limit, whatever their headlines."""


def saved_layout(saved: Sequence[Saved], page: int) -> ui.LayoutView:
    """Return a page (from 0) of a reader's saved stories, newest first, with a select to open one."""
    pages = max(1, -(-len(saved) // PAGE))
    page = min(max(page, 0), pages - 1)
    shown_ones = saved[page * PAGE : (page + 1) * PAGE]
    title = f"### Saved · {texts.count(len(saved), 'story', 'stories')}"
    place = f"\n-# Page {page + 1} of {pages}" if pages > 1 else ""
    lines = [_line(each) for each in shown_ones]
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.SAVED,
        placeholder=texts.OPEN_STORY,
        options=[
            discord.SelectOption(
                label=cut(each.title, limits.OPTION),
                value=each.key,
                description=cut(each.provider, limits.OPTION) or None,
            )
            for each in shown_ones
        ],
    )
    controls: list[ui.ActionRow[Any]] = [ui.ActionRow(select)]
    turns = []
    if page > 0:
        turns.append(button("Previous", ids.saved_page(page - 1)))
    if page < pages - 1:
        turns.append(button("Next", ids.saved_page(page + 1)))
    if turns:
        controls.append(ui.ActionRow(*turns))
    return Layout(
        ui.TextDisplay(title + place), separator(), ui.TextDisplay("\n".join(lines)), controls=tuple(controls)
    )


def _line(saved: Saved) -> str:
    source = filter(
        None,
        (escape(cut(saved.provider, 40)), f"saved <t:{int(saved.at.timestamp())}:R>", link("Read", saved.url, 120)),
    )
    return f"**{shown(saved.title, 70)}**\n-# {' · '.join(source)}"


def gone_layout(saved: Saved) -> ui.LayoutView:
    """Return a saved story whose article is no longer there: what was kept of it, with a button to take it off."""
    read = link("Read the story", saved.url, limits.TEXT_LINK)
    text = f"### {shown(saved.title, 250)}\n-# {escape(cut(saved.provider, 60))} · {texts.GONE_STORY}"
    remove = button("Remove from saved", ids.save(saved.key))
    return Layout(ui.TextDisplay("\n".join(filter(None, (text, read)))), controls=(ui.ActionRow(remove),))


def privacy_layout(saved: int, looks: int) -> ui.LayoutView:
    """Return what is stored about the reader, with buttons to export and to delete it."""
    lines = [
        "### What Heatline stores about you",
        f"**Saved stories** {saved:,}: your user id, the headline, its address and when you saved it.",
        f"**Last looks** {looks:,}: when you last asked for the briefing of a topic, to tell you what is new since.",
        "**Panels** your user id beside a subscription that you are changing, for a week at most.",
        "Nothing else: no messages, no names, no searches. What was sent is kept by server and channel.",
        "-# It stays until you delete it, or until the host deletes the database.",
    ]
    controls: tuple[ui.ActionRow[Any], ...] = ()
    if saved or looks:
        export = button("Export", ids.privacy("export"))
        delete = button("Delete all", ids.privacy("delete"), discord.ButtonStyle.danger)
        controls = (ui.ActionRow(export, delete),)
    return Layout(ui.TextDisplay("\n".join(lines)), controls=controls)


def confirm_forgetting_layout(saved: int, looks: int) -> ui.LayoutView:
    """Return the question whether everything about the reader is to be deleted."""
    what = texts.listed([texts.count(saved, "saved story", "saved stories"), texts.count(looks, "last look")])
    yes = button("Delete them", ids.privacy("yes"), discord.ButtonStyle.danger)
    return Layout(
        ui.TextDisplay(f"This deletes {what}. It cannot be undone."),
        controls=(ui.ActionRow(yes, button("Keep them", ids.privacy("show"))),),
    )
