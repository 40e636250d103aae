"""The panel, its pages, the list, the log and the explanations: within Discord's limits whatever the names are."""

from datetime import timedelta

import discord
import pytest
from discord import ui
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cards.panel import Below, Panel, panel_layout, ping_layout, publishers_layout, without_layout
from bot.cards.record import explain_layout, explanation, fate, log_layout
from bot.cards.subscriptions import subscriptions_layout, which_layout
from bot.cards.texts import about
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
    Post,
    Rule,
    Server,
    Subscription,
    SubscriptionState,
    Terms,
)
from bot.store.posted import Entry
from tests.cards.news import NOW, components, names, refused, reply, subscription, texts

_BUDGET = 36

NAMES = st.lists(names(), max_size=25, unique=True).map(tuple)
TERMS = st.builds(
    Terms,
    topics=NAMES,
    providers=NAMES,
    without_topics=NAMES,
    without_providers=NAMES,
    words=st.lists(texts(60), max_size=25).map(tuple),
    without_words=st.lists(texts(60), max_size=25).map(tuple),
    type=st.sampled_from([None, "article", "video"]) | texts(200),
    level=st.sampled_from(Level),
    min_heat=st.none() | st.integers(0, 1000),
    often=st.sampled_from(Often),
    quiet=st.sampled_from([None, (0, 0), (1380, 420)]),
    look=st.sampled_from(Look),
    silent=st.sampled_from([None, True, False]),
    role_id=st.none() | st.just(10**18),
    daily_pings=st.integers(1, 50),
)
SERVERS = st.builds(Server, guild_id=st.just(10), timezone=st.sampled_from([None, "America/Argentina/Buenos_Aires"]))
BACKTESTS = st.builds(
    Backtest,
    days=st.just(30),
    posts=st.integers(0, 9999),
    pings=st.integers(0, 99),
    last=st.lists(
        st.builds(Post, st.just(NOW), st.lists(texts(500), max_size=10).map(tuple), st.booleans()), max_size=3
    ).map(tuple),
)


def orders(count: int = 1) -> st.SearchStrategy[list[Subscription]]:
    """Return subscriptions with any terms."""
    one = st.builds(
        lambda terms, paused: subscription(
            terms=terms,
            state=SubscriptionState.PAUSED if paused else SubscriptionState.ACTIVE,
            paused_because="no permission" if paused else None,
            next_run_at=NOW,
            last_post_at=NOW,
        ),
        TERMS,
        st.booleans(),
    )
    return st.lists(one, min_size=count, max_size=count)


KNOWN = st.lists(st.builds(Name, names(), st.integers(0, 10**6)), max_size=60, unique_by=lambda name: name.name)
PANELS = st.builds(
    lambda known, terms, **rest: Panel(
        key="A" * 16,
        subscription=known[0],
        terms=terms,
        bars=Bars(95, 120, 40),
        expected=dict.fromkeys(Level, "about 30 a month"),
        **rest,
    ),
    orders(),
    TERMS,
    settings=SERVERS,
    topics=KNOWN,
    providers=KNOWN,
    backtest=BACKTESTS,
    below=st.builds(Below, st.integers(0, 10**6), st.none() | st.just(30)),
    role_name=st.none() | texts(100),
    note=st.none() | texts(3000),
)


def check(layout: ui.LayoutView) -> None:
    """Check that Discord would take it, within our budget of components."""
    message = reply(layout)
    assert refused(message) == []
    assert len(components(message, *discord.ComponentType)) <= _BUDGET


@given(PANELS)
@settings(max_examples=60, deadline=None)
def test_a_panel_and_its_pages_are_within_the_limits(panel: Panel) -> None:
    for layout in (panel_layout(panel), publishers_layout(panel), without_layout(panel)):
        check(layout)
    for trouble in (True, False):
        check(ping_layout(panel, trouble=trouble))


@given(orders(2), SERVERS)
@settings(max_examples=15, deadline=None)
def test_a_list_is_within_the_limits(known: list[Subscription], server: Server) -> None:
    known = [
        subscription(id=number, terms=each.terms, next_run_at=NOW) for number, each in enumerate((known * 13)[:25])
    ]
    check(subscriptions_layout(known, server, {each.id: "x" * 200 for each in known}))
    check(which_layout(known))


ENTRIES = st.builds(
    Entry,
    id=st.just(1),
    subscription_id=st.just(7),
    channel_id=st.just(123456789012345678),
    kind=st.sampled_from(DeliveryKind),
    state=st.sampled_from(DeliveryState),
    reason=st.sampled_from([None, "too old", "gone", "paused", "left"]) | texts(200),
    at=st.just(NOW),
    due_at=st.just(NOW),
    message_id=st.none() | st.just(123456789012345678),
    articles=st.integers(0, 10),
    titles=st.lists(texts(500), max_size=10).map(tuple),
)


@given(st.lists(ENTRIES, max_size=50), names(), st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_log_is_within_the_limits(entries: list[Entry], of: str, paused: bool) -> None:
    shown_of = about(Terms(topics=(of,)))
    for first in range(0, 50, 10):
        check(log_layout(entries, 10, shown_of, 7, first, {7} if paused else ()))


@given(orders(2), texts(500), st.sampled_from(Rule), st.booleans())
@settings(max_examples=40, deadline=None)
def test_explanations_are_within_the_limits(known: list[Subscription], title: str, rule: Rule, since: bool) -> None:
    found = [
        Explanation(subscription(id=number, terms=each.terms), rule, NOW, 82, 95, 10**17, NOW, "gone", since)
        for number, each in enumerate((known * 13)[:25])
    ]
    check(explain_layout(title, found, 10))


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_has_its_sentence(rule: Rule) -> None:
    bare = explanation(Explanation(subscription(), rule), 10)
    whole = explanation(
        Explanation(subscription(level=Level.HOT), rule, NOW, 82, 95, 5, NOW + timedelta(hours=1), "too old"), 10
    )
    for text in (bare, whole):
        sentence = text.splitlines()[1]
        assert sentence.rstrip(")").endswith(".") or sentence.endswith(")")
    assert explanation(Explanation(subscription(level=Level.HOT), Rule.BELOW_BAR, NOW, 82, 95), 10).startswith(
        "**AI** → <#123456789012345678>\nNot posted: heat 82 was below Hot (95) when it came on "
    )


@pytest.mark.parametrize(
    ("state", "reason", "words"),
    [
        (DeliveryState.PENDING, "quiet hours", "Held: quiet hours, goes out <t:"),
        (DeliveryState.PENDING, "rate limited", "Waits: Discord had trouble, the next try is due <t:"),
        (DeliveryState.PENDING, None, "Queued: due <t:"),
        (DeliveryState.FAILED, "refused (50035)", "Failed: Discord refused it (50035)"),
        (DeliveryState.FAILED, "AutoMod (200000)", "Failed: this server's AutoMod or word filter refused it (200000)"),
        (DeliveryState.FAILED, None, "Failed: Discord refused it"),
        (DeliveryState.FAILED, "of *old*", "Failed: of \\*old\\*"),
    ],
)
def test_the_fate_of_a_delivery(state: DeliveryState, reason: str | None, words: str) -> None:
    entry = Entry(1, 7, 5, DeliveryKind.PUSH, state, reason, NOW, NOW, None, 1, ("A story",))
    assert fate(entry, 10, held=False).startswith(words)
