"""The forms of a panel: what is typed rather than chosen."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from discord import TextStyle, ui

from bot.briefing.quiet import quiet_hours
from bot.cards import order_texts
from bot.cards.language import N_, _
from bot.cards.markup import cut, escape
from bot.cards.news_texts import Kind as NameKind
from bot.commands import choices
from bot.commands.answer import guarded
from bot.commands.host import Interaction, host_of
from bot.commands.timezones import set_timezone
from bot.models import Server, Terms, fold
from bot.store.articles import names_of
from bot.store.drafts import Draft

# Discord's most for the title of a form and the label of a field, in characters.
_HEADING = 45

Typed = dict[str, str]
Change = Callable[[Terms], Terms]
Taken = Callable[[Interaction, str, Change, str | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: what it asks for, how it may be filled in, and whether it has several lines.

    `bounds` are the least and the most of a number.
    """

    name: str
    label: str
    example: str = ""
    longest: int = 60
    several: bool = False
    needed: bool = False
    bounds: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A form: its fields, what they hold at first, and what is made of what was typed: a change, and a note to show."""

    title: str
    fields: tuple[Field, ...]
    filled: Callable[[Terms, Server], Typed]
    read: Callable[[Interaction, Typed], Awaitable[tuple[Change, str | None]]]


class Form(ui.Modal):
    """A form over a panel. What was typed is taken into the draft as it is when the form is sent."""

    def __init__(self, kind: Kind, kept: Draft, settings: Server, taken: Taken) -> None:
        super().__init__(title=cut(_(kind.title), _HEADING))
        self._kind, self._key, self._taken = kind, kept.key, taken
        filled = kind.filled(kept.terms, settings)
        self._inputs: dict[str, ui.TextInput[ui.Modal]] = {}
        for field in kind.fields:
            self._inputs[field.name] = _input(field, filled.get(field.name, ""))
            self.add_item(ui.Label(text=cut(_label(field), _HEADING), component=self._inputs[field.name]))

    async def on_submit(self, interaction: Interaction) -> None:
        """Take what was typed."""
        await guarded(interaction, self._submit)

    async def _submit(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        typed = {name: field.value for name, field in self._inputs.items()}
        change, note = await self._kind.read(interaction, typed)
        await self._taken(interaction, self._key, change, note)


def _label(field: Field) -> str:
    if field.bounds is None:
        return _(field.label)
    least, most = map(str, field.bounds)
    return _("{what} ({least} to {most})", what=_(field.label), least=least, most=most)


def _input(field: Field, filled: str) -> ui.TextInput[ui.Modal]:
    return ui.TextInput(
        custom_id=field.name,
        style=TextStyle.paragraph if field.several else TextStyle.short,
        placeholder=_(field.example) if field.example else None,
        default=filled[: field.longest] or None,
        required=field.needed,
        max_length=field.longest,
    )


# --- what each reads -----------------------------------------------------------------------------------------


async def _words(_interaction: Interaction, typed: Typed) -> tuple[Change, str | None]:
    chosen, without = choices.words_of(typed["words"]), choices.words_of(typed["without"])
    return lambda terms: replace(terms, words=chosen, without_words=without), None


async def _numbers(_interaction: Interaction, typed: Typed) -> tuple[Change, str | None]:
    found = choices.numbers(typed)
    return lambda terms: replace(terms, **found), None


async def _quiet(_interaction: Interaction, typed: Typed) -> tuple[Change, str | None]:
    hours = choices.quiet_of(typed["quiet"])
    return lambda terms: replace(terms, quiet=hours), None


async def _time(interaction: Interaction, typed: Typed) -> tuple[Change, str | None]:
    minute = choices.minute_of(typed["time"])
    note = None
    if typed["zone"].strip():
        zone = choices.timezone_of(typed["zone"])
        host = host_of(interaction)
        assert interaction.guild_id is not None
        await host.database.write(set_timezone, interaction.guild_id, zone, host.clock())
        host.schedule_changed()
        note = _(order_texts.TIMEZONE_NOW, zone=escape(zone))
    return lambda terms: replace(terms, minute=minute), note


def _names(
    kind: NameKind, field: Literal["topics", "providers"]
) -> Callable[[Interaction, Typed], Awaitable[tuple[Change, str | None]]]:
    async def read(interaction: Interaction, typed: Typed) -> tuple[Change, str | None]:
        known = await host_of(interaction).database.read(names_of, kind)
        found, unknown = choices.names_of(typed["names"], known)
        note = order_texts.unknown_names(kind, unknown) if unknown else None
        return lambda terms: _chosen(terms, field, found), note

    return read


def _chosen(terms: Terms, field: Literal["topics", "providers"], found: Sequence[str]) -> Terms:
    taken = set(map(fold, found))
    if field == "topics":
        left = tuple(name for name in terms.without_topics if fold(name) not in taken)
        return replace(terms, topics=tuple(found), without_topics=left)
    left = tuple(name for name in terms.without_providers if fold(name) not in taken)
    return replace(terms, providers=tuple(found), without_providers=left)


async def _without(interaction: Interaction, typed: Typed) -> tuple[Change, str | None]:
    database = host_of(interaction).database
    topics, no_topics = choices.names_of(typed["topics"], await database.read(names_of, "topic"))
    providers, no_providers = choices.names_of(typed["providers"], await database.read(names_of, "provider"))
    notes = [order_texts.unknown_names("topic", no_topics), order_texts.unknown_names("provider", no_providers)]

    def change(terms: Terms) -> Terms:
        out = set(map(fold, topics)), set(map(fold, providers))
        return replace(
            terms,
            without_topics=tuple(topics),
            without_providers=tuple(providers),
            topics=tuple(name for name in terms.topics if fold(name) not in out[0]),
            providers=tuple(name for name in terms.providers if fold(name) not in out[1]),
        )

    return change, "\n".join(filter(None, notes)) or None


def _lines(names: Sequence[str]) -> str:
    return "\n".join(names)


_LONG = 2000
_NAMES = N_("One in a line")

FORMS: dict[str, Kind] = {
    "words": Kind(
        N_("Words in headline or summary"),
        (
            Field("words", N_("Only news with one of these"), _NAMES, _LONG, several=True),
            Field("without", N_("Nothing with one of these"), _NAMES, _LONG, several=True),
        ),
        lambda terms, _settings: {"words": _lines(terms.words), "without": _lines(terms.without_words)},
        _words,
    ),
    "typetopics": Kind(
        N_("Topics"),
        (Field("names", N_("Only these topics; empty for all"), _NAMES, _LONG, several=True),),
        lambda terms, _settings: {"names": _lines(terms.topics)},
        _names("topic", "topics"),
    ),
    "typeproviders": Kind(
        N_("Publishers"),
        (Field("names", N_("Only these publishers; empty for all"), _NAMES, _LONG, several=True),),
        lambda terms, _settings: {"names": _lines(terms.providers)},
        _names("provider", "providers"),
    ),
    "typewithout": Kind(
        N_("Leave out"),
        (
            Field("topics", N_("Topics to leave out"), _NAMES, _LONG, several=True),
            Field("providers", N_("Publishers to leave out"), _NAMES, _LONG, several=True),
        ),
        lambda terms, _settings: {"topics": _lines(terms.without_topics), "providers": _lines(terms.without_providers)},
        _without,
    ),
    "time": Kind(
        N_("When"),
        (
            Field("time", N_("Time of daily and weekly briefings"), "09:00", 10, needed=True),
            Field("zone", N_("City or time zone of this server"), "Europe/Berlin"),
        ),
        lambda terms, settings: {"time": order_texts.clock(terms.minute), "zone": settings.timezone or ""},
        _time,
    ),
    "quiet": Kind(
        N_("Quiet hours"),
        (Field("quiet", N_("From and until, or none"), N_("23:00 to 07:00")),),
        lambda terms, settings: {"quiet": _quiet_text(terms, settings)},
        _quiet,
    ),
    "more": Kind(
        N_("More"),
        tuple(
            Field(name, what, N_("as usual") if name in choices.OPTIONAL else "", 5, bounds=(least, most))
            for name, (what, least, most) in choices.NUMBERS.items()
        ),
        lambda terms, _settings: choices.numbers_of(terms),
        _numbers,
    ),
}
"""The forms by the name of the button that opens them."""


def _quiet_text(terms: Terms, settings: Server) -> str:
    if terms.quiet is None:
        return ""
    hours = quiet_hours(terms, settings.timezone)
    return choices.quiet_text(hours)
