"""The words about a channel's standing orders: their terms, what they bring, and what keeps them out."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from bot.briefing.quiet import quiet_hours
from bot.cards import texts
from bot.cards.language import N_, _, ngettext, number, weekday
from bot.cards.markup import cut, escape, shown
from bot.cards.news_texts import Kind
from bot.models import Backtest, Bars, Level, Look, Name, Often, Post, Server, Subscription, SubscriptionState, Terms

OLD_PANEL = N_("This panel was left for too long, and its choices are gone. Run {command} again.")
NOT_YOURS = N_("This list belongs to someone else; run {command} for your own.")
OVERTAKEN = N_("Someone else changed this subscription meanwhile. This is how it is now; choose again what you want.")
NOTHING_CHANGED = N_("Saved: nothing had changed.")
UNSAVED = N_("Not saved yet.")
NO_MATCH = N_("Nothing in the news folder matches these choices, so there is nothing to show.")
ONLY_YOU = N_("How a post would look now. Only you see this, and it pings nobody.")
LOCKED = N_("{channel} is locked: unlock it, or let Heatline manage threads, or choose another channel.")
EVERYONE = N_("@everyone can't be pinged: choose a role that people took for news.")
GONE_ROLE = N_("That role is gone: choose another.")
ASK_WHICH = N_("Which subscription?")
WHICH_SUBSCRIPTION = N_("I can't tell which subscription you mean: choose one of the list that opens while you type.")
WHICH_ARTICLE = N_(
    "I can't tell which story you mean: choose one of the list that opens while you type, or paste its address."
)
HIDDEN_ARTICLE = N_("Heatline's host hid this story: it is posted and shown nowhere.")
EMPTY_LOG = N_("Nothing was sent yet.")
LOWER = N_("Lower the bar of…")
TIMEZONE_NOW = N_(
    "The time zone of this server is {zone}, for all of its subscriptions. Where no quiet hours were chosen, they are "
    "23:00 to 07:00 from now on."
)
BAD_TIME = N_("Write the time as hours and minutes, such as 09:00.")
BAD_QUIET = N_("Write quiet hours such as 23:00 to 07:00, or none.")
EMPTY_QUIET = N_("Quiet hours begin and end at different times, such as 23:00 to 07:00. To have none, write none.")
BAD_NUMBER = N_("{what} is a number from {least} to {most}.")
BAD_HEAT = N_("How hot is Everything, Hot, Hottest, or a heat from 0 to 1000.")
TOO_MANY_WORDS = N_("Write at most {most} words or phrases, each of at most {longest} characters.")
LOOKS = {
    Look.CARD: N_("Card · picture and summary"),
    Look.COMPACT: N_("Compact · no picture, no summary"),
    Look.HEADLINE: N_("Headline · one line"),
}
TYPES = {None: N_("Articles and videos"), "article": N_("Articles only"), "video": N_("Videos only")}

# The same inside a line.
_LEVELS_INSIDE = {Level.EVERYTHING: N_("everything"), Level.HOT: N_("hot"), Level.HOTTEST: N_("hottest")}
_LOOKS_INSIDE = {Look.CARD: N_("card"), Look.COMPACT: N_("compact"), Look.HEADLINE: N_("headline")}
_TYPES_INSIDE = {None: N_("articles and videos"), "article": N_("articles only"), "video": N_("videos only")}

_MONDAY = date(2024, 1, 1)


def weekdays() -> list[str]:
    """Return the days of the week, Monday first."""
    return [weekday(_MONDAY + timedelta(days=day)) for day in range(7)]


def names(chosen: Sequence[str], most: int = 24) -> str:
    """Return chosen names for a button: the one there is, else their number."""
    return cut(chosen[0], most) if len(chosen) == 1 else ngettext("{number} chosen", "{number} chosen", len(chosen))


def clock(minute: int) -> str:
    """Return a time of day."""
    return f"{minute // 60:02}:{minute % 60:02}"


def city(timezone: str | None) -> str:
    """Return a time zone in a word."""
    return (timezone or "UTC").rpartition("/")[2].replace("_", " ")


def ago(at: datetime) -> str:
    """Return a time as Discord counts from it: `2 days ago`, `in 5 minutes`."""
    return f"<t:{int(at.timestamp())}:R>"


def quiet(terms: Terms, settings: Server) -> str:
    """Return the quiet hours in force: `Quiet 23:00–07:00`."""
    hours = quiet_hours(terms, settings.timezone)
    return _("Quiet {begin}–{end}", begin=clock(hours[0]), end=clock(hours[1])) if hours else _("Quiet: none")


def silent(terms: Terms) -> bool:
    """Whether posts make no sound."""
    return terms.often is Often.INSTANT if terms.silent is None else terms.silent


def headline(known: Subscription, terms: Terms, below: int, days: int | None) -> str:
    """Return the first line of a panel: what goes where, how it is, and how many stories stayed below its bar.

    They are those since its last post, or in the last `days`.
    """
    when = _last_post(known)
    if below:
        when += f", {_below(known, below, days)}"
    return f"**{texts.about_first(terms)}** → <#{known.channel_id}> · {state(known)} · {when}"


def _below(known: Subscription, stories: int, days: int | None) -> str:
    if days:
        return ngettext(
            "{number} in {days} days below the bar", "{number} in {days} days below the bar", stories, days=days
        )
    if known.last_post_at:
        return ngettext("{number} since then below the bar", "{number} since then below the bar", stories)
    return ngettext("{number} so far below the bar", "{number} so far below the bar", stories)


def _last_post(known: Subscription) -> str:
    last = known.last_post_at
    return _("last post {time}", time=ago(last)) if last else _("nothing posted yet")


def state(known: Subscription) -> str:
    """Return whether a subscription posts, and why not."""
    if known.state is SubscriptionState.ACTIVE:
        return _("active")
    because = texts.PAUSES.get(known.paused_because or "")
    return _("**paused**: {because}", because=_(because)) if because else _("**paused**")


def level(terms: Terms, bars: Bars) -> str:
    """Return the bar in force."""
    if terms.min_heat is not None:
        return _("heat {heat} or more, as you set it", heat=str(terms.min_heat))
    if terms.level is Level.EVERYTHING:
        return _("everything that matches")
    return texts.bar(terms.level, bars)


def short_level(terms: Terms) -> str:
    """Return how hot in a word or two."""
    return _(texts.LEVELS[terms.level]) if terms.min_heat is None else _("Heat {heat}+", heat=str(terms.min_heat))


def posts(several: int) -> str:
    """Return a number of posts."""
    return ngettext("{number} post", "{number} posts", several)


def pings(several: int) -> str:
    """Return a number of pings."""
    return ngettext("{number} ping", "{number} pings", several)


def brought(tested: Backtest) -> str:
    """Return what terms would have brought, in a sentence."""
    return _(
        "Last {days} days would have brought {posts} and {pings}.",
        days=tested.days,
        posts=posts(tested.posts),
        pings=pings(tested.pings),
    )


def preview(tested: Backtest) -> str:
    """Return what terms would have brought, with the last few posts."""
    if not tested.posts:
        return _("**Preview:** no posts in {days} days.", days=tested.days)
    lead = _(
        "**Preview:** {posts}, {pings} in {days} days. The last:",
        posts=posts(tested.posts),
        pings=pings(tested.pings),
        days=tested.days,
    )
    return "\n".join([lead, *map(_post, tested.last[:3])])


def _post(post: Post) -> str:
    title = shown(post.titles[0], 80) if post.titles else _("a story")
    pieces = [ago(post.at), and_more(title, len(post.titles) - 1), *([_("ping")] if post.pings else [])]
    return f"-# {' · '.join(pieces)}"


def and_more(first: str, more: int) -> str:
    """Return the first of several things, and how many more there are."""
    return ngettext("{first} and {number} more", "{first} and {number} more", more, first=first) if more > 0 else first


# --- terms, one by one ---------------------------------------------------------------------------------------


def _some(chosen: Sequence[str]) -> str:
    few = [shown(name, 40) for name in chosen[:3]]
    return texts.listed([*few, _more(len(chosen) - 3)] if len(chosen) > 3 else few)


def _more(several: int) -> str:
    return _("{number} more", number=several)


def left_out(terms: Terms) -> tuple[str, ...]:
    """Return the names that are left out."""
    return terms.without_topics + terms.without_providers


def when(terms: Terms, settings: Server) -> str:
    """Return when it posts, in words."""
    if terms.often is Often.INSTANT:
        return _(texts.OFTEN_INSIDE[terms.often])
    weekly = terms.often is Often.WEEKLY
    day = _("on {days}", days=_(texts.WEEKDAYS[terms.weekday])) if weekly else _(texts.OFTEN_INSIDE[terms.often])
    zone = escape(city(settings.timezone))
    return _("{days} at {time} {zone}", days=day, time=clock(terms.minute), zone=zone)


def facets(terms: Terms, settings: Server) -> dict[str, str]:
    """Return everything that can be chosen, each in a few words, escaped."""
    return {
        **_named_facets(terms),
        "level": _short_level_inside(terms),
        "when": when(terms, settings),
        "spacing": _spacing(terms),
        "limit": _("at most {number} a day", number=terms.daily_limit),
        "size": ngettext("up to {number} story in a message", "up to {number} stories in a message", terms.size),
        "cap": ngettext("up to {number} of a publisher", "up to {number} of a publisher", terms.publisher_cap),
        "quiet": _quiet_inside(terms, settings),
        "look": _(_LOOKS_INSIDE[terms.look]),
        "silent": _("silent") if silent(terms) else _("with sound"),
        "ping": _ping(terms),
    }


def _named_facets(terms: Terms) -> dict[str, str]:
    topics, providers, out = _some(terms.topics), _some(terms.providers), _some(left_out(terms))
    wanted, unwanted = _some(terms.words), _some(terms.without_words)
    inside = _TYPES_INSIDE.get(terms.type)
    return {
        "topics": _("topics: {names}", names=topics) if topics else _("topics: all"),
        "providers": _("publishers: {names}", names=providers) if providers else _("publishers: all"),
        "without": _("left out: {names}", names=out) if out else _("left out: nothing"),
        "words": _("with the words: {words}", words=wanted) if wanted else _("with the words: any"),
        "without_words": _("without the words: {words}", words=unwanted) if unwanted else _("without the words: none"),
        "type": _(inside) if inside else escape(cut(terms.type or "", 40)).lower(),
    }


def _short_level_inside(terms: Terms) -> str:
    return _(_LEVELS_INSIDE[terms.level]) if terms.min_heat is None else _("heat {heat}+", heat=str(terms.min_heat))


def _spacing(terms: Terms) -> str:
    if terms.spacing is None:
        return _("between posts: as usual")
    return ngettext(
        "between posts: at least {number} minute", "between posts: at least {number} minutes", terms.spacing
    )


def _quiet_inside(terms: Terms, settings: Server) -> str:
    hours = quiet_hours(terms, settings.timezone)
    return _("quiet {begin}–{end}", begin=clock(hours[0]), end=clock(hours[1])) if hours else _("quiet: none")


def _ping(terms: Terms) -> str:
    """Return who is pinged, and for what."""
    if terms.role_id is None:
        return _("ping: nobody")
    return _(
        "ping: {role} for {level}, at most {number} a day",
        role=f"<@&{terms.role_id}>",
        level=_(texts.LEVELS[terms.ping_level]),
        number=terms.daily_pings,
    )


def saved(before: Terms, after: Terms, settings: Server) -> str:
    """Return what a change of terms changed."""
    old, new = facets(before, settings), facets(after, settings)
    changed = [words for name, words in new.items() if words != old[name]]
    return _("Saved: {changes}.", changes=cut("; ".join(changed), 600)) if changed else _(NOTHING_CHANGED)


_ALWAYS = ("topics", "providers", "level", "when", "limit", "silent")


def details(terms: Terms, settings: Server) -> str:
    """Return of a subscription's terms what is not as usual, but for what its line says anyway."""
    usual, new = facets(Terms(often=terms.often), settings), facets(terms, settings)
    return ", ".join(words for name, words in new.items() if name not in _ALWAYS and words != usual[name])


