"""`/settings`: what a server decides for all its news."""

from collections.abc import Callable, Coroutine, Sequence, Set
from dataclasses import replace as changed
from datetime import datetime
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import available_timezones

import discord
from discord import app_commands, ui
from discord.ext import commands
from sqlalchemy import Connection

from bot.briefing.naming import suggestions
from bot.cards import order_texts, texts
from bot.cards.language import N_, _
from bot.cards.markup import cut
from bot.cards.news_texts import unknown_name
from bot.cards.settings import (
    AS_DISCORD,
    BAD_LANGUAGE,
    language_choices,
    language_set,
    settings_layout,
    zone_choice,
)
from bot.commands.answer import Control, Refusal, guarded, show
from bot.commands.choices import names_of as typed_names
from bot.commands.choices import timezone_of, words_of
from bot.commands.host import Host, Interaction, host_of
from bot.commands.record import check_manager
from bot.commands.timezones import set_timezone
from bot.delivery.access import missing_permissions
from bot.models import Name, Server, fold
from bot.store.articles import names_of
from bot.store.servers import keep_server, server
from bot.store.subscriptions import set_next_run, subscriptions_of

_FORM = 4000  # characters of a form's field, Discord's most: 25 names or words of the longest kind are fewer
_NONE = N_("Leave empty to block none")

Take = Callable[[Interaction, str], Coroutine[Any, Any, None]]
"""Sets what was typed into a form."""


@lru_cache(maxsize=1)
def _zones() -> list[Name]:
    zones = sorted(zone for zone in available_timezones() if "/" in zone and not zone.startswith("Etc/"))
    return [Name(zone, 0) for zone in ["UTC", *zones]]


