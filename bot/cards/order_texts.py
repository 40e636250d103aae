"""The words about a channel's standing orders: their terms, what they bring, what was posted, why and why not."""

from collections.abc import Sequence
from datetime import datetime

from bot.briefing.quiet import quiet_hours
from bot.cards import texts
from bot.cards.markup import cut, escape, shown
from bot.models import (
    Backtest,
    Bars,
    DeliveryKind,
    DeliveryState,
    Explanation,
    Level,
    Look,
    Name,
    Often,
    Rule,
    Server,
    Subscription,
    SubscriptionState,
    Terms,
)
from bot.store.posted import Entry

OLD_PANEL = "This panel was left for too long, and its choices are gone. Run {command} again."
NOT_YOURS = "This list belongs to someone else; run {command} for your own."
OVERTAKEN = "Someone else changed this subscription meanwhile. This is how it is now; choose again what you want."
NOTHING_CHANGED = "Saved: nothing had changed."
UNSAVED = "Not saved yet."
NO_MATCH = "Nothing in the news folder matches these choices, so there is nothing to show."
ONLY_YOU = "How a post would look now. Only you see this, and it pings nobody."
LOCKED = "<#{channel}> is locked: unlock it, or let Heatline manage threads, or choose another channel."
EVERYONE = "@everyone can't be pinged: choose a role that people took for news."
ASK_WHICH = "Which subscription?"
WHICH_ARTICLE = (
    "I can't tell which story you mean: choose one of the list that opens while you type, or paste its address."
)
EMPTY_LOG = "Nothing was sent yet."
LOWER = "Lower the bar of…"
TIMEZONE_NOW = "The time zone of this server is {zone}, for all of its subscriptions."
BAD_TIME = "Write the time as hours and minutes, such as 09:00."
BAD_QUIET = "Write quiet hours such as 23:00 to 07:00, or none."
BAD_NUMBER = "{what} is a number from {least} to {most}."
BAD_HEAT = "How hot is Everything, Hot, Hottest, or a heat from 0 to 1000."
LOOKS = {
    Look.CARD: ("Card", "picture and summary"),
    Look.COMPACT: ("Compact", "no picture, no summary"),
    Look.HEADLINE: ("Headline", "one line"),
}
TYPES = {None: "Articles and videos", "article": "Articles only", "video": "Videos only"}
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def names(chosen: Sequence[str], nothing: str, most: int = 24) -> str:
    """Return chosen names for a button: the one there is, else their number, else what none of them means."""
    if not chosen:
        return nothing
    return cut(chosen[0], most) if len(chosen) == 1 else f"{len(chosen)} chosen"


