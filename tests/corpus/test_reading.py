"""A whole corpus: twins, spellings, records; and that the ciphertext stays out of all of it."""

import json
import logging
import traceback
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot import corpus
from bot.corpus import Root, article_record, as_record, found_files, parse_roots, read_corpus, read_file, reading
from bot.corpus.article import read_article
from bot.corpus.document import strict_document
from bot.corpus.frontmatter import exact_mapping, fast_mapping, text_of
from bot.corpus.walk import contents
from bot.models import FileReport, FileStatus
from tests.corpus.news import CIPHERTEXT, NOW, SEEDS, news


def plant(root: Path, **files: str) -> None:
    for name, text in files.items():
        (root / name.replace("__", "/").replace("_", ".")).parent.mkdir(parents=True, exist_ok=True)
        (root / name.replace("__", "/").replace("_", ".")).write_text(text)


def read(*paths: Path) -> tuple[FileReport, ...]:
    return read_corpus([Root(path, path.name) for path in paths], now=NOW)


def statuses(*paths: Path) -> dict[str, str]:
    return {report.file: str(report.status) for report in read(*paths)}


def test_a_corpus(tmp_path: Path) -> None:
    plant(
        tmp_path, b_md=news(), a__c_txt=news(), README_md="# Read me\n", page_md=news(category="page"), bad_md="---\n"
    )
    reports = read(tmp_path)
    assert [(report.file, str(report.status)) for report in reports] == [
        ("README.md", "skip"),
        ("a/c.txt", "load"),
        ("b.md", "load"),
        ("bad.md", "reject"),
        ("page.md", "skip"),
    ]
    assert [report.article.id for report in reports if report.article] == ["a/c", "b"]


def test_the_seeds_are_a_corpus() -> None:
    reports = read_corpus(parse_roots("seeds", SEEDS.parent), now=NOW)
    assert [report.status for report in reports] == [FileStatus.LOAD] * 2
    assert not any(report.problems for report in reports)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a_md": news(), "a_txt": news()}, {"a.md": "load", "a.txt": "reject"}),
        ({"a_markdown": news(), "a_txt": news()}, {"a.markdown": "load", "a.txt": "reject"}),
        (
            {"a_markdown": news(), "a_md": news(), "a_txt": news()},
            {"a.md": "load", "a.markdown": "reject", "a.txt": "reject"},
        ),
        ({"a_MD": news(), "a_md": news()}, {"a.MD": "load", "a.md": "reject"}),
        ({"a_md": "# notes", "a_txt": news()}, {"a.md": "skip", "a.txt": "load"}),
        ({"a_md": news(), "a_txt": "notes"}, {"a.md": "load", "a.txt": "skip"}),
        ({"a_md": news(title=None), "a_txt": news()}, {"a.md": "reject", "a.txt": "reject"}),
    ],
)
def test_twins(tmp_path: Path, files: dict[str, str], expected: dict[str, str]) -> None:
    plant(tmp_path, **files)
    assert statuses(tmp_path) == expected
    twins = [report for report in read(tmp_path) if report.error and "suffix" in report.error]
    assert all(report.article is None and len(report.problems) == 1 for report in twins)


def test_a_folder_named_like_a_label_does_not_take_its_ids(tmp_path: Path) -> None:
    plant(tmp_path / "one", two__a_md=news(title="first"))
    plant(tmp_path / "two", a_md=news(title="second"))
    reports = read(tmp_path / "one", tmp_path / "two")
    assert [report.article.title for report in reports if report.article] == ["first"]
    assert [str(report.status) for report in reports] == ["load", "reject"]


def test_one_spelling_per_name(tmp_path: Path) -> None:
    related = '\n  - title: R\n    webUrl: "https://e.com/r"\n    provider: {name: "acme news"}'
    for number, (provider, topics) in enumerate(
        [
            ("Acme News", "[power apps, AI]"),
            ("ACME NEWS", "[Power Apps, POWER APPS]"),
            ("Acme News", "[Power Apps, ai]"),
            ("Zed", "[Café]"),
            ("zed", "['Cafe\u0301', CAFÉ]"),
        ]
    ):
        plant(
            tmp_path,
            **{f"{number}_md": news(provider=provider, topics=topics, related=related if number < 2 else None)},
        )
    articles = [report.article for report in read(tmp_path) if report.article]
    # two "Acme News" and two "acme news": the smaller code point; one "Zed" and one "zed": the same
    assert [article.provider for article in articles] == ["Acme News"] * 3 + ["Zed"] * 2
    assert {other.provider for article in articles for other in article.coverage} == {"Acme News"}
    assert [article.topics for article in articles] == [
        ("Power Apps", "AI"),
        ("Power Apps",),
        ("Power Apps", "AI"),
        ("Café",),
        ("Café",),
    ]


