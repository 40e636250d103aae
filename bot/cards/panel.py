"""The panel in which a subscription is changed: what, how hot, when, how it looks, and what that would have brought."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import discord
from discord import ui

from bot.cards import ids, limits, order_texts, texts
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
    pieces += [separator(), *_names_row(key, "topics", panel.topics, terms.topics, "All topics")]
    pieces.append(
        ui.ActionRow(
            button(f"Publishers: {order_texts.names(terms.providers, 'all')}", ids.panel(key, "publishers")),
            button(f"Words: {order_texts.names(terms.words, 'any')}", ids.panel(key, "words")),
            button(f"Leave out: {_left_out(terms)}", ids.panel(key, "without")),
            button(order_texts.TYPES.get(terms.type, cut(terms.type or "", 30)), ids.panel(key, "type")),
            *_more_topics(panel),
        )
    )
    pieces += [ui.TextDisplay(f"-# How hot · {order_texts.level(terms, panel.bars)}"), _level_row(panel)]
    pieces += [ui.TextDisplay("-# When, and how it looks"), _often_row(panel)]
    if terms.often is Often.WEEKLY:
        days = [Option(label=day, value=str(i), default=i == terms.weekday) for i, day in enumerate(order_texts.DAYS)]
        pieces.append(_select(key, "weekday", days, "On which day"))
    at = "Time zone: " if terms.often is Often.INSTANT else f"At {order_texts.clock(terms.minute)} "
    pieces.append(
        ui.ActionRow(
            button(f"{at}{cut(order_texts.city(panel.settings.timezone), 20)}", ids.panel(key, "time")),
            button(order_texts.quiet(terms, panel.settings), ids.panel(key, "quiet")),
            button(f"Silent: {'on' if order_texts.silent(terms) else 'off'}", ids.panel(key, "silent")),
            button(f"Ping: {_role(panel)}", ids.panel(key, "ping")),
            button("More…", ids.panel(key, "more")),
        )
    )
    looks = [
        Option(label=f"{name} · {words}", value=look.value, default=look is terms.look)
        for look, (name, words) in order_texts.LOOKS.items()
    ]
    pieces += [_select(key, "look", looks, "How a post looks"), ui.TextDisplay(order_texts.preview(panel.backtest))]
    return Layout(*pieces, controls=(_actions(panel),))


def _more_topics(panel: Panel) -> list[ui.Button[Any]]:
    """Return the button to type topics, where the select cannot hold them all."""
    most = len(panel.topics) > limits.OPTIONS or any(len(topic.name) > limits.OPTION for topic in panel.topics)
    return [button("Type topics…", ids.panel(panel.key, "typetopics"))] if most else []


def _actions(panel: Panel) -> Row:
    paused = panel.subscription.state is SubscriptionState.PAUSED
    return ui.ActionRow(
        button("Save", ids.panel(panel.key, "save"), discord.ButtonStyle.primary),
        button("Test here (only you see it)", ids.panel(panel.key, "test")),
        button("Log", ids.panel(panel.key, "log")),
        button("Resume" if paused else "Pause", ids.panel(panel.key, "resume" if paused else "pause")),
        button("Remove", ids.panel(panel.key, "remove"), discord.ButtonStyle.danger),
    )


def _left_out(terms: Terms) -> str:
    return order_texts.names(order_texts.left_out(terms) + terms.without_words, "nothing")


def _role(panel: Panel) -> str:
    if panel.terms.role_id is None:
        return "nobody"
    return f"@{cut(panel.role_name, 24)}" if panel.role_name else "a role"


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
    return _select(panel.key, "level", options, "How hot" if own is None else f"Heat {own} or more")


def _often_row(panel: Panel) -> Row:
    terms = panel.terms
    options = []
    for often, name in texts.OFTEN.items():
        label = f"{name} · at most {terms.daily_limit} a day" if often is Often.INSTANT else name
        options.append(Option(label=label, value=often.value, default=often is terms.often))
    return _select(panel.key, "often", options, "How often")


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
            label=cut(f"{cut(name.name, 80)} ({name.count:,})", limits.OPTION),
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
    back = button("Back", ids.panel(panel.key, "back"), discord.ButtonStyle.primary)
    return Layout(ui.TextDisplay(f"**{title}**"), *note, *pieces, controls=(ui.ActionRow(back, *buttons),))


def publishers_layout(panel: Panel) -> ui.LayoutView:
    """Return the page that chooses publishers."""
    rows = _names_row(panel.key, "providers", panel.providers, panel.terms.providers, "All publishers")
    return _page(panel, "Only these publishers", rows, button("Type names…", ids.panel(panel.key, "typeproviders")))


def without_layout(panel: Panel) -> ui.LayoutView:
    """Return the page that chooses what is left out."""
    key, terms = panel.key, panel.terms
    rows = _names_row(key, "withouttopics", panel.topics, terms.without_topics, "No topic is left out")
    rows += _names_row(key, "withoutproviders", panel.providers, terms.without_providers, "No publisher is left out")
    return _page(panel, "Leave these out", rows, button("Type names…", ids.panel(key, "typewithout")))


def ping_layout(panel: Panel, *, trouble: bool) -> ui.LayoutView:
    """Return the page that chooses whom a post pings; `trouble` says that the role would not be notified."""
    key, terms = panel.key, panel.terms
    chosen = []
    if terms.role_id is not None:
        chosen.append(discord.SelectDefaultValue(id=terms.role_id, type=discord.SelectDefaultValueType.role))
    roles: ui.RoleSelect[Any] = ui.RoleSelect(
        custom_id=ids.panel(key, "role"),
        placeholder="Nobody",
        min_values=0,
        max_values=1,
        default_values=chosen,
    )
    rows: list[ui.Item[Any]] = [ui.ActionRow(roles)]
    if terms.role_id is not None:
        levels = [
            Option(label=f"Ping for {name}", value=level.value, default=level is terms.ping_level)
            for level, name in texts.LEVELS.items()
        ]
        most = [
            Option(label=f"At most {texts.count(n, 'ping')} a day", value=str(n), default=n == terms.daily_pings)
            for n in sorted({1, 2, 3, 5, 10, terms.daily_pings})
        ]
        rows += [_select(key, "pinglevel", levels, "For what"), _select(key, "pings", most, "How often")]
    buttons = [button("No ping", ids.panel(key, "noping"))] if terms.role_id is not None else []
    if trouble:
        buttons.insert(0, button("Check again", ids.panel(key, "ping")))
    return _page(panel, "Ping a role", rows, *buttons)