def clock(minute: int) -> str:
    """Return a time of day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def city(timezone: str | None) -> str:
    """Return a time zone in a word."""
    return (timezone or "UTC").rpartition("/")[2].replace("_", " ")


def quiet(terms: Terms, settings: Server) -> str:
    """Return the quiet hours in force: `Quiet 23:00–07:00`."""
    hours = quiet_hours(terms, settings.timezone)
    return f"Quiet {clock(hours[0])}–{clock(hours[1])}" if hours else "Quiet: none"


def silent(terms: Terms) -> bool:
    """Whether posts make no sound."""
    return terms.often is Often.INSTANT if terms.silent is None else terms.silent


def headline(known: Subscription, terms: Terms, below: int, days: int | None) -> str:
    """Return the first line of a panel: what goes where, how it is, and how many stories stayed below its bar.

    They are those since its last post, or in the last `days`.
    """
    subject = about(terms)
    last = known.last_post_at
    when = f"last post <t:{int(last.timestamp())}:R>" if last else "nothing posted yet"
    if below:
        since = f"in {days} days" if days else "since then" if last else "so far"
        when += f", {below:,} {since} below the bar"
    return f"**{subject[0].upper()}{subject[1:]}** → <#{known.channel_id}> · {state(known)} · {when}"


def about(terms: Terms) -> str:
    """Return what terms are about, escaped and short: `AI and Robotics news from Example Times`."""
    subject = f"{_some(terms.topics)} news" if terms.topics else "all news"
    return f"{subject} from {_some(terms.providers)}" if terms.providers else subject


def state(known: Subscription) -> str:
    """Return whether a subscription posts, and why not."""
    if known.state is SubscriptionState.ACTIVE:
        return "active"
    because = texts.PAUSES.get(known.paused_because or "")
    return f"**paused**: {because}" if because else "**paused**"


def level(terms: Terms, bars: Bars) -> str:
    """Return the bar in force."""
    if terms.min_heat is not None:
        return f"heat {terms.min_heat} or more, as you set it"
    if terms.level is Level.EVERYTHING:
        return "everything that matches"
    return texts.bar(terms.level, bars)


def short_level(terms: Terms) -> str:
    """Return how hot in a word or two."""
    return texts.LEVELS[terms.level] if terms.min_heat is None else f"Heat {terms.min_heat}+"


def brought(tested: Backtest) -> str:
    """Return what terms would have brought, in a sentence."""
    return (
        f"Last {tested.days} days would have brought {texts.count(tested.posts, 'post')} "
        f"and {texts.count(tested.pings, 'ping')}."
    )


def preview(tested: Backtest) -> str:
    """Return what terms would have brought, with the last few posts."""
    if not tested.posts:
        return f"**Preview:** no posts in {tested.days} days."
    pinged = texts.count(tested.pings, "ping")
    lines = [f"**Preview:** {texts.count(tested.posts, 'post')}, {pinged} in {tested.days} days. The last:"]
    for post in tested.last[:3]:
        rest = f" and {len(post.titles) - 1} more" if len(post.titles) > 1 else ""
        title = shown(post.titles[0], 80) if post.titles else "a story"
        lines.append(f"-# <t:{int(post.at.timestamp())}:R> · {title}{rest}{' · ping' if post.pings else ''}")
    return "\n".join(lines)


# --- terms, one by one ---------------------------------------------------------------------------------------


def _named(what: str, chosen: Sequence[str], nothing: str) -> str:
    return f"{what}: {_some(chosen) or nothing}"


def _some(chosen: Sequence[str]) -> str:
    few = [shown(name, 40) for name in chosen[:3]]
    return texts.listed([*few, f"{len(chosen) - 3} more"] if len(chosen) > 3 else few)


def left_out(terms: Terms) -> tuple[str, ...]:
    """Return the names that are left out."""
    return terms.without_topics + terms.without_providers


def when(terms: Terms, settings: Server) -> str:
    """Return when it posts, in words."""
    if terms.often is Often.INSTANT:
        return "as it happens"
    day = f"on {texts.WEEKDAYS[terms.weekday]}" if terms.often is Often.WEEKLY else texts.OFTEN[terms.often].lower()
    return f"{day} at {clock(terms.minute)} {escape(city(settings.timezone))}"


def facets(terms: Terms, settings: Server) -> dict[str, str]:
    """Return everything that can be chosen, each in a few words, escaped."""
    spacing = "as usual" if terms.spacing is None else f"at least {texts.count(terms.spacing, 'minute')}"
    ping = "nobody" if terms.role_id is None else f"<@&{terms.role_id}> {ping_rule(terms)}"
    return {
        "topics": _named("topics", terms.topics, "all"),
        "providers": _named("publishers", terms.providers, "all"),
        "without": _named("left out", left_out(terms), "nothing"),
        "words": _named("with the words", terms.words, "any"),
        "without_words": _named("without the words", terms.without_words, "none"),
        "type": TYPES.get(terms.type, escape(cut(terms.type or "", 40))).lower(),
        "level": short_level(terms).lower(),
        "when": when(terms, settings),
        "spacing": f"between posts: {spacing}",
        "limit": f"at most {terms.daily_limit} a day",
        "size": f"up to {texts.count(terms.size, 'story', 'stories')} in a message",
        "cap": f"up to {terms.publisher_cap} of a publisher",
        "quiet": quiet(terms, settings).lower(),
        "look": LOOKS[terms.look][0].lower(),
        "silent": "silent" if silent(terms) else "with sound",
        "ping": f"ping: {ping}",
    }


def ping_rule(terms: Terms) -> str:
    """Return for what the role is pinged."""
    return f"for {texts.LEVELS[terms.ping_level]}, at most {terms.daily_pings} a day"


def saved(before: Terms, after: Terms, settings: Server) -> str:
    """Return what a change of terms changed."""
    old, new = facets(before, settings), facets(after, settings)
    changed = [words for name, words in new.items() if words != old[name]]
    return f"Saved: {cut('; '.join(changed), 600)}." if changed else NOTHING_CHANGED


_ALWAYS = ("topics", "providers", "level", "when", "limit", "silent")


def details(terms: Terms, settings: Server) -> str:
    """Return of a subscription's terms what is not as usual, but for what its line says anyway."""
    usual, new = facets(Terms(often=terms.often), settings), facets(terms, settings)
    return ", ".join(words for name, words in new.items() if name not in _ALWAYS and words != usual[name])


