"""`/admin hide`: an article that is shown nowhere any more."""

import pytest
from sqlalchemy import Connection

from bot.store.articles import names_of
from bot.store.candidates import candidates
from bot.store.headlines import key_of_article
from bot.store.readers import export_reader
from tests.commands.reading import answer, headlines, labels, options, words
from tests.conftest import NOW, World


@pytest.fixture
def filled(world: World) -> World:
    """A story, another that it is coverage of, and a third."""
    report = {"title": "Wrong story", "webUrl": "https://news.example/wrong", "provider": {"name": "Example Times"}}
    world.corpus.write("right", title="Right story", heat=100, related=[report])
    world.corpus.write("wrong", title="Wrong story", heat=120, topics=["Law"])
    world.corpus.write("other", title="Other story", heat=90)
    world.load()
    return world


async def hide(world: World, typed: str, label: str) -> str:
    asked = await world.host.slash(world.news, "admin hide", article=typed)
    await world.host.click(answer(asked), label=label)
    return words(asked)


async def test_a_hidden_article_is_shown_nowhere_and_stays_so_through_loads(filled: World) -> None:
    top = await filled.mo.slash(filled.news, "news latest")
    assert "Wrong story" in headlines(top)
    asked = await filled.host.slash(filled.news, "admin hide", article="wrong")
    assert words(asked).startswith("**Wrong story** will be shown nowhere any more")
    assert labels(asked) == ["Hide it everywhere"]
    await filled.host.click(answer(asked), label="Hide it everywhere")
    assert words(asked) == "Hidden: it is shown nowhere any more."

    for change in (None, "another file", "the same file"):
        if change == "another file":
            filled.corpus.write("more", title="More", heat=10)
        elif change == "the same file":
            filled.corpus.write("wrong", title="Wrong story, again", heat=130, topics=["Law"])
        report = filled.load()
        assert report.updated == (1 if change == "the same file" else 0)
        listed = headlines(await filled.mo.slash(filled.news, "news latest"))
        assert not any("Wrong" in each for each in listed)
        assert "Nothing for" in words(await filled.mo.slash(filled.news, "news search", words="wrong"))
        assert [name.name for name in await filled.program.database.read(names_of, "topic")] == ["AI"]

    story = await filled.mo.select(answer(top), [options(top)["Right story"]])
    assert "Wrong" not in words(story)
    old = await filled.mo.select(answer(top), [options(top)["Wrong story"]])
    assert words(old) == "This story was removed by the host."

    def offered(connection: Connection) -> int:
        return len([each for each in candidates(connection, NOW) if "wrong" in each.text])

    assert await filled.program.database.read(offered) == 0


async def test_what_was_saved_is_not_shown_either_but_still_exported(filled: World) -> None:
    for headline in ("wrong", "right"):
        story = await filled.mo.slash(filled.news, "news story", headline=headline)
        await filled.mo.click(answer(story), label="Save")
    saved = await filled.mo.slash(filled.news, "saved")
    assert "Wrong story" in words(saved)
    await hide(filled, "wrong", "Hide it everywhere")
    filled.corpus.remove("wrong")
    filled.load()
    assert words(await filled.mo.select(answer(saved), [options(saved)["Wrong story"]])) == (
        "This story was removed by the host."
    )
    assert "Wrong" not in words(await filled.mo.slash(filled.news, "saved"))
    assert "Wrong story" in await filled.program.database.read(export_reader, filled.mo.id)


async def test_the_same_address_under_another_file_is_hidden_too(filled: World) -> None:
    await hide(filled, "https://news.example/wrong", "Hide it everywhere")
    filled.corpus.write("copy", title="Wrong story", webUrl="https://www.news.example/wrong/", heat=140)
    filled.load()
    assert not any("Wrong" in each for each in headlines(await filled.mo.slash(filled.news, "news latest")))


async def test_it_is_shown_again_as_its_file_says(filled: World) -> None:
    await hide(filled, "wrong", "Hide it everywhere")
    choices = await filled.host.autocomplete(filled.news, "admin hide", "article", "wrong")
    assert [choice["name"] for choice in choices] == ["Hidden: Wrong story"]
    assert await hide(filled, choices[0]["value"], "Show it again") == "It is shown again, as its file says."
    assert headlines(await filled.mo.slash(filled.news, "news topic", name="Law")) == ["Wrong story"]
    assert filled.load().updated == 0
    filled.corpus.write("other", title="Other story", heat=90, published=False)
    filled.load()
    key = await filled.program.database.read(key_of_article, "other", NOW)
    assert key is None or "Other" not in headlines(await filled.mo.slash(filled.news, "news latest"))


async def test_only_hosts_hide(filled: World) -> None:
    asked = await filled.host.slash(filled.news, "admin hide", article="wrong")
    filled.program.bot._admins = frozenset()
    await filled.host.click(answer(asked), label="Hide it everywhere")
    assert "Wrong story" in headlines(await filled.mo.slash(filled.news, "news latest"))
    assert await filled.host.autocomplete(filled.news, "admin hide", "article", "") == []


async def test_a_posted_card_says_that_its_story_was_removed(filled: World) -> None:
    await filled.ann.slash(filled.news, "subscribe", topic="Law", how_hot="everything")
    await filled.push()
    assert "Wrong story" in filled.messages(filled.news)[-1].content
    assert "1 post will be edited." in await hide(filled, "wrong", "Hide it everywhere")


async def test_what_is_not_known_is_said(filled: World) -> None:
    asked = await filled.host.slash(filled.news, "admin hide", article="nothing like it")
    assert words(asked).startswith("I don't know that article")
