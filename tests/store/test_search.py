"""Full-text search: whatever is typed is safe, and what is there is found."""

import unicodedata
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.briefing.query import query_of
from bot.models import Listing, Order
from bot.store import search
from bot.store.articles import page
from bot.store.search import best_matches, match_expression
from tests.conftest import NOW
from tests.store.kept import article, keep

PROPERTY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])

SYNTAX = [
    '"',
    "AND",
    "OR",
    "NOT",
    "NEAR(",
    "a AND",
    "title:",
    "a*",
    "^a",
    "-",
    "+a",
    "{a b}:c",
    "(",
    "''",
    "\\",
    "a\0b",
]


def found(connection: Connection, words: str, topic: str | None = None, provider: str | None = None) -> list[str]:
    """Return the ids of the matches on the first page."""
    listing = Listing(Order.SEARCH, words=words, topic=topic, provider=provider)
    return [a.id for a in page(connection, listing, NOW).articles]


@given(words=st.text() | st.sampled_from(SYNTAX) | st.lists(st.sampled_from(SYNTAX)).map(" ".join))
@PROPERTY
def test_any_input_is_safe(connection: Connection, words: str) -> None:
    with connection.begin() as transaction:
        keep(connection, [article("a", title="Quantum computers")])
        best_matches(connection, Listing(Order.SEARCH, words=words))
        transaction.rollback()


WORDS = st.text(st.characters(categories=["Lu", "Ll", "Nd"], max_codepoint=0x24F), min_size=2, max_size=12)


@given(words=st.lists(WORDS, min_size=1, max_size=6), data=st.data())
@PROPERTY
def test_prefixes_of_any_of_its_words_find_a_headline(
    connection: Connection, words: list[str], data: st.DataObject
) -> None:
    chosen = data.draw(st.lists(st.sampled_from(words), min_size=1, max_size=3))
    prefixes = [unicodedata.normalize("NFC", word)[: data.draw(st.integers(2, 12))] for word in chosen]
    with connection.begin() as transaction:
        keep(connection, [article("a", title=" ".join(words))])
        ids = found(connection, " ".join(prefixes))
        transaction.rollback()
    assert ids == ["a"]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("quantum", ["b", "a"]),
        ("QUANTUM", ["b", "a"]),
        ("quant", ["b", "a"]),
        ("quantum chip", ["a"]),
        ("chip, quantum!", ["a"]),
        ("quantum sheep", []),
        ("zurich", ["a"]),
        ("Zürich", ["a"]),
        (unicodedata.normalize("NFD", "Zürich"), ["a"]),
        ("ünderground", ["c"]),
        ("_ sheep", ["c"]),
        ("c", []),
        ("a", ["a"]),
        ("node.js c++", []),
        ("hidden", []),
        ("", []),
        ("   ", []),
        ("!?", []),
    ],
)
def test_what_is_found(connection: Connection, words: str, ids: list[str]) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", title="A quantum chip from Zürich", heat=80),
                article("b", title="Physics today", excerpt="Quantum news.", heat=100),
                article("c", title="Underground sheep"),
                article("d", title="Hidden quantum", published=False),
            ],
        )
        assert found(connection, words) == ids


def test_a_topic_and_a_provider_narrow_it(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", title="Robot one"),
                article("b", title="Robot two", topics=("Robotics",)),
                article("c", title="Robot three", provider="Daily Sample"),
            ],
        )
        assert found(connection, "robot", topic="robotics") == ["b"]
        assert found(connection, "robot", provider="daily sample") == ["c"]
        assert found(connection, "robot", topic="AI", provider="EXAMPLE TIMES") == ["a"]


def test_a_day_of_age_weighs_a_degree_of_heat(connection: Connection) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("old and hot", title="Robot", heat=110, seen_at=NOW - timedelta(days=30)),
                article("new and warm", title="Robot", heat=90),
                article("new and unscored", title="Robot", heat=None),
            ],
        )
        assert found(connection, "robot") == ["new and warm", "old and hot", "new and unscored"]


