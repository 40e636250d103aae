"""Which articles a subscription wants, and the first rule against the others."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.briefing.matching import Offer, Wanted
from bot.models import Rule, Server, Terms
from tests.briefing.test_choosing import candidate

ARTICLE = replace(
    candidate("A", 90, provider="example times"), topics=frozenset({"ai", "robotics"}), text="chip maker\nopens a plant"
)


@pytest.mark.parametrize(
    ("terms", "server", "rule"),
    [
        (Terms(), {}, None),
        (Terms(topics=("AI", "Space")), {}, None),
        (Terms(topics=("Space",)), {}, Rule.OTHER_TOPIC),
        (Terms(topics=("AI",), without_topics=("Robotics",)), {}, Rule.OTHER_TOPIC),
        (Terms(providers=("Other",)), {}, Rule.OTHER_PROVIDER),
        (Terms(without_providers=("Example Times",)), {}, Rule.OTHER_PROVIDER),
        (Terms(topics=("Space",), providers=("Other",)), {}, Rule.OTHER_TOPIC),
        (Terms(words=("Plant", "factory")), {}, None),
        (Terms(words=("plan",)), {}, Rule.OTHER_WORDS),
        (Terms(without_words=("chip  MAKER",)), {}, Rule.OTHER_WORDS),
        (Terms(type="article"), {}, None),
        (Terms(type="video"), {}, Rule.OTHER_TYPE),
        (Terms(), {"blocked_providers": ("EXAMPLE times",)}, Rule.BLOCKED),
        (Terms(), {"blocked_words": ("Chip",)}, Rule.BLOCKED),
        (Terms(), {"blocked_words": ("ship",)}, None),
    ],
)
def test_the_rule_against(terms: Terms, server: dict[str, tuple[str, ...]], rule: Rule | None) -> None:
    wanted = Wanted.of(terms, Server(1, **server))  # type: ignore[arg-type]  # only names and words
    assert wanted.rule_against(ARTICLE, 90) is rule
    assert wanted.rule_against(ARTICLE, 91) is (rule or Rule.BELOW_BAR)


NAMES = st.lists(st.sampled_from("pqrs"), max_size=3, unique=True).map(tuple)


@given(
    st.lists(st.tuples(st.integers(0, 5), NAMES, st.sampled_from("pqrs")), max_size=12),
    st.builds(Terms, topics=NAMES, providers=NAMES, without_topics=NAMES, without_providers=NAMES),
    st.integers(0, 5),
)
def test_what_is_found_by_index_is_what_no_rule_is_against(
    articles: list[tuple[int, tuple[str, ...], str]], terms: Terms, bar: int
) -> None:
    offered = [
        replace(candidate(str(number), heat, provider=provider), topics=frozenset(topics))
        for number, (heat, topics, provider) in enumerate(articles)
    ]
    wanted = Wanted.of(terms, Server(1))
    expected = sorted(
        (each for each in offered if wanted.rule_against(each, bar) is None), key=lambda each: each.rank, reverse=True
    )
    assert list(wanted.among(Offer(offered).near(wanted.filter), bar)) == expected
