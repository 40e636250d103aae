"""What hosts are shown: whether all is well at a glance, and nothing over a limit whatever happened."""

from datetime import datetime, timedelta

import pytest

from bot.cards.operations import deliveries_layout, status_layout
from bot.cards.status import problems_layout
from bot.models import CorpusSummary, DeliveryKind, DeliveryState, LoadReport, Problem, Vitals
from bot.store.operations import Figures, Outbox, Results
from bot.store.posted import Entry
from bot.store.problems import ProblemKind
from bot.store.quarantine import Quarantined
from bot.store.tracked import PAGE, Place, Tracked, TrackedPage
from tests.cards.news import NOW, refused, reply, written
from tests.cards.test_replies import load_report

LONG = "CORPUS_SYNC failed in /srv/*news*" + "*" * 4000
EMPTY = Outbox(0, None, 0, 0, 0)
USUAL = Results(41, ((DeliveryKind.PUSH, 400), (DeliveryKind.DIGEST, 10)), (("gone", 3),), 0)
AGO = NOW - timedelta(minutes=11)


def vitals(paused_for: float = 0, invalid_requests: int = 0, why: str | None = None, *, banned: bool = False) -> Vitals:
    """Return how a program is that does well but for what is given."""
    return Vitals("0.1.0", NOW, 3, paused_for, invalid_requests, 2, load_refused=why, sync_failure=why, banned=banned)


def figures(
    *,
    outbox: Outbox = EMPTY,
    results: Results = USUAL,
    newest: datetime | None = NOW,
    loaded: LoadReport | None = None,
    articles: int = 40,
    quarantined: tuple[Quarantined, ...] = (),
    stopped_at: datetime | None = None,
    problems: int = 0,
) -> Figures:
    """Return the figures of a program that does well but for what is given."""
    corpus = CorpusSummary(articles, newest, 6, problems, loaded, NOW if loaded else None)
    return Figures(outbox, results, 3, 1, 1, 2, 1, quarantined, corpus, 41_000_000, stopped_at)


def status(shown: Vitals, read: Figures) -> str:
    """Return what /admin status says; it fits."""
    message = reply(status_layout(shown, read, NOW))
    assert refused(message) == []
    return written(message)


@pytest.mark.parametrize("loaded", [None, load_report()])
@pytest.mark.parametrize("newest", [None, NOW])
def test_all_is_well(loaded: LoadReport | None, newest: datetime | None) -> None:
    text = status(vitals(), figures(newest=newest, loaded=loaded))
    assert text.startswith("### All is well.\n-# Heatline 0.1.0 ")
    for said in (
        "3 servers",
        "database 41.0 MB",
        "**Queue** 0 due now",
        "41 sent in the last hour · 2 under way",
        "-# Also waiting: 2 edits of posts and 1 notice not told yet",
        "**Last 24 hours** 410 sent: 400 as it happened, 10 digests\n3 failed: channel gone 3\n0 possibly sent twice",
        "3 active · 1 paused, 1 of them by trouble",
        "40 articles in 6 topics",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("shown", "read", "sentence"),
    [
        (vitals(), figures(stopped_at=AGO), "**Sending is paused** by a host, "),
        (
            vitals(paused_for=300, banned=True),
            figures(),
            "**Banned by Discord** for now: one message at a time is tried.",
        ),
        (vitals(paused_for=300), figures(), "**Sending is paused**: Discord asked for it. It goes on "),
        (vitals(invalid_requests=1200), figures(), "**Discord refuses much**: 1,200 of 5,000 requests"),
        (vitals(), figures(outbox=Outbox(4, AGO, 0, 0, 0)), "**Sending is behind**: the first message was due "),
        (vitals(why="Too many *gone*"), figures(), "**Last load refused** Too many \\*gone\\*"),
        (vitals(), figures(articles=0), "**No news**"),
        (vitals(), figures(results=Results(0, (), (("refused (50035)", 10),), 0)), "**Many messages fail**"),
        (vitals(), figures(results=Results(0, (), (), 2)), "**2 messages possibly sent twice**"),
        (
            vitals(),
            figures(quarantined=(Quarantined("K", "A *bad* one"),)),
            "**Kept back**, because Discord refuses them: “A",
        ),
    ],
)
def test_what_is_not_well_comes_first(shown: Vitals, read: Figures, sentence: str) -> None:
    lines = status(shown, read).splitlines()
    assert lines[0] == "### Not all is well"
    assert lines[1].startswith(f"- {sentence}")


