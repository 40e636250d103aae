"""A server's settings, as a panel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import ui

from bot.cards import ids, limits, texts
from bot.cards.layout import Layout, button, separator
from bot.cards.markup import cut, escape
from bot.cards.panel import name_options
from bot.models import Name, Server

# Names and words that are listed before the rest is counted: of the longest ones so many fit a reply.
_LISTED = 10


def settings_layout(
    settings: Server, providers: Sequence[Name], now: datetime, note: str | None = None
) -> ui.LayoutView:
    """Return what a server has set, with controls to change it; `note` says what was just changed.

    Of the providers, those that are blocked and the most used can be chosen, 25 in all; a form takes any.
    """
    lines = [
        f"**Time zone** {_timezone(settings, now)}",
        f"-# {texts.ABOUT_TIMEZONE}",
        f"**Notices** {f'<#{settings.notice_channel_id}>' if settings.notice_channel_id else 'no channel chosen'}",
        f"-# {texts.ABOUT_NOTICES}",
        f"**Share** {'on' if settings.share else 'off'}",
        f"-# {texts.ABOUT_SHARE}",
        f"**Blocked publishers** {_some(settings.blocked_providers)}",
        f"**Blocked words** {_some(settings.blocked_words)}",
        f"-# {texts.ABOUT_BLOCKED}",
    ]
    pieces: list[ui.Item[Any]] = [ui.TextDisplay("### News settings of this server"), separator()]
    pieces.append(ui.TextDisplay("\n".join(lines)))
    if note:
        pieces += [separator(), ui.TextDisplay(cut(note, 300))]
    channel: ui.ChannelSelect[Any] = ui.ChannelSelect(
        custom_id=ids.NOTICES,
        placeholder="Channel for notices",
        channel_types=[discord.ChannelType.text],
        min_values=0,
        default_values=[discord.Object(settings.notice_channel_id)] if settings.notice_channel_id else [],
    )
    buttons = [
        button("Time zone", ids.setting("zone")),
        button(f"Share: {'on' if settings.share else 'off'}", ids.setting("share")),
        button("Blocked publishers", ids.setting("publishers")),
        button("Blocked words", ids.setting("words")),
    ]
    rows = (ui.ActionRow(channel), *_publishers(settings, providers), ui.ActionRow(*buttons))
    return Layout(*pieces, controls=rows)


def _publishers(settings: Server, providers: Sequence[Name]) -> list[ui.ActionRow[Any]]:
    """Return the select of publishers to block; none where there are no publishers, which Discord would refuse."""
    options = name_options(providers, settings.blocked_providers)
    if not options:
        return []
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.PUBLISHERS,
        placeholder="Block publishers…",
        options=options,
        min_values=0,
        max_values=len(options),
    )
    return [ui.ActionRow(select)]


def _timezone(settings: Server, now: datetime) -> str:
    if settings.timezone is None:
        return "UTC, until you choose one"
    return f"{escape(settings.timezone)}, now {now.astimezone(ZoneInfo(settings.timezone)):%H:%M}"


def _some(names: tuple[str, ...]) -> str:
    if not names:
        return "none"
    shown = ", ".join(escape(cut(name, 60)) for name in names[:_LISTED])
    return f"{shown} and {len(names) - _LISTED} more" if len(names) > _LISTED else shown


def zone_choice(timezone: str, now: datetime) -> str:
    """Return a time zone with its time, for a choice: `Europe/Berlin · 14:05`."""
    return cut(f"{timezone} · {now.astimezone(ZoneInfo(timezone)):%H:%M}", limits.OPTION)
