"""What hosts see of a running Heatline: whether all is well, and what becomes of deliveries."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from discord import ui

from bot.cards import ids, texts
from bot.cards.language import N_, _, ngettext, number
from bot.cards.layout import Layout, button, sentence, separator
from bot.cards.markup import cut, shown
from bot.cards.order_texts import ago
from bot.cards.record import fate, stories
from bot.cards.status import NOT_SYNCED, decimal, seconds, trouble
from bot.models import CorpusSummary, DeliveryKind, DeliveryState, Vitals
from bot.store.claims import QUIET
from bot.store.operations import Figures, Outbox, Results
from bot.store.quarantine import Quarantined
from bot.store.tracked import Tracked, TrackedPage

NO_DELIVERIES = N_("There are no such deliveries.")
WHICH_SERVER = N_("I don't know that server: choose one of the list that opens while you type, or give its id.")
STATES = {
    DeliveryState.PENDING: N_("pending"),
    DeliveryState.SENDING: N_("sending"),
    DeliveryState.SENT: N_("sent"),
    DeliveryState.FAILED: N_("failed"),
}

# At a minute, a burst of ten thousand messages would look like trouble; at an hour, nobody would notice a stop in time.
_BEHIND = timedelta(minutes=10)
# Discord bans an address at 10,000 refused requests in ten minutes, and sending stops at half of it.
_INVALID_LIMIT = 5_000
_MANY_INVALID = 1_000
# One refusal among few messages is no sign of anything.
_MANY_FAILED = 10
# Reasons of failures that somebody wanted.
_WANTED = ("unsubscribed", "withdrawn", "left")

_KINDS = {
    DeliveryKind.PUSH: N_("as it happened"),
    DeliveryKind.DIGEST: N_("digest"),
    DeliveryKind.FIRST: N_("first briefing"),
}
_REASONS = {
    "too old": N_("dropped as too old"),
    "withdrawn": N_("withdrawn"),
    "quarantined": N_("quarantined"),
    "cannot be shown": N_("cannot be shown"),
    "unsubscribed": N_("unsubscribed"),
    "left": N_("server left"),
    "gone": N_("channel gone"),
    "no permission": N_("no permission"),
    "": N_("refused"),
}
_WAITS = {
    "paused": N_("paused"),
    "gone": N_("gone"),
    "no permission": N_("no permission"),
    "rate limited": N_("rate limited"),
    "waited": N_("waited"),
    "TimeoutError": N_("no answer"),
}
# Reasons with a code of Discord's.
_CODED = {
    "refused": N_("refused ({code})"),
    "not now": N_("not now ({code})"),
    "Discord answered": N_("Discord answered {code}"),
}
_CODE = re.compile(r"(\D+) \(?(\d+)\)?")


def status_layout(vitals: Vitals, figures: Figures, now: datetime) -> ui.LayoutView:
    """Return how Heatline is: first whether all is well, or what is not, then the figures."""
    troubles = list(_troubles(vitals, figures, now))
    title = _("### Not all is well") if troubles else _("### All is well.")
    about = (
        f"Heatline {vitals.version}",
        _("started {time}", time=ago(vitals.started_at)),
        ngettext("{number} server", "{number} servers", vitals.servers),
        _("database {size}", size=_size(figures.size)),
    )
    groups = (
        _sending(vitals, figures),
        _last_day(figures.results),
        [*_subscriptions(figures), *_news(figures)],
    )
    pieces: list[ui.Item[ui.LayoutView]] = [
        ui.TextDisplay("\n".join([title, *(f"- {each}" for each in troubles), f"-# {' · '.join(about)}"]))
    ]
    for group in groups:
        pieces += [separator(), ui.TextDisplay("\n".join(group))]
    return Layout(*pieces)


def _troubles(vitals: Vitals, figures: Figures, now: datetime) -> Iterator[str]:
    """Yield what is not as it should be, the gravest first."""
    yield from _sending_troubles(vitals, figures, now)
    if vitals.load_refused:
        yield _("**Last load refused** {reason}", reason=trouble(vitals.load_refused))
    if vitals.sync_failure:
        yield _(NOT_SYNCED, reason=trouble(vitals.sync_failure))
    if not figures.corpus.articles:
        yield _("**No news**: there is no article to be read")
    unwanted = sum(count for reason, count in figures.results.failed if reason not in _WANTED)
    if unwanted >= _MANY_FAILED and unwanted * 10 > figures.results.sent_count + unwanted:
        yield _("**Many messages fail**: /admin deliveries shows them")
    if figures.results.uncertain:
        yield ngettext(
            "**{number} message possibly sent twice** in the last 24 hours",
            "**{number} messages possibly sent twice** in the last 24 hours",
            figures.results.uncertain,
        )
    if figures.quarantined:
        yield _("**Kept back**, because Discord refuses them: {headlines}", headlines=_quarantined(figures.quarantined))


def _sending_troubles(vitals: Vitals, figures: Figures, now: datetime) -> Iterator[str]:
    """Yield what keeps messages from being sent, the gravest first."""
    if figures.stopped_at:
        yield _("**Sending is paused** by a host, {time}: /admin resume", time=ago(figures.stopped_at))
    if vitals.banned:
        yield _("**Banned by Discord** for now: one message at a time is tried.")
    if vitals.paused_for:
        until = now + timedelta(seconds=vitals.paused_for)
        yield _("**Sending is paused**: Discord asked for it. It goes on {time}", time=ago(until))
    if vitals.invalid_requests >= _MANY_INVALID:
        yield _("**Discord refuses much**: {requests}", requests=_invalid(vitals))
    due_since = figures.outbox.due_since
    if due_since and now - due_since > _BEHIND and not figures.stopped_at and not vitals.paused_for:
        yield _("**Sending is behind**: the first message was due {time}", time=ago(due_since))


def _sending(vitals: Vitals, figures: Figures) -> list[str]:
    """Return the queue, and how fast it empties."""
    pace = (
        _("{number} sent in the last hour", number=figures.results.last_hour),
        _("{number} under way", number=vitals.in_flight),
    )
    lines = [
        _("**Queue** {figures}", figures=_queue(figures.outbox)),
        _("**Pace** {figures}", figures=" · ".join(pace)),
    ]
    if vitals.invalid_requests:
        lines.append(_("-# Refused by Discord: {requests}", requests=_invalid(vitals)))
    waits = [ngettext("{number} edit of a post", "{number} edits of posts", figures.edits)] if figures.edits else []
    if figures.notices:
        waits.append(ngettext("{number} notice not told yet", "{number} notices not told yet", figures.notices))
    return [*lines, _("-# Also waiting: {list}", list=texts.listed(waits))] if waits else lines


def _queue(outbox: Outbox) -> str:
    due, since = outbox.due, outbox.due_since
    parts = [
        _("{number} due now, the oldest {time}", number=due, time=ago(since))
        if since
        else _("{number} due now", number=due)
    ]
    parts += [_("{number} later", number=outbox.later)] if outbox.later else []
    parts += [_("{number} held, their subscriptions are paused", number=outbox.held)] if outbox.held else []
    parts += [_("{number} being sent or tried again", number=outbox.sending)] if outbox.sending else []
    return " · ".join(parts)


def _last_day(results: Results) -> list[str]:
    sent = _("{number} sent", number=results.sent_count)
    kinds = ", ".join(_several(kind, count) for kind, count in results.sent)
    failed = _("{number} failed", number=results.failed_count)
    reasons = _reasons(results)
    return [
        _("**Last 24 hours** {figures}", figures=f"{sent}: {kinds}" if kinds else sent),
        f"{failed}: {reasons}" if reasons else failed,
        _("{number} possibly sent twice", number=results.uncertain),
    ]


def _several(kind: DeliveryKind, count: int) -> str:
    """Return a number of messages of a kind."""
    if kind is DeliveryKind.DIGEST:
        return ngettext("{number} digest", "{number} digests", count)
    if kind is DeliveryKind.FIRST:
        return ngettext("{number} first briefing", "{number} first briefings", count)
    return ngettext("{number} as it happened", "{number} as it happened", count)


def _reasons(results: Results) -> str:
    """Return how many messages failed for which reasons."""
    reasons: dict[str, int] = {}
    for reason, count in results.failed:
        name = _reason(reason)
        reasons[name] = reasons.get(name, 0) + count
    few = [f"{name} {number(count)}" for name, count in list(reasons.items())[:8]]
    if len(reasons) > len(few):
        few.append(_("others {number}", number=sum(list(reasons.values())[len(few) :])))
    return ", ".join(few)


def _reason(reason: str) -> str:
    """Return the reason of a failure in a word or two; AutoMod has a code for each of its ways."""
    if reason.startswith("AutoMod"):
        return "AutoMod"
    return _(_REASONS[reason]) if reason in _REASONS else _coded(reason, 40)


def _coded(reason: str, most: int) -> str:
    """Return a reason that has a code of Discord's, or another one in at most so many characters of its own."""
    match = _CODE.fullmatch(reason)
    if match and match[1] in _CODED:
        return _(_CODED[match[1]], code=match[2])
    return shown(reason, most)