def summary(known: Subscription) -> str:
    """Return a subscription in two lines: what goes where, how hot, when, and how it is."""
    return (
        f"**{texts.about_first(known.terms)}** → <#{known.channel_id}>\n"
        f"-# {short_level(known.terms)}, {texts.how(known)} · {state(known)} · {_last_post(known)}"
    )


def line(known: Subscription, settings: Server, trouble: str | None) -> str:
    """Return a subscription in the list of a server's subscriptions."""
    more = details(known.terms, settings)
    return "\n-# ".join(filter(None, (summary(known), more, trouble)))


# --- what keeps a person or Heatline out ---------------------------------------------------------------------


def cannot_ping(role_id: int, channel_id: int) -> str:
    """Return what is said of a role that a ping would not reach."""
    return _(
        "{role} would not be notified: switch on “Allow anyone to @mention this role”, "
        "or let Heatline mention roles in {channel} only.",
        role=f"<@&{role_id}>",
        channel=f"<#{channel_id}>",
    )


def closed(channel_id: int, missing: Sequence[str]) -> str:
    """Return what Heatline lacks in a channel, and where to give it."""
    return texts.missing_permissions(channel_id, permissions(missing))


def permissions(names: Sequence[str]) -> list[str]:
    """Return permissions as Discord's settings call them in the language spoken now."""
    return [_(name) for name in names]


