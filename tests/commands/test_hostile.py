"""Corpus text is data: it shows as it was written and does nothing."""

import re

import pytest

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


def write(world: World, title: str) -> None:
    """Write an article with the text wherever text may be, and load it."""
    world.corpus.write(
        f"bad{HOSTILE.index(title)}",
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


@pytest.mark.parametrize("title", HOSTILE)
def test_what_would_act_is_told_apart(title: str) -> None:
    """The check itself: without escaping, every one of these does something, or starts a line that does."""
    assert not inert(title) or title.startswith(("#", ">", "\\"))
