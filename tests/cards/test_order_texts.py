"""The words that admins and hosts read: none of them stays in English where another language is spoken."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

import pytest
from discord import ui

from bot.cards import language, notices, order_texts, status
from bot.cards.language import _
from bot.cards.operations import deliveries_layout, status_layout
from bot.cards.panel import Below, Panel, panel_layout, ping_layout, publishers_layout, without_layout
from bot.cards.record import explain_layout, explanation, log_layout
from bot.cards.settings import language_set, settings_layout
from bot.cards.subscriptions import (
    closed_layout,
    elsewhere_layout,
    subscription_layout,
    subscriptions_layout,
    which_layout,
)
from bot.corpus.faults import Fault, Remedy
from bot.loading import MassRemovalError, OutOfMemoryError
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
    Problem,
    Rule,
    Server,
    SubscriptionState,
    Terms,
)
from bot.store.notices import Notice
from bot.store.operations import Outbox, Results
from bot.store.posted import Entry
from bot.store.problems import ProblemKind
from bot.store.quarantine import Quarantined
from bot.store.tracked import Place, Tracked, TrackedPage
from tests.cards.news import NOW, reply, subscription
from tests.cards.test_operations import figures, vitals
from tests.cards.test_replies import load_report
from tests.cards.test_texts import OURS, Crossed, left

KEY = "A" * 16
SERVER = Server(10, "Europe/Berlin", notice_channel_id=5, blocked_providers=("2-2",) * 12, blocked_words=("3-3",))
FULL = Terms(
    topics=tuple("12345"),
    providers=("2-2",),
    without_topics=("4-4",),
    words=("5-5",),
    without_words=("6-6",),
    type="video",
    level=Level.HOT,
    spacing=20,
    daily_limit=3,
    size=1,
    publisher_cap=3,
    look=Look.HEADLINE,
    silent=False,
    role_id=7,
    quiet=(0, 0),
)
PLAIN = Terms(often=Often.WEEKLY, min_heat=95)
TESTED = Backtest(30, 21, 1, (Post(NOW, ("1-1", "2-2", "3-3"), True), Post(NOW, (), False)))
NAMES = [Name(f"4-{number}", 1200) for number in range(30)]
VALUES = ("command", "channel", "zone", "what", "least", "most", "longest")
CHOSEN = re.compile(r"AutoMod|Discord|\d+ [GM]B|English|Deutsch|\bBerlin\b")


@pytest.fixture(autouse=True)
def _crossed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Speak a language in which every letter is a cross."""
    crossed = Crossed()
    monkeypatch.setattr(language, "catalogue", lambda _language: crossed)
    with language.speaking("de"):
        yield


def english(said: list[str]) -> list[str]:
    """Return those of the texts that are in no language of ours."""
    return [text for text in said if re.search(r"[A-Za-z]{2,}", CHOSEN.sub("", OURS.sub("", text)))]


def panel(terms: Terms, *, paused: bool = False, below: int = 0, days: int | None = None, posted: bool = True) -> Panel:
    return Panel(
        key=KEY,
        subscription=subscription(
            terms=terms,
            state=SubscriptionState.PAUSED if paused else SubscriptionState.ACTIVE,
            paused_because="gone" if paused else None,
            last_post_at=NOW if posted else None,
        ),
        terms=terms,
        settings=SERVER,
        topics=NAMES,
        providers=NAMES,
        bars=Bars(95, 120, 40),
        expected=dict.fromkeys(Level, "3"),
        backtest=TESTED if posted else Backtest(30, 0, 0, ()),
        below=Below(below, days),
    )


def entry(state: DeliveryState, reason: str | None, kind: DeliveryKind = DeliveryKind.FIRST, titles: int = 1) -> Entry:
    return Entry(1, 7, 5, kind, state, reason, NOW, NOW, 9, 3, ("1-1",) * titles)


REASONS = [
    None,
    "deleted meanwhile",
    "too old",
    "withdrawn",
    "quarantined",
    "cannot be shown",
    "unsubscribed",
    "left",
    "gone",
    "no permission",
    "refused (50035)",
    "AutoMod (200000)",
    "paused",
]
ENTRIES = [entry(state, reason) for state in DeliveryState for reason in REASONS]
EXPLANATIONS = [
    Explanation(subscription(terms=terms), rule, at, 82, 95, message_id, until, reason, since)
    for terms in (PLAIN, Terms(topics=("1-1",), level=Level.HOTTEST))
    for rule in Rule
    for at, message_id, until, reason, since in (
        (None, None, None, None, False),
        (NOW, 5, NOW + timedelta(hours=1), "too old", True),
    )
]
LIST = [subscription(id=number, terms=terms, next_run_at=NOW) for number, terms in enumerate((FULL, PLAIN, Terms()), 1)]
FAULTS = [fault.format(most="5,000", reason="1", error="2") for fault in Fault]
KINDS = [
    ProblemKind("1", fault, remedy, 1200, (Problem("4", "5", "6", 7, "8"),)) for fault in FAULTS for remedy in Remedy
]
PROBLEMS = tuple(Problem("4", fault, Remedy.LEFT_OUT, 7, "8") for fault in FAULTS)
SYNC = "CORPUS_SYNC failed in /1: 2 ended with status 3; /4: 5 took over 6 minutes and was stopped."
TRACKED = tuple(
    Tracked(entry(state, reason, kind, titles), 10, 2, reason == "paused", Place(1, 2))
    for state, reason, kind, titles in (
        (DeliveryState.SENT, None, DeliveryKind.PUSH, 1),
        (DeliveryState.FAILED, "too old", DeliveryKind.DIGEST, 0),
        (DeliveryState.PENDING, "1", DeliveryKind.FIRST, 1),
        (DeliveryState.PENDING, "history: TimeoutError", DeliveryKind.FIRST, 1),
        (DeliveryState.PENDING, "not now (130000)", DeliveryKind.FIRST, 1),
        (DeliveryState.FAILED, "AutoMod (200000)", DeliveryKind.FIRST, 0),
        (DeliveryState.PENDING, "paused", DeliveryKind.FIRST, 1),
        (DeliveryState.PENDING, "quiet hours", DeliveryKind.FIRST, 1),
        (DeliveryState.SENDING, "Discord answered 503", DeliveryKind.FIRST, 1),
    )
)
WORST = figures(
    outbox=Outbox(4, NOW - timedelta(hours=1), 3, 2, 1),
    results=Results(
        41, tuple((kind, 400) for kind in DeliveryKind), tuple((reason or "", 40) for reason in REASONS[2:]), 2
    ),
    loaded=load_report(),
    articles=0,
    quarantined=(Quarantined("K", "1-1"), Quarantined("L", None)) * 3,
    stopped_at=NOW,
    problems=3,
)


