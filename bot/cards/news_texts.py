"""The words about news: how old it is, how much of it there is, what a list is called and says where it is empty."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bot.briefing.windows import WINDOWS
from bot.cards.language import N_, _, long_date, ngettext, number, weekday
from bot.cards.markup import cut, escape, shown
from bot.cards.texts import NO_NEWS, listed
from bot.models import Article, Listing, Name, Order, Page, Terms

Kind = Literal["topic", "provider"]
"""What a name is the name of."""

_TITLES = {
    (Order.TOP, False, False): N_("Hottest"),
    (Order.TOP, True, False): N_("Hottest in {topic}"),
    (Order.TOP, False, True): N_("Hottest from {provider}"),
    (Order.TOP, True, True): N_("Hottest in {topic} from {provider}"),
    (Order.LATEST, False, False): N_("Latest"),
    (Order.LATEST, True, False): N_("Latest in {topic}"),
    (Order.LATEST, False, True): N_("Latest from {provider}"),
    (Order.LATEST, True, True): N_("Latest in {topic} from {provider}"),
    (Order.SEARCH, False, False): N_("“{words}”"),
    (Order.SEARCH, True, False): N_("“{words}” in {topic}"),
    (Order.SEARCH, False, True): N_("“{words}” from {provider}"),
    (Order.SEARCH, True, True): N_("“{words}” in {topic} from {provider}"),
}
"""What a list is called, by its order and by whether it has a topic and a provider."""

_MORE = {
    (False, False): N_("And {number} more: /news latest"),
    (True, False): N_("And {number} more: /news latest topic\\:{topic}"),
    (False, True): N_("And {number} more: /news latest provider\\:{provider}"),
    (True, True): N_("And {number} more: /news latest topic\\:{topic} provider\\:{provider}"),
}


# --- one story -----------------------------------------------------------------------------------------------


def age(article: Article, now: datetime) -> str:
    """Return how long ago an article is from, in days: publishers' clocks are up to 8 hours off."""
    at = min(article.published_at or article.seen_at or now, now)
    days = (now.date() - at.date()).days
    if days < 1:
        return _("today")
    if days == 1:
        return _("yesterday")
    return ngettext("{number} day ago", "{number} days ago", days) if days <= 30 else f"<t:{int(at.timestamp())}:D>"


def others(article: Article) -> str:
    """Return how many others report the story, or nothing."""
    several = len(article.coverage)
    return ngettext("also {number} other", "also {number} others", several) if several else ""


def other_reports(several: int) -> str:
    """Return how many other reports of a story there are."""
    return ngettext("{number} other report", "{number} other reports", several)


def shared_by(user_id: int) -> str:
    """Return who shows everybody what they found."""
    return _("Shared by {user}", user=f"<@{user_id}>")


# --- periods -------------------------------------------------------------------------------------------------


def window(days: int | None) -> str:
    """Return a window of age in words."""
    if days is None:
        return _("all time")
    if days == 1:
        return _("last 24 hours")
    return _("last year") if days == 365 else _("last {days} days", days=days)


def _the_window(days: int | None) -> str:
    """Return a window of age as it stands after `in` and `from`."""
    if days is None:
        return _("all time")
    if days == 1:
        return _("the last 24 hours")
    return _("the last year") if days == 365 else _("the last {days} days", days=days)


def looked(since: datetime, now: datetime) -> str:
    """Return when a reader last looked: `on Tuesday`."""
    days = (now.date() - since.date()).days
    if days < 1:
        return _("earlier today")
    if days == 1:
        return _("yesterday")
    return _("on {day}", day=weekday(since) if days < 7 else f"<t:{int(since.timestamp())}:D>")


# --- lists ---------------------------------------------------------------------------------------------------


def list_title(listing: Listing) -> str:
    """Return the heading of a list, escaped."""
    return _(
        _TITLES[listing.order, bool(listing.topic), bool(listing.provider)],
        words=shown(listing.words or "", 60),
        topic=escape(listing.topic or ""),
        provider=escape(listing.provider or ""),
    )


def some_stories(last: int, every: int) -> str:
    """Return how many of all stories are shown: `5 of 41 stories`, or `5 stories` where that is all."""
    if last >= every:
        return ngettext("{number} story", "{number} stories", every)
    return ngettext("{last} of {number} story", "{last} of {number} stories", every, last=last)


def list_place(page: Page) -> str:
    """Return where a page is in its list: `5 of 41 stories, last 7 days`."""
    first, last = page.rank, page.rank + len(page.articles) - 1
    if page.listing.order is Order.SEARCH:
        return _matches(page, first, last)
    if page.total <= len(page.articles) or first == 1:
        place = some_stories(last if first == 1 else page.total, page.total)
    else:
        place = ngettext(
            "{first} to {last} of {number} story",
            "{first} to {last} of {number} stories",
            page.total,
            first=first,
            last=last,
        )
    return f"{place}, {window(page.days)}" if page.listing.order is Order.TOP else place


