"""What becomes of one file: every rule is a row."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.corpus import limits
from bot.models import FileStatus, Image, key_of
from tests.corpus.news import NOW, SEEDS, article_of, faults_of, news, report_of


def test_a_seed_is_read_whole() -> None:
    article = article_of((SEEDS / "000_300f991829d3df7f.txt").read_bytes())
    assert article.title == "Facial recognition company says entire client list was stolen"
    assert article.excerpt.startswith("Facial recognition firm Clearview A.I. has confirmed")
    assert (article.id, article.key) == ("a", key_of("a"))
    assert (article.provider, article.provider_domain, article.logo) == ("NBC News", "nbcnews.com", None)
    assert (article.quality, article.heat, article.published, article.type) == (69, 89, True, "article")
    assert article.topics == ("AI", "Computer Vision")
    assert article.published_at == datetime(2020, 2, 28, 1, 28, tzinfo=UTC)
    assert article.image is not None
    assert (article.image.width, article.image.height) == (1200, 630)
    assert [report.provider for report in article.coverage] == ["Government Technology", "Mail Online"]
    assert [report.quality for report in article.coverage] == [59, 45]
    assert article.coverage[1].provider_domain == "dailymail.co.uk"
    assert article.coverage[1].image is not None
    assert article.coverage[1].published_at == datetime(2020, 2, 26, 17, 54, tzinfo=UTC)


def test_mojibake_of_a_seed_is_mended() -> None:
    article = article_of((SEEDS / "004_eec557f0eb51af83.txt").read_bytes())
    assert "the company is “is cancelling" in article.excerpt
    assert (article.heat, article.published) == (-1, False)


@pytest.mark.parametrize(
    ("content", "status", "error"),
    [
        (b"", FileStatus.SKIP, None),
        (b"# Notes\n\nno front matter\n", FileStatus.SKIP, None),
        (b"----\ntitle: x\n----\n", FileStatus.SKIP, None),
        (news(category="page"), FileStatus.SKIP, None),
        (news(category="page", heat="[", title=None).replace("heat: [", "heat: []"), FileStatus.SKIP, None),
        (news(category="1843"), FileStatus.SKIP, None),
        (news(category=None), FileStatus.LOAD, None),
        (news(category="News"), FileStatus.LOAD, None),
        (news(category='""'), FileStatus.LOAD, None),
        (news(category="[news]"), FileStatus.REJECT, "Not text (category, line 2)."),
        (b"---\n---\n", FileStatus.SKIP, None),
        (news(category=None, title=None), FileStatus.SKIP, None),
        (news(category=None, webUrl=None), FileStatus.SKIP, None),
        (news(category='" "', webUrl=None), FileStatus.SKIP, None),
        (news(category=None, title=None, heat="[1]"), FileStatus.SKIP, None),
        (news(category=None, webUrl=None, originalUrl='"https://example.com/b"'), FileStatus.LOAD, None),
        (news(category=None, title='""'), FileStatus.REJECT, "No title (title, line 2)."),
        (news(category=None, webUrl='"example"'), FileStatus.REJECT, "No usable web address (webUrl, line 5)."),
        (news(title=None), FileStatus.REJECT, "No title (title)."),
        (news(title='" \\u200b<b></b> "'), FileStatus.REJECT, "No title (title, line 3)."),
        (news(webUrl=None), FileStatus.REJECT, "No usable web address (webUrl)."),
        (news(webUrl='"ftp://example.com/"'), FileStatus.REJECT, "No usable web address (webUrl, line 6)."),
        ("﻿" + news(), FileStatus.LOAD, None),
        (news().replace("\n", "\r\n"), FileStatus.LOAD, None),
        (news().replace("\n", "\r"), FileStatus.LOAD, None),
        ("\n\n" + news(), FileStatus.LOAD, None),
        (news().replace("---\n", "---  \n"), FileStatus.LOAD, None),
        (news() + "A body\n---\nwith a rule\n", FileStatus.LOAD, None),
        (news().encode("utf-16"), FileStatus.REJECT, None),
        (news(title='"Café"').encode("latin-1"), FileStatus.REJECT, "Not UTF-8 text (line 3)."),
        (news(title='"a\0b"'), FileStatus.REJECT, "A NUL byte (line 3)."),
        (news().removesuffix("---\n\n"), FileStatus.REJECT, "Front matter without an end (line 1)."),
        (b"---\n- a\n- b\n---\n", FileStatus.REJECT, "Front matter that is not a mapping (line 2)."),
        (b"---\njust text\n---\n", FileStatus.REJECT, "Front matter that is not a mapping (line 2)."),
    ],
)
def test_what_is_news(content: str | bytes, status: FileStatus, error: str | None) -> None:
    report = report_of(content)
    assert report.status is status, report
    assert (report.article is not None) == (status is FileStatus.LOAD)
    assert (report.error is not None) == (status is FileStatus.REJECT)
    if error:
        assert report.error == error
        assert [problem.done for problem in report.problems] == ["file not taken"]


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("true", "true"),
        ("1843", "1843"),
        ("007", "007"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("1e3", "1e3"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("2020-01-01", "2020-01-01"),
        ("2020-01-01T00:00:00Z", "2020-01-01T00:00:00Z"),
        (".5", ".5"),
        ("'null'", "null"),
        ("null", "example.com"),  # nothing was written: the domain takes its place
        ("~", "example.com"),
    ],
)
def test_text_stays_as_written(written: str, name: str) -> None:
    article = article_of(news(provider=f"\n  name: {written}\n  domain: example.com", topics=f"[{written}]"))
    assert article.provider == name
    assert article.topics == ((name,) if name != "example.com" else ())
    assert not faults_of(news(provider=f"\n  name: {written}\n  domain: example.com"))


@pytest.mark.parametrize(
    ("written", "heat"),
    [
        ("89", 89),
        ('"89"', 89),
        ("' 89 '", 89),
        ("-1", -1),
        ('"-1"', -1),
        ("+5", 5),
        ("012", 12),
        ("0x10", 16),
        ("", None),
        ("null", None),
        ("0", 0),
    ],
)
def test_scores(written: str, heat: int | None) -> None:
    text = news(heat=written)
    assert article_of(text).heat == heat
    # the same where another field makes the file be read exactly
    assert article_of(news(heat=written, type="007")).heat == heat
    assert not faults_of(text)


@pytest.mark.parametrize(
    "written", ["hot", "89.5", "1e3", "true", "[89]", "99999999999", "9" * 5000, "2020-01-01", ".inf"]
)
def test_a_wrong_score_is_no_score(written: str) -> None:
    text = news(heat=written)
    assert article_of(text).heat is None
    what = "out of range" if written == "99999999999" else "not a whole number"
    assert faults_of(text) == [(9, "heat", what, "left out")]


def test_missing_fields() -> None:
    article = article_of('---\ntitle: "T"\noriginalUrl: "https://www.example.com/a"\n---\n')
    assert (article.heat, article.quality, article.published, article.type) == (None, None, True, "article")
    assert (article.provider, article.provider_domain) == ("example.com", "example.com")
    assert (article.url, article.excerpt, article.topics) == ("https://www.example.com/a", "", ())
    assert (article.published_at, article.image, article.coverage) == (None, None, ())


@pytest.mark.parametrize(
    ("written", "published", "readable"),
    [
        ("true", True, True),
        ("True", True, True),
        ('"true"', True, True),
        ("false", False, True),
        ("FALSE", False, True),
        (None, True, True),
        ("yes", False, False),
        ("1", False, False),
        ("", False, False),
        ("maybe", False, False),
        ("[true]", False, False),
    ],
)
def test_published_is_true_only_beyond_doubt(written: str | None, published: bool, readable: bool) -> None:
    text = news(published=written)
    assert article_of(text).published is published
    assert faults_of(text) == ([] if readable else [(10, "published", "neither true nor false", "article hidden")])


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2026-02-01T10:00:00Z", (2026, 2, 1, 10)),
        ('"2026-02-01T10:00:00Z"', (2026, 2, 1, 10)),
        ("2026-02-01T10:00:00+02:00", (2026, 2, 1, 8)),
        ("2026-02-01T10:00:00+0200", (2026, 2, 1, 8)),
        ("2026-02-01 10:00:00 -05:00", (2026, 2, 1, 15)),
        ("2026-02-01T10:00:00", (2026, 2, 1, 10)),
        ("2026-02-01T10:00", (2026, 2, 1, 10)),
        ("2026-02-01T10:00:00.999Z", (2026, 2, 1, 10)),
        ("2026-02-01", (2026, 2, 1)),
        ("2026-2-1", (2026, 2, 1)),
        ("2026-03-03T11:00:00Z", (2026, 3, 3, 11)),  # 47 hours ahead: a wrong clock
        ("", None),
    ],
)
def test_dates(written: str, moment: tuple[int, ...] | None) -> None:
    expected = datetime(*moment, tzinfo=UTC) if moment else None  # type: ignore[misc, arg-type] # a date in a table
    assert article_of(news(publishedDateTime=written)).published_at == expected
    assert article_of(news(publishedDateTime=written, type="007")).published_at == expected
    assert not faults_of(news(publishedDateTime=written))


@pytest.mark.parametrize(
    ("written", "what"),
    [
        ("2026-03-04T11:00:00Z", "a date in the future"),
        ("2999-01-01", "a date in the future"),
        ("9999-12-31T23:59:59-10:00", "not a date"),
        ("0001-01-01T00:00:00Z", "not a date"),
        ("2026-13-01", "not a date"),
        ("2026-02-01T25:00:00Z", "not a date"),
        ("2026-02-01T10:00:00+99:00", "not a date"),
        ("yesterday", "not a date"),
        ("12:30:45", "not a date"),
        ("1700000000", "not a date"),
        ("{}", "not a date"),
    ],
)
def test_a_wrong_date_is_no_date(written: str, what: str) -> None:
    text = news(publishedDateTime=written)
    assert article_of(text).published_at is None
    assert faults_of(text) == [(5, "publishedDateTime", what, "left out")]


def test_a_wrong_address_gives_way_to_the_original() -> None:
    text = news(webUrl='"https://me:secret@example.com/"', originalUrl='"https://example.com/b"')
    assert article_of(text).url == "https://example.com/b"
    assert faults_of(text) == [(6, "webUrl", "not a usable web address", "left out")]
    assert article_of(news(webUrl=None, originalUrl='"https://example.com/b"')).url == "https://example.com/b"


@pytest.mark.parametrize(
    ("provider", "expected", "faults"),
    [
        ("\n  name: Example\n  domain: Example.COM", ("Example", "example.com"), []),
        ("\n  domain: blog.example.org", ("blog.example.org", "blog.example.org"), []),
        ("\n  name: Example", ("Example", "example.com"), []),
        ("Plain Name", ("Plain Name", "example.com"), []),
        (None, ("example.com", "example.com"), []),
        ("\n  name: X\n  domain: https://www.example.org/", ("X", "example.org"), []),
        (
            "\n  name: X\n  domain: not a domain",
            ("X", "example.com"),
            [(13, "provider.domain", "not a domain", "left out")],
        ),
        ("[a, b]", ("example.com", "example.com"), [(11, "provider", "not a mapping", "left out")]),
        ("\n  name: [a]", ("example.com", "example.com"), [(12, "provider.name", "not text", "left out")]),
    ],
)
def test_provider(
    provider: str | None, expected: tuple[str, str], faults: list[tuple[int | None, str | None, str, str]]
) -> None:
    text = news(provider=provider)
    article = article_of(text)
    assert (article.provider, article.provider_domain) == expected
    assert faults_of(text) == faults


@pytest.mark.parametrize(
    ("written", "topics", "faults"),
    [
        ("\n  - AI\n  - ai\n  - ' AI '\n  - ML", ("AI", "ML"), 0),
        ("AI", ("AI",), 0),
        ("2026", ("2026",), 0),
        ("[]", (), 0),
        ("", (), 0),
        ("[AI, '', ~]", ("AI",), 0),
        ("[AI, {a: b}, ML]", ("AI", "ML"), 1),
        ("{a: b}", (), 1),
        (f"[{', '.join(f't{n}' for n in range(limits.TOPICS + 1))}]", tuple(f"t{n}" for n in range(limits.TOPICS)), 1),
    ],
)
def test_topics(written: str, topics: tuple[str, ...], faults: int) -> None:
    text = news(topics=written)
    assert article_of(text).topics == topics
    assert len(faults_of(text)) == faults


@pytest.mark.parametrize(
    ("written", "image", "faults"),
    [
        ("[{url: 'https://e.com/1.png', width: 10, height: '20'}]", Image("https://e.com/1.png", 10, 20), []),
        ("{url: 'https://e.com/1.png'}", Image("https://e.com/1.png"), []),
        (
            "\n  - url: 'javascript:alert(1)'\n  - url: 'https://e.com/2.png'\n    width: 0",
            Image("https://e.com/2.png"),
            [
                (17, "images[0].url", "not a usable web address", "left out"),
                (19, "images[1].width", "out of range", "left out"),
            ],
        ),
        ("\n  - width: 10", None, [(17, "images[0]", "no usable web address", "left out")]),
        ("\n  - text", None, [(17, "images[0]", "not a mapping", "left out")]),
        ("text", None, [(16, "images", "not a mapping", "left out")]),
        ("", None, []),
    ],
)
def test_image(written: str, image: Image | None, faults: list[tuple[int | None, str | None, str, str]]) -> None:
    text = news(secured=None, images=written)
    assert article_of(text).image == image
    assert faults_of(text) == faults


def test_a_provider_image_is_its_logo() -> None:
    good = "\n  name: X\n  images:\n    - url: https://e.com/logo.png\n      width: 50\n      height: 50"
    assert article_of(news(provider=good)).logo == "https://e.com/logo.png"
    bad = good.replace("https:", "data:")
    assert article_of(news(provider=bad)).logo is None
    assert faults_of(news(provider=bad)) == [(14, "provider.images[0].url", "not a usable web address", "left out")]


RELATED = """
  - title: "First"
    webUrl: "https://one.example/1"
    provider:
      name: One
    quality: "42"
  - just text
  - title: "No address"
  - title: "Bad address"
    webUrl: "https://user@bad.example/"
  - webUrl: "https://no.title.example/"
  - title: [not, text]
    webUrl: "https://listed.example/"
  -
  - title: "Bad parts"
    webUrl: "not an address"
    originalUrl: "https://www.last.example/2"
    publishedDateTime: 2999-01-01
    quality: high
    images: nothing"""


def test_broken_related_entries_are_dropped_one_by_one() -> None:
    text = news(secured=None, related=RELATED)
    article = article_of(text)
    assert [(report.title, report.url, report.provider) for report in article.coverage] == [
        ("First", "https://one.example/1", "One"),
        ("Bad parts", "https://www.last.example/2", "last.example"),
    ]
    assert article.coverage[0].quality == 42
    last = article.coverage[1]
    assert (last.quality, last.published_at, last.image) == (None, None, None)
    assert faults_of(text) == [
        (22, "related[1]", "not a mapping", "entry left out"),
        (23, "related[2]", "no usable web address", "entry left out"),
        (25, "related[3].webUrl", "not a usable web address", "entry left out"),
        (26, "related[4]", "no title", "entry left out"),
        (27, "related[5].title", "not text", "entry left out"),
        (29, "related[6]", "not a mapping", "entry left out"),
        (31, "related[7].webUrl", "not a usable web address", "left out"),
        (33, "related[7].publishedDateTime", "a date in the future", "left out"),
        (34, "related[7].quality", "not a whole number", "left out"),
        (35, "related[7].images", "not a mapping", "left out"),
    ]


@pytest.mark.parametrize("written", ["none", "{}", "12"])
def test_related_that_is_no_list(written: str) -> None:
    text = news(secured=None, related=written)
    assert article_of(text).coverage == ()
    assert len(faults_of(text)) == 1


def test_many_related_are_cut() -> None:
    entry = "\n  - title: T\n    webUrl: https://e.com/x"
    text = news(related=entry * (limits.RELATED + 5))
    assert len(article_of(text).coverage) == limits.RELATED
    assert [fault[1:] for fault in faults_of(text)] == [("related[100]", "more than 100 entries", "the rest left out")]


def test_many_broken_entries_are_few_problems() -> None:
    images = f"[{'{url: x}, ' * (limits.IMAGES + 9)}]"
    text = news(related="\n  - x" * 2000, images=images)
    fields = [field or "" for _, field, _, _ in faults_of(text)]
    assert len(fields) == limits.RELATED + limits.IMAGES + 2
    assert {"related[99]", "related[100]", "images[49].url", "images[50]"} <= set(fields)


def test_long_texts_are_cut_at_a_word() -> None:
    article = article_of(news(title=f'"{"word " * 200}"', excerpt=f'"{"word " * 5000}"'))
    assert len(article.title) <= limits.TITLE
    assert len(article.excerpt) <= limits.EXCERPT
    assert article.title.endswith("word…")


@given(st.binary(max_size=400) | st.binary(max_size=300).map(lambda data: b"---\n" + data + b"\n---\n"))
def test_no_bytes_make_the_parser_raise(data: bytes) -> None:
    report = report_of(data)
    assert (report.error is not None) == (report.status is FileStatus.REJECT)


@given(st.data())
def test_no_damage_makes_the_parser_raise(data: st.DataObject) -> None:
    whole = (SEEDS / "000_300f991829d3df7f.txt").read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 60)))
    patch = data.draw(st.binary(max_size=20) | st.text("&*!|>%@`{}[]:,-?#'\"\\\n\t <", max_size=12).map(str.encode))
    report = report_of(whole[:start] + patch + whole[end:])
    assert report.status is FileStatus.REJECT or report.error is None


def test_now_is_the_only_clock() -> None:
    assert article_of(news(publishedDateTime=f"{NOW:%Y-%m-%d}")).published_at == NOW.replace(hour=0)