def _subscriptions(figures: Figures) -> list[str]:
    active = _("{number} active", number=figures.active)
    paused = _("{number} paused", number=figures.paused)
    if figures.troubled:
        paused = _("{number} paused, {troubled} of them by trouble", number=figures.paused, troubled=figures.troubled)
    return [_("**Subscriptions** {figures}", figures=f"{active} · {paused}")]


def _news(figures: Figures) -> list[str]:
    corpus = figures.corpus
    articles = ngettext("{number} article", "{number} articles", corpus.articles)
    topics = ngettext("{number} topic", "{number} topics", corpus.topics)
    news = [_("{articles} in {topics}", articles=articles, topics=topics)]
    if corpus.newest:
        news.append(_("the newest came {time}", time=ago(corpus.newest)))
    return [
        _("**News** {figures}", figures=" · ".join(news)),
        _("**Last load** {figures}", figures=_last_load(corpus)),
    ]


def _last_load(corpus: CorpusSummary) -> str:
    if corpus.last_load is None or corpus.last_load_at is None:
        return _("none yet")
    problems = ngettext("{number} problem", "{number} problems", corpus.problems)
    if corpus.problems:
        problems = _("{problems}: /admin problems", problems=problems)
    return f"{ago(corpus.last_load_at)} · {seconds(corpus.last_load.seconds)} · {problems}"