def line(known: Subscription, settings: Server, trouble: str | None) -> str:
    """Return a subscription in the list of a server's subscriptions."""
    text = texts.line(known)
    if known.terms.min_heat is not None:
        text = text.replace(f"-# {texts.LEVELS[known.terms.level]},", f"-# {short_level(known.terms)},", 1)
    more = details(known.terms, settings)
    if more:
        text += f"\n-# {more}"
    return f"{text}\n-# {trouble}" if trouble else text


# --- what keeps a person or Heatline out ---------------------------------------------------------------------


def cannot_ping(role_id: int, channel_id: int) -> str:
    """Return what is said of a role that a ping would not reach."""
    return (
        f"<@&{role_id}> would not be notified: switch on “Allow anyone to @mention this role”, "
        f"or let Heatline mention roles in <#{channel_id}> only."
    )


def unknown_names(word: str, unknown: Sequence[tuple[str, Sequence[Name]]]) -> str:
    """Return what is said of typed names that are not there; the others were taken."""
    lines = []
    for typed, near in unknown[:5]:
        meant = texts.listed([f"{shown(name.name, 60)} ({name.count:,})" for name in near], "or")
        lines.append(f"No {word} “{shown(typed, 40)}”." + (f" Did you mean {meant}?" if meant else ""))
    return "\n".join(lines)


def bad_timezone(typed: str, near: Sequence[str]) -> str:
    """Return what is said for a time zone that is not there, with those that may have been meant."""
    meant = texts.listed([escape(zone) for zone in near], "or")
    return f"I don't know the time zone “{shown(typed, 60)}”." + (
        f" Did you mean {meant}?" if meant else " Write a city such as Berlin or New York, or UTC."
    )


# --- what was posted -----------------------------------------------------------------------------------------

_FAILURES = {
    "too old": "Dropped: it waited until it was no longer news",
    "withdrawn": "Not sent: its stories were taken out of the news",
    "quarantined": "Not sent: Discord refused this story in several channels",
    "cannot be shown": "Failed: it cannot be shown; the host's log says why",
    "unsubscribed": "Not sent: the subscription was removed",
    "left": "Not sent: Heatline was removed from this server",
    "gone": "Failed: the channel is gone. Remove the subscription, or make it again elsewhere",
    "no permission": "Failed: I can't post there. Give Heatline its permissions back",
}
_HELD = {
    "paused": "Held: the subscription is paused. Resume it to send it",
    "gone": "Held: the channel is gone",
    "no permission": "Held: I can't post there until Heatline has its permissions back",
}


def entry(each: Entry, guild_id: int, *, held: bool) -> str:
    """Return a delivery in the log; `held` says that its subscription is paused."""
    title = f"“{shown(each.titles[0], 60)}”" if each.titles else "stories that have left the news"
    rest = f" and {each.articles - 1} more" if each.articles > 1 else ""
    what = "First briefing: " if each.kind is DeliveryKind.FIRST else ""
    when_ = f"<t:{int(each.at.timestamp())}:f>"
    return f"{fate(each, guild_id, held=held)} · {when_}\n-# {what}{title}{rest} → <#{each.channel_id}>"


