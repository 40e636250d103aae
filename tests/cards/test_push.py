"""Pushed messages: a card for one article, a compact list for several."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from discord import ComponentType
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing.shown import is_in, look_of, number_in
from bot.cards.push import push_message
from bot.models import Article, DeliveryKind, Image, Look, Often, Report
from tests.cards.markdown import active, visible
from tests.cards.news import (
    ARTICLES,
    FIVE,
    NOW,
    article,
    components,
    delivery,
    names,
    payload,
    refused,
    report,
    subscription,
)
from tests.loopback.world import Json

LARGE = Image("https://example.com/large.jpg", 1200, 630)


def push(
    *articles: Article, kind: DeliveryKind = DeliveryKind.PUSH, more: int = 0, sample: bool = False, **of: Any
) -> Json:
    """Return the message for these articles as it goes over the wire."""
    return payload(push_message(delivery(kind, more), subscription(**of), articles, NOW, sample=sample))


def embed(*articles: Article) -> Json:
    """Return the embed of the message for these articles."""
    only: Json = push(*articles)["embeds"][0]
    return only


def labels(message: Json) -> list[str]:
    """Return what the buttons say."""
    return [each["label"] for each in components(message, ComponentType.button)]


def test_a_card() -> None:
    message = push(
        article(
            image=LARGE,
            logo="https://example.com/logo.png",
            coverage=(report(1), report(2)),
            published_at=NOW - timedelta(days=5),
        )
    )
    assert message["content"] == "Robots learn to fold, part 1 · Example Times"
    (card,) = message["embeds"]
    assert card["author"] == {
        "name": "Example Times",
        "url": "https://example.com/fold/1",
        "icon_url": "https://example.com/logo.png",
    }
    assert "title" not in card
    assert card["description"] == "After two years of practice the towels are square.\nAlso: Other 1, Other 2"
    assert card["image"] == {"url": LARGE.url}
    assert card["footer"] == {"text": "Robotics, AI · Published 15 November 2026"}
    link, details = components(message, ComponentType.button)
    assert (link["label"], link["url"]) == ("Read at Example Times", "https://example.com/fold/1")
    assert (details["label"], details["custom_id"]) == ("2 other reports", f"hl1:d:{delivery().nonce}")


def test_a_card_with_the_least_there_can_be() -> None:
    message = push(article(excerpt="", topics=(), published_at=None, provider_domain=None))
    assert refused(message) == []
    assert {"description", "footer", "image", "thumbnail"} & set(message["embeds"][0]) == set()
    assert labels(message) == ["Read at Example Times", "Details"]


@pytest.mark.parametrize(
    ("image", "shown_as"),
    [
        pytest.param(LARGE, "image", id="large and landscape"),
        pytest.param(Image("https://e.example/i", 600, 599), "image", id="just large enough"),
        pytest.param(Image("https://e.example/i", 599, 300), "thumbnail", id="small"),
        pytest.param(Image("https://e.example/i", 1200, 1800), "thumbnail", id="portrait"),
        pytest.param(Image("https://e.example/i", 1200, 1200), "thumbnail", id="square"),
        pytest.param(Image("https://e.example/i"), "thumbnail", id="size unknown"),
        pytest.param(Image("https://e.example/i", 1200), "thumbnail", id="height unknown"),
    ],
)
def test_a_picture_is_large_only_if_it_looks_good_large(image: Image, shown_as: str) -> None:
    card = embed(article(image=image))
    assert card[shown_as] == {"url": image.url}
    assert len({"image", "thumbnail"} & set(card)) == 1


def test_a_picture_comes_from_the_best_report_where_there_is_none() -> None:
    other = Image("https://other.example/i")
    reports = (report(1, quality=1, image=LARGE), report(2, quality=9, image=other), report(3, quality=99))
    assert embed(article(coverage=reports))["thumbnail"] == {"url": other.url}


@pytest.mark.parametrize(
    ("hours", "footer"),
    [
        (3, "Robotics, AI"),
        (48, "Robotics, AI"),
        (49, "Robotics, AI · Published 18 November 2026"),
        (-8, "Robotics, AI"),
    ],
)
def test_a_date_is_shown_only_when_it_is_old(hours: int, footer: str) -> None:
    assert embed(article(published_at=NOW - timedelta(hours=hours)))["footer"] == {"text": footer}


@pytest.mark.parametrize(
    ("coverage", "line", "label"),
    [
        ((), "", "Details"),
        ((report(1),), "Also: Other 1", "1 other report"),
        (tuple(report(n) for n in (1, 2, 3)), "Also: Other 1, Other 2, Other 3", "3 other reports"),
        (tuple(report(n) for n in range(5)), "Also: Other 0, Other 1, Other 2 and 2 more", "5 other reports"),
        ((report(1), report(2, provider="Other 1")), "Also: Other 1", "2 other reports"),
    ],
)
def test_who_else_reports_it(coverage: tuple[Report, ...], line: str, label: str) -> None:
    message = push(article(coverage=coverage))
    assert message["embeds"][0]["description"].partition("\n")[2] == line
    assert labels(message)[-1] == label


@pytest.mark.parametrize(("length", "button"), [(512, True), (513, False), (2048, False)])
def test_an_address_too_long_for_a_button_is_a_link_in_the_text(length: int, button: bool) -> None:
    url = "https://example.com/".ljust(length, "a")
    message = push(article(url=url))
    assert refused(message) == []
    assert (labels(message)[0] == "Read at Example Times") == button
    assert (f"[Read the story]({url})" in message["embeds"][0]["description"]) != button
    assert message["embeds"][0]["author"]["url"] == url


def test_the_first_sample_is_called_one() -> None:
    said = "Sample story, posted to show how cards look. New stories will follow here."
    first = push(article(), kind=DeliveryKind.FIRST, sample=True)
    assert first["content"] == f"{said}\nRobots learn to fold, part 1 · Example Times"
    assert said not in push(article(), kind=DeliveryKind.FIRST)["content"]
    assert said not in push(article(), sample=True)["content"]


@pytest.mark.parametrize(
    ("kind", "of", "line"),
    [
        (DeliveryKind.PUSH, {"topic": "AI"}, "2 new in AI: One; Two"),
        (DeliveryKind.DIGEST, {"topic": None}, "2 new stories: One; Two"),
        (DeliveryKind.PUSH, {"topic": None, "provider": "Times"}, "2 new in Times: One; Two"),
        (DeliveryKind.FIRST, {"topic": "AI"}, "Hottest in AI now: One; Two"),
        (DeliveryKind.FIRST, {"topic": None}, "Hottest now: One; Two"),
    ],
)
def test_the_line_above_several(kind: DeliveryKind, of: dict[str, Any], line: str) -> None:
    assert push(article(1, title="One"), article(2, title="Two"), kind=kind, **of)["content"] == line


def test_several_make_one_list() -> None:
    reports = (report(1), report(2))
    message = push(article(1), article(2, coverage=reports, image=LARGE), more=4, kind=DeliveryKind.DIGEST)
    (card,) = message["embeds"]
    text = re.sub(r"\n+", "\n", card["description"])
    assert text == (
        "1\\. **Robots learn to fold, part 1**\nExample Times · [Read](https://example.com/fold/1)\n"
        "2\\. **Robots learn to fold, part 2**\nExample Times, also 2 others · [Read](https://example.com/fold/2)\n"
        "And 4 more: /news latest topic\\:AI"
    )
    assert card["thumbnail"] == {"url": LARGE.url}
    (select,) = components(message, ComponentType.string_select)
    assert select["custom_id"] == f"hl1:d:{delivery().nonce}"
    assert [option["value"] for option in select["options"]] == [article(1).key, article(2).key]


@pytest.mark.parametrize(
    ("kind", "often", "silent"),
    [
        (DeliveryKind.FIRST, Often.INSTANT, True),
        (DeliveryKind.FIRST, Often.DAILY, True),
        (DeliveryKind.PUSH, Often.INSTANT, True),
        (DeliveryKind.DIGEST, Often.DAILY, False),
    ],
)
def test_only_digests_may_buzz(kind: DeliveryKind, often: Often, silent: bool) -> None:
    assert push_message(delivery(kind), subscription(often=often), [article()], NOW).silent is silent


@pytest.mark.parametrize(
    ("kind", "role_id", "asked", "silent", "pings"),
    [
        pytest.param(DeliveryKind.PUSH, None, False, False, None, id="as it happens, loud by choice"),
        pytest.param(DeliveryKind.PUSH, None, True, True, None, id="as it happens, silent by choice"),
        pytest.param(DeliveryKind.PUSH, 42, None, False, 42, id="a ping is heard"),
        pytest.param(DeliveryKind.PUSH, 42, True, False, 42, id="a ping is heard though others are silent"),
        pytest.param(DeliveryKind.FIRST, None, False, True, None, id="the first is silent whatever was chosen"),
        pytest.param(DeliveryKind.FIRST, 42, False, True, None, id="the first pings nobody"),
    ],
)
def test_silence_and_pings(
    kind: DeliveryKind, role_id: int | None, asked: bool | None, silent: bool, pings: int | None
) -> None:
    sent = push_message(replace(delivery(kind), role_id=role_id), subscription(silent=asked), [article()], NOW)
    assert (sent.silent, sent.role_id) == (silent, pings)


@pytest.mark.parametrize("look", Look)
@pytest.mark.parametrize("number", [1, 2])
def test_the_role_comes_last_so_that_a_notification_starts_with_news(look: Look, number: int) -> None:
    told = [article(place) for place in range(number)]
    sent = push_message(replace(delivery(), role_id=42), subscription(look=look), told, NOW)
    assert sent.content.endswith(" <@&42>")
    assert sent.content.removesuffix(" <@&42>") == push_message(delivery(), subscription(look=look), told, NOW).content


# --- looks ---------------------------------------------------------------------------------------------------


def test_a_compact_card_has_neither_excerpt_nor_picture() -> None:
    message = push(article(image=LARGE, coverage=(report(1),)), look=Look.COMPACT)
    assert message["content"] == "Robots learn to fold, part 1 · Example Times"
    (card,) = message["embeds"]
    assert card["description"] == "Also: Other 1"
    assert card["author"]["name"] == "Example Times"
    assert {"image", "thumbnail"} & set(card) == set()


def test_a_headline_is_a_line_without_an_embed_or_a_preview() -> None:
    message = push(article(image=LARGE, coverage=(report(1),)), look=Look.HEADLINE)
    assert message["content"] == "Robots learn to fold, part 1 · Example Times"
    assert message["embeds"] == []
    assert labels(message) == ["Read at Example Times", "1 other report"]


def test_several_headlines_are_lines_whose_links_show_no_previews() -> None:
    message = push(article(1), article(2), more=4, look=Look.HEADLINE)
    assert message["embeds"] == []
    assert message["content"].split("\n") == [
        "Robots learn to fold, part 1 · Example Times · [Read](<https://example.com/fold/1>)",
        "Robots learn to fold, part 2 · Example Times · [Read](<https://example.com/fold/2>)",
        "And 4 more: /news latest topic\\:AI",
    ]
    assert markers(message) == [f"hl1:d:{delivery().nonce}"]


@pytest.mark.parametrize("look", Look)
def test_the_first_sample_is_called_one_in_every_look(look: Look) -> None:
    for number in (1, 2):
        told = [article(place) for place in range(number)]
        assert "Sample story" in push(*told, kind=DeliveryKind.FIRST, sample=True, look=look)["content"]


# --- what is shown -------------------------------------------------------------------------------------------

OTHERS = (report(1), report(2))


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({"title": "Robots unlearn to fold"}, {Look.CARD, Look.COMPACT, Look.HEADLINE}),
        ({"coverage": (*OTHERS, report(3))}, {Look.CARD, Look.COMPACT}),
        ({"coverage": OTHERS[::-1]}, set()),
        ({"coverage": (*OTHERS, report(3, provider="Other 1"))}, set()),
        ({"coverage": (*OTHERS, report(3, provider="Example Times"))}, set()),
        ({"image": LARGE}, set()),
        ({"published_at": NOW - timedelta(days=9)}, set()),
        ({"heat": 5}, set()),
        ({"excerpt": "Other words."}, set()),
    ],
)
def test_what_makes_a_post_out_of_date(change: dict[str, Any], differs: set[Look]) -> None:
    def shown(look: Look, *told: Article) -> str:
        return push_message(delivery(), subscription(look=look), told, NOW).shown

    before, after = article(coverage=OTHERS), article(**{"coverage": OTHERS} | change)
    assert {look for look in Look if shown(look, before) != shown(look, after)} == differs
    assert {look for look in Look if shown(look, article(2), before) != shown(look, article(2), after)} == differs
    for look in Look:
        assert look_of(shown(look, before)) is look
        assert number_in(shown(look, before, article(2))) == 2
        assert is_in(shown(look, before, article(2)), article(2).key)
        assert not is_in(shown(look, before), article(2).key)


def markers(message: Json) -> list[str]:
    """Return the ids of a message's controls that are not links."""
    kinds = (ComponentType.button, ComponentType.string_select)
    return [each["custom_id"] for each in components(message, *kinds) if "url" not in each]


