"""The pictures that the documents show: all of them, with words for them, and small."""

import re
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "docs" / "pictures"


def shown(page: Path) -> dict[Path, str]:
    """Return the pictures that a page shows, with the words for them."""
    found = re.findall(r"!\[([^]]*)]\(([^)]+)\)", page.read_text(encoding="utf-8"))
    return {(page.parent / path).resolve(): words for words, path in found}


def test_every_picture_is_shown_with_words_and_none_is_missing() -> None:
    gallery = shown(FOLDER / "README.md")
    assert set(gallery) == {path.resolve() for path in FOLDER.glob("*.png")}
    assert all(len(words) > 10 for words in gallery.values())
    assert set(shown(FOLDER.parents[1] / "README.md")) <= set(gallery)


def test_pictures_are_small() -> None:
    assert {path.name: path.stat().st_size for path in FOLDER.glob("*.png") if path.stat().st_size > 150_000} == {}
