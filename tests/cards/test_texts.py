"""The words: rates, answers, and that none of them stays in English where another language is spoken."""

import gettext
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
from discord import ui

from bot.briefing.bars import Rate, Unit
from bot.briefing.trends import Course, Trends
from bot.cards import language, news_texts, texts
from bot.cards.brief import brief_layout, nothing_new_layout
from bot.cards.help import help_layout
from bot.cards.listing import names_layout, page_layout
from bot.cards.push import push_message
from bot.cards.readers import confirm_forgetting_layout, gone_layout, privacy_layout, saved_layout
from bot.cards.story import story_layout
from bot.cards.trends import alt, trends_layout
from bot.models import (
    Article,
    Bars,
    Brief,
    DeliveryKind,
    Level,
    Listing,
    Look,
    Name,
    Often,
    Order,
    Page,
    Saved,
    SubscriptionState,
    Terms,
)
from tests.cards.news import NOW, article, delivery, payload, reply, report, subscription
from tests.loopback.rules import walk
from tests.loopback.world import Json

KEY = "ABCDEFGHIJKLMNOP"
BARS = Bars(95, 120, 400)


@pytest.mark.parametrize(
    ("rate", "words"),
    [
        (None, "nothing lately"),
        (Rate(1, Unit.MONTH), "about 1 a month"),
        (Rate(5, Unit.WEEK), "about 5 a week"),
        (Rate(1200, Unit.DAY), "about 1,200 a day"),
    ],
)
def test_rates_in_words(rate: Rate | None, words: str) -> None:
    assert texts.rate_words(rate) == words


def test_what_to_expect_is_what_is_hot_enough_up_to_the_daily_limit() -> None:
    assert texts.expected_rate([90] * 21 + [80] * 9, 85, 30, 5) == Rate(5, Unit.WEEK)
    assert texts.expected_rate([90] * 1000, 85, 30, 5) == Rate(5, Unit.DAY)
    assert texts.expected_rate([], 0, 30, 5) is None


@pytest.mark.parametrize(
    ("often", "rate", "said"),
    [
        (Often.INSTANT, Rate(1, Unit.WEEK), "Expect about 1 post a week."),
        (Often.INSTANT, Rate(5, Unit.DAY), "Expect about 5 posts a day."),
        (Often.INSTANT, Rate(2, Unit.MONTH), "Expect about 2 posts a month."),
        (Often.INSTANT, None, "Nothing matched lately, so it may stay quiet."),
        (Often.WEEKDAYS, Rate(5, Unit.DAY), "One message a weekday, if there is news."),
    ],
)
def test_what_a_new_subscription_brings(often: Often, rate: Rate | None, said: str) -> None:
    assert texts.done(subscription(often=often), BARS, rate).endswith(said)


@pytest.mark.parametrize(
    ("terms", "inside", "first"),
    [
        (Terms(), "all news", "All news"),
        (Terms(topics=("AI",)), "AI news", "AI news"),
        (Terms(providers=("A*",)), "all news from A\\*", "All news from A\\*"),
        (Terms(topics=("AI", "B"), providers=("C",)), "AI and B news from C", "AI and B news from C"),
        (Terms(topics=tuple("ABCDE")), "A, B, C and 2 more news", "A, B, C and 2 more news"),
    ],
)
def test_what_a_subscription_is_about(terms: Terms, inside: str, first: str) -> None:
    assert texts.about(terms) == inside
    assert texts.about_first(terms) == first


@pytest.mark.parametrize(
    ("listing", "title"),
    [
        (Listing(Order.TOP), "Hottest"),
        (Listing(Order.LATEST, topic="A{I}", provider="B*"), "Latest in A{I} from B\\*"),
        (Listing(Order.SEARCH, words="{x} *", topic="AI"), "“{x} \\*” in AI"),
    ],
)
def test_a_list_is_named_for_what_it_is(listing: Listing, title: str) -> None:
    assert news_texts.list_title(listing) == title


def test_lists_of_names() -> None:
    assert [texts.listed(list(names)) for names in ("", "A", "AB", "ABC")] == ["", "A", "A and B", "A, B and C"]
    assert texts.listed(["A", "B", "C"], "or") == "A, B or C"


