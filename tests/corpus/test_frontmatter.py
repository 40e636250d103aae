"""Strict YAML: what is refused, with its line; and the fast reading against the exact one and an oracle."""

import re
from collections.abc import Hashable
from typing import Any

import pytest
import yaml
import yaml_rs
from hypothesis import given, settings
from hypothesis import strategies as st
from yaml.constructor import ConstructorError

from bot.corpus import article, limits
from bot.corpus.findings import RefusedError, UncertainError, rejection
from bot.corpus.frontmatter import exact_mapping, fast_mapping, text_of
from bot.models import FileReport, FileStatus
from tests.corpus.news import FIELDS, NOW, SEEDS, article_of, news, report_of


@pytest.mark.parametrize(
    ("yaml_text", "error"),
    [
        ("title: a\ntitle: b", "The same field twice (title, line 3)."),
        ("provider: {name: a, name: b}", "The same field twice (provider.name, line 2)."),
        ("private: a\nprivate: b", "The same field twice (line 3)."),
        ("1: a\n'1': b", "The same field twice (line 3)."),
        ("title: &anchor a", "A YAML anchor (title, line 2)."),
        ("title: &anchor a\nexcerpt: *anchor", "A YAML anchor (title, line 2)."),
        ("title: *anchor", "A YAML alias (title, line 2)."),
        ('{"title":*anchor }', "A YAML alias (title, line 2)."),
        ("topics: [&a x, *a]", "A YAML anchor (topics[0], line 2)."),
        ("private: &anchor a", "A YAML anchor (line 2)."),
        ("&anchor title: a", "A YAML anchor (line 2)."),
        ("<<: {title: a}", "A YAML merge key (line 2)."),
        ("title: !!str a", "A YAML tag (title, line 2)."),
        ("title: ! a", "A YAML tag (title, line 2)."),
        ("!!map\ntitle: a", "A YAML tag (line 2)."),
        ("title: !!python/object/apply:os.system ['true']", "A YAML tag (title, line 2)."),
        ("%YAML 1.1\n--- {title: a}", "A YAML directive (line 2)."),
        ("title: a\n--- b", "More than one YAML document (line 3)."),
        ("title: a\n...\nb: c", "Not valid YAML: did not find expected <document start> (line 4)."),
        ("? [a, b]\n: c", "A field name that is not plain text (line 2)."),
        ("title: [", None),
        ("title: a: b", "Not valid YAML: mapping values are not allowed in this context (line 2)."),
        ("title: @a", "Not valid YAML: found character that cannot start any token (line 2)."),
        ('title: "a', None),
        ("title: a\n\texcerpt: b", None),
        ("x: " + "[" * 200_000, f"Nested more than {limits.DEPTH} deep (line 2)."),
        ("x: " + "[" * 17 + "]" * 17, f"Nested more than {limits.DEPTH} deep (line 2)."),
        ("x:\n" + "- " * 100_000, f"Nested more than {limits.DEPTH} deep (line 3)."),  # ends the process in yaml-rs
        ("? " * 100_000, "A field name that is not plain text (line 2)."),
        (": " * 100_000, None),
        ("? - " * 50_000, None),
        ("{" * 200_000, None),
        ("\n".join(f"{' ' * depth}a:" for depth in range(60)), f"Nested more than {limits.DEPTH} deep (line 18)."),
        ("x: [" + "a," * limits.ITEMS + "]", f"More than {limits.ITEMS:,} values (line 2)."),
        ("\n".join(f"k{n}: 1" for n in range(limits.ITEMS + 1)), f"More than {limits.ITEMS:,} values (line 5002)."),
        ("a: &a [x]\n" + "\n".join(f"b{n}: &b{n} [*a, *a, *a, *a]" for n in range(20)), "A YAML anchor (line 2)."),
    ],
    ids=lambda value: str(value)[:24],
)
def test_tricks_are_refused(yaml_text: str, error: str | None) -> None:
    report = report_of(f"---\n{yaml_text}\n---\n")
    assert report.status is FileStatus.REJECT
    if error:
        assert report.error == error
    else:
        assert report.error is not None


