"""Which stories make a short briefing."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.briefing.brief import PUBLISHER_CAP, SIZES, Story, choose_stories


def stories(*described: str) -> list[Story]:
    """Return stories, hottest first, each described as `key provider topic,topic`."""
    made = []
    for text in described:
        key, provider, *topics = text.split(" ")
        made.append(Story(key, provider, frozenset(",".join(topics).split(",")) - {""}))
    return made


@pytest.mark.parametrize(
    ("hottest_first", "size", "topic", "chosen"),
    [
        pytest.param(("a x ai", "b y ai"), 3, None, "ab", id="fewer than asked for"),
        pytest.param(("a x ai", "b x ai", "c x ai", "d y ai"), 3, None, "abd", id="two of a publisher"),
        pytest.param(("a x ai", "b x art", "c x law"), 3, None, "abc", id="all of the only publisher"),
        pytest.param(("a u ai", "b v ai", "c w ai", "d x law"), 3, None, "abd", id="a topic has half, rounded up"),
        pytest.param(("a u ai", "b v ai", "c w ai", "d x law"), 3, "ai", "abc", id="but not the one asked for"),
        pytest.param(("a u ai", "b v ai", "c w ai"), 3, None, "abc", id="places left are filled"),
        pytest.param(("a u ai", "b v ai", "c w ai,law", "d x art"), 3, None, "abc", id="by its other topic"),
        pytest.param(("a u", "b v", "c w"), 3, None, "abc", id="without topics"),
        pytest.param((), 3, None, "", id="nothing"),
    ],
)
def test_which_are_chosen(hottest_first: tuple[str, ...], size: int, topic: str | None, chosen: str) -> None:
    assert choose_stories(stories(*hottest_first), size, topic) == list(chosen)


@given(
    st.lists(
        st.tuples(st.sampled_from("uvwxyz"), st.frozensets(st.sampled_from(["ai", "law", "art"]), max_size=3)),
        max_size=40,
    ),
    st.sampled_from(SIZES),
    st.none() | st.just("ai"),
)
def test_caps_hold_and_the_order_stays(
    described: list[tuple[str, frozenset[str]]], size: int, topic: str | None
) -> None:
    hottest_first = [Story(str(place), provider, topics) for place, (provider, topics) in enumerate(described)]
    chosen = choose_stories(hottest_first, size, topic)
    assert chosen == sorted(chosen, key=int)
    assert len(set(chosen)) == len(chosen) <= size
    providers = Counter(hottest_first[int(key)].provider for key in chosen)
    several = len({story.provider for story in hottest_first}) > 1
    assert not several or all(count <= PUBLISHER_CAP for count in providers.values())
    room = sum(min(count, PUBLISHER_CAP if several else count) for count in Counter(p for p, _ in described).values())
    assert len(chosen) == min(size, room)
    if described:
        assert chosen[0] == "0"  # the hottest is always told
