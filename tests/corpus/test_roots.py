"""`CORPUS_DIR` -> roots."""

import os
from pathlib import Path

import pytest

from bot.corpus import Root, parse_roots
from bot.models import HeatlineError


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """A folder with folders in it."""
    for name in ("news", "more", "My Feed!", "ai=ml", "deep/news", "UPPER=x", "日本"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "file").touch()
    return tmp_path.resolve()


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        (["news"], [("news", None)]),
        (["./news/../news/"], [("news", None)]),
        (["main=news"], [("news", "main")]),
        (["news", "more"], [("news", None), ("more", "more")]),
        (["news", "extra=more"], [("news", None), ("more", "extra")]),
        (["news", "My Feed!"], [("news", None), ("My Feed!", "my-feed")]),
        (["news", "日本"], [("news", None), ("日本", "root2")]),
        (["news", "deep/news"], [("news", None), ("deep/news", "news")]),
        (["", " news ", ""], [("news", None)]),
        (["UPPER=x"], [("UPPER=x", None)]),
        (["./ai=ml"], [("ai=ml", None)]),
        (["x=ai=ml"], [("ai=ml", "x")]),
    ],
)
def test_roots(base: Path, entries: list[str], expected: list[tuple[str, str | None]]) -> None:
    roots = parse_roots(os.pathsep.join(entries), base)
    assert roots == tuple(Root(base / path, label) for path, label in expected)


def test_home_and_absolute_paths(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(base))
    assert parse_roots("~/news", Path("/")) == (Root(base / "news", None),)
    assert parse_roots(f"a={base}/more", Path("/nowhere")) == (Root(base / "more", "a"),)


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "names no folder"),
        (["", " "], "names no folder"),
        (["gone"], "does not exist"),
        (["file"], "is not a folder"),
        (["news", "news/../news"], "twice"),
        (["a=news", "a=more"], "two folders labelled 'a'"),
        (["x=more", "more=news"], None),
        (["deep", "news", "deep/news"], "two folders labelled 'news'"),
        (["news\0"], "does not exist"),
        (["~nobody-of-that-name/x"], "does not exist"),
        (["ai=ml"], "does not exist"),  # a label and a path; `./ai=ml` is the folder
    ],
)
def test_what_is_wrong_is_one_sentence(base: Path, entries: list[str], words: str | None) -> None:
    if words is None:
        assert len(parse_roots(os.pathsep.join(entries), base)) == len(entries)
        return
    with pytest.raises(HeatlineError, match=words) as caught:
        parse_roots(os.pathsep.join(entries), base)
    assert str(caught.value).endswith(".")
    assert "\n" not in str(caught.value)
