"""What arrives in a subscribed channel by itself, and the controls on it."""

from datetime import timedelta

import pytest

from tests.commands.reading import answer, labels, links, options, pieces, words
from tests.conftest import NOW, World


@pytest.fixture
async def subscribed(world: World) -> World:
    """#news gets AI news; its first briefing is over."""
    world.corpus.write("known", title="Known before")
    world.load()
    await world.ann.slash(world.news, "subscribe", topic="AI")
    await world.push()
    world.clock.forward(hours=1)
    return world


async def test_a_new_article_arrives_as_a_card(subscribed: World) -> None:
    reports = [
        {"title": "Same", "webUrl": f"https://r{n}.example/x", "provider": {"name": name}}
        for n, name in enumerate(["Government Technology", "Mail Online"])
    ]
    subscribed.corpus.write(
        "clearview",
        title="Facial recognition company says entire client list was stolen",
        excerpt="Clearview A.I. has confirmed to NBC News that its client list was stolen.",
        provider={
            "name": "NBC News",
            "domain": "nbcnews.example",
            "images": [{"url": "https://nbcnews.example/logo.png"}],
        },
        topics=["AI", "Computer Vision"],
        images=[{"url": "https://pictures.example/wide.jpg", "width": 1200, "height": 600}],
        related=reports,
    )
    subscribed.load()
    await subscribed.push()
    card = subscribed.messages(subscribed.news)[-1]
    assert card.content == "Facial recognition company says entire client list was stolen · NBC News"
    assert card.flags.silent
    (embed,) = card.embeds
    assert embed.title is None
    assert (embed.author.name, embed.author.icon_url) == ("NBC News", "https://nbcnews.example/logo.png")
    assert embed.author.url == "https://news.example/clearview"
    assert embed.description == (
        "Clearview A.I. has confirmed to NBC News that its client list was stolen.\n"
        "Also: Government Technology, Mail Online"
    )
    assert embed.image.url == "https://pictures.example/wide.jpg"
    assert embed.footer.text == "AI, Computer Vision"
    assert labels(card) == ["Read at NBC News", "2 other reports"]
    assert links(card) == ["https://news.example/clearview"]
    controls = [piece["custom_id"] for piece in pieces(card) if piece.get("custom_id")]
    assert len(controls) == 1
    assert controls[0].startswith("hl1:d:")


async def test_its_button_opens_the_story_for_whoever_presses_it(subscribed: World) -> None:
    subscribed.corpus.write("new", title="Brand new", excerpt="All about it.")
    subscribed.load()
    await subscribed.push()
    card = subscribed.messages(subscribed.news)[-1]
    opened = await subscribed.mo.click(card, label="Details")
    assert opened.ephemeral
    assert words(opened).startswith("### Brand new\nAll about it.")


async def test_controls_of_pushes_survive_a_restart(subscribed: World) -> None:
    for number in range(2):
        subscribed.corpus.write(f"new{number}", title=f"Brand new {number}", heat=100 - number)
    subscribed.load()
    await subscribed.push()
    first, several = subscribed.messages(subscribed.news)
    assert several.content == "2 new in AI: Brand new 0; Brand new 1"
    await subscribed.restart()
    opened = await subscribed.mo.click(first, label="Details")
    assert words(opened).startswith("### Known before")
    chosen = await subscribed.mo.select(several, [options(several)["Brand new 1"]])
    assert chosen.ephemeral
    assert words(chosen).startswith("### Brand new 1")


@pytest.mark.parametrize(
    "fields",
    [
        {"topics": ["Robotics"]},
        {"heat": -1},
        {"heat": None},
        {"published": False},
        {"webUrl": "https://news.example/known"},
    ],
)
async def test_what_is_not_pushed(subscribed: World, fields: dict[str, object]) -> None:
    subscribed.corpus.write("new", **fields)
    subscribed.load()
    await subscribed.push()
    assert len(subscribed.messages(subscribed.news)) == 1


async def test_what_is_scored_late_comes_when_it_is_scored_and_once(subscribed: World) -> None:
    subscribed.corpus.write("late", title="Scored late", heat=None)
    subscribed.load()
    await subscribed.push()
    subscribed.clock.forward(hours=3)
    for heat in (90, None, 120):
        subscribed.corpus.write("late", title="Scored late", heat=heat)
        subscribed.load()
        await subscribed.push()
    assert [m.content for m in subscribed.messages(subscribed.news)[1:]] == ["Scored late · Example Times"]


async def test_an_article_swapped_for_another_report_is_no_second_push(subscribed: World) -> None:
    subscribed.corpus.write("a", title="First report")
    subscribed.load()
    await subscribed.push()
    subscribed.corpus.write("a", title="Second report", webUrl="https://other.example/b")
    subscribed.load()
    await subscribed.push()
    sent = subscribed.messages(subscribed.news)[1:]
    assert [message.content for message in sent] == ["First report · Example Times"]
    assert links(sent[0]) == ["https://news.example/a"]


async def test_two_subscriptions_of_a_channel_tell_a_story_once(subscribed: World) -> None:
    await subscribed.ann.slash(subscribed.news, "subscribe")
    await subscribed.push()
    before = len(subscribed.messages(subscribed.news))
    subscribed.corpus.write("new", title="Brand new")
    subscribed.load()
    await subscribed.push()
    assert len(subscribed.messages(subscribed.news)) == before + 1


async def test_an_old_story_is_dated_and_a_portrait_is_a_thumbnail(subscribed: World) -> None:
    subscribed.corpus.write(
        "old",
        publishedDateTime=NOW - timedelta(days=3),
        images=[{"url": "https://pictures.example/tall.jpg", "width": 600, "height": 900}],
    )
    subscribed.load()
    await subscribed.push()
    (embed,) = subscribed.messages(subscribed.news)[-1].embeds
    assert embed.footer.text == "AI · Published 26 February 2026"
    assert embed.image.url is None
    assert embed.thumbnail.url == "https://pictures.example/tall.jpg"


async def test_a_card_whose_story_is_gone_says_so(subscribed: World) -> None:
    subscribed.corpus.write("new", title="Brand new")
    subscribed.load()
    await subscribed.push()
    subscribed.corpus.remove("new")
    subscribed.load()
    card = subscribed.messages(subscribed.news)[-1]
    refused = await subscribed.mo.click(card, label="Details")
    assert words(answer(refused)) == "That story is no longer in the news folder."