@pytest.mark.parametrize(
    ("shown", "read"),
    [
        (vitals(invalid_requests=9), figures()),
        (vitals(), figures(outbox=Outbox(4, NOW, 9, 9, 9))),
        (vitals(), figures(results=Results(0, (), (("unsubscribed", 500), ("withdrawn", 20), ("gone", 9)), 0))),
    ],
)
def test_what_is_usual_is_well(shown: Vitals, read: Figures) -> None:
    assert status(shown, read).startswith("### All is well.")


def test_reasons_are_added_up_in_words() -> None:
    failed = (("gone", 7), ("AutoMod (200000)", 2), ("withdrawn", 2), ("AutoMod (200001)", 1), ("too old", 1))
    text = status(vitals(), figures(results=Results(0, (), failed, 0)))
    assert "13 failed: channel gone 7, AutoMod 3, withdrawn 2, dropped as too old 1" in text


def test_the_worst_status_fits() -> None:
    failed = tuple((f"refused (*{'*' * 40}{number})", 10**7) for number in range(30))
    results = Results(10**7, tuple((kind, 10**7) for kind in DeliveryKind), failed, 10**7)
    bad = (Quarantined("K", "*" * 300),) * 30
    read = figures(
        outbox=Outbox(10**7, AGO, 10**7, 10**7, 10**7), results=results, articles=0, quarantined=bad, stopped_at=AGO
    )
    text = status(vitals(4.2, 10**6, LONG), read)
    for label in ("Last load refused", "Not brought up to date"):
        assert f"**{label}** CORPUS\\_SYNC failed in /srv/\\*news" in text


def delivery(number: int, state: DeliveryState, reason: str | None, title: str) -> Tracked:
    """Return a delivery as it is looked up."""
    entry = Entry(
        *(number, 1, 10**19 + number, DeliveryKind.FIRST, state, reason, NOW, NOW, 10**19, 10, (title,)),
    )
    return Tracked(entry, 10**19, 10**6, held=False, place=Place(10**10, 10**10))


@pytest.mark.parametrize("state", list(DeliveryState))
@pytest.mark.parametrize("reason", [None, "*" * 300, "too old", "gone", "refused (50035)"])
@pytest.mark.parametrize("text", ["*" * 300, "@everyone " * 30, "https://" * 40])
def test_any_deliveries_fit(state: DeliveryState, reason: str | None, text: str) -> None:
    page = TrackedPage(tuple(delivery(n, state, reason, text) for n in range(PAGE)), has_newer=True, has_older=True)
    names = dict.fromkeys(range(10**19, 10**19 + PAGE), text)
    message = reply(deliveries_layout(page, state, 10**19, names))
    assert refused(message) == []


@pytest.mark.parametrize("text", ["*" * 300, "plain", "@everyone " * 30])
def test_any_problems_fit_and_the_rest_is_counted(text: str) -> None:
    first = tuple(Problem(text, text, text, 10**9, text) for _ in range(3))
    kinds = tuple(ProblemKind(text, text, text, 10**6, first) for _ in range(15))
    message = reply(problems_layout(kinds, 10**9))
    assert refused(message) == []
    assert "### 1,000,000,000 problems in the news folder" in written(message)
    assert written(message).endswith(" more: run `python -m bot check` on the host")
