"""The short briefing and the lists of readers fit Discord's limits, whatever is in them."""

import re
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing.brief import SIZES
from bot.cards.brief import brief_layout, nothing_new_layout
from bot.cards.readers import PAGE, gone_layout, saved_layout
from bot.models import Article, Brief, Saved
from tests.cards.markdown import active
from tests.cards.news import ARTICLES, NOW, article, names, refused, reply, texts, written
from tests.cards.test_replies import labels, plain

KEY = "A" * 16


def briefing(articles: tuple[Article, ...], **fields: object) -> Brief:
    values: dict[str, object] = {
        "topic": "AI",
        "size": 5,
        "at": NOW,
        "articles": articles,
        "stories": 41,
        "reports": 6,
        "days": 7,
        "in_first_window": None,
    }
    return Brief(**(values | fields))  # type: ignore[arg-type]  # the fields of a test


def test_a_briefing() -> None:
    made = briefing((article(1), article(2)), since=NOW - timedelta(days=5), new=3, outside=article(9, topics=("Law",)))
    text = written(reply(brief_layout(made, KEY, NOW, note="A note.")))
    assert text.split("\n")[:3] == [
        "### AI briefing · 2 of 41 stories, last 7 days",
        f"**3 new since you looked on {NOW - timedelta(days=5):%A}.**",
        "-# A note.",
    ]
    assert "-# 45 left out: 39 less hot, 6 reports of the same stories." in text
    assert "-# Outside AI: **Robots learn to fold, part 9** (Law) · [Read](https://example.com/fold/9)" in text


def test_a_briefing_that_leaves_nothing_out_says_nothing_of_it() -> None:
    made = briefing((article(1),), stories=1, reports=0, topic=None, days=None, in_first_window=0)
    message = reply(brief_layout(made, KEY, NOW))
    assert written(message).startswith("### Briefing · 1 story, all time\n-# No stories in 7 days, so this is from all")
    assert "left out" not in written(message)
    assert labels(message) == ["Share here"]


@settings(deadline=None, max_examples=60)
@given(
    st.sampled_from(SIZES).flatmap(
        lambda size: st.lists(ARTICLES, min_size=1, max_size=size, unique_by=lambda each: each.key)
    ),
    names(),
    st.none() | ARTICLES,
    st.booleans(),
)
def test_any_briefing_fits(articles: list[Article], topic: str, outside: Article | None, shared: bool) -> None:
    made = briefing(tuple(articles), topic=topic, outside=outside, since=NOW - timedelta(days=30), new=10**6)
    message = reply(brief_layout(made, KEY, NOW, note="x" * 120, shared_by=2**63 if shared else None))
    assert refused(message) == []
    assert len(message["components"][0]["components"]) <= 30
    assert active(re.sub(r"<t:\d+:D>|<@\d+>", "", plain(message))) == []
    assert refused(reply(nothing_new_layout(made, KEY, NOW))) == []


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(texts(300), names()), min_size=1, max_size=2 * PAGE + 1), st.integers(0, 5))
def test_any_saved_stories_fit(kept: list[tuple[str, str]], page: int) -> None:
    saved = [
        Saved(f"{number:016}", NOW, title, f"https://example.com/{'a' * 100}", provider)
        for number, (title, provider) in enumerate(kept)
    ]
    message = reply(saved_layout(saved, page))
    assert refused(message) == []
    assert active(re.sub(r"<t:\d+:R>", "", plain(message))) == []
    assert refused(reply(gone_layout(saved[0]))) == []