async def zone_choices(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete a time zone, with the time that it is there."""
    now = host_of(interaction).clock()
    found = suggestions(_zones(), typed.replace(" ", "_"))
    return [app_commands.Choice(name=zone_choice(zone.name, now), value=zone.name) for zone in found]


async def language_names(_interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Complete a language by its own name."""
    named = language_choices().items()
    found = [(value, name) for value, name in named if fold(typed) in fold(name)]
    return [app_commands.Choice(name=cut(name, 100), value=value) for value, name in found[:25]]


def language_of_choice(typed: str) -> str | None:
    """Return the language that was chosen, or typed by its own name; None for that which the server has in Discord."""
    for value, name in language_choices().items():
        if fold(typed) in (fold(value), fold(name)):
            return None if value == AS_DISCORD else value
    raise Refusal(_(BAD_LANGUAGE))


class Settings(commands.Cog):
    """What those who manage a server set for all of it."""

    def __init__(self, host: Host) -> None:
        self._host = host

    @app_commands.command(description=N_("News settings of this server"))
    @app_commands.describe(
        timezone=N_("The time zone of digests and quiet hours: a city or its name"),
        language=N_("The language of posts and notices"),
        notices=N_("Where to tell of trouble, such as a channel that I lost access to"),
        share=N_("Whether members may show everybody what they found"),
    )
    @app_commands.autocomplete(timezone=zone_choices, language=language_names)
    @app_commands.default_permissions(manage_guild=True)
    @app_commands.allowed_installs(guilds=True, users=False)
    @app_commands.guild_only()
    async def settings(
        self,
        interaction: Interaction,
        timezone: app_commands.Range[str, 1, 60] | None = None,
        language: app_commands.Range[str, 1, 60] | None = None,
        notices: discord.TextChannel | None = None,
        share: bool | None = None,
    ) -> None:
        """Set what is given, and show the panel."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        zone = timezone_of(timezone) if timezone else None
        spoken = language_of_choice(language) if language else None
        if notices is not None:
            _check_notices(notices)

        def change(connection: Connection, guild_id: int, now: datetime) -> None:
            if zone is not None:
                set_timezone(connection, guild_id, zone, now)
            before = server(connection, guild_id)
            after = changed(
                before,
                language=spoken if language else before.language,
                notice_channel_id=notices.id if notices else before.notice_channel_id,
                share=before.share if share is None else share,
            )
            if after != before:
                keep_server(connection, after)

        await _change(interaction, change, language_set(spoken) if language else None)


def _check_notices(channel: discord.TextChannel) -> None:
    missing = missing_permissions(channel)
    if missing:
        raise Refusal(order_texts.closed(channel.id, missing))


async def _change(
    interaction: Interaction, change: Callable[[Connection, int, datetime], None], note: str | None = None
) -> None:
    """Change the settings of the server that the interaction is from, and show them."""
    if interaction.guild_id is None:
        raise Refusal(_(texts.ONLY_IN_SERVERS))
    host = host_of(interaction)
    now = host.clock()
    await host.database.write(change, interaction.guild_id, now)
    host.schedule_changed()
    settings, providers = await host.database.read(_settings, interaction.guild_id)
    await show(interaction, settings_layout(settings, providers, now, note))


def _settings(connection: Connection, guild_id: int) -> tuple[Server, Sequence[Name]]:
    return server(connection, guild_id), names_of(connection, "provider")


def _block(**values: tuple[str, ...]) -> Callable[[Connection, int, datetime], None]:
    """Return the change that sets what is blocked; what no longer is, may be posted now."""

    def change(connection: Connection, guild_id: int, now: datetime) -> None:
        _with(**values)(connection, guild_id, now)
        for known in subscriptions_of(connection, guild_id):
            if known.next_run_at is None:
                set_next_run(connection, known.id, now)

    return change


def _with(**values: object) -> Callable[[Connection, int, datetime], None]:
    """Return the change that sets these fields."""

    def change(connection: Connection, guild_id: int, _now: datetime) -> None:
        keep_server(connection, changed(server(connection, guild_id), **values))  # type: ignore[arg-type]  # fields of it

    return change


class NoticesSelect(Control, template=r"hl1:tn"):
    """Chooses the channel for notices, or none."""

    async def respond(self, interaction: Interaction) -> None:
        """Set it, if Heatline may write there."""
        check_manager(interaction)
        channel_id = int(self.values[0]) if self.values else None
        if channel_id is not None:
            channel = interaction.guild.get_channel(channel_id) if interaction.guild else None
            if not isinstance(channel, discord.TextChannel):
                raise Refusal(texts.cannot_find(channel_id))
            _check_notices(channel)
        await interaction.response.defer()
        await _change(interaction, _with(notice_channel_id=channel_id))


class LanguageSelect(Control, template=r"hl1:tl"):
    """Chooses the language of posts and notices."""

    async def respond(self, interaction: Interaction) -> None:
        """Set it, and say what comes in it."""
        check_manager(interaction)
        language = language_of_choice(self.values[0])
        await interaction.response.defer()
        await _change(interaction, _with(language=language), language_set(language))


class PublishersSelect(Control, template=r"hl1:tp"):
    """Chooses the blocked publishers among those that it offers."""

    async def respond(self, interaction: Interaction) -> None:
        """Block those chosen, and keep blocked what the select did not offer."""
        check_manager(interaction)
        await interaction.response.defer()
        options = self.item.options if isinstance(self.item, ui.Select) else []
        await _change(interaction, _block_of({fold(option.value) for option in options}, self.values))


def _block_of(offered: Set[str], chosen: Sequence[str]) -> Callable[[Connection, int, datetime], None]:
    """Return the change that blocks, of the publishers that were offered (folded), those that were chosen."""

    def change(connection: Connection, guild_id: int, now: datetime) -> None:
        others = [name for name in server(connection, guild_id).blocked_providers if fold(name) not in offered]
        _block(blocked_providers=(*others, *chosen))(connection, guild_id, now)

    return change


class SettingButton(Control, template=r"hl1:t:(?P<what>zone|share|publishers|words)"):
    """Changes a setting, or opens its form."""

    async def respond(self, interaction: Interaction) -> None:
        """Switch sharing, or ask for the rest."""
        check_manager(interaction)
        if interaction.guild_id is None:
            raise Refusal(_(texts.ONLY_IN_SERVERS))
        what: Literal["zone", "share", "publishers", "words"] = self.parts["what"]  # type: ignore[assignment]  # by the template
        settings = await host_of(interaction).database.read(server, interaction.guild_id)
        if what == "share":
            await interaction.response.defer()
            await _change(interaction, _with(share=not settings.share))
        else:
            await interaction.response.send_modal(_FORMS[what](settings))


class _Form(ui.Modal):
    """A form with one field; `take` sets what was typed, and shows the settings."""

    def __init__(self, title: str, label: str, value: str, take: Take, *, placeholder: str, paragraph: bool) -> None:
        super().__init__(title=title)
        self._take = take
        self._field = ui.TextInput[ui.Modal](
            style=discord.TextStyle.paragraph if paragraph else discord.TextStyle.short,
            default=value[:_FORM] or None,
            placeholder=placeholder,
            required=not paragraph,
            max_length=_FORM if paragraph else 60,
        )
        self.add_item(ui.Label(text=label, component=self._field))

    async def on_submit(self, interaction: Interaction) -> None:
        """Set what was typed, and show the settings."""
        await guarded(interaction, lambda answered: self._take(answered, self._field.value))


def _zone_form(settings: Server) -> _Form:
    title, label = _("Time zone of this server"), _("City or time zone")
    return _Form(title, label, settings.timezone or "", _take_zone, placeholder="Europe/Berlin", paragraph=False)


async def _take_zone(interaction: Interaction, typed: str) -> None:
    zone = timezone_of(typed)
    await interaction.response.defer()
    await _change(interaction, lambda connection, guild, now: set_timezone(connection, guild, zone, now))


def _publishers_form(settings: Server) -> _Form:
    names = "\n".join(settings.blocked_providers)
    label = _("Publishers, one in a line")
    return _Form(_("Blocked publishers"), label, names, _take_publishers, placeholder=_(_NONE), paragraph=True)


async def _take_publishers(interaction: Interaction, typed: str) -> None:
    known = await host_of(interaction).database.read(names_of, "provider")
    found, unknown = typed_names(typed, known)
    if unknown:
        name, near = unknown[0]
        raise Refusal(unknown_name("provider", name, near))
    await interaction.response.defer()
    await _change(interaction, _block(blocked_providers=tuple(found)))


def _words_form(settings: Server) -> _Form:
    words = "\n".join(settings.blocked_words)
    label = _("Words or phrases, one in a line")
    return _Form(_("Blocked words"), label, words, _take_words, placeholder=_(_NONE), paragraph=True)


async def _take_words(interaction: Interaction, typed: str) -> None:
    words = words_of(typed)
    await interaction.response.defer()
    await _change(interaction, _block(blocked_words=words))


_FORMS = {"zone": _zone_form, "publishers": _publishers_form, "words": _words_form}

CONTROLS: tuple[type[Control], ...] = (NoticesSelect, LanguageSelect, PublishersSelect, SettingButton)
