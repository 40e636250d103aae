"""A server's settings, as a panel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import discord
from discord import ui

from bot.cards import ids, limits, order_texts, texts
from bot.cards.language import N_, _, languages
from bot.cards.layout import Layout, button, separator
from bot.cards.markup import cut, escape
from bot.cards.panel import name_options
from bot.models import Name, Server

AS_DISCORD = "discord"
"""The value that stands for no language of its own: then the one that the server has in Discord counts."""
AS_DISCORD_SAYS = N_("As this server's Discord language")
ABOUT_LANGUAGE = N_("Posts and notices come in it; answers come in the language of whoever asks.")
BAD_LANGUAGE = N_("I don't know that language: choose one of the list that opens while you type.")

# Names and words that are listed before the rest is counted: of the longest ones so many fit a reply.
_LISTED = 10


def settings_layout(
    settings: Server, providers: Sequence[Name], now: datetime, note: str | None = None
) -> ui.LayoutView:
    """Return what a server has set, with controls to change it; `note` says what was just changed.

    Of the providers, those that are blocked and the most used can be chosen, 25 in all; a form takes any.
    """
    pieces: list[ui.Item[Any]] = [ui.TextDisplay(_("### News settings of this server")), separator()]
    pieces.append(ui.TextDisplay("\n".join(_lines(settings, now))))
    if note:
        pieces += [separator(), ui.TextDisplay(cut(note, 300))]
    channel: ui.ChannelSelect[Any] = ui.ChannelSelect(
        custom_id=ids.NOTICES,
        placeholder=_("Channel for notices"),
        channel_types=[discord.ChannelType.text],
        min_values=0,
        default_values=[discord.Object(settings.notice_channel_id)] if settings.notice_channel_id else [],
    )
    buttons = [
        button(_("Time zone"), ids.setting("zone")),
        button(_("Share: on") if settings.share else _("Share: off"), ids.setting("share")),
        button(_("Blocked publishers"), ids.setting("publishers")),
        button(_("Blocked words"), ids.setting("words")),
    ]
    rows = (_languages(settings), ui.ActionRow(channel), *_publishers(settings, providers), ui.ActionRow(*buttons))
    return Layout(*pieces, controls=rows)


def _lines(settings: Server, now: datetime) -> list[str]:
    channel = f"<#{settings.notice_channel_id}>" if settings.notice_channel_id else _("no channel chosen")
    language = language_name(settings.language)
    return [
        _("**Time zone** {zone}", zone=_timezone(settings, now)),
        f"-# {_(texts.ABOUT_TIMEZONE)}",
        _("**Language** {language}", language=language) if language else _("**Language** as in Discord"),
        f"-# {_(ABOUT_LANGUAGE)}",
        _("**Notices** {channel}", channel=channel),
        f"-# {_(texts.ABOUT_NOTICES)}",
        _("**Share** on") if settings.share else _("**Share** off"),
        f"-# {_(texts.ABOUT_SHARE)}",
        _("**Blocked publishers** {names}", names=_some(settings.blocked_providers)),
        _("**Blocked words** {words}", words=_some(settings.blocked_words)),
        f"-# {_(texts.ABOUT_BLOCKED)}",
    ]


def language_name(language: str | None) -> str | None:
    """Return a language by its own name; None where none was chosen, or it is no longer there."""
    return languages().get(language or "")


def language_choices() -> dict[str, str]:
    """Return what can be chosen as a server's language: values with what each is called."""
    return {AS_DISCORD: _(AS_DISCORD_SAYS), **languages()}


def language_set(language: str | None) -> str:
    """Return what is said when a server has chosen its language, or none."""
    name = language_name(language)
    if name is None:
        return _("Posts and notices come in the language that this server has in Discord.")
    return _("Posts and notices come in {language}.", language=name)


def _languages(settings: Server) -> ui.ActionRow[Any]:
    chosen = settings.language if language_name(settings.language) else AS_DISCORD
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.LANGUAGE,
        placeholder=_("Language"),
        options=[
            discord.SelectOption(label=cut(name, limits.OPTION), value=value, default=value == chosen)
            for value, name in list(language_choices().items())[: limits.OPTIONS]
        ],
    )
    return ui.ActionRow(select)


def _publishers(settings: Server, providers: Sequence[Name]) -> list[ui.ActionRow[Any]]:
    """Return the select of publishers to block; none where there are no publishers, which Discord would refuse."""
    options = name_options(providers, settings.blocked_providers)
    if not options:
        return []
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.PUBLISHERS,
        placeholder=_("Block publishers…"),
        options=options,
        min_values=0,
        max_values=len(options),
    )
    return [ui.ActionRow(select)]


def _timezone(settings: Server, now: datetime) -> str:
    if settings.timezone is None:
        return _("UTC, until you choose one")
    time = f"{now.astimezone(ZoneInfo(settings.timezone)):%H:%M}"
    return _("{zone}, now {time}", zone=escape(settings.timezone), time=time)


def _some(names: tuple[str, ...]) -> str:
    if not names:
        return _("none")
    return order_texts.and_more(", ".join(escape(cut(name, 60)) for name in names[:_LISTED]), len(names) - _LISTED)


def zone_choice(timezone: str, now: datetime) -> str:
    """Return a time zone with its time, for a choice: `Europe/Berlin · 14:05`."""
    return cut(f"{timezone} · {now.astimezone(ZoneInfo(timezone)):%H:%M}", limits.OPTION)
