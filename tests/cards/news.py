"""News to make cards of, ordinary and hostile, and Discord's verdict on what comes of it."""

import dataclasses
from datetime import UTC, datetime, timedelta

import discord
from discord import ui
from hypothesis import strategies as st

from bot.cards.push import PushMessage
from bot.corpus import limits
from bot.corpus.urls import web_address
from bot.models import (
    Article,
    Delivery,
    DeliveryKind,
    DeliveryState,
    Image,
    Report,
    Subscription,
    SubscriptionState,
    Terms,
    key_of,
    nonce_of,
)
from tests.cards.test_markup import HOSTILE
from tests.loopback.rules import COMPONENTS_V2, Problem, is_empty, problems, walk
from tests.loopback.world import Json

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def article(number: int = 1, **fields: object) -> Article:
    """Return an ordinary article with some fields changed."""
    values: dict[str, object] = {
        "id": f"news/{number}",
        "key": key_of(f"news/{number}"),
        "title": f"Robots learn to fold, part {number}",
        "url": f"https://example.com/fold/{number}",
        "provider": "Example Times",
        "provider_domain": "example.com",
        "excerpt": "After two years of practice the towels are square.",
        "topics": ("Robotics", "AI"),
        "heat": 94,
        "quality": 84,
        "published_at": NOW - timedelta(hours=3),
        "seen_at": NOW - timedelta(hours=2),
        "story": key_of(f"news/{number}"),
    }
    return Article(**(values | fields))  # type: ignore[arg-type]  # the fields of a test


def report(number: int = 1, **fields: object) -> Report:
    """Return an ordinary other report with some fields changed."""
    values: dict[str, object] = {
        "title": f"Square towels, part {number}",
        "url": f"https://other.example/towels/{number}",
        "provider": f"Other {number}",
    }
    return Report(**(values | fields))  # type: ignore[arg-type]  # the fields of a test


def subscription(**fields: object) -> Subscription:
    """Return an ordinary subscription with some fields changed: its own, or those of its terms.

    `topic` and `provider` stand for the only one, and None for all.
    """
    for one, many in (("topic", "topics"), ("provider", "providers")):
        if one in fields:
            name = fields.pop(one)
            fields[many] = () if name is None else (name,)
    of_terms = {field.name for field in dataclasses.fields(Terms)} & fields.keys()
    terms = {"topics": ("AI",)} | {name: fields.pop(name) for name in of_terms}
    values: dict[str, object] = {
        "id": 7,
        "guild_id": 10,
        "channel_id": 123456789012345678,
        "terms": Terms(**terms),  # type: ignore[arg-type]  # the fields of a test
        "state": SubscriptionState.ACTIVE,
        "paused_because": None,
        "after_load": 1,
        "created_at": NOW,
        "edited_at": NOW,
        "next_run_at": None,
    }
    return Subscription(**(values | fields))  # type: ignore[arg-type]  # the fields of a test


def delivery(kind: DeliveryKind = DeliveryKind.PUSH, more: int = 0) -> Delivery:
    """Return a delivery; the articles are given to the card beside it."""
    return Delivery(
        id=1,
        subscription_id=7,
        guild_id=10,
        channel_id=123456789012345678,
        kind=kind,
        state=DeliveryState.SENDING,
        nonce=nonce_of(1, 123456789012345678, 1_790_000_000),
        keys=(),
        more=more,
        attempts=1,
        queued_at=NOW,
        first_attempt_at=NOW,
    )


# --- anyone's news, as the corpus lets it through ------------------------------------------------------------

_UNITS = [
    *(text for text in HOSTILE if "\n" not in text and len(text) < 60),
    *"*_`|\\[<@:a日é ",
    "👩\u200d👩\u200d👧",
    "e\u0301",
    "word ",
]


