"""What people type to search."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.briefing.query import LENGTH, TERMS, Query, Term, query_of


def word(*words: str) -> Term:
    return Term(words)


def phrase(*words: str) -> Term:
    return Term(words, exact=True)


@pytest.mark.parametrize(
    ("typed", "query"),
    [
        ("", Query()),
        ("  \t", Query()),
        ("chip maker", Query((word("chip"), word("maker")))),
        ('"chip maker"', Query((phrase("chip", "maker"),))),
        ("“chip maker”", Query((phrase("chip", "maker"),))),
        ('"chip maker', Query((phrase("chip", "maker"),))),
        ("chip -football", Query((word("chip"),), (word("football"),))),
        ('chip -"chip shop"', Query((word("chip"),), (phrase("chip", "shop"),))),
        ("-football", Query((), (word("football"),))),
        ("well-known", Query((word("well", "known"),))),
        ("- a", Query((phrase("a"),))),
        ("C++ node.js GPT-5", Query((phrase("C"), word("node", "js"), word("GPT", "5")))),
        ("foo AND OR NOT NEAR(x)", Query((*map(word, ("foo", "AND", "OR", "NOT")), word("NEAR", "x")))),
        ("topic:AI robots", Query((word("robots"),), topics=("AI",))),
        ('TOPIC:"computer vision" provider:bbc', Query(topics=("computer vision",), providers=("bbc",))),
        ("topic:", Query((word("topic"),))),
        ("-topic:AI", Query((), (word("topic", "AI"),))),
        ("after:2026-03-01", Query(after=datetime(2026, 3, 1, tzinfo=UTC))),
        ("before:2026-03", Query(before=datetime(2026, 3, 1, tzinfo=UTC))),
        ("before:2026", Query(before=datetime(2026, 1, 1, tzinfo=UTC))),
        ("after:2026-13-01", Query((word("after", "2026", "13", "01"),))),
        ("after:0000", Query((word("after", "0000"),))),
        ("半導体", Query((word("半導体"),))),
        ("🚀", Query((word("🚀"),))),
        ("🚀 launch", Query((word("🚀"), word("launch")))),
        ("5 Я 한", Query((phrase("5"), phrase("Я"), word("한")))),
        ("--- ''' ***", Query()),
    ],
)
def test_what_is_looked_for(typed: str, query: Query) -> None:
    assert query_of(typed) == query


@given(st.text(max_size=3 * LENGTH) | st.text(st.sampled_from('ab "-:“é🚀日topicbefore0129'), max_size=LENGTH))
def test_any_text_is_a_search(typed: str) -> None:
    query = query_of(typed)
    assert len(query.wanted) <= TERMS
    assert all(term.words and all(term.words) for term in (*query.wanted, *query.unwanted))
    assert not any('"' in part for term in (*query.wanted, *query.unwanted) for part in term.words)
    assert query.is_empty or query != Query()
