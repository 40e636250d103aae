"""What was meant by a search that finds nothing."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from bot.models import Listing, Order
from bot.store.spelling import nearest_search
from tests.store.kept import article, keep

PROPERTY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def meant(connection: Connection, words: str) -> tuple[str, int] | None:
    """Return the words that were meant, and how many articles have them."""
    found = nearest_search(connection, Listing(Order.SEARCH, words=words))
    return (found[0].words or "", found[1]) if found else None


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("quantm", ("quantum", 2)),
        ("Qauntum", ("quantum", 2)),
        ("quantm computers -zzz", ("quantum computers -zzz", 2)),
        ('"quantm computers"', ('"quantum computers"', 2)),
        ("conputres", ("computers", 2)),
        ("elysee", None),  # it is there, without its accents
        ("Élysze", ("elysee", 1)),
        ("quantum xylophone", None),  # no word is near
        ("qua", None),
        ("量子", None),
        ("", None),
        ("-quantm", None),
        ("quantm topic:Nothing", None),  # even the right word finds nothing there
    ],
)
def test_the_nearest_words_of_the_news_are_meant(
    connection: Connection, typed: str, expected: tuple[str, int] | None
) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", title="Quantum computers"),
                article("b", title="More quantum computers"),
                article("c", title="Reception at the Élysée"),
            ],
        )
        assert meant(connection, typed) == expected


def test_of_words_that_are_as_near_the_most_frequent_is_meant(connection: Connection) -> None:
    with connection.begin():
        keep(connection, [article("a", title="A robat"), *(article(f"r{n}", title="A robot") for n in range(3))])
        assert meant(connection, "robet") == ("robot", 3)


@given(words=st.text(max_size=40))
@PROPERTY
def test_any_input_is_safe(connection: Connection, words: str) -> None:
    with connection.begin() as transaction:
        keep(connection, [article("a", title="Quantum computers")])
        meant(connection, words)
        transaction.rollback()
