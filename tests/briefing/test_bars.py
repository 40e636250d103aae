"""How hot is hot, and how often that comes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.briefing.bars import Rate, Unit, bars_of, default_level, rate
from bot.models import Bars, Level


@pytest.mark.parametrize(
    ("heats", "hot", "hottest"),
    [
        pytest.param([], 0, 0, id="none"),
        pytest.param([7], 7, 7, id="one"),
        pytest.param([1, 2, 3, 4], 4, 4, id="four: the quarter is one"),
        pytest.param([1, 2, 3, 4, 5], 4, 5, id="five: a quarter is rounded up"),
        pytest.param(range(1, 20), 15, 18, id="19"),
        pytest.param(range(1, 21), 16, 19, id="20"),
        pytest.param(range(1, 41), 31, 37, id="40"),
        pytest.param([50] * 40, 50, 50, id="all alike"),
        pytest.param([10] * 30 + [90] * 10, 90, 90, id="ties at the top"),
        pytest.param([10] * 31 + [90] * 9, 10, 90, id="ties across the bar"),
        pytest.param([0] * 20, 0, 0, id="zeros"),
    ],
)
def test_bars(heats: list[int], hot: int, hottest: int) -> None:
    assert bars_of(heats) == Bars(hot, hottest, len(heats))
    assert bars_of(list(reversed(heats))) == Bars(hot, hottest, len(heats))


@settings(deadline=None)
@given(st.lists(st.integers(0, 330), min_size=1))
def test_a_level_lets_its_share_through_and_no_less(heats: list[int]) -> None:
    bars = bars_of(heats)
    for bar, share in ((bars.hot, 4), (bars.hottest, 10)):
        assert bar in heats
        assert sum(heat >= bar for heat in heats) * share >= len(heats)
        assert (sum(heat > bar for heat in heats)) * share < len(heats)
    assert bars.hottest >= bars.hot


@pytest.mark.parametrize(
    ("counted", "level", "bar"),
    [
        (0, Level.HOTTEST, 0),
        (19, Level.EVERYTHING, 0),
        (19, Level.HOT, 0),
        (19, Level.HOTTEST, 0),
        (20, Level.EVERYTHING, 0),
        (20, Level.HOT, 90),
        (20, Level.HOTTEST, 110),
    ],
)
def test_under_twenty_articles_every_level_means_everything(counted: int, level: Level, bar: int) -> None:
    assert Bars(90, 110, counted).bar(level) == bar


@pytest.mark.parametrize(
    ("heats", "days", "level"),
    [
        pytest.param([], 30, Level.EVERYTHING, id="nothing yet"),
        pytest.param(list(range(19)), 0.1, Level.EVERYTHING, id="too few to tell levels apart"),
        pytest.param(list(range(90)), 30, Level.EVERYTHING, id="exactly three a day"),
        pytest.param(list(range(91)), 30, Level.HOT, id="over three a day"),
        pytest.param(list(range(360)), 30, Level.HOT, id="a quarter of it is exactly three a day"),
        pytest.param(list(range(361)), 30, Level.HOTTEST, id="a quarter of it is more"),
        pytest.param(list(range(10_000)), 30, Level.HOTTEST, id="a flood"),
        pytest.param([80] * 100, 30, Level.HOTTEST, id="all alike"),
    ],
)
def test_the_default_is_the_lowest_level_that_is_not_noisy(heats: list[int], days: float, level: Level) -> None:
    assert default_level(bars_of(heats), heats, days) is level


@pytest.mark.parametrize(
    ("count", "days", "expected"),
    [
        (0, 30, None),
        (1, 30, Rate(1, Unit.MONTH)),
        (2, 30, Rate(2, Unit.MONTH)),
        (4, 30, Rate(4, Unit.MONTH)),
        (5, 30, Rate(1, Unit.WEEK)),
        (21, 30, Rate(5, Unit.WEEK)),
        (29, 30, Rate(7, Unit.WEEK)),
        (30, 30, Rate(1, Unit.DAY)),
        (90, 30, Rate(3, Unit.DAY)),
        (1000, 30, Rate(33, Unit.DAY)),
        (1, 90, Rate(1, Unit.MONTH)),
        (13, 90, Rate(1, Unit.WEEK)),
        (7, 1, Rate(7, Unit.DAY)),
    ],
)
def test_rates(count: int, days: float, expected: Rate | None) -> None:
    assert rate(count, days) == expected
