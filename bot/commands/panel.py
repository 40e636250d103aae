"""The panel of a subscription: opening it, choosing in it, saving. What is chosen lies in a draft until it is saved."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from discord import ui
from sqlalchemy import Connection

from bot.briefing.schedules import next_run
from bot.cards import ids, order_texts, texts
from bot.cards.language import _
from bot.cards.layout import button, sentence
from bot.cards.panel import Panel, panel_layout, ping_layout, publishers_layout, without_layout
from bot.commands.answer import Control, Refusal, say, show
from bot.commands.choices import weekday_of
from bot.commands.forms import FORMS, Form
from bot.commands.host import Host, Interaction, host_of
from bot.commands.outlook import below_bar, outlook
from bot.commands.record import show_log
from bot.commands.subscribe import DuplicateError, kept_draft
from bot.commands.targets import ClosedError, check_open, news_channel, role_trouble
from bot.commands.testing import send_test
from bot.delivery.access import Channel
from bot.delivery.backtest import backtest
from bot.models import Level, Look, Often, Subscription, SubscriptionState, Terms, fold
from bot.store import servers, subscriptions
from bot.store.articles import names_of
from bot.store.bars import keep_bars
from bot.store.drafts import Draft, change_draft, drop_draft, keep_draft

EDIT = "subscriptions edit"
View = Literal["main", "publishers", "without", "ping"]


async def open_panel(interaction: Interaction, known: Subscription, terms: Terms | None = None) -> None:
    """Answer with the panel of a subscription, for the person alone; `terms` are chosen already, but not saved."""
    host = host_of(interaction)
    kept = await host.database.write(_draft_of, known, interaction.user.id, terms, host.clock())
    await show_panel(interaction, kept, _(order_texts.UNSAVED) if terms else None)


def _draft_of(connection: Connection, known: Subscription, user_id: int, terms: Terms | None, now: datetime) -> Draft:
    return keep_draft(
        connection,
        guild_id=known.guild_id,
        channel_id=known.channel_id,
        user_id=user_id,
        terms=terms or known.terms,
        now=now,
        subscription_id=known.id,
        edited_at=known.edited_at,
    )


async def show_panel(interaction: Interaction, kept: Draft, note: str | None = None, view: View = "main") -> None:
    """Show a draft in its panel, or on one of the panel's pages."""
    host = host_of(interaction)
    panel = await host.database.read(_panel, kept, host)
    trouble = None
    if kept.terms.role_id is not None and interaction.guild is not None:
        role = interaction.guild.get_role(kept.terms.role_id)
        panel = replace(panel, role_name=role.name if role else None)
        channel = interaction.guild.get_channel_or_thread(kept.channel_id)
        if isinstance(channel, Channel):
            trouble = role_trouble(interaction.guild, channel, kept.terms.role_id)
    if view == "main" and kept.terms != panel.subscription.terms:
        note = "\n".join(filter(None, (note, f"-# {_(order_texts.UNSAVED)}")))
    panel = replace(panel, note=note or (trouble if view == "ping" else None))
    if view == "ping":
        await show(interaction, ping_layout(panel, trouble=trouble is not None))
    else:
        layouts = {"main": panel_layout, "publishers": publishers_layout, "without": without_layout}
        await show(interaction, layouts[view](panel))


def _panel(connection: Connection, kept: Draft, host: Host) -> Panel:
    known = known_subscription(connection, kept)
    now, terms = host.clock(), kept.terms
    settings = servers.server(connection, kept.guild_id)
    found = outlook(connection, terms.filter, now)
    return Panel(
        key=kept.key,
        subscription=known,
        terms=terms,
        settings=settings,
        topics=names_of(connection, "topic"),
        providers=names_of(connection, "provider"),
        bars=found.bars,
        expected={level: texts.rate_words(found.expected(level, terms.daily_limit)) for level in Level},
        backtest=backtest(connection, terms, settings, now, host.spacing, max_age=host.max_age),
        below=below_bar(connection, known, settings, now, host.max_age),
    )


def known_subscription(connection: Connection, kept: Draft) -> Subscription:
    """Return the subscription of a draft, as it is saved now."""
    known = subscriptions.subscription(connection, kept.subscription_id)
    if known is None or known.guild_id != kept.guild_id:
        raise Refusal(_(texts.GONE_SUBSCRIPTION))
    return known


# --- choosing ------------------------------------------------------------------------------------------------

_TYPES = list(order_texts.TYPES)

