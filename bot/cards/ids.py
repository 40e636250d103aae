"""The `custom_id`s of controls. Each begins with a version, and carries all that its control needs for years."""

from datetime import datetime

VERSION = "hl1:"
"""Every id of ours begins with a version; what begins with `hl` and another one is from an older program."""

NONCE = "[A-Z2-7]{24}"
KEY = "[A-Z2-7]{16}"


def marker(nonce: str) -> str:
    """Return the id of a pushed message's one control: it opens its stories, and by it the message is found again."""
    return f"{VERSION}d:{nonce}"


def page(listing_key: str, direction: str, article_key: str, rank: int) -> str:
    """Return the id of a page button: the page after or before (`a`, `b`) an article, whose first has this rank."""
    return f"{VERSION}p:{listing_key}:{direction}:{article_key}:{rank}"


def share(listing_key: str, article_key: str, rank: int) -> str:
    """Return the id of the button that shows the page that begins with an article to everybody."""
    return f"{VERSION}s:{listing_key}:{article_key}:{rank}"


STORY = f"{VERSION}o"
"""The id of the select that opens a story; its values are article keys."""


def ask(listing_key: str) -> str:
    """Return the id of a button that shows a kept listing from its start."""
    return f"{VERSION}l:{listing_key}"


def subscription(action: str, subscription_id: int) -> str:
    """Return the id of a button that does something to a subscription."""
    return f"{VERSION}u:{action}:{subscription_id}"


MASS_REMOVAL = f"{VERSION}m"
"""The id of the button that loads although much of the news would be removed."""

SUBSCRIPTION = f"{VERSION}us"
"""The id of the select that opens a subscription; its values are ids of subscriptions."""

EXPLAIN = f"{VERSION}x"
"""The id of the select that opens a subscription with its bar lowered; its values are ids of subscriptions."""


def panel(draft_key: str, what: str) -> str:
    """Return the id of a control that changes a draft, or does something with it."""
    return f"{VERSION}e:{draft_key}:{what}"


def log(subscription_id: int, first: int) -> str:
    """Return the id of a button that shows the log of a subscription, or of all (0), from its nth entry on."""
    return f"{VERSION}g:{subscription_id}:{first}"


def deliveries(state: str, guild_id: int, direction: str, at: int, delivery_id: int) -> str:
    """Return the id of a host's button for the deliveries after or before (`a`, `b`) the one that stands there.

    They are of a state, or of `all`, and of a server, or of all (0).
    """
    return f"{VERSION}w:{state}:{guild_id}:{direction}:{at}:{delivery_id}"


def opened(article_key: str) -> str:
    """Return the id of a button that opens the story of an article."""
    return f"{VERSION}a:{article_key}"


NOTICES = f"{VERSION}tn"
"""The id of the select of a server's channel for notices."""

LANGUAGE = f"{VERSION}tl"
"""The id of the select of a server's language; its values are the languages' tags, and one for none."""

PUBLISHERS = f"{VERSION}tp"
"""The id of the select of a server's blocked publishers; its values are their names."""


def setting(what: str) -> str:
    """Return the id of a button that changes a setting of a server."""
    return f"{VERSION}t:{what}"


def hide(action: str, article_key: str) -> str:
    """Return the id of a host's button that hides an article, or shows it again."""
    return f"{VERSION}h:{action}:{article_key}"


def brief(action: str, listing_key: str, size: int, at: datetime) -> str:
    """Return the id of a button of a short briefing: of a kept listing, with so many stories, as it was at a time."""
    return f"{VERSION}b:{action}:{listing_key}:{size}:{int(at.timestamp())}"


def daily(listing_key: str) -> str:
    """Return the id of a button that subscribes the channel to a briefing's topic, daily."""
    return f"{VERSION}sd:{listing_key}"


def trends(listing_key: str, at: datetime) -> str:
    """Return the id of the button that shows a period's trends, as they were at a time, to everybody."""
    return f"{VERSION}tr:{listing_key}:{int(at.timestamp())}"


def save(key: str) -> str:
    """Return the id of the button that puts a story on the reader's list, or takes it off."""
    return f"{VERSION}v:{key}"


def share_story(key: str) -> str:
    """Return the id of the button that shows a story to everybody."""
    return f"{VERSION}vs:{key}"


def more_like(key: str) -> str:
    """Return the id of the button that shows the hottest stories of a story's topic."""
    return f"{VERSION}vm:{key}"


SAVED = f"{VERSION}sv"
"""The id of the select that opens a saved story; its values are article keys."""


def saved_page(page: int) -> str:
    """Return the id of the button that shows a page of the reader's saved stories."""
    return f"{VERSION}sp:{page}"


def privacy(action: str) -> str:
    """Return the id of a button that exports or deletes what is stored about the reader."""
    return f"{VERSION}y:{action}"