def test_pages_of_matches(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article(f"a{n}", title="Robot", heat=100 - n) for n in range(7)])
        first = page(connection, Listing(Order.SEARCH, words="robot"), NOW)
        second = page(connection, Listing(Order.SEARCH, words="robot"), NOW, ("after", first.articles[-1].key), 6)
        beyond = page(connection, Listing(Order.SEARCH, words="robot"), NOW, ("after", first.articles[-1].key), 11)
    assert [a.id for a in (*first.articles, *second.articles)] == [f"a{n}" for n in range(7)]
    assert (first.total, first.has_previous, first.has_next) == (7, False, True)
    assert (second.rank, second.has_previous, second.has_next) == (6, True, False)
    assert beyond == first


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ('"chip maker"', ["plant"]),
        ('"maker chip"', []),
        ('"chip mak"', []),
        ("chip -plant", ["shop"]),
        ('chip -"fish and"', ["plant"]),
        ("-chip -emoji", ["tokyo", "emoji", "arabic"]),
        ("topic:law", ["shop"]),
        ('chip topic:"Law"', ["shop"]),
        ("provider:sample", []),
        ('chip provider:"daily sample"', ["plant"]),
        ("chip after:2026-03-01", ["plant"]),
        ("chip before:2026-03-01", ["shop"]),
        ("chip after:2026 before:2027", ["plant", "shop"]),
        ("半導体", ["tokyo"]),
        ("導体工場", ["tokyo"]),
        ("🚀", ["emoji"]),
        ("🚀 launch", ["emoji"]),
        ("-🚀 launch", []),
        ("-🚀 -chip", ["tokyo", "arabic"]),
        ("مصنع", ["arabic"]),
    ],
)
def test_how_it_can_be_asked(connection: Connection, words: str, ids: list[str]) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("plant", title="Chip maker opens plant", provider="Daily Sample", heat=95),
                article("shop", title="Fish and chip shop", topics=("Law",), published_at=NOW - timedelta(days=3)),
                article("tokyo", title="東京に新しい半導体工場", heat=80),
                article("emoji", title="A launch 🚀 at last", heat=70),
                article("arabic", title="مصنع جديد في المدينة", heat=60),
            ],
        )
        assert found(connection, words) == ids


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("straße", ["sharp", "double"]),
        ("STRASSE", ["sharp", "double"]),
        ('"neue strasse"', ["sharp", "double"]),
        ("strass neu", ["sharp", "double"]),
        ("neue -straße", []),
        ("fussball kompromiss", ["both"]),
        ("Fußball Kompromiß", ["both"]),
        ("ﬁnance", ["letters"]),
        ("ＡＩ", ["wide", "letters"]),
        ("ai", ["letters"]),
    ],
)
def test_letters_that_are_written_in_two_ways(connection: Connection, words: str, ids: list[str]) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("sharp", title="Neue Straße", heat=90),
                article("double", title="Neue Strasse", heat=80),
                article("wide", title="ＡＩの話", heat=70),
                article("both", title="Fußball und Kompromiss"),
                article("letters", title="AI in finance", heat=60),
            ],
        )
        assert found(connection, words) == ids


@pytest.mark.parametrize("topic", ["AI", "Law"])
def test_a_frequent_topic_and_a_rare_one_find_the_same_way(
    connection: Connection, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_FEW", 1)
    with connection.begin():
        keep(connection, [article(f"ai{n}", title="A robot", topics=("AI",)) for n in range(3)])
        keep(connection, [article("law", title="A robot", topics=("Law",))])
        expected = ["law"] if topic == "Law" else ["ai2", "ai1", "ai0"]
        assert found(connection, f"topic:{topic}") == expected
        assert found(connection, f"robot topic:{topic}") == expected
        assert found(connection, f"robot topic:{topic} topic:Nothing") == []


def test_signs_are_read_through_in_the_newest_that_have_the_words(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_READ_THROUGH", 2)
    with connection.begin():
        keep(connection, [article("old", title="A robot 🚀"), article("fish", title="A fish 🚀")])
        keep(connection, [article("mid", title="A robot 🚀"), article("new", title="A robot")])
        assert found(connection, "robot 🚀") == ["mid"]
        assert found(connection, "fish 🚀") == ["fish"]
        assert found(connection, "robot -🚀") == ["new"]


def test_long_queries_are_cut() -> None:
    assert match_expression(query_of("word " * 100)) == " ".join(['"word"*'] * 16)
    assert match_expression(query_of("x" * 300)) == f'"{"x" * 200}"*'
