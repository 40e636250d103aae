"""Which files there are, and what they hold."""

import os
import threading
from pathlib import Path

import pytest

from bot.corpus import Root, found_files, limits
from bot.corpus.findings import RefusedError
from bot.corpus.walk import contents
from tests.corpus.news import news


def plant(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(news())


def names(*roots: Path) -> list[str]:
    labels = [None, "b", "c"]
    return [
        found.file for found in found_files([Root(path, label) for path, label in zip(roots, labels, strict=False)])
    ]


def test_suffixes_depth_and_hidden(tmp_path: Path) -> None:
    plant(tmp_path, "a.md", "_posts/b.markdown", "x/y/z/c.txt", "UPPER.MD", "two.dots.md")
    plant(tmp_path, ".hidden.md", ".git/d.md", "e.rst", "md", ".keep", ".md", "x/.f/g.md", "h.md~", "i.md.bak")
    assert names(tmp_path) == ["UPPER.MD", "_posts/b.markdown", "a.md", "two.dots.md", "x/y/z/c.txt"]
    assert [found.id for found in found_files([Root(tmp_path, None)])] == [
        "UPPER",
        "_posts/b",
        "a",
        "two.dots",
        "x/y/z/c",
    ]


def test_later_roots_prefix_their_ids(tmp_path: Path) -> None:
    plant(tmp_path, "one/a.md", "two/a.md")
    roots = [Root(tmp_path / "one", "ignored"), Root(tmp_path / "two", "b")]
    assert [(found.file, found.id) for found in found_files(roots)] == [("a.md", "a"), ("b/a.md", "b/a")]


def test_what_is_no_regular_file(tmp_path: Path) -> None:
    plant(tmp_path, "a.md")
    os.mkfifo(tmp_path / "fifo.md")
    (tmp_path / "folder.md").mkdir()
    plant(tmp_path, "folder.md/b.md")
    assert names(tmp_path) == ["a.md", "folder.md/b.md"]
    with pytest.raises(RefusedError, match="not a regular file"):  # a file that became a FIFO does not make us wait
        contents(str(tmp_path / "fifo.md"))


def test_links(tmp_path: Path) -> None:
    root = tmp_path / "root"
    plant(root, "a/one.md", "b/two.md", ".store/three.md")
    plant(tmp_path, "outside/secret.md", "root-beside/four.md")
    links = {
        "file.md": "a/one.md",
        "kept.md": ".store/three.md",
        "out.md": "../outside/secret.md",
        "beside.md": "../root-beside/four.md",
        "absolute.md": str(tmp_path / "outside" / "secret.md"),
        "gone.md": "nowhere.md",
        "self.md": "self.md",
        "unnamed": "a/one.md",
        "out": "../outside",
        "up": "..",
        "here": ".",
        "a/loop": "..",
        "c": "b",
        "b/back": "../a",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    assert names(root) == ["a/one.md", "b/back/one.md", "b/two.md", "c/two.md", "file.md", "kept.md"]
    plant(tmp_path, "alias-target/five.md")
    (tmp_path / "alias").symlink_to("alias-target")
    assert names(tmp_path / "alias") == ["five.md"]


def test_links_cannot_multiply(tmp_path: Path) -> None:
    for level in range(20):
        plant(tmp_path, f"d{level}/x.md")
        for link in range(10):
            (tmp_path / f"d{level}/l{link}").symlink_to(f"../d{level + 1}")
    assert len(names(tmp_path)) <= 40


def test_names_that_cannot_be_shown(tmp_path: Path) -> None:
    plant(tmp_path, "line\nbreak.md", "bidi\u202e.md")
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/bytes\xff.md")).write_text(news())
    found = found_files([Root(tmp_path, None)])
    assert [file.file for file in found] == ["bidi\\u202e.md", "bytes\\xff.md", "line\\x0abreak.md"]
    assert all(file.fault for file in found)


def test_a_folder_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    (found,) = found_files([Root(tmp_path / "gone", None)])
    assert (found.file, found.fault) == ("./", "cannot be listed (No such file or directory)")


def test_sizes(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"x" * limits.FILE_BYTES)
    assert len(contents(str(path))) == limits.FILE_BYTES
    path.write_bytes(b"x" * (limits.FILE_BYTES + 1))
    with pytest.raises(RefusedError, match="larger than 256 KiB"):
        contents(str(path))
    with pytest.raises(RefusedError, match=r"cannot be read \(No such file or directory\)"):
        contents(str(tmp_path / "gone.md"))
    (tmp_path / "link.md").symlink_to("a.md")
    with pytest.raises(RefusedError, match="cannot be read"):  # put there after the listing
        contents(str(tmp_path / "link.md"))


def test_a_file_that_is_rewritten_is_never_mixed(tmp_path: Path) -> None:
    path = tmp_path / "a.md"
    versions = [letter * size for letter, size in ((b"a", 200_000), (b"b", 100_000))]
    path.write_bytes(versions[0])
    stop = threading.Event()

    def publish() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            draft = tmp_path / "draft"
            draft.write_bytes(versions[turn % 2])
            draft.replace(path)

    publisher = threading.Thread(target=publish)
    publisher.start()
    try:
        for _ in range(300):
            assert contents(str(path)) in versions
    finally:
        stop.set()
        publisher.join()