@pytest.mark.parametrize(
    "text",
    [
        "Q & A",
        "&amp; so on",
        "*wow*",
        "Stop! Now",
        "- &x",
        ": *y",
        "100 %",
        "%off",
        "a [&b]",
        "<<",
        "# no comment",
        "&",
        "!",
    ],
)
def test_quoted_text_is_no_trick(text: str) -> None:
    expected = text.replace("&amp;", "&")
    assert article_of(news(title=f'"{text}"')).title == expected
    assert article_of(news(title=f"'{text}'", type="007")).title == expected


@pytest.mark.parametrize(
    ("written", "title"),
    [
        (r'"\ud83d\ude00 smiles"', "😀 smiles"),
        (r'"half \ud83d of it"', "half � of it"),
        (r"'\ud83d\ude00'", r"\ud83d\ude00"),
        (r'"a\/b"', "a/b"),
        (r'"a\r\n\tb"', "a b"),
        (r'"\\ud83d"', r"\ud83d"),
        ('"one\n  two"', "one two"),
        (">\n  one\n  two", "one two"),
        ("plain # comment", "plain"),
        ('"a\x07b"', "ab"),
        ('"a\u2028b\x85c"', "a b c"),
        ('"\ufeffa"', "a"),
    ],
)
def test_escapes_and_odd_characters(written: str, title: str) -> None:
    assert article_of(news(title=written)).title == title
    if r"'\ud" not in written:  # there the exact reader cannot tell that the escape is in single quotes
        assert article_of(news(title=written, type="007")).title == title


# The oracle: PyYAML's own safe loader, in C, with our rules. Aliases, anchors and tags it finds by the pure scanner.


