"""The words: sentences that people read in Discord, in one place; those about news are in `news_texts`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from bot.briefing.bars import Rate, Unit, rate
from bot.cards.language import N_, _, ngettext
from bot.cards.markup import cut, escape, shown
from bot.models import Bars, Level, Often, Subscription, SubscriptionState, Terms

WENT_WRONG = N_("That went wrong on our side; nothing was changed. Try again in a minute (id {id}).")
OLD_BUTTON = N_("This button is from an older version. Run the command again.")
GONE_STORY = N_("That story is no longer in the news folder.")
BLOCKED_STORY = N_("This server does not show that story.")
BLOCKED_PUBLISHER = N_("This server does not show news from that publisher.")
CANNOT_POST_HERE = N_("You can't post in this channel, so only you see this.")
NOT_ADMIN = N_("Only Heatline's hosts can use /admin: the app's owner, its team, and the ids in ADMIN_IDS.")
NOT_STOPPED = N_("Sending is not paused: there is nothing to resume.")
REMOVE_ANYWAY = N_("Remove them all the same")
ABOUT_TIMEZONE = N_("Digests and quiet hours (23:00 to 07:00) go by it.")
ABOUT_NOTICES = N_(
    "Where I tell of trouble. With no channel chosen: where community updates go, else to whoever manages me next."
)
ABOUT_SHARE = N_("Whether members may show everybody what they found.")
ABOUT_BLOCKED = N_("Never shown in this server, neither in posts nor in answers.")
HIDE = N_("Hide it everywhere")
UNHIDE = N_("Show it again")
HIDDEN = N_("Hidden: it is shown nowhere any more.")
UNHIDDEN = N_("It is shown again, as its file says.")
WHICH_ARTICLE = N_("I don't know that article: choose one of the list, or give its address.")
NO_SHARING = N_("Sharing is switched off in this server.")
NEEDS_MANAGER = N_(
    "That setting needs Manage Server, or ask an admin to allow /subscribe for your role "
    "in Server Settings → Integrations."
)
ONLY_IN_SERVERS = N_("News can only be sent to a server's channel: run this in a server.")
NO_NEWS = N_("There is no news yet: the host's news folder is empty, or it is still being read. Try again in a minute.")
FIRST_SAMPLE = N_("Sample story, posted to show how cards look. New stories will follow here.")
HIDDEN_BY_HOST = N_("This story was removed by the host.")
OPEN_STORY = N_("Open a story…")
SHOW_ANYWAY = N_("Show the week anyway")
NOTHING_SAVED = N_("Nothing saved yet. Press Save in any story.")
SAVED = N_("Saved. Your list is {command}.")
NO_LONGER_SAVED = N_("It is no longer on your list.")
FORGOTTEN = N_("Deleted: nothing is stored about you now.")
TOO_MANY_SAVED = N_("You have saved {most} stories, the most there can be. Remove some first: {command}.")
NOT_KNOWN = N_("That link is not in the news here.")
NO_ADDRESS = N_("There is no link in that message.")
TOO_MANY_HERE = N_("This channel has {most} subscriptions already, the most there can be. Remove one first: {command}.")
TOO_MANY = N_("This server has {most} subscriptions already, the most there can be. Remove one first: {command}.")
GONE_SUBSCRIPTION = N_("That subscription was removed.")
NO_SUBSCRIPTIONS = N_("No news is sent in this server yet. Start with {command}.")
NOTHING_YET = N_("There is nothing to show there that is new to the channel. New stories will follow.")
NOT_A_NEWS_CHANNEL = N_("News can be sent to text and announcement channels and to threads: choose one of those.")
BAD_LEVEL = N_("How hot is one of Everything, Hot and Hottest.")
CHANGE_ONE = N_("Change one…")
ASK_TIMEZONE = N_("The time is in UTC until this server has a time zone.")

NOTHING = N_("nothing lately")
RATES = {
    Unit.DAY: N_("about {number} a day"),
    Unit.WEEK: N_("about {number} a week"),
    Unit.MONTH: N_("about {number} a month"),
}
LEVELS = {Level.EVERYTHING: N_("Everything"), Level.HOT: N_("Hot"), Level.HOTTEST: N_("Hottest")}
OFTEN = {
    Often.INSTANT: N_("As it happens"),
    Often.DAILY: N_("Daily"),
    Often.WEEKDAYS: N_("Weekdays"),
    Often.WEEKLY: N_("Weekly"),
}
OFTEN_INSIDE = {
    Often.INSTANT: N_("as it happens"),
    Often.DAILY: N_("daily"),
    Often.WEEKDAYS: N_("weekdays"),
    Often.WEEKLY: N_("weekly"),
}
"""How often, inside a line."""
WEEKDAYS = (
    N_("Mondays"),
    N_("Tuesdays"),
    N_("Wednesdays"),
    N_("Thursdays"),
    N_("Fridays"),
    N_("Saturdays"),
    N_("Sundays"),
)
PAUSES = {
    "no permission": N_("I can't post there"),
    "gone": N_("the channel is gone"),
    "left": N_("Heatline was removed from this server"),
}


def listed(items: Sequence[str], conjunction: Literal["and", "or"] = "and") -> str:
    """Return the items as people list them: `A, B and C`."""
    if len(items) < 2:
        return "".join(items)
    some, last = ", ".join(items[:-1]), items[-1]
    if conjunction == "or":
        return _("{some} or {last}", some=some, last=last)
    return _("{some} and {last}", some=some, last=last)


# --- hosts ---------------------------------------------------------------------------------------------------


def sending_stopped(waiting: int, command: str) -> str:
    """Return what is said when a host has paused all sending."""
    return ngettext(
        "Sending is paused, also over a restart: {number} message waiting. Resume with {command}.",
        "Sending is paused, also over a restart: {number} messages waiting. Resume with {command}.",
        waiting,
        command=command,
    )


def sending_resumed(waiting: int) -> str:
    """Return what is said when sending goes on after a pause."""
    return ngettext(
        "Sending goes on: {number} message waiting.", "Sending goes on: {number} messages waiting.", waiting
    )


def ask_to_hide(title: str, *, hidden: bool) -> str:
    """Return the question before an article is hidden, or shown again."""
    headline = shown(title, 200)
    if hidden:
        return _("**{headline}** is hidden.", headline=headline)
    return _(
        "**{headline}** will be shown nowhere any more, whatever the files say; posts of the last 30 days "
        "are edited to say so.",
        headline=headline,
    )


def edited_posts(number: int) -> str:
    """Return how many posts are edited now, after what was said of the story."""
    if not number:
        return ""
    return " " + ngettext("{number} post will be edited.", "{number} posts will be edited.", number)


# --- subscriptions: what, how hot, how often -----------------------------------------------------------------


def about(terms: Terms) -> str:
    """Return what a subscription is about, escaped: `AI and Robotics news from Example Times`."""
    topics, providers = _some(terms.topics), _some(terms.providers)
    if topics and providers:
        return _("{topics} news from {providers}", topics=topics, providers=providers)
    if topics:
        return _("{topics} news", topics=topics)
    return _("all news from {providers}", providers=providers) if providers else _("all news")


def about_first(terms: Terms) -> str:
    """Return what a subscription is about, escaped, at the head of a line: `All news from Example Times`."""
    if terms.topics:
        return about(terms)
    providers = _some(terms.providers)
    return _("All news from {providers}", providers=providers) if providers else _("All news")


def _some(names: Sequence[str]) -> str:
    """Return the first few of the names, escaped, and how many more there are."""
    few = [escape(name) for name in names[:3]]
    return listed([*few, _("{number} more", number=len(names) - 3)] if len(names) > 3 else few)


def plain_about(terms: Terms) -> str:
    """Return what a subscription is about, for places without Markdown: `AI from Example Times`."""
    topics, providers = _few(terms.topics), _few(terms.providers)
    if topics and providers:
        return _("{topics} from {providers}", topics=topics, providers=providers)
    if topics:
        return topics
    return _("All news from {providers}", providers=providers) if providers else _("All news")


def _few(names: Sequence[str]) -> str:
    if len(names) <= 2:
        return listed(names)
    return _("{some} and {last}", some=names[0], last=_("{number} more", number=len(names) - 1))


def level_choice(level: Level, expected: str) -> str:
    """Return a choice of how hot: `Hot · about 1 a week`."""
    return f"{_(LEVELS[level])} · {expected}"


def expected_rate(heats: Sequence[int], bar: int, days: float, daily_limit: int) -> Rate | None:
    """Return how many posts to expect, from the heats of so many days; None for none."""
    posts = sum(heat >= bar for heat in heats)
    return rate(min(posts, round(daily_limit * days)), days)


def rate_words(expected: Rate | None) -> str:
    """Return a rate in words: `about 5 a week`."""
    return _(RATES[expected.unit], number=expected.number) if expected else _(NOTHING)


def bar(level: Level, bars: Bars) -> str:
    """Return what a level means for a filter today."""
    if level is Level.EVERYTHING:
        return _(LEVELS[level])
    if not bars.live:
        return _("{level} (everything, until there are 20 scored stories to tell levels apart)", level=_(LEVELS[level]))
    if level is Level.HOT:
        return _("Hot: top quarter of your filter, now heat {heat} or more", heat=bars.bar(level))
    return _("Hottest: top tenth of your filter, now heat {heat} or more", heat=bars.bar(level))


def how(subscription: Subscription) -> str:
    """Return when a subscription posts."""
    terms, at = subscription.terms, subscription.next_run_at
    if terms.often is Often.INSTANT:
        if terms.silent is False:
            return _("as it happens, at most {number} a day", number=terms.daily_limit)
        return _("as it happens, silent, at most {number} a day", number=terms.daily_limit)
    days = {
        Often.DAILY: _("daily"),
        Often.WEEKDAYS: _("on weekdays"),
        Often.WEEKLY: _("on {days}", days=_(WEEKDAYS[terms.weekday])),
    }
    if at is None:
        return days[terms.often]
    return _("{days} at {time}", days=days[terms.often], time=f"<t:{int(at.timestamp())}:t>")


# --- subscriptions: what is said of one ----------------------------------------------------------------------


def at_least(heat: int) -> str:
    """Return a bar that is a number."""
    return _("Heat {heat} or more", heat=str(heat))


def done(subscription: Subscription, bars: Bars, expected: Rate | None) -> str:
    """Return the answer to a new subscription."""
    terms = subscription.terms
    lead = _("**Done: {news} goes to {channel}.**", news=about(terms), channel=f"<#{subscription.channel_id}>")
    own = terms.min_heat
    demanded = bar(terms.level, bars) if own is None else at_least(own)
    return f"{lead}\n{demanded}, {how(subscription)}. {_expect(terms.often, expected)}"


def _expect(often: Often, expected: Rate | None) -> str:
    """Return how many messages a subscription will bring, in a sentence."""
    if often is not Often.INSTANT:
        return {
            Often.DAILY: _("One message a day, if there is news."),
            Often.WEEKDAYS: _("One message a weekday, if there is news."),
            Often.WEEKLY: _("One message a week, if there is news."),
        }[often]
    if expected is None:
        return _("Nothing matched lately, so it may stay quiet.")
    posts_a = {
        Unit.DAY: ngettext("Expect about {number} post a day.", "Expect about {number} posts a day.", expected.number),
        Unit.WEEK: ngettext(
            "Expect about {number} post a week.", "Expect about {number} posts a week.", expected.number
        ),
        Unit.MONTH: ngettext(
            "Expect about {number} post a month.", "Expect about {number} posts a month.", expected.number
        ),
    }
    return posts_a[expected.unit]


def short_line(subscription: Subscription) -> str:
    """Return a subscription in a long list: 25 fit a reply even if every character needs escaping."""
    subject = cut(plain_about(subscription.terms), 40)
    return f"{escape(subject)} → <#{subscription.channel_id}> · {_state(subscription)}"


def _state(subscription: Subscription) -> str:
    if subscription.state is SubscriptionState.ACTIVE:
        return _("active")
    because = PAUSES.get(subscription.paused_because or "")
    return _("**paused**: {because}", because=_(because)) if because else _("**paused**")


def option_state(subscription: Subscription) -> str:
    """Return how a subscription is, for a select."""
    terms = subscription.terms
    state = _("active") if subscription.state is SubscriptionState.ACTIVE else _("paused")
    return f"{_(LEVELS[terms.level])}, {_(OFTEN_INSIDE[terms.often])}, {state}"


def removed(subscription: Subscription) -> str:
    """Return what is said when a subscription is removed."""
    channel = f"<#{subscription.channel_id}>"
    return _("Removed: {news} no longer sent to {channel}.", news=about(subscription.terms), channel=channel)


def duplicate(subscription: Subscription) -> str:
    """Return what is said where a channel has the same subscription already."""
    channel = f"<#{subscription.channel_id}>"
    return _("{channel} already gets {news}.", channel=channel, news=about(subscription.terms))


def timezone_set(timezone: str, next_run: datetime) -> str:
    """Return what is said when a server has a time zone."""
    return _(
        "This server's time zone is {timezone}. Daily briefings come at {time}.",
        timezone=escape(timezone),
        time=f"<t:{int(next_run.timestamp())}:t>",
    )


# --- channels ------------------------------------------------------------------------------------------------


def cannot_find(channel_id: int) -> str:
    """Return what is said of a channel that is gone."""
    return _(
        "I can't find {channel} any more. Remove this subscription, and make a new one elsewhere.",
        channel=f"<#{channel_id}>",
    )


def missing_permissions(channel_id: int, names: Sequence[str]) -> str:
    """Return which permissions Heatline lacks in a channel, and where to give them."""
    return _(
        "I can't post in {channel}: allow {permissions} for Heatline under Edit Channel → Permissions → Add role.",
        channel=f"<#{channel_id}>",
        permissions=listed(names),
    )


def cannot_see(channel_id: int) -> str:
    """Return what is said to someone who chose a channel in which they cannot post themselves."""
    channel = f"<#{channel_id}>"
    return _("You can't post in {channel} yourself, so you can't send news there.", channel=channel)
