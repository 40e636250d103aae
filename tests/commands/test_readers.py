"""What readers keep: `/saved`, `/privacy`, the message menus, and one story."""

import pytest

from tests.commands.reading import answer, labels, options, words
from tests.conftest import World


@pytest.fixture
def filled(world: World) -> World:
    """Three stories; the first is covered elsewhere."""
    report = {
        "title": "Another view",
        "webUrl": "https://other.example/view",
        "provider": {"name": "Other"},
        "quality": 80,
        "publishedDateTime": "2026-03-01T08:00:00Z",
    }
    world.corpus.write("chip", title="Chip maker opens plant", heat=120, related=[report])
    world.corpus.write("robot", title="Robots learn to fold", heat=100)
    world.corpus.write("court", title="New court ruling", heat=90, topics=["Law"])
    world.load()
    return world


async def test_a_story_by_its_words_its_address_or_a_choice(filled: World) -> None:
    choices = await filled.mo.autocomplete(filled.news, "news story", "headline", "chip")
    assert choices[0]["name"] == "Chip maker opens plant · Example Times"
    for typed in (choices[0]["value"], "chip plant", "https://news.example/chip", "https://other.example/view"):
        asked = await filled.mo.slash(filled.news, "news story", headline=typed)
        assert words(asked).startswith("### Chip maker opens plant")
        assert "**1 other report**\n-# First to report: Other, <t:1772352000:f>\n" in words(asked)
        assert "\nAnother view\n-# Other · <t:1772352000:f> · [Read]" in words(asked)
        assert labels(asked) == ["Read at Example Times", "Save", "Share here", "More like this"]
    for typed, said in (("https://nowhere.example/", "not in the news here"), ("quantum", "Nothing for “quantum”")):
        assert said in words(await filled.mo.slash(filled.news, "news story", headline=typed))


async def test_saving_listing_and_taking_off(filled: World) -> None:
    assert words(await filled.mo.slash(filled.news, "saved")) == "Nothing saved yet. Press Save in any story."
    story = await filled.mo.slash(filled.news, "news story", headline="chip")
    await filled.mo.click(answer(story), label="Save")
    assert "Remove from saved" in labels(story)
    listed = await filled.mo.slash(filled.news, "saved")
    assert listed.ephemeral
    assert words(listed).startswith("### Saved · 1 story\n**Chip maker opens plant**\n-# Example Times · saved <t:")
    assert words(await filled.ann.slash(filled.news, "saved")).startswith("Nothing saved")
    opened = await filled.mo.select(answer(listed), [options(listed)["Chip maker opens plant"]])
    await filled.mo.click(answer(opened), label="Remove from saved")
    assert "Save" in labels(opened)
    assert words(await filled.mo.slash(filled.news, "saved")).startswith("Nothing saved")


async def test_a_saved_story_whose_article_is_gone_keeps_what_it_was(filled: World) -> None:
    story = await filled.mo.slash(filled.news, "news story", headline="court")
    await filled.mo.click(answer(story), label="Save")
    filled.corpus.remove("court")
    filled.load()
    listed = await filled.mo.slash(filled.news, "saved")
    opened = await filled.mo.select(answer(listed), [options(listed)["New court ruling"]])
    assert "no longer in the news folder" in words(opened)
    assert "(https://news.example/court)" in words(opened)
    await filled.mo.click(answer(opened), label="Remove from saved")
    assert words(await filled.mo.slash(filled.news, "saved")).startswith("Nothing saved")


async def test_a_story_is_shared_and_more_like_it_shown(filled: World) -> None:
    story = await filled.mo.slash(filled.news, "news story", headline="chip")
    await filled.restart()
    await filled.mo.click(answer(story), label="Share here")
    (shared,) = filled.messages(filled.news)
    assert words(shared).startswith("### Chip maker opens plant")
    assert labels(shared) == ["Read at Example Times"]
    more = await filled.mo.click(answer(story), label="More like this")
    assert words(more).startswith("### Hottest in AI")


async def test_what_is_stored_can_be_seen_exported_and_deleted(filled: World) -> None:
    asked = await filled.mo.slash(filled.news, "privacy")
    assert labels(asked) == []
    await filled.mo.slash(filled.news, "brief")
    story = await filled.mo.slash(filled.news, "news story", headline="chip")
    await filled.mo.click(answer(story), label="Save")
    asked = await filled.mo.slash(filled.news, "privacy")
    assert "**Saved stories** 1" in words(asked)
    assert "**Last looks** 1" in words(asked)
    exported = await filled.mo.click(answer(asked), label="Export")
    assert exported.ephemeral
    (file,) = answer(exported).attachments
    assert file.filename == "heatline-about-you.json"
    await filled.mo.click(answer(asked), label="Delete all")
    assert words(asked) == "This deletes 1 saved story and 1 last look. It cannot be undone."
    await filled.mo.click(answer(asked), label="Keep them")
    assert "**Saved stories** 1" in words(asked)
    await filled.mo.click(answer(asked), label="Delete all")
    await filled.mo.click(answer(asked), label="Delete them")
    assert words(asked) == "Deleted: nothing is stored about you now."
    assert words(await filled.mo.slash(filled.news, "saved")).startswith("Nothing saved")