class Oracle(yaml.CSafeLoader):
    """CSafeLoader that takes scalars as text, and no duplicate keys and no merge."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
        mapping: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag.endswith(":merge"):
                raise ConstructorError(None, None, "key", key_node.start_mark)
            if key_node.value in mapping:
                raise ConstructorError(None, None, "twice", key_node.start_mark)
            mapping[key_node.value] = self.construct_object(value_node, deep=True)
        return mapping


def _text(loader: Oracle, node: yaml.ScalarNode) -> str:
    return str(node.value)


for _kind in ("int", "float", "bool", "timestamp", "binary", "value", "merge"):
    Oracle.add_constructor(f"tag:yaml.org,2002:{_kind}", _text)


def _mapping(loader: Oracle, node: yaml.MappingNode) -> dict[Hashable, Any]:
    return loader.construct_mapping(node, deep=True)


Oracle.add_constructor("tag:yaml.org,2002:map", _mapping)


def oracle(text: str) -> dict[str, object] | None:
    """Return the front matter as the oracle reads it, None where it refuses."""
    match = re.match(r"---\n(.*?\n|)---\n", text, re.DOTALL)
    assert match is not None
    try:
        tokens = (yaml.AliasToken, yaml.AnchorToken, yaml.TagToken, yaml.DirectiveToken)
        if any(isinstance(token, tokens) for token in yaml.scan(match[1], Loader=yaml.SafeLoader)):
            return None
        value = yaml.load(match[1], Loader=Oracle)
    except (yaml.YAMLError, RecursionError):
        return None
    if value is None:
        return {}
    if not isinstance(value, dict):
        return None
    value.pop("secured", None)
    return value


def exact(text: str) -> dict[str, object] | None:
    try:
        return exact_mapping(text)[0]
    except RefusedError:
        return None


def both_readings(text: str) -> tuple[FileReport, FileReport]:
    """Return what becomes of the file as it is read, and as it is read where the fast reader never answers."""
    try:
        exactly = article._exactly("a.md", "a", text_of(text.encode()), NOW)
    except RefusedError as refusal:
        exactly = rejection("a.md", refusal.what, refusal.place, refusal.line)
    return report_of(text), exactly


PLAIN = """
NO yes on true False null ~ 1843 007 0x1F 0o17 0b11 1_000 1e3 .5 1. .inf +5 -1 12:30 12:30:45 190:20:30 2026-02-01
2026-02-01T10:00:00Z '89' "89" 89 text 'it''s' [] {} [a] "\\u00e9" https://e.com/ Ünï a#b =
"""
SCALARS = st.sampled_from(
    [
        *PLAIN.split(),
        "",
        "two words",
        "2026-02-01 10:00:00 +02:00",
        '"a\n  b"',
        "|\n  block",
        ">-\n  folded\n  text",
        "[a, 'b', 3]",
        "{a: 1}",
        "\n  - a\n  - b",
        "\n  name: NO\n  domain: e.com",
        '"Q & A"',
        "&a x",
        "*a",
        "!!str x",
        "a: b",
        "x # y",
        "'",
        '"',
        "- x",
    ]
)
NAMES = st.sampled_from([*FIELDS, "images", "related", "x"])
DOCUMENTS = st.lists(st.tuples(NAMES, SCALARS), max_size=8).map(
    lambda fields: "---\n" + "".join(f"{name}: {text}\n" for name, text in fields) + "---\n"
)


def test_the_oracle_agrees_on_the_seeds() -> None:
    for seed in sorted(SEEDS.iterdir()):
        text = text_of(seed.read_bytes())
        assert exact(text.strip() + "\n") == oracle(text.strip() + "\n")
        assert fast_mapping(text)["title"] == exact_mapping(text)[0]["title"]
        first, second = both_readings(text)
        assert first == second


@given(DOCUMENTS)
@settings(max_examples=400)
def test_the_oracle_agrees_on_made_documents(text: str) -> None:
    assert exact(text) == oracle(text)


@given(DOCUMENTS)
@settings(max_examples=400)
def test_both_readings_agree_on_made_documents(text: str) -> None:
    first, second = both_readings(text.replace("---\n", '---\noriginalUrl: "https://e.com/o"\n', 1))
    assert first == second


@given(st.text("ab:-?[]{},#&*!|>'\"%@` \n\t\\~<", max_size=40))
@settings(max_examples=400)
def test_what_the_fast_reading_takes_the_exact_one_takes(soup: str) -> None:
    text = f"---\ntitle: t\nwebUrl: https://e.com/\n{soup}\n---\n"
    try:
        fast_mapping(text)
    except (UncertainError, RefusedError):
        return
    # within brackets yaml-rs takes these as the beginning of text, libyaml does not
    assert exact(text) is not None or re.search(r"[\[{].*[|>%:]", soup, re.DOTALL)


# How the three read a value: yaml-rs, CSafeLoader, and what becomes of it in a field of text.
DIFFERENCES = [
    ("NO", "NO", False, "NO"),
    ("yes", "yes", True, "yes"),
    ("007", 7, 7, "007"),
    ("0777", 777, 511, "0777"),
    ("0o17", 15, "0o17", "0o17"),
    ("1e3", 1000.0, "1e3", "1e3"),
    ("1_000", 1000, 1000, "1_000"),
    ("12:30", "12:30", 750, "12:30"),
    ("190:20:30", "190:20:30", 685230, "190:20:30"),
    ("1843", 1843, 1843, "1843"),
    ("'1843'", "1843", "1843", "1843"),
    ("=", "=", None, "="),  # None: it refuses
    ("[a, |]", ["a", "|"], None, None),
    (r'"\ud83d\ude00"', "😀", None, "😀"),
]


@pytest.mark.parametrize(("written", "rs", "safe", "ours"), DIFFERENCES)
def test_differences(written: str, rs: object, safe: object, ours: str | None) -> None:
    def or_none(read: Any, text: str) -> object:
        try:
            return read(text)["a"]
        except (ValueError, yaml.YAMLError):
            return None

    assert or_none(yaml_rs.loads, f"a: {written}") == rs
    assert or_none(lambda text: yaml.load(text, Loader=yaml.CSafeLoader), f"a: {written}") == safe
    article = report_of(news(title=written)).article
    assert (article.title if article else None) == ours