def test_dates_and_shares_as_the_language_writes_them() -> None:
    at = date(2026, 3, 5)
    assert (language.day_and_month(at), language.short_date(at), language.percent(0.1)) == ("5 March", "5 Mar", "10%")
    with language.speaking("de"):
        german = language.day_and_month(at), language.short_date(at), language.percent(0.1)
    assert german == ("5. März", "5. März", "10\N{NO-BREAK SPACE}%")


# --- in another language -------------------------------------------------------------------------------------


class Crossed(gettext.NullTranslations):
    """A language with a cross in place of every letter, so that what is not in it stands out."""

    def gettext(self, message: str) -> str:
        return self._crossed(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self._crossed(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        return self._crossed(message)

    def _crossed(self, text: str) -> str:
        return "".join(
            part if part.startswith("{") else re.sub(r"\w", "×", part) for part in re.split(r"(\{\w*\})", text)
        )


@pytest.fixture
def _crossed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    crossed = Crossed()
    monkeypatch.setattr(language, "catalogue", lambda _language: crossed)
    with language.speaking("de"):
        yield


# Titles, names and excerpts without a letter: what is left are months and weekdays, which are not in the catalogue.
NEWS = article(
    title="1-1",
    provider="2-2",
    excerpt="3-3",
    topics=("4-4", "5-5"),
    coverage=tuple(report(number, title="6-6", provider=f"7-{number}", published_at=NOW) for number in range(5)),
    published_at=NOW - timedelta(days=4),
)
LONG = replace(NEWS, url=f"https://8-8.example/{'9' * 600}", key=KEY)
OURS = re.compile(r"Heatline|November|[A-Z][a-z]+tag|Mittwoch|Europe/Berlin|UTC|</?[^>]*>|\]\([^)]*\)|https?://\S+")
FIELDS = ("content", "label", "placeholder", "description", "text", "name", "title")


def left(message: Json) -> list[str]:
    """Return what people would read of a message that is in no language of ours."""
    pieces = [message, *message.get("embeds", ()), *(each for _, each in walk(message["components"]))]
    pieces += [part for each in pieces for part in (each.get("footer"), each.get("author")) if part]
    pieces += [option for each in pieces for option in each.get("options", ())]
    said = [str(each[field]) for each in pieces for field in FIELDS if isinstance(each.get(field), str)]
    return [text for text in said if re.search(r"[A-Za-z]{2,}", OURS.sub("", text))]


def briefing(**fields: object) -> Brief:
    values: dict[str, object] = {
        "topic": "4-4",
        "size": 5,
        "at": NOW,
        "articles": (NEWS, LONG),
        "stories": 41,
        "reports": 3,
        "days": 30,
        "in_first_window": 1,
        "since": NOW - timedelta(days=3),
        "new": 2,
        "outside": NEWS,
    }
    return Brief(**(values | fields))  # type: ignore[arg-type]  # the fields of a test


def listed(order: Order, **fields: object) -> Page:
    values: dict[str, object] = {
        "listing": Listing(order, topic="4-4", words="1-1"),
        "articles": (NEWS, LONG),
        "total": 41,
        "days": 365,
        "in_first_window": 0,
        "rank": 6,
        "has_previous": True,
        "has_next": True,
    }
    return Page(**(values | fields))  # type: ignore[arg-type]  # the fields of a test


def kept(number: int = 1) -> Saved:
    return Saved(f"{number:016}", NOW, "1-1", "https://8-8.example/1", "2-2")


def trends(topic: str | None, step: int, before: int | None) -> Trends:
    starts = tuple((NOW - timedelta(days=step * (6 - place))).date() for place in range(7))
    rows = [Course(name, (0, 1, 2, 3, 4, 5, 6), before) for name in ("4-4", "5-5")]
    whole = Course("", (9,) * 7, before)
    if topic is not None:
        return Trends(topic, "Europe/Berlin", step, starts, rows[0], whole)
    return Trends(None, None, step, starts, whole, whole, tuple(rows), Course("", (1,) * 7))


LAYOUTS: dict[str, Callable[[], ui.LayoutView]] = {
    "brief": lambda: brief_layout(briefing(), KEY, NOW),
    "brief shared": lambda: brief_layout(briefing(topic=None, days=None, reports=0), KEY, NOW, shared_by=5),
    "nothing new": lambda: nothing_new_layout(briefing(new=0), KEY, NOW),
    "nothing new in all": lambda: nothing_new_layout(briefing(topic=None, since=NOW), KEY, NOW),
    "top": lambda: page_layout(listed(Order.TOP), KEY, NOW),
    "latest": lambda: page_layout(listed(Order.LATEST, rank=1, in_first_window=3), KEY, NOW, shared_by=5),
    "search": lambda: page_layout(listed(Order.SEARCH), KEY, NOW),
    "topics": lambda: names_layout("topic", [Name(f"4-{each}", 41) for each in range(70)], {}),
    "publishers": lambda: names_layout("provider", [Name(f"2-{each}", 41) for each in range(70)], {}),
    "story": lambda: story_layout(NEWS, [LONG], NOW),
    "story shared": lambda: story_layout(LONG, [], NOW, saved=True, shared_by=5),
    "saved": lambda: saved_layout([kept(number) for number in range(25)], 1),
    "gone": lambda: gone_layout(kept()),
    "privacy": lambda: privacy_layout(1200, 1, 2),
    "forgetting": lambda: confirm_forgetting_layout(1200, 1, 2),
    "trends": lambda: trends_layout(trends(None, 1, 20), KEY, NOW, drawn=True),
    "trends of weeks": lambda: trends_layout(trends(None, 7, 0), KEY, NOW, drawn=False),
    "trends of a topic": lambda: trends_layout(trends("4-4", 1, 30), KEY, NOW, drawn=True, shared_by=5),
    "help": lambda: help_layout(lambda name: f"</{name}:1>", manages=True, hosts=True),
}


@pytest.mark.usefixtures("_crossed")
@pytest.mark.parametrize("made", LAYOUTS.values(), ids=LAYOUTS)
def test_nothing_of_a_reply_stays_in_english(made: Callable[[], ui.LayoutView]) -> None:
    assert left(reply(made())) == []


@pytest.mark.usefixtures("_crossed")
@pytest.mark.parametrize("look", Look)
@pytest.mark.parametrize("kind", DeliveryKind)
@pytest.mark.parametrize("articles", [(NEWS,), (LONG, replace(NEWS, coverage=()))], ids=["one", "several"])
def test_nothing_of_a_push_stays_in_english(kind: DeliveryKind, look: Look, articles: tuple[Article, ...]) -> None:
    wanted = subscription(look=look, topics=("4-4",), providers=("2-2",))
    assert left(payload(push_message(delivery(kind, more=3), wanted, articles, NOW, sample=True))) == []


@pytest.mark.usefixtures("_crossed")
def test_nothing_of_a_sentence_stays_in_english() -> None:
    said = [
        *(news_texts.no_articles(Listing(order, topic="4", provider="5")) for order in (Order.TOP, Order.SEARCH)),
        *(news_texts.no_articles(Listing(Order.TOP, days=days)) for days in (None, 1, 7, 365)),
        *(news_texts.unknown_name(kind, "4", near) for kind in ("topic", "provider") for near in ([], [Name("5", 6)])),
        *(news_texts.looked(NOW - timedelta(days=days), NOW) for days in (0, 1, 2, 9)),
        *(news_texts.left_out(stories, reports) for stories in (0, 1) for reports in (0, 2)),
        *(news_texts.sample(newest) for newest in (None, NOW)),
        *(alt(trends(topic, step, 3)) for topic in (None, "4-4") for step in (1, 7)),
        *(texts.bar(level, bars) for level in Level for bars in (BARS, Bars(0, 0, 3))),
        *(texts.sending_stopped(number, "6") + texts.sending_resumed(number) for number in (1, 2)),
        *(texts.ask_to_hide("1-1", hidden=hidden) + texts.edited_posts(1) for hidden in (True, False)),
        *(texts.level_choice(Level.HOT, texts.rate_words(rate)) for rate in (None, Rate(3, Unit.WEEK))),
        *_of_a_subscription(),
        texts.cannot_find(1),
        texts.cannot_see(1),
        texts.missing_permissions(1, ["4", "5", "6"]),
        texts.timezone_set("UTC", NOW),
    ]
    assert [text for text in said if re.search(r"[A-Za-z]{2,}", OURS.sub("", text))] == []


def _of_a_subscription() -> Iterator[str]:
    for often in Often:
        for state in SubscriptionState:
            for topics in ((), tuple("12345")):
                order = subscription(
                    often=often, state=state, paused_because="gone", topics=topics, provider="6", next_run_at=NOW
                )
                yield texts.done(order, BARS, Rate(3, Unit.WEEK))
                yield texts.short_line(order) + texts.option_state(order)
                yield texts.removed(order) + texts.duplicate(order)
