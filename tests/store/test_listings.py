"""The state of paged replies: the same listing has one key, and it is kept for a year."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.models import Listing, Order
from bot.store.listings import is_fresh, keep_listing, kept_listing, listing_key
from tests.conftest import NOW

LISTINGS = [
    Listing(Order.TOP),
    Listing(Order.TOP, everything=True),
    Listing(Order.TOP, days=7),
    Listing(Order.LATEST, topic="AI"),
    Listing(Order.LATEST, provider="AI"),
    Listing(Order.SEARCH, words="schöne 新聞 \"quoted\" 'words'", topic="AI", provider="Example Times"),
]


@pytest.mark.parametrize("listing", LISTINGS)
def test_a_listing_comes_back_as_it_was(connection: Connection, listing: Listing) -> None:
    with connection.begin():
        key = keep_listing(connection, listing, NOW)
        assert key == listing_key(listing) == keep_listing(connection, listing, NOW)
        assert kept_listing(connection, key) == listing


def test_keys_differ_and_fit_a_custom_id() -> None:
    keys = {listing_key(listing) for listing in LISTINGS}
    assert len(keys) == len(LISTINGS)
    assert {len(key) for key in keys} == {16}


def test_a_listing_is_kept_for_a_year_from_its_last_use(connection: Connection) -> None:
    unused, used = LISTINGS[0], LISTINGS[1]
    with connection.begin():
        for listing in (unused, used):
            keep_listing(connection, listing, NOW)
        keep_listing(connection, used, NOW + timedelta(days=200))
        keep_listing(connection, LISTINGS[2], NOW + timedelta(days=365))
        assert kept_listing(connection, listing_key(unused)) == unused
        keep_listing(connection, LISTINGS[2], NOW + timedelta(days=366))
        assert kept_listing(connection, listing_key(unused)) is None
        assert kept_listing(connection, listing_key(used)) == used


@pytest.mark.parametrize(("hours", "fresh"), [(0, True), (23, True), (24, False)])
def test_a_listing_is_fresh_for_a_day(connection: Connection, hours: int, *, fresh: bool) -> None:
    with connection.begin():
        key = keep_listing(connection, LISTINGS[0], NOW)
        assert is_fresh(connection, key, NOW + timedelta(hours=hours)) is fresh
        assert not is_fresh(connection, listing_key(LISTINGS[1]), NOW)