def unknown_names(kind: Kind, unknown: Sequence[tuple[str, Sequence[Name]]]) -> str:
    """Return what is said of typed names that are not there; the others were taken."""
    return "\n".join(_unknown_name(kind, shown(typed, 40), near) for typed, near in unknown[:5])


def _unknown_name(kind: Kind, name: str, near: Sequence[Name]) -> str:
    topic = kind == "topic"
    if not near:
        return _("No topic “{name}”.", name=name) if topic else _("No publisher “{name}”.", name=name)
    meant = texts.listed([f"{shown(each.name, 60)} ({number(each.count)})" for each in near], "or")
    if topic:
        return _("No topic “{name}”. Did you mean {meant}?", name=name, meant=meant)
    return _("No publisher “{name}”. Did you mean {meant}?", name=name, meant=meant)


def bad_timezone(typed: str, near: Sequence[str]) -> str:
    """Return what is said for a time zone that is not there, with those that may have been meant."""
    zone = shown(typed, 60)
    if not near:
        return _("I don't know the time zone “{zone}”. Write a city such as Berlin or New York, or UTC.", zone=zone)
    meant = texts.listed([escape(each) for each in near], "or")
    return _("I don't know the time zone “{zone}”. Did you mean {meant}?", zone=zone, meant=meant)
