"""Which candidates make a briefing."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing.choosing import Candidate, choose, hottest_first
from bot.models import Terms

SIZE, CAP = Terms().size, Terms().publisher_cap


def candidate(
    key: str,
    heat: int = 90,
    *,
    quality: int = 50,
    published_at: int = 1000,
    provider: str = "",
    story: str = "",
    url_key: str = "",
) -> Candidate:
    """Return a candidate that shares nothing with others but what is given."""
    return Candidate(
        key=key,
        url_key=url_key or f"//{key}",
        story=story or key,
        provider=provider or f"provider {key}",
        topics=frozenset({"ai"}),
        heat=heat,
        quality=quality,
        published_at=published_at,
        seen_at=2000,
        load=1,
    )


@pytest.mark.parametrize(
    ("matching", "chosen", "more"),
    [
        pytest.param([], "", 0, id="nothing"),
        pytest.param([candidate("A")], "A", 0, id="one"),
        pytest.param([candidate("A", 80), candidate("B", 100), candidate("C", 90)], "BCA", 0, id="hottest first"),
        pytest.param([candidate("A", quality=40), candidate("B", quality=60)], "BA", 0, id="a tie goes to quality"),
        pytest.param(
            [candidate("A", quality=99, heat=80), candidate("B", quality=1, heat=81)], "BA", 0, id="heat before quality"
        ),
        pytest.param([candidate("A", published_at=1), candidate("B", published_at=2)], "BA", 0, id="then to the newer"),
        pytest.param([candidate("A"), candidate("C"), candidate("B")], "CBA", 0, id="then to the key"),
        pytest.param(
            [candidate("A", 80, story="s"), candidate("B", 90, story="s")], "B", 0, id="one per story, the hottest"
        ),
        pytest.param(
            [candidate("A", 80, url_key="//u"), candidate("B", 90, url_key="//u")], "B", 0, id="one per address"
        ),
        pytest.param(
            [candidate(key, provider="p") for key in "ABCD"], "DC", 2, id="two of one publisher; the others wait"
        ),
        pytest.param(
            [*(candidate(key, 99, provider="p") for key in "ABC"), candidate("D", 10)],
            "CBD",
            1,
            id="the cap makes room for others",
        ),
        pytest.param([candidate(key) for key in "ABCDEFG"], "GFEDC", 2, id="five, and two more"),
        pytest.param(
            [*(candidate(key, 90) for key in "ABCDEF"), candidate("G", 1, story="A"), candidate("H", 1, url_key="//B")],
            "FEDCB",
            1,
            id="more counts stories, not reports",
        ),
    ],
)
def test_choose(matching: list[Candidate], chosen: str, more: int) -> None:
    choice = choose(hottest_first(matching), SIZE, CAP)
    assert "".join(each.key for each in choice.chosen) == chosen
    assert choice.more == more


def test_the_defaults_are_those_of_the_design() -> None:
    assert (SIZE, CAP) == (5, 2)


@pytest.mark.parametrize(
    ("size", "cap", "chosen", "more"),
    [(3, 2, "JIH", 7), (10, 1, "J", 9), (10, 10, "JIHGFEDCBA", 0), (10, 0, "JIHGFEDCBA", 0)],
)
def test_size_and_cap_can_be_given(size: int, cap: int, chosen: str, more: int) -> None:
    provider = "p" if cap < 2 else ""
    choice = choose(hottest_first(candidate(key, provider=provider) for key in "ABCDEFGHIJ"), size, cap)
    assert ("".join(each.key for each in choice.chosen), choice.more) == (chosen, more)


CANDIDATES = st.lists(
    st.builds(
        candidate,
        st.text("ABCDEFGH", min_size=2, max_size=2),
        st.integers(0, 3),
        quality=st.integers(0, 1),
        published_at=st.integers(0, 1),
        provider=st.sampled_from("pqr"),
        story=st.sampled_from(["", "s", "t"]),
        url_key=st.sampled_from(["", "//u"]),
    ),
    max_size=20,
    unique_by=lambda each: each.key,
)


@settings(deadline=None)
@given(CANDIDATES.flatmap(lambda matching: st.tuples(st.just(matching), st.permutations(matching))))
def test_a_briefing_keeps_its_promises_in_any_order(orders: tuple[list[Candidate], list[Candidate]]) -> None:
    choice = choose(hottest_first(orders[0]), SIZE, CAP)
    assert choice == choose(hottest_first(orders[1]), SIZE, CAP)
    chosen = choice.chosen
    assert len(chosen) <= SIZE
    assert list(chosen) == sorted(chosen, key=lambda each: each.rank, reverse=True)
    assert len({each.story for each in chosen}) == len({each.url_key for each in chosen}) == len(chosen)
    providers = [each.provider for each in chosen]
    assert all(providers.count(provider) <= CAP for provider in providers)
    assert bool(chosen) == bool(orders[0])
    assert len(chosen) + choice.more <= len({each.story for each in orders[0]})
