"""The books: every way in which outbox and Discord can differ is seen."""

import pytest

from tests.audit import Audit, Queued, audit
from tests.loopback import Loopback, Post

HERE, THERE = 1, 2


def queued(number: int, channel: int = HERE, state: str = "sent", *, uncertain: bool = False) -> Queued:
    return Queued(number, channel, state, f"nonce {number}", uncertain)


def made(number: int, channel: int = HERE, *, duplicate: bool = False) -> Post:
    return Post("create", channel, number, {}, f"nonce {number}", duplicate, 0.0)


def books(**found: int) -> Audit:
    """Return books in which all is well but what is given."""
    well = dict.fromkeys(("lost", "twice", "extra", "uncounted", "uncertain", "astray", "disordered"), 0)
    return Audit(**{"queued": 2, **well, **found})


@pytest.mark.parametrize(
    ("deliveries", "posts", "found"),
    [
        ([queued(1), queued(2)], [made(1), made(2)], books()),
        ([queued(1), queued(2)], [made(1), made(1, duplicate=True), made(2)], books()),
        ([queued(1), queued(2, THERE)], [made(2, THERE), made(1)], books()),
        ([queued(1), queued(2)], [made(1)], books(lost=1)),
        ([queued(1), queued(2, state="sending")], [made(1), made(2)], books(lost=1)),
        ([queued(1), queued(2, state="failed")], [made(1)], books(lost=1)),
        ([queued(1), queued(2)], [made(1), made(2), made(1), made(1)], books(twice=1, extra=2, uncounted=1)),
        ([queued(1, uncertain=True), queued(2)], [made(1), made(2), made(1)], books(twice=1, extra=1, uncertain=1)),
        ([queued(1), queued(2)], [made(1), made(2, THERE)], books(lost=1, astray=1)),
        ([queued(1), queued(2)], [made(1), made(2), made(3)], books(astray=1)),
        ([queued(1), queued(2)], [made(2), made(1)], books(disordered=1)),
    ],
)
def test_what_the_books_say(deliveries: list[Queued], posts: list[Post], found: Audit) -> None:
    loopback = Loopback()
    loopback.posts.extend(posts)
    assert audit(deliveries, loopback) == found