def problems(first: int) -> ui.LayoutView:
    return status.problems_layout(KINDS[first : first + 15], 10**6)


LAYOUTS: dict[str, Callable[[], ui.LayoutView]] = {
    "panel": lambda: panel_layout(panel(FULL, below=3)),
    "panel of a digest": lambda: panel_layout(panel(PLAIN, paused=True, below=3, days=7)),
    "panel of a new one": lambda: panel_layout(panel(Terms(), posted=False, below=1)),
    "publishers": lambda: publishers_layout(panel(PLAIN)),
    "left out": lambda: without_layout(panel(PLAIN)),
    "ping": lambda: ping_layout(panel(FULL), trouble=True),
    "subscription": lambda: subscription_layout(LIST[0], order_texts.summary(LIST[0]), ask_timezone=True),
    "paused subscription": lambda: subscription_layout(panel(FULL, paused=True).subscription, "1", ask_timezone=False),
    "subscriptions": lambda: subscriptions_layout(LIST, SERVER, {1: order_texts.closed(5, ["Send Messages"])}),
    "many subscriptions": lambda: subscriptions_layout(LIST * 12, SERVER, {}),
    "which": lambda: which_layout(LIST),
    "closed": lambda: closed_layout("1", KEY),
    "elsewhere": lambda: elsewhere_layout(KEY),
    "log": lambda: log_layout(ENTRIES, 10, "1-1", 7, 10, ()),
    "empty log": lambda: log_layout([], 10, None, 0, 0, ()),
    "explanations": lambda: explain_layout("1-1", EXPLANATIONS, 10),
    "one explanation": lambda: explain_layout("1-1", [Explanation(LIST[0], Rule.BELOW_BAR, NOW, 82, 95)], 10),
    "settings": lambda: settings_layout(SERVER, NAMES, NOW, "1"),
    "new settings": lambda: settings_layout(Server(10), NAMES, NOW),
    "status": lambda: status_layout(vitals(4, 1200, SYNC, banned=True), WORST, NOW),
    "status of a calm one": lambda: status_layout(vitals(), figures(newest=None), NOW),
    "deliveries": lambda: deliveries_layout(TrackedPage(TRACKED, True, True), DeliveryState.FAILED, 10, {}),
    "no deliveries": lambda: deliveries_layout(TrackedPage((), False, False), None, None, {}),
    "progress": lambda: status.progress_layout(3, 1200),
    "looking": lambda: status.progress_layout(0, 0),
    "refused": lambda: status.refused_layout(str(MassRemovalError(30, 60))),
    "failed": lambda: status.failed_layout(str(OutOfMemoryError())),
    "report": lambda: status.report_layout(
        load_report(gone=1, backfilled=1, skipped=1, problems=PROBLEMS, problem_count=90), 3, SYNC
    ),
    **{f"problems from {first}": partial(problems, first) for first in range(0, len(KINDS), 15)},
    "no problems": lambda: status.problems_layout([], 0),
}


@pytest.mark.parametrize("made", LAYOUTS.values(), ids=LAYOUTS)
def test_nothing_of_a_reply_stays_in_english(made: Callable[[], ui.LayoutView]) -> None:
    assert english(left(reply(made()))) == []


def notice(because: str, *detail: str) -> Notice:
    return Notice(1, 10, 5, 7, because, detail, NOW)


def test_nothing_of_a_sentence_stays_in_english() -> None:
    constants = [text for module in (order_texts, notices) for text in vars(module).values() if _is_text(text)]
    said = [
        *(_(text, **dict.fromkeys(VALUES, "1")) for text in constants),
        *(explanation(each, 10) for each in EXPLANATIONS),
        *(notices.notice_line(notice(because, "3"), LIST[:1]) for because in ("too old", "gone")),
        notices.notice_line(notice("no permission", "Send Messages", "Embed Links"), LIST),
        notices.notice_line(notice("no permission"), LIST),
        *(order_texts.line(each, SERVER, None) for each in LIST),
        order_texts.saved(Terms(), FULL, SERVER) + order_texts.saved(FULL, PLAIN, SERVER),
        order_texts.saved(FULL, FULL, SERVER),
        order_texts.brought(TESTED),
        order_texts.cannot_ping(1, 2),
        *(order_texts.unknown_names(kind, [("1", near)]) for kind in ("topic", "provider") for near in ([], NAMES[:2])),
        *(order_texts.bad_timezone("1", near) for near in ([], ["2", "3"])),
        *(language_set(each) for each in (None, "en")),
    ]
    assert english(said) == []


def _is_text(value: object) -> bool:
    return isinstance(value, str) and " " in value
