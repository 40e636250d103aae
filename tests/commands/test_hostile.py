"""Corpus text is data: it shows as it was written and does nothing."""

import re

import pytest

from tests.cards.markdown import active
from tests.commands.reading import answer, headlines, options, words
from tests.conftest import World

HOSTILE = [
    "@everyone look",
    "@here look",
    "<@1> look",
    "<@&2> look",
    "<#3> look",
    "</news top:4> look",
    "<t:1700000000:R> look",
    "[x](https://evil.example)",
    "`code` and ```block```",
    "**bold** _it_ ~~no~~ ||secret||",
    "# Heading",
    "> quote",
    "https://evil.example/login",
    "discord.gg/evil",
    "\\`backslash\\`",
]

# Markup that Discord would act on, where it is not escaped.
ACTIVE = re.compile(r"(?<!\\)(?:[*_~`|\[\]]|<(?:@|#|/|t:))|@(?:everyone|here)|https?://|discord\.gg")


def inert(text: str) -> bool:
    return ACTIVE.search(text.replace("\\\\", "")) is None


def write(world: World, title: str, name: str = "") -> None:
    """Write an article with the text wherever text may be, and load it."""
    world.corpus.write(
        name or f"bad{HOSTILE.index(title)}",
        title=title,
        excerpt=f"Excerpt: {title}",
        provider={"name": title, "domain": "evil.example"},
        topics=[title, "AI"],
        related=[{"title": f"Report {title}", "webUrl": "https://r.example/1", "provider": {"name": title}}],
        heat=120,
    )
    world.load()


@pytest.mark.parametrize("title", HOSTILE)
async def test_answers_show_it_as_it_is(world: World, title: str) -> None:
    write(world, title)
    asked = await world.mo.slash(world.news, "news top")
    assert inert(headlines(asked)[0])
    assert title in options(asked)
    opened = await world.mo.select(answer(asked), [options(asked)[title]])
    text = re.sub(r"\[Read\]\(https://r\.example/1\)|\*\*1 other report\*\*", "", words(opened)).removeprefix("### ")
    assert inert(text.replace("-# ", ""))
    topics = await world.mo.slash(world.news, "news topic")
    assert inert(re.sub(r"^\*\*|\*\* · \d+$|^### ", "", words(topics), flags=re.MULTILINE))
    for command, given in (("news topic", {"name": f"zzzz {title}"}), ("news search", {"words": f"zzzz {title}"})):
        assert inert(words(await world.mo.slash(world.news, command, **given)))


async def test_pushes_show_it_as_it_is(world: World) -> None:
    await world.ann.slash(world.news, "subscribe", how_hot="everything")
    subscribed = ("@everyone", "[x](https://evil.example)")
    for title in HOSTILE:
        world.clock.forward(days=1)
        write(world, title)
        await world.push()
    cards = world.messages(world.news)
    assert len(cards) == len(HOSTILE)
    for card in cards:
        assert inert(card.content)
        assert inert(card.embeds[0].description or "")
        assert not card.mention_everyone
    for title in HOSTILE:
        if title.startswith(subscribed):
            made = await world.ann.slash(world.other, "subscribe", topic=title)
            assert words(made).startswith("**Done: ")
    await world.push()
    for several in world.messages(world.other):
        assert inert(several.content)


# Longer than any place shows, written from right to left, and what an attacker may try.
LONG = [*HOSTILE, "\u202eevil \u202c txt.exe", "**" * 2500, "a" * 5000, "[x](https://evil.example) " * 200]


NAMES_NO_STORY = ("subscriptions", "status", "card")


async def places(world: World, title: str) -> dict[str, str]:
    """Return what is said of an article with this title in every place where a title can appear."""
    await world.ann.slash(world.news, "subscribe", how_hot="everything")
    await world.ann.slash(world.other, "subscribe", how_hot="1000")
    world.clock.forward(hours=1)
    write(world, title, "bad")
    await world.push()
    listed = await world.mo.slash(world.news, "news top")
    opened = await world.mo.select(answer(listed), [next(iter(options(listed).values()))])
    await world.mo.click(answer(opened), label="Save")
    (key, *_) = [each["value"] for each in await choices(world)]
    found = {
        "list": listed,
        "story": opened,
        "shared": await world.mo.click(answer(listed), label="Share here"),
        "brief": await world.mo.slash(world.news, "brief"),
        "search": await world.mo.slash(world.news, "news search", words="excerpt"),
        "by headline": await world.mo.slash(world.news, "news story", headline=key),
        "saved": await world.mo.slash(world.news, "saved"),
        "trends": await world.mo.slash(world.news, "trends", period=7),
        "subscriptions": await world.ann.slash(world.news, "subscriptions list"),
        "panel": await world.ann.slash(world.news, "subscriptions edit", subscription="1"),
        "log": await world.ann.slash(world.news, "subscriptions log", subscription="1"),
        "explain": await world.ann.slash(world.news, "subscriptions explain", article=key),
        "deliveries": await world.host.slash(world.news, "admin deliveries"),
        "status": await world.host.slash(world.news, "admin status"),
        "hide": await world.host.slash(world.news, "admin hide", article=key),
    }
    said = {place: words(each) for place, each in found.items()}
    (post,) = world.messages(world.news)[:1]
    return said | {"post": post.content, "card": post.embeds[0].description or ""}


async def choices(world: World) -> list[dict[str, str]]:
    """Return the headlines that are offered while nothing is typed."""
    return [
        {"value": str(each["value"])} for each in await world.mo.autocomplete(world.news, "news story", "headline", "")
    ]


@pytest.fixture(scope="module")
def plain() -> dict[str, list[str]]:
    """The markup of each place where the title has none."""
    return {}


@pytest.mark.parametrize("title", ["Plain look", *LONG], ids=lambda title: title[:20])
async def test_every_place_has_the_markup_that_it_has_with_a_plain_title(
    world: World, plain: dict[str, list[str]], title: str
) -> None:
    for place, text in (await places(world, title)).items():
        assert title != "Plain look" or title in text.replace("**", "") or place in NAMES_NO_STORY, place
        markup = sorted(set(active(re.sub(r"\(https?://[^)]*\)|<t:\d+:\w>", "", text))))
        assert set(markup) <= set(plain.setdefault(place, markup)), (place, text)


@pytest.mark.parametrize("title", HOSTILE)
def test_what_would_act_is_told_apart(title: str) -> None:
    """The check itself: without escaping, every one of these does something, or starts a line that does."""
    assert not inert(title) or title.startswith(("#", ">", "\\"))