def texts(most: int, least: int = 0) -> st.SearchStrategy[str]:
    """Return texts of one line up to so many characters, often as long and as hostile as can be."""
    return st.builds(
        lambda units, length: ("".join(units) * (length // max(1, len("".join(units))) + 1))[:length].strip() or "x",
        st.lists(st.sampled_from(_UNITS), min_size=1, max_size=4),
        st.one_of(st.integers(max(1, least), most), st.just(most)),
    )


def names() -> st.SearchStrategy[str]:
    """Return names of providers and topics."""
    return st.one_of(st.just("AI"), texts(limits.NAME))


ADDRESSES = st.builds(
    lambda host, unit, length: f"https://{host}/{unit * length}"[:length].rstrip(),
    st.sampled_from(["example.com", "münchen.example", "[2001:db8::1]", "a_b.example.com:8443"]),
    st.text(st.sampled_from("abc()*_`|[]<>\"'\\%#?&=ü日👩"), min_size=1, max_size=5),
    st.sampled_from([40, 150, 251, 512, 513, limits.ADDRESS]),
).filter(lambda url: web_address(url) == url)

IMAGES = st.none() | st.builds(
    Image, ADDRESSES, st.none() | st.integers(1, 4000), st.none() | st.sampled_from([1, 300, 4000])
)
MOMENTS = st.none() | st.integers(-1000, 3000).map(lambda days: NOW - timedelta(days=days, hours=1))
REPORTS = st.builds(
    Report,
    title=texts(limits.TITLE),
    url=ADDRESSES,
    provider=names(),
    quality=st.none() | st.integers(-100, 100),
    image=IMAGES,
)


def _coverage(few: list[Report], many: int) -> tuple[Report, ...]:
    """Return many reports out of a few, each with an address of its own."""
    return tuple(
        Report(each.title, f"{each.url[:2000]}{number}", each.provider, quality=number, image=each.image)
        for number in range(many)
        for each in few
    )


ARTICLES = st.builds(
    article,
    st.integers(1, 10**9),
    title=texts(limits.TITLE),
    url=ADDRESSES,
    provider=names(),
    logo=st.none() | ADDRESSES,
    excerpt=st.just("") | texts(limits.EXCERPT),
    topics=st.lists(names(), max_size=4, unique=True).flatmap(
        lambda few: st.sampled_from([0, 1, 7]).map(
            lambda many: tuple(f"{name[:98]}{number}" for number in range(many) for name in few)
        )
    ),
    heat=st.none() | st.integers(-1, 330),
    published_at=MOMENTS,
    image=IMAGES,
    coverage=st.builds(_coverage, st.lists(REPORTS, max_size=2), st.sampled_from([0, 1, 25])),
)

FIVE = st.lists(ARTICLES, min_size=1, max_size=5, unique_by=lambda each: each.key)


# --- what Discord would say ----------------------------------------------------------------------------------


def payload(message: PushMessage) -> Json:
    """Return a pushed message as it goes over the wire."""
    return {
        "content": message.content,
        "embeds": [message.embed.to_dict()] if message.embed else [],
        "components": message.view.to_components(),
    }


def reply(layout: ui.LayoutView) -> Json:
    """Return a reply as it goes over the wire."""
    return {"flags": COMPONENTS_V2, "components": layout.to_components()}  # type: ignore[no-untyped-call]  # discord.py's


def refused(message: Json) -> list[Problem]:
    """Return why Discord would refuse a message; nothing to show is a reason too."""
    return [("message", "empty")] if is_empty(message) else problems(message)


def components(message: Json, *kinds: discord.ComponentType) -> list[Json]:
    """Return all components of these kinds, wherever they are."""
    numbers = {kind.value for kind in kinds}
    return [each for _, each in walk(message["components"]) if each["type"] in numbers]


def written(message: Json) -> str:
    """Return all that is Markdown in a message."""
    embeds = [embed.get("description") or "" for embed in message.get("embeds", ())]
    displays = [each["content"] for each in components(message, discord.ComponentType.text_display)]
    return "\n".join(filter(None, (message.get("content", ""), *embeds, *displays)))
