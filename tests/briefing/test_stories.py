"""Which articles are about the same event."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing import stories as module
from bot.briefing.stories import Member, headline, linked, links, shared_words, url_key

DAY = 86_400


def member(key: str, url: str, *coverage: str, day: float = 0) -> Member:
    """Return a member of a story; addresses are given as they are compared."""
    return Member(key, int(day * DAY), url, coverage)


def stories(members: list[Member]) -> dict[str, str]:
    """Return the stories of the members, from the links among them."""
    return module.stories({each.key: each.seen_at for each in members}, links(members))


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
def test_every_link_is_found(members: list[Member]) -> None:
    pairs = [(one, other) for one in members for other in members if one.key < other.key and linked(one, other)]
    assert sorted(links(members)) == sorted((one.key, other.key) for one, other in pairs)


@settings(deadline=None)
@given(MEMBERS)
def test_no_story_spans_more_than_fourteen_days(members: list[Member]) -> None:
    seen = {each.key: each.seen_at for each in members}
    assigned = stories(members)
    for story in set(assigned.values()):
        days = [seen[key] for key, its in assigned.items() if its == story]
        assert max(days) - min(days) <= 14 * DAY


def test_a_chain_is_cut_where_it_would_be_too_long() -> None:
    chain = [member(key, "u", day=day) for key, day in (("A", 0), ("B", 6), ("C", 12), ("D", 18))]
    assert stories(chain) == {"A": "A", "B": "A", "C": "A", "D": "D"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Chip maker opens a plant in Ohio", "Chip maker opens a plant in Ohio", True),
        ("Chip maker opens a plant in Ohio", "In Ohio, chip maker opens a plant", True),
        ("Chip maker opens a plant in Ohio", "Chip makers opens a plant in Ohio", True),
        ("Chip maker opens a plant in Ohio", "Chip maker closes a plant in Ohio", False),
        ("Fund raises 20 million for ocean robots", "Fund raises 30 million for ocean robots", False),
        ("Fund raises 20 million for ocean robots", "Fund raises 20 million for ocean robot", True),
        ("Stocks fall", "Stocks fall", False),
        ("Ein Werk für Chips entsteht in Ohio", "Ein werk für chips entsteht in ohio", True),
    ],
)
def test_headlines_that_tell_the_same(one: str, other: str, same: bool) -> None:
    first = Member("A", 0, "a", headline=headline(one))
    second = Member("B", 0, "b", headline=headline(other))
    assert linked(first, second) is same
    assert list(links([first, second])) == ([("A", "B")] if same else [])


_SOME = ("ohio", "plant", "chips", "opens", "maker", "robot", "ocean", "fund")
WORDS = st.lists(st.sampled_from(_SOME), min_size=5, max_size=9)


@given(WORDS, WORDS)
def test_alike_headlines_share_a_looked_up_word(one: list[str], other: list[str]) -> None:
    first, second = (headline(" ".join(words)) for words in (one, other))
    if linked(Member("A", 0, "a", headline=first), Member("B", 0, "b", headline=second)):
        assert set(shared_words(first)) & set(shared_words(second))