Values = list[str]
_CHANGES: dict[str, tuple[View, Callable[[Terms, Values], Terms]]] = {
    "topics": ("main", lambda terms, values: _with(terms, topics=values)),
    "providers": ("publishers", lambda terms, values: _with(terms, providers=values)),
    "withouttopics": ("without", lambda terms, values: _without(terms, topics=values)),
    "withoutproviders": ("without", lambda terms, values: _without(terms, providers=values)),
    "type": ("main", lambda terms, _values: replace(terms, type=_next_type(terms.type))),
    "level": ("main", lambda terms, values: replace(terms, level=Level(values[0]), min_heat=None)),
    "often": ("main", lambda terms, values: replace(terms, often=Often(values[0]))),
    "weekday": ("main", lambda terms, values: replace(terms, weekday=weekday_of(values[0]))),
    "look": ("main", lambda terms, values: replace(terms, look=Look(values[0]))),
    "silent": ("main", lambda terms, _values: replace(terms, silent=not order_texts.silent(terms))),
    "role": ("ping", lambda terms, values: replace(terms, role_id=int(values[0]) if values else None)),
    "noping": ("main", lambda terms, _values: replace(terms, role_id=None)),
    "pinglevel": ("ping", lambda terms, values: replace(terms, ping_level=Level(values[0]))),
    "pings": ("ping", lambda terms, values: replace(terms, daily_pings=max(1, min(50, int(values[0]))))),
}
"""What a control does to the terms, and which page shows it."""


def _next_type(current: str | None) -> str | None:
    place = _TYPES.index(current) if current in _TYPES else 0
    return _TYPES[(place + 1) % len(_TYPES)]


def _with(terms: Terms, *, topics: Values | None = None, providers: Values | None = None) -> Terms:
    """Return the terms with these names chosen; what is chosen is no longer left out."""
    if topics is not None:
        terms = replace(terms, topics=tuple(topics), without_topics=_but(terms.without_topics, topics))
    if providers is not None:
        terms = replace(terms, providers=tuple(providers), without_providers=_but(terms.without_providers, providers))
    return terms


def _without(terms: Terms, *, topics: Values | None = None, providers: Values | None = None) -> Terms:
    """Return the terms with these names left out; what is left out is no longer chosen."""
    if topics is not None:
        terms = replace(terms, without_topics=tuple(topics), topics=_but(terms.topics, topics))
    if providers is not None:
        terms = replace(terms, without_providers=tuple(providers), providers=_but(terms.providers, providers))
    return terms


def _but(names: tuple[str, ...], taken: Values) -> tuple[str, ...]:
    folded = set(map(fold, taken))
    return tuple(name for name in names if fold(name) not in folded)


class PanelControl(Control, template=rf"hl1:e:(?P<draft>{ids.KEY}):(?P<what>(?!again|elsewhere|channel)[a-z]+)"):
    """A control of a panel."""

    async def respond(self, interaction: Interaction) -> None:
        """Do what the control is for, if the person is the one who opened the panel."""
        what = self.parts["what"]
        kept = await kept_draft(interaction, self.parts["draft"], EDIT)
        host = host_of(interaction)
        if what in FORMS:
            settings = await host.database.read(servers.server, kept.guild_id)
            await interaction.response.send_modal(Form(FORMS[what], kept, settings, _formed))
            return
        await interaction.response.defer()
        if what in _CHANGES:
            view, change = _CHANGES[what]
            try:
                terms = change(kept.terms, self._chosen())
            except ValueError:
                raise Refusal(_(texts.OLD_BUTTON)) from None
            await _change(interaction, kept, terms, view=view)
        elif what in _PAGES:
            await show_panel(interaction, kept, view=_PAGES[what])
        elif what in _ACTIONS:
            await _ACTIONS[what](interaction, kept)
        else:
            raise Refusal(_(texts.OLD_BUTTON))

    def _chosen(self) -> Values:
        if isinstance(self.item, ui.RoleSelect):
            return [str(role.id) for role in self.item.values]
        return self.values


_PAGES: dict[str, View] = {"back": "main", "publishers": "publishers", "without": "without", "ping": "ping"}


async def _change(
    interaction: Interaction, kept: Draft, terms: Terms, note: str | None = None, view: View = "main"
) -> None:
    host = host_of(interaction)
    changed = replace(kept, terms=terms)
    await host.database.write(change_draft, changed, host.clock())
    await show_panel(interaction, changed, note, view)