def _matches(page: Page, first: int, last: int) -> str:
    if page.total <= len(page.articles):
        return ngettext("{number} match", "{number} matches", page.total)
    if first == 1:
        return ngettext("{last} of {number} match", "{last} of {number} matches", page.total, last=last)
    return ngettext(
        "{first} to {last} of {number} match",
        "{first} to {last} of {number} matches",
        page.total,
        first=first,
        last=last,
    )


def widened(in_first_window: int | None, days: int | None, total: int) -> str | None:
    """Return why a window is wider than usual, if it is: so few stories were in the narrowest."""
    if in_first_window is None:
        return None
    if in_first_window:
        found = ngettext(
            "Only {number} story in {days} days",
            "Only {number} stories in {days} days",
            in_first_window,
            days=WINDOWS[0],
        )
    else:
        found = _("No stories in {days} days", days=WINDOWS[0])
    if total == 1:
        return _("{found}, so this is from {period}.", found=found, period=_the_window(days))
    return _("{found}, so these are from {period}.", found=found, period=_the_window(days))


def left_out(stories: int, reports: int) -> str:
    """Return what a short briefing leaves out: less hot stories, and other reports of those that it shows."""
    if stories and reports:
        return ngettext(
            "{all} left out: {stories} less hot, {number} report of the same stories.",
            "{all} left out: {stories} less hot, {number} reports of the same stories.",
            reports,
            all=stories + reports,
            stories=stories,
        )
    if stories:
        return ngettext("{number} less hot story left out.", "{number} less hot stories left out.", stories)
    if reports:
        return ngettext(
            "{number} report of the same stories left out.", "{number} reports of the same stories left out.", reports
        )
    return ""


def no_articles(listing: Listing) -> str:
    """Return what to try instead of a list that is empty."""
    if listing.order is Order.SEARCH:
        words = shown(listing.words or "", 60)
        if listing.topic or listing.provider:
            return _("Nothing for “{words}” there. Try fewer or other words.", words=words)
        return _("Nothing for “{words}”. Try fewer or other words.", words=words)
    if listing.days is not None:
        return _("Nothing in {period}. Try a longer period.", period=_the_window(listing.days))
    if listing.topic and listing.provider:
        topic, provider = escape(listing.topic), escape(listing.provider)
        return _("Nothing in {topic} from {provider}. Try one of the two alone.", topic=topic, provider=provider)
    return _(NO_NEWS)


def nearest(typed: str, meant: str, number: int) -> str:
    """Return what is said of a search that finds nothing, with the nearest one and how many stories that finds."""
    return _(
        "Nothing for “{words}”. Try “{near}” ({number}), or fewer words.",
        words=shown(typed, 60),
        near=shown(meant, 60),
        number=number,
    )


def sample(newest: datetime | None) -> str:
    """Return what is said where only the bundled news is there."""
    if newest is None:
        return _("Sample news only: the host has not connected a news folder yet.")
    return _(
        "Sample news only: the newest story is from {date}. The host has not connected a news folder yet.",
        date=long_date(newest.date()),
    )


def unknown_name(kind: Kind, typed: str, near: Sequence[Name]) -> str:
    """Return what is said for a name that is not there, with the nearest that are."""
    name = shown(typed, 60)
    if near:
        meant = listed([f"{escape(each.name)} ({number(each.count)})" for each in near], "or")
        if kind == "topic":
            return _("No topic “{name}”. Did you mean {meant}?", name=name, meant=meant)
        return _("No publisher “{name}”. Did you mean {meant}?", name=name, meant=meant)
    if kind == "topic":
        return _("No topic “{name}”. Run /news topic without a name to see them all.", name=name)
    return _("No publisher “{name}”. Run /news provider without a name to see them all.", name=name)


# --- pushes --------------------------------------------------------------------------------------------------


def headline_line(article: Article, most: int) -> str:
    """Return a pushed card's first line: headline and provider, escaped, in at most so many visible characters."""
    provider = cut(article.provider, 60)
    return f"{shown(article.title, most - len(provider) - 3)} · {escape(provider)}"


def several(lead: str, articles: Sequence[Article], most: int) -> str:
    """Return the first line of a message with several stories, escaped: the lead, then headlines while they fit."""
    room = max(24, (most - len(lead)) // len(articles) - 2)
    return f"{lead}: " + "; ".join(shown(article.title, room) for article in articles)


def more(several: int, terms: Terms) -> str:
    """Return how to see what did not fit."""
    topic = escape(terms.topics[0]) if len(terms.topics) == 1 else ""
    provider = escape(terms.providers[0]) if len(terms.providers) == 1 else ""
    return _(_MORE[bool(topic), bool(provider)], number=several, topic=topic, provider=provider)