@settings(deadline=None)
@given(ARTICLES, st.sampled_from(DeliveryKind), st.booleans(), st.sampled_from(Look))
def test_any_article_makes_a_card_that_discord_takes(
    article: Article, kind: DeliveryKind, sample: bool, look: Look
) -> None:
    message = push(article, kind=kind, sample=sample, look=look)
    assert refused(message) == []
    assert markers(message) == [f"hl1:d:{delivery().nonce}"]
    assert message["content"]
    assert active(message["content"]) == []
    described = "".join(each.get("description", "") for each in message["embeds"])
    assert active(re.sub(r"\[Read the story]\([^()\s]+\)", "", described)) == []


@settings(deadline=None, max_examples=50)
@given(FIVE.filter(lambda articles: len(articles) > 1), st.none() | names(), st.none() | names(), st.integers(0, 10**6))
def test_any_articles_make_a_list_that_discord_takes(
    articles: list[Article], topic: str | None, provider: str | None, more: int
) -> None:
    message = push(*articles, topic=topic, provider=provider, more=more, kind=DeliveryKind.DIGEST)
    assert refused(message) == []
    assert markers(message) == [f"hl1:d:{delivery().nonce}"]
    assert active(message["content"]) == []
    own = re.compile(r"^\d+\\\. \*\*|\*\*$| · \[Read]\([^()\s]+\)$", re.MULTILINE)
    assert active(own.sub("", message["embeds"][0]["description"])) == []


@settings(deadline=None, max_examples=50)
@given(FIVE.filter(lambda articles: len(articles) > 1), st.none() | names(), st.integers(0, 10**6))
def test_any_articles_make_lines_that_discord_takes(articles: list[Article], topic: str | None, more: int) -> None:
    message = push(*articles, topic=topic, more=more, kind=DeliveryKind.DIGEST, look=Look.HEADLINE)
    assert refused(message) == []
    assert markers(message) == [f"hl1:d:{delivery().nonce}"]
    lines = message["content"].split("\n")[: len(articles)]
    lines = [re.sub(r" · \[Read]\(<[^()<>\s]+>\)$", "", line) for line in lines]
    assert [line for line in lines if active(line) or len(visible(line)) > 200] == []


@pytest.mark.parametrize("look", Look)
def test_ten_articles_fit_whatever_their_titles(look: Look) -> None:
    """A delivery holds up to ten; escaped, every character of a title takes two."""
    told = [article(number, title="*" * 300, provider="_" * 100) for number in range(10)]
    of = subscription(look=look, topic="*" * 100, provider="_" * 100)
    sent = push_message(replace(delivery(more=10**6), role_id=2**63), of, told, NOW)
    assert refused(payload(sent)) == []
