"""The panel in which a subscription is changed: what, how hot, when, how it looks, and what that would have brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, order_texts, texts
from bot.cards.language import _, ngettext, number
from bot.cards.layout import Layout, button, separator
from bot.cards.markup import cut
from bot.models import Backtest, Bars, Level, Name, Often, Server, Subscription, SubscriptionState, Terms, fold

Option = discord.SelectOption
Row = ui.ActionRow[Any]


@dataclass(frozen=True, slots=True)
class Below:
    """How many stories came that were not hot enough: since the last post, or in the last `days`."""

    stories: int = 0
    days: int | None = None


@dataclass(frozen=True, slots=True)
class Panel:
    """What a panel shows. `expected` says for each level how many posts to expect; `note` leads it."""

    key: str
    subscription: Subscription
    terms: Terms
    settings: Server
    topics: Sequence[Name]
    providers: Sequence[Name]
    bars: Bars
    expected: Mapping[Level, str]
    backtest: Backtest
    below: Below
    role_name: str | None = None
    note: str | None = None


def panel_layout(panel: Panel) -> ui.LayoutView:
    """Return the panel: 35 components at most."""
    terms, key = panel.terms, panel.key
    pieces: list[ui.Item[Any]] = [
        ui.TextDisplay(order_texts.headline(panel.subscription, terms, panel.below.stories, panel.below.days))
    ]
    if panel.note:
        pieces.append(ui.TextDisplay(cut(panel.note, 900)))
    pieces += [separator(), *_names_row(key, "topics", panel.topics, terms.topics, _("All topics"))]
    pieces.append(
        ui.ActionRow(
            button(_publishers(terms), ids.panel(key, "publishers")),
            button(_words(terms), ids.panel(key, "words")),
            button(_left_out(terms), ids.panel(key, "without")),
            button(_type(terms), ids.panel(key, "type")),
            *_more_topics(panel),
        )
    )
    how_hot = _("-# How hot · {bar}", bar=order_texts.level(terms, panel.bars))
    pieces += [ui.TextDisplay(how_hot), _level_row(panel)]
    pieces += [ui.TextDisplay(_("-# When, and how it looks")), _often_row(panel)]
    if terms.often is Often.WEEKLY:
        days = [
            Option(label=day, value=str(i), default=i == terms.weekday) for i, day in enumerate(order_texts.weekdays())
        ]
        pieces.append(_select(key, "weekday", days, _("On which day")))
    pieces.append(
        ui.ActionRow(
            button(_time(panel), ids.panel(key, "time")),
            button(order_texts.quiet(terms, panel.settings), ids.panel(key, "quiet")),
            button(_("Silent: on") if order_texts.silent(terms) else _("Silent: off"), ids.panel(key, "silent")),
            button(_role(panel), ids.panel(key, "ping")),
            button(_("More…"), ids.panel(key, "more")),
        )
    )
    looks = [
        Option(label=_(name), value=look.value, default=look is terms.look) for look, name in order_texts.LOOKS.items()
    ]
    pieces += [_select(key, "look", looks, _("How a post looks")), ui.TextDisplay(order_texts.preview(panel.backtest))]
    return Layout(*pieces, controls=(_actions(panel),))


def _more_topics(panel: Panel) -> list[ui.Button[Any]]:
    """Return the button to type topics, where the select cannot hold them all."""
    most = len(panel.topics) > limits.OPTIONS or any(len(topic.name) > limits.OPTION for topic in panel.topics)
    return [button(_("Type topics…"), ids.panel(panel.key, "typetopics"))] if most else []


def _actions(panel: Panel) -> Row:
    key = panel.key
    paused = panel.subscription.state is SubscriptionState.PAUSED
    return ui.ActionRow(
        button(_("Save"), ids.panel(key, "save"), discord.ButtonStyle.primary),
        button(_("Test here (only you see it)"), ids.panel(key, "test")),
        button(_("Log"), ids.panel(key, "log")),
        button(_("Resume"), ids.panel(key, "resume")) if paused else button(_("Pause"), ids.panel(key, "pause")),
        button(_("Remove"), ids.panel(key, "remove"), discord.ButtonStyle.danger),
    )


def _publishers(terms: Terms) -> str:
    chosen = terms.providers
    return _("Publishers: {chosen}", chosen=order_texts.names(chosen)) if chosen else _("Publishers: all")


def _words(terms: Terms) -> str:
    return _("Words: {chosen}", chosen=order_texts.names(terms.words)) if terms.words else _("Words: any")


def _left_out(terms: Terms) -> str:
    chosen = order_texts.left_out(terms) + terms.without_words
    return _("Leave out: {chosen}", chosen=order_texts.names(chosen)) if chosen else _("Leave out: nothing")


def _type(terms: Terms) -> str:
    name = order_texts.TYPES.get(terms.type)
    return _(name) if name else cut(terms.type or "", 30)


def _time(panel: Panel) -> str:
    city = cut(order_texts.city(panel.settings.timezone), 20)
    if panel.terms.often is Often.INSTANT:
        return _("Time zone: {city}", city=city)
    return _("At {time} {city}", time=order_texts.clock(panel.terms.minute), city=city)


def _role(panel: Panel) -> str:
    if panel.terms.role_id is None:
        return _("Ping: nobody")
    return _("Ping: @{role}", role=cut(panel.role_name, 24)) if panel.role_name else _("Ping: a role")


def _level_row(panel: Panel) -> Row:
    own = panel.terms.min_heat
    options = [
        Option(
            label=cut(texts.level_choice(level, panel.expected[level]), limits.OPTION),
            value=level.value,
            default=own is None and level is panel.terms.level,
        )
        for level in Level
    ]
    return _select(panel.key, "level", options, _("How hot") if own is None else texts.at_least(own))


def _often_row(panel: Panel) -> Row:
    terms = panel.terms
    options = []
    for often, name in texts.OFTEN.items():
        label = _(name)
        if often is Often.INSTANT:
            label = _("{how_often} · at most {number} a day", how_often=label, number=terms.daily_limit)
        options.append(Option(label=label, value=often.value, default=often is terms.often))
    return _select(panel.key, "often", options, _("How often"))


def _select(key: str, what: str, options: list[Option], placeholder: str, *, several: bool = False) -> Row:
    select: ui.Select[Any] = ui.Select(
        custom_id=ids.panel(key, what),
        placeholder=placeholder,
        options=options,
        min_values=0 if several else 1,
        max_values=len(options) if several else 1,
    )
    return ui.ActionRow(select)


def offered(known: Sequence[Name], chosen: Sequence[str]) -> list[Name]:
    """Return the names that a select offers: those that are chosen, then the most used, 25 at most."""
    counts = {fold(name.name): name for name in known}
    first = [counts.get(fold(name), Name(name, 0)) for name in chosen]
    taken = {fold(name.name) for name in first}
    rest = [name for name in known if fold(name.name) not in taken]
    return [name for name in first + rest if 0 < len(name.name) <= limits.OPTION][: limits.OPTIONS]


def name_options(known: Sequence[Name], chosen: Sequence[str]) -> list[Option]:
    """Return the options of a select of names, those that are chosen marked."""
    taken = set(map(fold, chosen))
    return [
        Option(
            label=cut(f"{cut(name.name, 80)} ({number(name.count)})", limits.OPTION),
            value=name.name,
            default=fold(name.name) in taken,
        )
        for name in offered(known, chosen)
    ]


def _names_row(key: str, what: str, known: Sequence[Name], chosen: Sequence[str], placeholder: str) -> list[Row]:
    """Return the select of names; none where there are no names, which Discord would refuse."""
    options = name_options(known, chosen)
    return [_select(key, what, options, placeholder, several=True)] if options else []


# --- the pages behind its buttons ----------------------------------------------------------------------------


def _page(panel: Panel, title: str, pieces: Sequence[ui.Item[Any]], *buttons: ui.Button[Any]) -> ui.LayoutView:
    note: list[ui.Item[Any]] = [ui.TextDisplay(cut(panel.note, 900))] if panel.note else []
    back = button(_("Back"), ids.panel(panel.key, "back"), discord.ButtonStyle.primary)
    return Layout(ui.TextDisplay(f"**{title}**"), *note, *pieces, controls=(ui.ActionRow(back, *buttons),))


def publishers_layout(panel: Panel) -> ui.LayoutView:
    """Return the page that chooses publishers."""
    rows = _names_row(panel.key, "providers", panel.providers, panel.terms.providers, _("All publishers"))
    return _page(
        panel, _("Only these publishers"), rows, button(_("Type names…"), ids.panel(panel.key, "typeproviders"))
    )


def without_layout(panel: Panel) -> ui.LayoutView:
    """Return the page that chooses what is left out."""
    key, terms = panel.key, panel.terms
    rows = _names_row(key, "withouttopics", panel.topics, terms.without_topics, _("No topic is left out"))
    rows += _names_row(key, "withoutproviders", panel.providers, terms.without_providers, _("No publisher is left out"))
    return _page(panel, _("Leave these out"), rows, button(_("Type names…"), ids.panel(key, "typewithout")))


def ping_layout(panel: Panel, *, trouble: bool) -> ui.LayoutView:
    """Return the page that chooses whom a post pings; `trouble` says that the role would not be notified."""
    key, terms = panel.key, panel.terms
    chosen = []
    if terms.role_id is not None:
        chosen.append(discord.SelectDefaultValue(id=terms.role_id, type=discord.SelectDefaultValueType.role))
    roles: ui.RoleSelect[Any] = ui.RoleSelect(
        custom_id=ids.panel(key, "role"),
        placeholder=_("Nobody"),
        min_values=0,
        max_values=1,
        default_values=chosen,
    )
    rows: list[ui.Item[Any]] = [ui.ActionRow(roles)]
    if terms.role_id is not None:
        levels = [
            Option(label=_("Ping for {level}", level=_(name)), value=level.value, default=level is terms.ping_level)
            for level, name in texts.LEVELS.items()
        ]
        most = [
            Option(label=_pings_a_day(n), value=str(n), default=n == terms.daily_pings)
            for n in sorted({1, 2, 3, 5, 10, terms.daily_pings})
        ]
        rows += [_select(key, "pinglevel", levels, _("For what")), _select(key, "pings", most, _("How often"))]
    buttons = [button(_("No ping"), ids.panel(key, "noping"))] if terms.role_id is not None else []
    if trouble:
        buttons.insert(0, button(_("Check again"), ids.panel(key, "ping")))
    return _page(panel, _("Ping a role"), rows, *buttons)


def _pings_a_day(most: int) -> str:
    return ngettext("At most {number} ping a day", "At most {number} pings a day", most)
