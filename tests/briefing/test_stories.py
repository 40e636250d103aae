"""Which articles are about the same event."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing.stories import Member, stories, url_key

DAY = 86_400


def member(key: str, url: str, *coverage: str, day: float = 0) -> Member:
    """Return a member of a story; addresses are given as they are compared."""
    return Member(key, int(day * DAY), url, coverage)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        ("https://example.com/a", "//example.com/a"),
        ("http://example.com/a", "//example.com/a"),
        ("https://www.example.com/a", "//example.com/a"),
        ("https://EXAMPLE.com/a", "//example.com/a"),
        ("HTTPS://example.com/a", "//example.com/a"),
        ("https://example.com/a/", "//example.com/a"),
        ("https://example.com/a#part", "//example.com/a"),
        ("https://example.com:443/a", "//example.com/a"),
        ("http://example.com:80/a", "//example.com/a"),
        ("https://example.com", "//example.com"),
        ("https://example.com/", "//example.com"),
        ("https://example.com/a?id=7", "//example.com/a?id=7"),
        ("https://example.com/A", "//example.com/A"),
        ("https://example.com:8443/a", "//example.com:8443/a"),
        ("https://news.example.com/a", "//news.example.com/a"),
        ("https://wwwexample.com/a", "//wwwexample.com/a"),
        ("https://example.com/a?u=https://b.example/", "//example.com/a?u=https://b.example/"),
        ("https://[2001:db8::1]/a", "//[2001:db8::1]/a"),
        ("https://[1]/a", "https://[1]/a"),
    ],
)
def test_addresses_are_compared_without_what_does_not_name_the_page(url: str, key: str) -> None:
    assert url_key(url) == key


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://example.com/a?id=7", "https://example.com/a?id=8"),
        ("https://example.com/A", "https://example.com/a"),
        ("https://example.com:8443/a", "https://example.com/a"),
        ("https://a.example.com/", "https://b.example.com/"),
    ],
)
def test_what_names_another_page_stays(first: str, second: str) -> None:
    assert url_key(first) != url_key(second)


@pytest.mark.parametrize(
    ("members", "expected"),
    [
        pytest.param([], {}, id="nothing"),
        pytest.param([member("A", "a"), member("B", "b")], {"A": "A", "B": "B"}, id="apart"),
        pytest.param([member("B", "u"), member("A", "u")], {"A": "A", "B": "A"}, id="one address"),
        pytest.param([member("A", "a", "b"), member("B", "b")], {"A": "A", "B": "A"}, id="covered by the first"),
        pytest.param([member("A", "a"), member("B", "b", "a")], {"A": "A", "B": "A"}, id="covered by the second"),
        pytest.param([member("A", "a", "x"), member("B", "b", "x")], {"A": "A", "B": "B"}, id="coverage alone"),
        pytest.param([member("A", "a", "a", "x", "x")], {"A": "A"}, id="covering itself"),
        pytest.param(
            [member("C", "c"), member("A", "a", "b"), member("B", "b", "c")],
            {"A": "A", "B": "A", "C": "A"},
            id="transitive",
        ),
        pytest.param(
            [member("B", "b", "c"), member("C", "c", "a"), member("A", "a", "b"), member("D", "d")],
            {"A": "A", "B": "A", "C": "A", "D": "D"},
            id="in a circle",
        ),
        pytest.param([member("A", "u"), member("B", "u", day=7)], {"A": "A", "B": "A"}, id="seven days"),
        pytest.param([member("A", "u", day=7), member("B", "u")], {"A": "A", "B": "A"}, id="seven days back"),
        pytest.param([member("A", "u"), member("B", "u", day=7.00002)], {"A": "A", "B": "B"}, id="over seven days"),
        pytest.param([member("A", "a", "b"), member("B", "b", day=8)], {"A": "A", "B": "B"}, id="covered too late"),
        pytest.param(
            [member("A", "u"), member("B", "u", day=6), member("C", "u", day=12)],
            {"A": "A", "B": "A", "C": "A"},
            id="each within seven days of the next",
        ),
        pytest.param(
            [member("A", "a"), member("B", "b"), member("C", "c", "b", "a")],
            {"A": "A", "B": "A", "C": "A"},
            id="one that joins two",
        ),
    ],
)
def test_stories(members: list[Member], expected: dict[str, str]) -> None:
    assert stories(members) == expected


ADDRESSES = st.sampled_from("abcdef")
MEMBERS = st.lists(
    st.builds(
        Member,
        key=st.text("KLMNOPQR", min_size=3, max_size=3),
        seen_at=st.integers(0, 30).map(lambda day: day * DAY),
        url=ADDRESSES,
        coverage=st.lists(ADDRESSES, max_size=3).map(tuple),
    ),
    max_size=12,
    unique_by=lambda each: each.key,
)


@settings(deadline=None)
@given(MEMBERS.flatmap(lambda members: st.tuples(st.just(members), st.permutations(members))))
def test_the_order_of_articles_does_not_matter(orders: tuple[list[Member], list[Member]]) -> None:
    first, second = orders
    assert stories(first) == stories(second)


@settings(deadline=None)
@given(MEMBERS)
def test_a_story_is_named_by_its_smallest_key(members: list[Member]) -> None:
    assigned = stories(members)
    assert set(assigned) == {each.key for each in members}
    for story in set(assigned.values()):
        assert story == min(key for key, its in assigned.items() if its == story)


@settings(deadline=None)
@given(MEMBERS)
def test_stories_are_the_connected_components(members: list[Member]) -> None:
    """An oracle by repeated relabelling: slow, and hard to get wrong."""
    story = {each.key: each.key for each in members}
    for _ in members:
        for one in members:
            for other in members:
                near = abs(one.seen_at - other.seen_at) <= 7 * DAY
                if near and (one.url == other.url or one.url in other.coverage or other.url in one.coverage):
                    story[one.key] = story[other.key] = min(story[one.key], story[other.key])
    assert stories(members) == story
