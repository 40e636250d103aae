"""Nothing lost, nothing twice: the real program killed around a send. `benchmarks.proof` does it many more times."""

from pathlib import Path

import pytest

from tests.crash import Point, Regime, trial


@pytest.mark.parametrize(
    ("point", "regime"),
    [
        *((point, Regime.REMEMBERED) for point in Point),
        (Point.BEFORE_REPLY, Regime.FORGOTTEN),
    ],
    ids=lambda value: value.name.lower(),
)
async def test_killed_around_a_send_nothing_is_lost_and_nothing_comes_twice(
    point: Point, regime: Regime, tmp_path: Path
) -> None:
    happened = await trial(point, regime, 1, tmp_path)
    books = happened.books
    assert happened.at_the_point
    assert (books.lost, books.twice, books.astray, books.disordered, books.uncertain) == (0, 0, 0, 0, 0)


async def test_what_cannot_be_known_is_sent_again_and_counted(tmp_path: Path) -> None:
    happened = await trial(Point.BEFORE_REPLY, Regime.UNREADABLE, 1, tmp_path)
    books = happened.books
    assert happened.at_the_point
    assert (books.lost, books.uncounted, books.astray, books.disordered) == (0, 0, 0, 0)
    assert 0 < books.twice <= books.uncertain
