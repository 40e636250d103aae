"""What readers keep: their saved stories, and what is stored about them."""

from collections.abc import Sequence
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, texts
from bot.cards.language import _, ngettext
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
    title = "### " + ngettext("Saved · {number} story", "Saved · {number} stories", len(saved))
    place = "\n-# " + _("Page {page} of {pages}", page=page + 1, pages=pages) if pages > 1 else ""
    lines = [_line(each) for each in shown_ones]
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.SAVED,
        placeholder=_(texts.OPEN_STORY),
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
        turns.append(button(_("Previous"), ids.saved_page(page - 1)))
    if page < pages - 1:
        turns.append(button(_("Next"), ids.saved_page(page + 1)))
    if turns:
        controls.append(ui.ActionRow(*turns))
    return Layout(
        ui.TextDisplay(title + place), separator(), *map(ui.TextDisplay[Any], lines), controls=tuple(controls)
    )


def _line(saved: Saved) -> str:
    when = _("saved {time}", time=f"<t:{int(saved.at.timestamp())}:R>")
    source = filter(None, (escape(cut(saved.provider, 40)), when, link(_("Read"), saved.url, 120)))
    return f"**{shown(saved.title, 70)}**\n-# {' · '.join(source)}"


def gone_layout(saved: Saved) -> ui.LayoutView:
    """Return a saved story whose article is no longer there: what was kept of it, with a button to take it off."""
    read = link(_("Read the story"), saved.url, limits.TEXT_LINK)
    text = f"### {shown(saved.title, 250)}\n-# {escape(cut(saved.provider, 60))} · {_(texts.GONE_STORY)}"
    remove = button(_("Remove from saved"), ids.save(saved.key))
    return Layout(ui.TextDisplay("\n".join(filter(None, (text, read)))), controls=(ui.ActionRow(remove),))


def privacy_layout(saved: int, looks: int, panels: int) -> ui.LayoutView:
    """Return what is stored about the reader, with buttons to export and to delete it."""
    lines = [
        "### " + _("What Heatline stores about you"),
        _("**Saved stories** {number}: your user id, the headline, its address and when you saved it.", number=saved),
        _(
            "**Last looks** {number}: when you last asked for the briefing of a topic, to tell you what is new since.",
            number=looks,
        ),
        _(
            "**Panels** {number}: your user id beside a subscription that you are changing, for a week at most.",
            number=panels,
        ),
        _("Nothing else: no messages, no names, no searches. What was sent is kept by server and channel."),
        "-# " + _("It stays until you delete it, or until the host deletes the database."),
    ]
    controls: tuple[ui.ActionRow[Any], ...] = ()
    if saved or looks or panels:
        export = button(_("Export"), ids.privacy("export"))
        delete = button(_("Delete all"), ids.privacy("delete"), discord.ButtonStyle.danger)
        controls = (ui.ActionRow(export, delete),)
    return Layout(*map(ui.TextDisplay[Any], lines), controls=controls)


def confirm_forgetting_layout(saved: int, looks: int, panels: int) -> ui.LayoutView:
    """Return the question whether everything about the reader is to be deleted."""
    stories = ngettext("{number} saved story", "{number} saved stories", saved)
    looked = ngettext("{number} last look", "{number} last looks", looks)
    open_panels = [ngettext("{number} open panel", "{number} open panels", panels)] if panels else []
    what = texts.listed([stories, looked, *open_panels])
    yes = button(_("Delete them"), ids.privacy("yes"), discord.ButtonStyle.danger)
    return Layout(
        ui.TextDisplay(_("This deletes {what}. It cannot be undone.", what=what)),
        controls=(ui.ActionRow(yes, button(_("Keep them"), ids.privacy("show"))),),
    )
