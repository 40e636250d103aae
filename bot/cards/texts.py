"""The words: every sentence that people read in Discord, in one place."""

from collections.abc import Sequence
from datetime import datetime

from bot.briefing.bars import NOTHING, rate
from bot.briefing.windows import WINDOWS
from bot.cards.markup import cut, escape, shown
from bot.models import Article, Bars, Level, Listing, Name, Often, Order, Page, Subscription, SubscriptionState, Terms

WENT_WRONG = "That went wrong on our side; nothing was changed. Try again in a minute (id {id})."
OLD_BUTTON = "This button is from an older version. Run the command again."
GONE_STORY = "That story is no longer in the news folder."
CANNOT_POST_HERE = "You can't post in this channel, so only you see this."
NOT_ADMIN = "Only Heatline's hosts can use /admin: the app's owner, its team, and the ids in ADMIN_IDS."
NOT_STOPPED = "Sending is not paused: there is nothing to resume."
REMOVE_ANYWAY = "Remove them all the same"
ABOUT_TIMEZONE = "Digests come, and quiet hours (23:00 to 07:00) go by it."
ABOUT_NOTICES = "Where I tell of trouble: else where community updates go, else whoever manages me next."
ABOUT_SHARE = "Whether members may show everybody what they found."
ABOUT_BLOCKED = "Never shown in this server, neither in posts nor in answers."
HIDE = "Hide it everywhere"
UNHIDE = "Show it again"
HIDDEN = "Hidden: it is shown nowhere any more."
UNHIDDEN = "It is shown again, as its file says."
WHICH_ARTICLE = "I don't know that article: choose one of the list, or give its address."
NO_SHARING = "Sharing is switched off in this server."
NEEDS_MANAGER = (
    "That setting needs Manage Server, or ask an admin to allow /subscribe for your role "
    "in Server Settings → Integrations."
)
ONLY_IN_SERVERS = "News can only be sent to a server's channel: run this in a server."
NO_NEWS = "There is no news yet: the host's news folder is empty, or it is still being read. Try again in a minute."
FIRST_SAMPLE = "Sample story, posted to show how cards look. New stories will follow here."
HIDDEN_BY_HOST = "This story was removed by the host."
OPEN_STORY = "Open a story…"
SHOW_ANYWAY = "Show the week anyway"
NOTHING_SAVED = "Nothing saved yet. Press Save in any story."
SAVED = "Saved. Your list is {command}."
NO_LONGER_SAVED = "It is no longer on your list."
FORGOTTEN = "Deleted: nothing is stored about you now."
TOO_MANY_SAVED = "You have saved {most} stories, the most there can be. Remove some first: {command}."
NOT_KNOWN = "That address is not in the news here."
NO_ADDRESS = "There is no address in that message."
NOT_YOURS = "This list belongs to someone else; run {command} for your own."
TOO_MANY_HERE = "This channel has {most} subscriptions already, the most there can be. Remove one first: {command}."
TOO_MANY = "This server has {most} subscriptions already, the most there can be. Remove one first: {command}."
GONE_SUBSCRIPTION = "That subscription was removed."
NO_SUBSCRIPTIONS = "No news is sent in this server yet. Start with {command}."
NOTHING_YET = "There is nothing to show there that is new to the channel. New stories will follow."
NOT_A_NEWS_CHANNEL = "News can be sent to text and announcement channels and to threads: choose one of those."
BAD_LEVEL = "How hot is one of Everything, Hot and Hottest."
CHANGE_ONE = "Change one…"
ASK_TIMEZONE = "The time is in UTC until this server has a time zone."

LEVELS = {Level.EVERYTHING: "Everything", Level.HOT: "Hot", Level.HOTTEST: "Hottest"}
OFTEN = {
    Often.INSTANT: "As it happens",
    Often.DAILY: "Daily",
    Often.WEEKDAYS: "Weekdays",
    Often.WEEKLY: "Weekly",
}
WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
PAUSES = {
    "no permission": "I can't post there",
    "gone": "the channel is gone",
    "left": "Heatline was removed from this server",
}