def fate(each: Entry, guild_id: int, *, held: bool) -> str:
    """Return what became of a delivery; `held` says that its subscription is paused."""
    reason = each.reason or ""
    if each.state is DeliveryState.SENT:
        if reason == "deleted meanwhile":
            return "Posted, then deleted by someone"
        return f"Posted · [open]({message_link(guild_id, each.channel_id, each.message_id)})"
    if each.state is DeliveryState.FAILED:
        return _FAILURES.get(reason, f"Failed: Discord {escape(cut(reason, 60)) or 'refused it'}")
    if held or reason in _HELD:
        return _HELD.get(reason, _HELD["paused"])
    if each.state is DeliveryState.SENDING and not reason:
        return "Being sent"
    if reason:
        return f"Waits: Discord had trouble, the next try comes <t:{int(each.due_at.timestamp())}:R>"
    return f"Queued: goes out <t:{int(each.due_at.timestamp())}:R>"


def message_link(guild_id: int, channel_id: int, message_id: int | None) -> str:
    """Return the address of a message, or of the channel where it is not known."""
    tail = f"/{message_id}" if message_id else ""
    return f"https://discord.com/channels/{guild_id}/{channel_id}{tail}"


# --- why and why not -----------------------------------------------------------------------------------------


def explanation(each: Explanation, guild_id: int) -> str:
    """Return in a sentence why an article was posted for a subscription, or why it was not."""
    known = each.subscription
    since = " The subscription was changed since." if each.edited_since else ""
    return f"**{shown(texts.plain_about(known.terms), 80)}** → <#{known.channel_id}>\n{_why(each, guild_id)}{since}"


def _date(at: datetime | None, before: str = " on ") -> str:
    return f"{before}{at.day} {at:%B}" if at else ""


_PLAIN = {
    Rule.HIDDEN: "Not posted: the story is not in the published news.",
    Rule.UNSCORED: "Not posted yet: the story has no heat so far. It comes once it has.",
    Rule.SUPERSEDED: "Not posted: another report of the same story took its place.",
    Rule.QUIETLY: "Not posted: it came with a whole folder of older news, which is not pushed.",
    Rule.OTHER_TOPIC: "Not posted: it has another topic.",
    Rule.OTHER_PROVIDER: "Not posted: it is from another publisher.",
    Rule.OTHER_WORDS: "Not posted: its headline and summary do not fit your words.",
    Rule.OTHER_TYPE: "Not posted: you chose articles only, or videos only, and it is not one.",
    Rule.BLOCKED: "Not posted: this server blocks its publisher, or a word in it.",
    Rule.CROWDED_OUT: "Not posted: hotter stories took all the room until it was no longer news.",
}


def _why(each: Explanation, guild_id: int) -> str:
    known = each.subscription
    link = message_link(guild_id, known.channel_id, each.message_id)
    there = f" [Open it]({link})" if each.message_id else ""
    until = f" <t:{int(each.until.timestamp())}:R>" if each.until else ""
    if each.rule is Rule.POSTED:
        return f"Posted{_date(each.at)}.{there}"
    if each.rule is Rule.QUEUED:
        return f"On its way{until}."
    if each.rule is Rule.WAITING:
        return f"It waits for its turn, and may come{until or ' with the next post'}."
    if each.rule is Rule.FAILED:
        return f"{_FAILURES.get(each.reason or '', 'Not posted: Discord refused the message')}{_date(each.at)}."
    if each.rule is Rule.REMOVED:
        return f"{_FAILURES.get(each.reason or '', 'Not sent: its delivery was ended')}{_date(each.at)}."
    if each.rule is Rule.PAUSED:
        return f"Not posted: the subscription is paused{_date(each.at, ' since ')}. Resume it to get the news."
    if each.rule is Rule.OLDER:
        return "Not posted: it was there before the subscription, which gets what comes after it."
    if each.rule is Rule.SAME_STORY:
        return f"Not posted: the channel had this story already.{there}"
    if each.rule is Rule.BELOW_BAR:
        return f"Not posted: heat {each.heat} was below {_bar(each)} when it came{_date(each.at)}."
    return _PLAIN[each.rule]


def _bar(each: Explanation) -> str:
    terms = each.subscription.terms
    if terms.min_heat is not None or each.edited_since or terms.level is Level.EVERYTHING:
        return f"the bar ({each.bar})"
    return f"{texts.LEVELS[terms.level]} ({each.bar})"