def test_progress(tmp_path: Path) -> None:
    for number in range(450):
        plant(tmp_path, **{f"{number}_md": "x"})
    told: list[tuple[int, int]] = []
    read_corpus([Root(tmp_path, None)], lambda done, total: told.append((done, total)), now=NOW)
    assert told == [(0, 450), (200, 450), (400, 450), (450, 450)]


def test_a_fault_of_ours_concerns_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, a_md=news(), b_md=news(title="boom"))

    def failing(file: str, article_id: str, data: bytes, now: object) -> FileReport:
        if b"boom" in data:
            raise RecursionError(data)
        return read_article(file, article_id, data, NOW)

    monkeypatch.setattr(reading, "read_article", failing)
    first, second = read(tmp_path)
    assert first.status is FileStatus.LOAD
    assert second.error == "Unexpected RecursionError while it was read."


@pytest.mark.parametrize("error", [MemoryError, SystemError])
def test_a_lack_of_memory_is_not_taken_for_a_fault_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    plant(tmp_path, a_md=news())

    def failing(file: str, article_id: str, data: bytes, now: object) -> FileReport:
        raise error

    monkeypatch.setattr(reading, "read_article", failing)
    with pytest.raises(error):
        read(tmp_path)


def test_records(tmp_path: Path) -> None:
    image = "[{url: 'https://e.com/i.png'}]"
    plant(
        tmp_path,
        a_md=news(images=image, heat="high"),
        b_md=news(title=None),
        c_md="notes",
        d_md=news(publishedDateTime=None),
    )
    loaded, rejected, skipped, bare = (as_record(report) for report in read(tmp_path))
    assert loaded == {
        "file": "a.md",
        "status": "load",
        "id": "a",
        "title": "A title",
        "excerpt": "An excerpt.",
        "url": "https://example.com/a",
        "topics": ["AI"],
        "provider": "Example News",
        "provider_domain": "example.com",
        "type": "article",
        "heat": None,
        "quality": 69,
        "published": True,
        "published_at": "2026-02-01T10:00:00Z",
        "image": "https://e.com/i.png",
        "coverage": 0,
        "problems": [{"line": 9, "field": "heat", "what": "not a whole number", "done": "left out"}],
    }
    assert rejected == {"file": "b.md", "status": "reject", "error": "No title (title)."}
    assert skipped == {"file": "c.md", "status": "skip"}
    assert bare["published_at"] is None
    assert bare["image"] is None
    article = read(tmp_path)[0].article
    assert article is not None
    assert article_record(article).items() <= loaded.items()
    assert len(article_record(article)) == len(loaded) - 3


LEAKY = {
    "whole": news(),
    "unclosed": news().replace(f'"{CIPHERTEXT}"', f'"{CIPHERTEXT}'),
    "twice": news().replace("---\n\n", f"secured: {CIPHERTEXT}\n---\n"),
    "list": news(secured=f"[{CIPHERTEXT}]"),
    "tag": news(secured=f"!{CIPHERTEXT} x"),
    "anchor": news(secured=f"&a{CIPHERTEXT[:30]} x"),
    "alias": news(secured=f"*{CIPHERTEXT[:30]}"),
    "key": news(secured=f"{{{CIPHERTEXT}: {{{CIPHERTEXT}: 1}}}}"),
    "same key": news(secured=f"\n  {CIPHERTEXT[:30]}: 1\n  {CIPHERTEXT[:30]}: 2"),
    "key below": news(**{CIPHERTEXT[:30]: "&a x"}),
    "exactly": news(type="007"),
    "wrong": news(heat="high", title="[a]"),
    "latin-1": news(title="caf\udce9"),
    "nested": news(related=f"\n  - title: T\n    webUrl: https://e.com/\n    quality: x\n    secured: {CIPHERTEXT}"),
    "cut": news()[:-60],
}


@pytest.mark.parametrize("kind", LEAKY)
def test_the_ciphertext_leaves_no_trace(tmp_path: Path, kind: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    (tmp_path / "a.md").write_text(LEAKY[kind], errors="surrogateescape")
    (found,) = found_files([Root(tmp_path, None)])
    report = read_file(found, NOW)
    traces = [json.dumps(as_record(report)), repr(report), caplog.text]
    for reader in (fast_mapping, exact_mapping):
        try:
            traces.append(repr(reader(text_of(contents(found.path)))))
        except Exception as error:
            traces.append("".join(traceback.format_exception(error)) + repr(error))
    runs = {CIPHERTEXT[start : start + 24] for start in range(len(CIPHERTEXT) - 23)}
    assert not [run for run in runs for trace in traces if run in trace]


def test_the_models_show_no_input() -> None:
    with pytest.raises(ValidationError) as caught:
        strict_document(
            {"title": 1, "heat": "private text", "webUrl": "private:text", "related": [{"title": {"private": 1}}]}
        )
    assert "private" not in str(caught.value)
    assert "private" not in repr(caught.value)


def test_the_public_names() -> None:
    assert set(corpus.__all__) <= set(dir(corpus))