async def _formed(interaction: Interaction, key: str, change: Callable[[Terms], Terms], note: str | None) -> None:
    """Take what a form changes into the draft as it is by now."""
    kept = await kept_draft(interaction, key, EDIT)
    await _change(interaction, kept, change(kept.terms), note)


# --- doing ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Overtaken:
    draft: Draft


@dataclass(frozen=True, slots=True)
class _Saved:
    draft: Draft
    text: str


def _save(connection: Connection, kept: Draft, now: datetime) -> _Saved | _Overtaken:
    known = known_subscription(connection, kept)
    if known.edited_at != kept.edited_at:
        fresh = replace(kept, terms=known.terms, edited_at=known.edited_at)
        change_draft(connection, fresh, now)
        return _Overtaken(fresh)
    same = subscriptions.same_subscription(connection, known.channel_id, kept.terms)
    if same is not None and same.id != known.id:
        raise DuplicateError(same)
    settings = servers.server(connection, known.guild_id)
    keep_bars(connection, kept.terms.filter, now)
    # As it happens, it is looked at now: what waited below the old bar may come.
    digest = kept.terms.often is not Often.INSTANT
    run = next_run(now, kept.terms, settings.timezone or "UTC") if digest else now
    subscriptions.set_terms(connection, known.id, kept.terms, run, now)
    after = known_subscription(connection, kept)
    saved = replace(kept, edited_at=after.edited_at)
    change_draft(connection, saved, now)
    return _Saved(saved, order_texts.saved(known.terms, kept.terms, settings))


async def _save_panel(interaction: Interaction, kept: Draft) -> None:
    host = host_of(interaction)
    channel = news_channel(interaction, kept.channel_id)
    try:
        check_open(channel)
    except ClosedError as closed:
        await say(interaction, str(closed), button(_("Check again"), ids.panel(kept.key, "save")))
        return
    if kept.terms.role_id is not None and role_trouble(channel.guild, channel, kept.terms.role_id):
        await show_panel(interaction, kept, view="ping")
        return
    try:
        done = await host.database.write(_save, kept, host.clock())
    except DuplicateError as duplicate:
        await say(interaction, str(duplicate), button(_("Open it"), ids.subscription("open", duplicate.known.id)))
        return
    if isinstance(done, _Overtaken):
        await show_panel(interaction, done.draft, _(order_texts.OVERTAKEN))
        return
    host.schedule_changed()
    await show_panel(interaction, done.draft, done.text)


async def _test(interaction: Interaction, kept: Draft) -> None:
    known = await host_of(interaction).database.read(known_subscription, kept)
    await send_test(interaction, known, kept.terms)


async def _log(interaction: Interaction, kept: Draft) -> None:
    await show_log(interaction, kept.subscription_id, beside=True)


async def _pause(interaction: Interaction, kept: Draft) -> None:
    host = host_of(interaction)
    await host.database.read(known_subscription, kept)
    await host.database.write(subscriptions.pause_subscription, kept.subscription_id, None)
    await show_panel(interaction, kept)


async def _resume(interaction: Interaction, kept: Draft) -> None:
    await resume(interaction, await host_of(interaction).database.read(known_subscription, kept))
    await show_panel(interaction, kept)


async def _remove(interaction: Interaction, kept: Draft) -> None:
    host = host_of(interaction)
    known = await host.database.read(known_subscription, kept)
    await host.database.write(subscriptions.remove_subscription, known.id)
    await host.database.write(drop_draft, kept.key)
    await show(interaction, sentence(texts.removed(known)))


async def resume(interaction: Interaction, known: Subscription) -> None:
    """Let a subscription post again, if Heatline can; what it missed in the last days comes now."""
    host = host_of(interaction)
    check_open(news_channel(interaction, known.channel_id))
    if known.state is SubscriptionState.PAUSED:
        at = now = host.clock()
        if known.terms.often is not Often.INSTANT:
            timezone = (await host.database.read(servers.server, known.guild_id)).timezone
            at = next_run(now, known.terms, timezone or "UTC")
        await host.database.write(subscriptions.resume_subscription, known.id, at)
        host.schedule_changed()
        host.outbox_changed()


_ACTIONS: dict[str, Callable[[Interaction, Draft], Awaitable[None]]] = {
    "save": _save_panel,
    "test": _test,
    "log": _log,
    "pause": _pause,
    "resume": _resume,
    "remove": _remove,
}

CONTROLS: tuple[type[Control], ...] = (PanelControl,)
