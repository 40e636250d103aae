"""What hosts see of a running Heatline: whether all is well, and what becomes of deliveries."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from discord import ui

from bot.cards import ids, order_texts, texts
from bot.cards.layout import Layout, button, sentence, separator
from bot.cards.markup import shown
from bot.cards.status import REASON
from bot.models import CorpusSummary, DeliveryKind, DeliveryState, Vitals
from bot.store.operations import Figures, Outbox, Results
from bot.store.quarantine import Quarantined
from bot.store.tracked import Tracked, TrackedPage

NO_DELIVERIES = "There are no such deliveries."
WHICH_SERVER = "I don't know that server: choose one of the list that opens while you type, or give its id."

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
    DeliveryKind.PUSH: ("as it happened", "as it happened"),
    DeliveryKind.DIGEST: ("digest", "digests"),
    DeliveryKind.FIRST: ("first briefing", "first briefings"),
}
_REASONS = {
    "too old": "dropped as too old",
    "withdrawn": "withdrawn",
    "quarantined": "quarantined",
    "cannot be shown": "cannot be shown",
    "unsubscribed": "unsubscribed",
    "left": "server left",
    "gone": "channel gone",
    "no permission": "no permission",
    "": "refused",
}


def status_layout(vitals: Vitals, figures: Figures, now: datetime) -> ui.LayoutView:
    """Return how Heatline is: first whether all is well, or what is not, then the figures."""
    troubles = list(_troubles(vitals, figures, now))
    title = "### Not all is well" if troubles else "### All is well."
    about = (
        f"-# Heatline {vitals.version} · started {_ago(vitals.started_at)} · {texts.count(vitals.servers, 'server')} · "
        f"database {_size(figures.size)}"
    )
    groups = (
        _sending(vitals, figures),
        _last_day(figures.results),
        [*_subscriptions(figures), *_news(figures)],
    )
    pieces: list[ui.Item[ui.LayoutView]] = [
        ui.TextDisplay("\n".join([title, *(f"- {each}" for each in troubles), about]))
    ]
    for group in groups:
        pieces += [separator(), ui.TextDisplay("\n".join(group))]
    return Layout(*pieces)


def _troubles(vitals: Vitals, figures: Figures, now: datetime) -> Iterator[str]:
    """Yield what is not as it should be, the gravest first."""
    if figures.stopped_at:
        yield f"**Sending is paused** by a host since {_ago(figures.stopped_at)}: /admin resume"
    if vitals.paused_for:
        until = _ago(now + timedelta(seconds=vitals.paused_for))
        yield f"**Sending is paused**: Discord asked for it. It goes on {until}"
    if vitals.invalid_requests >= _MANY_INVALID:
        yield f"**Discord refuses much**: {_invalid(vitals)}"
    due_since = figures.outbox.due_since
    if due_since and now - due_since > _BEHIND and not figures.stopped_at and not vitals.paused_for:
        yield f"**Sending is behind**: the first message was due {_ago(due_since)}"
    if vitals.load_refused:
        yield f"**Last load refused** {shown(vitals.load_refused, REASON)}"
    if vitals.sync_failure:
        yield f"**Not brought up to date** {shown(vitals.sync_failure, REASON)}"
    if not figures.corpus.articles:
        yield "**No news**: there is no article to be read"
    unwanted = sum(count for reason, count in figures.results.failed if reason not in _WANTED)
    if unwanted >= _MANY_FAILED and unwanted * 10 > figures.results.sent_count + unwanted:
        yield "**Many messages fail**: /admin deliveries shows them"
    if figures.results.uncertain:
        yield f"**{texts.count(figures.results.uncertain, 'message')} possibly sent twice** in the last 24 hours"
    if figures.quarantined:
        yield f"**Kept back**, for Discord refuses them: {_quarantined(figures.quarantined)}"


def _sending(vitals: Vitals, figures: Figures) -> list[str]:
    """Return the queue, and how fast it empties."""
    lines = [
        f"**Queue** {_queue(figures.outbox)}",
        f"**Pace** {figures.results.last_hour:,} sent in the last hour · {vitals.in_flight:,} under way",
    ]
    if vitals.invalid_requests:
        lines.append(f"-# Refused by Discord: {_invalid(vitals)}")
    waits = [texts.count(figures.edits, "edit of a post", "edits of posts")] if figures.edits else []
    waits += [f"{texts.count(figures.notices, 'notice')} not told yet"] if figures.notices else []
    return [*lines, f"-# Also waiting: {texts.listed(waits)}"] if waits else lines


def _queue(outbox: Outbox) -> str:
    parts = [f"{outbox.due:,} due now"]
    if outbox.due_since:
        parts[0] += f", the oldest since {_ago(outbox.due_since)}"
    parts += [f"{outbox.later:,} later"] if outbox.later else []
    parts += [f"{outbox.held:,} held, their subscriptions are paused"] if outbox.held else []
    parts += [f"{outbox.sending:,} being sent or tried again"] if outbox.sending else []
    return " · ".join(parts)


def _last_day(results: Results) -> list[str]:
    kinds = ", ".join(texts.count(count, *_KINDS[kind]) for kind, count in results.sent)
    reasons: dict[str, int] = {}
    for reason, count in results.failed:
        name = _reason(reason)
        reasons[name] = reasons.get(name, 0) + count
    few = [f"{name} {count:,}" for name, count in list(reasons.items())[:8]]
    if len(reasons) > len(few):
        few.append(f"others {sum(list(reasons.values())[len(few) :]):,}")
    return [
        f"**Last 24 hours** {results.sent_count:,} sent{f': {kinds}' if kinds else ''}",
        f"{results.failed_count:,} failed" + (f": {', '.join(few)}" if few else ""),
        f"{results.uncertain:,} possibly sent twice",
    ]


def _reason(reason: str) -> str:
    """Return the reason of a failure in a word or two; AutoMod has a code for each of its ways."""
    return "AutoMod" if reason.startswith("AutoMod") else _REASONS.get(reason, shown(reason, 40))


def _subscriptions(figures: Figures) -> list[str]:
    trouble = f", {figures.troubled:,} of them by trouble" if figures.troubled else ""
    return [f"**Subscriptions** {figures.active:,} active · {figures.paused:,} paused{trouble}"]


def _news(figures: Figures) -> list[str]:
    corpus = figures.corpus
    newest = f" · the newest came {_ago(corpus.newest)}" if corpus.newest else ""
    return [
        f"**News** {texts.count(corpus.articles, 'article')} in {texts.count(corpus.topics, 'topic')}{newest}",
        f"**Last load** {_last_load(corpus)}",
    ]


def _last_load(corpus: CorpusSummary) -> str:
    if corpus.last_load is None or corpus.last_load_at is None:
        return "none yet"
    where = ": /admin problems" if corpus.problems else ""
    problems = f"{texts.count(corpus.problems, 'problem')}{where}"
    return f"{_ago(corpus.last_load_at)} · {corpus.last_load.seconds:.1f} s · {problems}"


def _quarantined(articles: Sequence[Quarantined]) -> str:
    few = [f"“{shown(each.title or 'an article that is gone', 60)}”" for each in articles[:3]]
    return texts.listed([*few, f"{len(articles) - 3:,} more"] if len(articles) > 3 else few)


def _invalid(vitals: Vitals) -> str:
    return f"{vitals.invalid_requests:,} of {_INVALID_LIMIT:,} requests in ten minutes"


def _ago(at: datetime) -> str:
    return f"<t:{int(at.timestamp())}:R>"


def _size(size: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{size / 1e9:,.1f} GB" if size >= 1e9 else f"{size / 1e6:,.1f} MB"


# --- deliveries ----------------------------------------------------------------------------------------------


def deliveries_layout(
    page: TrackedPage, state: DeliveryState | None, guild_id: int | None, names: Mapping[int, str]
) -> ui.LayoutView:
    """Return a page of deliveries; `names` are those of the servers and channels that are known, by id."""
    server = f" for {_name(names, guild_id, 'server')}" if guild_id is not None else ""
    title = f"### Deliveries{server}{f': {state.value}' if state else ''}"
    if not page.deliveries:
        return sentence(f"{title}\n{NO_DELIVERIES}")
    buttons = []
    if page.has_newer:
        buttons.append(_turn("Newer", "a", page.deliveries[0], state, guild_id))
    if page.has_older:
        buttons.append(_turn("Older", "b", page.deliveries[-1], state, guild_id))
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
    title = f"“{shown(entry.titles[0], 50)}”" if entry.titles else "stories that have left the news"
    rest = f" and {entry.articles - 1} more" if entry.articles > 1 else ""
    where = f"{_name(names, entry.channel_id, 'channel')} of {_name(names, each.guild_id, 'server')}"
    tries = f", {texts.count(each.attempts, 'attempt')}" if each.attempts > 1 else ""
    waits = entry.reason and entry.state in (DeliveryState.PENDING, DeliveryState.SENDING)
    because = f" ({shown(entry.reason or '', 30)})" if waits else ""
    fate = order_texts.fate(entry, each.guild_id, held=each.held)
    return (
        f"{fate}{because} · <t:{int(_time(entry.state, each).timestamp())}:f>\n"
        f"-# {title}{rest} → {where} · {_KINDS[entry.kind][0]}{tries}"
    )


def _time(state: DeliveryState, each: Tracked) -> datetime:
    """Return when a delivery was done, else when it was queued."""
    return each.entry.due_at if state is DeliveryState.FAILED else each.entry.at


def _name(names: Mapping[int, str], number: int, kind: str) -> str:
    known = names.get(number)
    mark = "#" if kind == "channel" else ""
    return f"{mark}{shown(known, 24)}" if known else f"{kind} {number}"
