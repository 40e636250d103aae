"""The bars of a filter: from the pushable articles of 90 days, the same all day."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection

from bot.models import Bars, Filter
from bot.store.bars import current_bars, days_known, heats, keep_bars, stored_bars
from tests.conftest import NOW
from tests.store.kept import article, keep

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("topic", "provider", "days", "expected"),
    [
        (None, None, 90, [50, 60, 70, 80]),
        (None, None, 30, [50, 60, 70]),
        ("ai", None, 90, [50, 60, 80]),
        (None, "DAILY SAMPLE", 90, [60]),
        ("AI", "Daily Sample", 90, [60]),
        ("Robotics", "Daily Sample", 90, []),
    ],
)
def test_which_heats_count(
    connection: Connection, topic: str | None, provider: str | None, days: int, expected: list[int]
) -> None:
    with connection.begin():
        keep(
            connection,
            [
                article("a", heat=50),
                article("b", heat=60, provider="Daily Sample"),
                article("c", heat=70, topics=("Robotics",)),
                article("d", heat=80, seen_at=NOW - 60 * DAY),
                article("long ago", heat=90, seen_at=NOW - 91 * DAY),
                article("superseded", heat=-1),
                article("unscored", heat=None),
                article("hidden", heat=99, published=False),
            ],
        )
        assert sorted(heats(connection, Filter.of(topic, provider), NOW, days)) == expected


def test_bars_stay_as_they_were_for_the_day(connection: Connection) -> None:
    wanted = Filter.of("AI", None)
    with connection.begin():
        keep(connection, [article(f"a{n}", heat=n) for n in range(20)])
        assert stored_bars(connection, wanted, NOW) is None
        assert current_bars(connection, wanted, NOW) == Bars(15, 18, 20)
        assert stored_bars(connection, wanted, NOW) is None
        assert keep_bars(connection, wanted, NOW) == Bars(15, 18, 20)
        keep(connection, [article(f"b{n}", heat=100) for n in range(20)])
        assert keep_bars(connection, wanted, NOW) == current_bars(connection, wanted, NOW) == Bars(15, 18, 20)
        assert stored_bars(connection, Filter.of("AI", "Example Times"), NOW) is None
        assert keep_bars(connection, wanted, NOW + DAY) == Bars(100, 100, 40)
        assert stored_bars(connection, wanted, NOW) == Bars(15, 18, 20)


@pytest.mark.parametrize(
    ("ages", "days"),
    [([], 30.0), ([0.5], 7.0), ([12, 3], 12.0), ([12, 60], 30.0), ([12, 400], 12.0), ([400], 30.0)],
)
def test_over_how_many_days_to_spread_what_came(connection: Connection, ages: list[float], days: float) -> None:
    with connection.begin():
        if ages:
            keep(connection, [article(f"a{age}", seen_at=NOW - age * DAY) for age in ages])
        assert days_known(connection, NOW) == days