def count(number: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def plain_date(at: datetime) -> str:
    """Return a date in words, for places where Discord shows no timestamps."""
    return f"{at.day} {at:%B %Y}"


def age(article: Article, now: datetime) -> str:
    """Return how long ago an article is from, in days: publishers' clocks are up to 8 hours off."""
    at = min(article.published_at or article.seen_at or now, now)
    days = (now.date() - at.date()).days
    if days < 1:
        return "today"
    if days == 1:
        return "yesterday"
    return f"{days} days ago" if days <= 30 else f"<t:{int(at.timestamp())}:D>"


def others(article: Article) -> str:
    """Return how many others report the story: ` · also 3 others`, or nothing."""
    number = len(article.coverage)
    return f" · also {count(number, 'other')}" if number else ""


def window(days: int | None) -> str:
    """Return a window of age in words."""
    if days is None:
        return "all time"
    return {1: "last 24 hours", 365: "last year"}.get(days, f"last {days} days")


def about(terms: Terms) -> str:
    """Return what a subscription is about, escaped: `AI and Robotics news from Example Times`."""
    subject = f"{_some(terms.topics)} news" if terms.topics else "all news"
    return f"{subject} from {_some(terms.providers)}" if terms.providers else subject


def _some(names: Sequence[str]) -> str:
    """Return the first few of the names, escaped, and how many more there are."""
    shown_names = [escape(name) for name in names[:3]]
    return listed([*shown_names, f"{len(names) - 3} more"] if len(names) > 3 else shown_names)


# --- lists ---------------------------------------------------------------------------------------------------


def list_title(listing: Listing) -> str:
    """Return the heading of a list, escaped."""
    topic = f" in {escape(listing.topic)}" if listing.topic else ""
    provider = f" from {escape(listing.provider)}" if listing.provider else ""
    if listing.order is Order.SEARCH:
        return f"“{shown(listing.words or '', 60)}”{topic}{provider}"
    return f"{'Hottest' if listing.order is Order.TOP else 'Latest'}{topic}{provider}"


def list_place(page: Page) -> str:
    """Return where a page is in its list: `5 of 41 stories, last 7 days`."""
    first, last = page.rank, page.rank + len(page.articles) - 1
    noun = "story" if page.total == 1 else "stories"
    if page.total <= len(page.articles):
        place = f"{page.total:,} {noun}"
    elif first == 1:
        place = f"{last} of {page.total:,} {noun}"
    else:
        place = f"{first} to {last} of {page.total:,} {noun}"
    if page.listing.order is Order.SEARCH:
        return place.replace("stories", "matches").replace("story", "match")
    return f"{place}, {window(page.days)}" if page.listing.order is Order.TOP else place


def widened(page: Page) -> str | None:
    """Return why a list's window is wider than usual, if it is."""
    return widened_window(page.in_first_window, page.days, page.total)


def widened_window(in_first_window: int | None, days: int | None, total: int) -> str | None:
    """Return why a window is wider than usual, if it is: so few stories were in the narrowest."""
    if in_first_window is None:
        return None
    found = f"Only {count(in_first_window, 'story', 'stories')}" if in_first_window else "No stories"
    these = "this is" if total == 1 else "these are"
    return f"{found} in {WINDOWS[0]} days, so {these} from {_the(window(days))}."


def looked(since: datetime, now: datetime) -> str:
    """Return when a reader last looked: `on Tuesday`."""
    days = (now.date() - since.date()).days
    if days < 1:
        return "earlier today"
    if days == 1:
        return "yesterday"
    return f"on {since:%A}" if days < 7 else f"on <t:{int(since.timestamp())}:D>"


def left_out(stories: int, reports: int) -> str:
    """Return what a short briefing leaves out: less hot stories, and other reports of those that it shows."""
    of_same = f"{count(reports, 'report')} of the same stories"
    if stories and reports:
        return f"{stories + reports:,} left out: {stories:,} less hot, {of_same}."
    if stories:
        return f"{count(stories, 'less hot story', 'less hot stories')} left out."
    return f"{of_same} left out." if reports else ""


def _the(words: str) -> str:
    return words if words == "all time" else f"the {words}"


def sample(newest: datetime | None) -> str:
    """Return what is said where only the bundled news is there."""
    when = f" the newest story is from {plain_date(newest)}." if newest else ""
    return f"Sample news only:{when} The host has not connected a news folder yet."


def unknown_name(word: str, command: str, typed: str, near: Sequence[Name]) -> str:
    """Return what is said for a name that is not there (`word` says of what), with the nearest that are."""
    lead = f"No {word} “{shown(typed, 60)}”."
    if not near:
        return f"{lead} Run /news {command} without a name to see them all."
    return f"{lead} Did you mean {listed([f'{escape(name.name)} ({name.count:,})' for name in near], 'or')}?"


def listed(items: Sequence[str], conjunction: str = "and") -> str:
    """Return the items as people list them: `A, B and C`."""
    return f" {conjunction} ".join(filter(None, (", ".join(items[:-1]), items[-1]))) if items else ""


def sending_stopped(waiting: int, command: str) -> str:
    """Return what is said when a host has paused all sending."""
    return f"Sending is paused, also over a restart: {count(waiting, 'message')} waiting. Resume with {command}."


def sending_resumed(waiting: int) -> str:
    """Return what is said when sending goes on after a pause."""
    return f"Sending goes on: {count(waiting, 'message')} waiting."


def no_articles(listing: Listing) -> str:
    """Return what to try instead of a list that is empty."""
    if listing.order is Order.SEARCH:
        where = " there" if listing.topic or listing.provider else ""
        return f"Nothing for “{shown(listing.words or '', 60)}”{where}. Try fewer or other words."
    if listing.days is not None:
        return f"Nothing in {_the(window(listing.days))}. Try a longer period."
    if listing.topic and listing.provider:
        return f"Nothing in {escape(listing.topic)} from {escape(listing.provider)}. Try one of the two alone."
    return NO_NEWS


# --- subscriptions -------------------------------------------------------------------------------------------


def level_choice(level: Level, expected: str) -> str:
    """Return a choice of how hot: `Hot · about 1 a week`."""
    return f"{LEVELS[level]} · {expected}"


def expectation(heats: Sequence[int], bar: int, days: float, daily_limit: int) -> str:
    """Return how many posts to expect, from the heats of so many days: `about 5 a week`."""
    posts = sum(heat >= bar for heat in heats)
    return rate(min(posts, round(daily_limit * days)), days)


def bar(level: Level, bars: Bars) -> str:
    """Return what a level means for a filter today."""
    if level is Level.EVERYTHING:
        return "Everything"
    if not bars.live:
        return f"{LEVELS[level]} (everything, until there are 20 scored stories to tell levels apart)"
    share = "top quarter" if level is Level.HOT else "top tenth"
    return f"{LEVELS[level]}: {share} of your filter, now heat {bars.bar(level)} or more"


def how(subscription: Subscription) -> str:
    """Return when a subscription posts."""
    terms, at = subscription.terms, subscription.next_run_at
    if terms.often is Often.INSTANT:
        silent = "" if terms.silent is False else "silent, "
        return f"as it happens, {silent}at most {terms.daily_limit} a day"
    days = {Often.DAILY: "daily", Often.WEEKDAYS: "on weekdays", Often.WEEKLY: f"on {WEEKDAYS[terms.weekday]}"}
    return f"{days[terms.often]} at <t:{int(at.timestamp())}:t>" if at else days[terms.often]


def done(subscription: Subscription, bars: Bars, expected: str) -> str:
    """Return the answer to a new subscription."""
    terms = subscription.terms
    subject = about(terms)
    if terms.often is not Often.INSTANT:
        when = {Often.DAILY: "day", Often.WEEKDAYS: "weekday", Often.WEEKLY: "week"}[terms.often]
        expectation = f"One message a {when}, if there is news."
    elif expected == NOTHING:
        expectation = "Nothing matched lately, so it may stay quiet."
    else:
        posts = " post a " if expected.startswith("about 1 ") else " posts a "
        expectation = f"Expect {expected.replace(' a ', posts, 1)}."
    return (
        f"**Done: {subject} goes to <#{subscription.channel_id}>.**\n"
        f"{bar(terms.level, bars)}, {how(subscription)}. {expectation}"
    )


def line(subscription: Subscription) -> str:
    """Return a subscription in the list of a server's subscriptions."""
    subject = about(subscription.terms)
    last = subscription.last_post_at
    posted = f"last post <t:{int(last.timestamp())}:R>" if last else "nothing posted yet"
    return (
        f"**{subject[0].upper()}{subject[1:]}** → <#{subscription.channel_id}>\n"
        f"-# {LEVELS[subscription.terms.level]}, {how(subscription)} · {_state(subscription)} · {posted}"
    )


def short_line(subscription: Subscription) -> str:
    """Return a subscription in a long list: 25 fit a reply even if every character needs escaping."""
    subject = cut(plain_about(subscription.terms), 40)
    return f"{escape(subject)} → <#{subscription.channel_id}> · {_state(subscription)}"


def _state(subscription: Subscription) -> str:
    if subscription.state is SubscriptionState.ACTIVE:
        return "active"
    because = PAUSES.get(subscription.paused_because or "")
    return f"**paused**: {because}" if because else "**paused**"


def plain_about(terms: Terms) -> str:
    """Return what a subscription is about, for places without Markdown: `AI from Example Times`."""
    subject = _few(terms.topics) or "All news"
    return f"{subject} from {_few(terms.providers)}" if terms.providers else subject


def _few(names: Sequence[str]) -> str:
    return listed(names) if len(names) <= 2 else f"{names[0]} and {len(names) - 1} more"


def option_state(subscription: Subscription) -> str:
    """Return how a subscription is, for a select."""
    state = "active" if subscription.state is SubscriptionState.ACTIVE else "paused"
    return f"{LEVELS[subscription.terms.level]}, {OFTEN[subscription.terms.often].lower()}, {state}"


def removed(subscription: Subscription) -> str:
    """Return what is said when a subscription is removed."""
    return f"Removed: {about(subscription.terms)} no longer sent to <#{subscription.channel_id}>."


def ask_to_hide(title: str, *, hidden: bool) -> str:
    """Return the question before an article is hidden, or shown again."""
    if hidden:
        return f"**{shown(title, 200)}** is hidden."
    return (
        f"**{shown(title, 200)}** will be shown nowhere any more, whatever the files say; posts of the last 30 days "
        "are edited to say so."
    )


def edited_posts(number: int) -> str:
    """Return how many posts are edited now."""
    return f" {count(number, 'post')} will be edited." if number else ""


def cannot_find(channel_id: int) -> str:
    """Return what is said of a channel that is gone."""
    return f"I can't find <#{channel_id}> any more. Remove this subscription, and make a new one elsewhere."


def bad_timezone(typed: str) -> str:
    """Return what is said for a time zone that is not there."""
    return f"I don't know the time zone “{shown(typed, 60)}”. Write a city such as Berlin or New York, or UTC."


def timezone_set(timezone: str, next_run: datetime) -> str:
    """Return what is said when a server has a time zone."""
    return f"This server's time zone is {escape(timezone)}. Daily briefings come at <t:{int(next_run.timestamp())}:t>."


def duplicate(subscription: Subscription) -> str:
    """Return what is said where a channel has the same subscription already."""
    return f"<#{subscription.channel_id}> already gets {about(subscription.terms)}."


def missing_permissions(channel_id: int, names: Sequence[str]) -> str:
    """Return which permissions Heatline lacks in a channel, and where to give them."""
    wanted = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return f"I can't post in <#{channel_id}>: allow {wanted} for Heatline under Edit Channel → Permissions → Add role."


def cannot_see(channel_id: int) -> str:
    """Return what is said to someone who chose a channel in which they cannot post themselves."""
    return f"You can't post in <#{channel_id}> yourself, so you can't send news there."


# --- pushes --------------------------------------------------------------------------------------------------


def headline_line(article: Article, most: int) -> str:
    """Return a pushed card's first line: headline and provider, escaped, in at most so many visible characters."""
    provider = cut(article.provider, 60)
    return f"{shown(article.title, most - len(provider) - 3)} · {escape(provider)}"


def several(lead: str, articles: Sequence[Article], most: int) -> str:
    """Return the first line of a message with several stories, escaped: the lead, then headlines while they fit."""
    room = max(24, (most - len(lead)) // len(articles) - 2)
    return f"{lead}: " + "; ".join(shown(article.title, room) for article in articles)


def more(number: int, terms: Terms) -> str:
    """Return how to see what did not fit."""
    where = f" topic\\:{escape(terms.topics[0])}" if len(terms.topics) == 1 else ""
    where += f" provider\\:{escape(terms.providers[0])}" if len(terms.providers) == 1 else ""
    return f"And {number:,} more: /news latest{where}"