def _quarantined(articles: Sequence[Quarantined]) -> str:
    few = [_quoted(each.title) for each in articles[:3]]
    if len(articles) > 3:
        few.append(_("{number} more", number=len(articles) - 3))
    return texts.listed(few)


def _quoted(title: str | None) -> str:
    return _("“{title}”", title=shown(title, 60)) if title else _("“an article that is gone”")


def _invalid(vitals: Vitals) -> str:
    return _("{number} of {most} requests in ten minutes", number=vitals.invalid_requests, most=_INVALID_LIMIT)


def _size(size: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{decimal(size / 1e9)} GB" if size >= 1e9 else f"{decimal(size / 1e6)} MB"


# --- deliveries ----------------------------------------------------------------------------------------------


def deliveries_layout(
    page: TrackedPage, state: DeliveryState | None, guild_id: int | None, names: Mapping[int, str]
) -> ui.LayoutView:
    """Return a page of deliveries; `names` are those of the servers and channels that are known, by id."""
    title = _("Deliveries") if guild_id is None else _("Deliveries for {server}", server=_server(names, guild_id))
    title = f"### {title}: {_(STATES[state])}" if state else f"### {title}"
    if not page.deliveries:
        return sentence(f"{title}\n{_(NO_DELIVERIES)}")
    buttons = []
    if page.has_newer:
        buttons.append(_turn(_("Newer"), "a", page.deliveries[0], state, guild_id))
    if page.has_older:
        buttons.append(_turn(_("Older"), "b", page.deliveries[-1], state, guild_id))
    lines = [_line(each, names) for each in page.deliveries]
    return Layout(
        ui.TextDisplay(title),
        separator(),
        ui.TextDisplay("\n".join(lines)),
        controls=(ui.ActionRow(*buttons),) if buttons else (),
    )


def _turn(
    label: str, direction: str, beside: Tracked, state: DeliveryState | None, guild_id: int | None
) -> ui.Button[ui.LayoutView]:
    place = beside.place
    return button(label, ids.deliveries(state.value if state else "all", guild_id or 0, direction, place.at, place.id))


def _line(each: Tracked, names: Mapping[int, str]) -> str:
    entry = each.entry
    where = _("{channel} of {server}", channel=_channel(names, entry.channel_id), server=_server(names, each.guild_id))
    what = [_(_KINDS[entry.kind])]
    if each.attempts > 1:
        what.append(ngettext("{number} attempt", "{number} attempts", each.attempts))
    waits = entry.reason != QUIET and entry.state in (DeliveryState.PENDING, DeliveryState.SENDING)
    because = f" ({_waiting(entry.reason)})" if waits and entry.reason else ""
    return (
        f"{fate(entry, each.guild_id, held=each.held)}{because} · <t:{int(_time(entry.state, each).timestamp())}:f>\n"
        f"-# {stories(entry, 50)} → {where} · {', '.join(what)}"
    )


def _waiting(reason: str) -> str:
    """Return what a delivery waits for, in a word or two; other trouble goes by the name that the program has for it.

    It came while sending, or while the channel's history was looked through for what had been sent.
    """
    reason = reason.removeprefix("history: ")
    if reason in _WAITS:
        return _(_WAITS[reason])
    return f"`{cut(reason, 30)}`" if re.fullmatch(r"\w+", reason) else _coded(reason, 30)


def _time(state: DeliveryState, each: Tracked) -> datetime:
    """Return when a delivery was done, else when it was queued."""
    return each.entry.due_at if state is DeliveryState.FAILED else each.entry.at


def _server(names: Mapping[int, str], guild_id: int) -> str:
    known = names.get(guild_id)
    return shown(known, 24) if known else _("server {id}", id=str(guild_id))


def _channel(names: Mapping[int, str], channel_id: int) -> str:
    known = names.get(channel_id)
    return f"#{shown(known, 24)}" if known else _("channel {id}", id=str(channel_id))
