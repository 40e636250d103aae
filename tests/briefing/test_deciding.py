"""What a subscription posts now, or when to look again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.briefing.deciding import DAY, Recent, decide, fresh, news_until
from bot.briefing.quiet import quiet_hours, quiet_until
from bot.models import Often, Terms
from tests.briefing.test_choosing import candidate

BERLIN = "Europe/Berlin"
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
INSTANT, DAILY = Terms(), Terms(often=Often.DAILY)
SOME = (candidate("C"), candidate("B"), candidate("A"))


def at(ago: timedelta, *, own: bool = True, push: bool = True, pings: bool = False) -> Recent:
    return Recent(int((NOW - ago).timestamp()), 1 if own else 2, push, pings)


def decided(
    terms: Terms, *recent: Recent, timezone: str | None = None, now: datetime = NOW, heat: int = 90
) -> tuple[str, int, int | None, datetime | None]:
    matching = [replace(each, heat=heat) for each in SOME]
    found = decide(terms, timezone, matching, recent, now, subscription_id=1, spacing=20 * MINUTE, ping_bar=80)
    return "".join(each.key for each in found.chosen), found.more, found.role_id, found.look_again


@pytest.mark.parametrize(
    ("terms", "recent", "chosen", "look_again"),
    [
        pytest.param(INSTANT, [], "CBA", None, id="all that waits makes one message"),
        pytest.param(replace(INSTANT, size=2), [], "CB", NOW + 20 * MINUTE, id="the rest after the spacing"),
        pytest.param(INSTANT, [at(5 * MINUTE)], "", NOW + 15 * MINUTE, id="spaced"),
        pytest.param(INSTANT, [at(5 * MINUTE, own=False)], "", NOW + 15 * MINUTE, id="spaced by channel"),
        pytest.param(INSTANT, [at(5 * MINUTE, push=False)], "CBA", None, id="a digest does not count for spacing"),
        pytest.param(INSTANT, [at(20 * MINUTE)], "CBA", None, id="spacing over"),
        pytest.param(INSTANT, [at(-HOUR)], "", NOW + 20 * MINUTE, id="the clock was set back since"),
        pytest.param(replace(INSTANT, spacing=60), [at(20 * MINUTE)], "", NOW + 40 * MINUTE, id="a spacing of its own"),
        pytest.param(replace(INSTANT, spacing=0), [at(MINUTE)], "CBA", None, id="no spacing"),
        pytest.param(
            replace(INSTANT, daily_limit=2), [at(23 * HOUR), at(9 * HOUR)], "", NOW + HOUR, id="daily limit reached"
        ),
        pytest.param(replace(INSTANT, daily_limit=2), [at(24 * HOUR), at(9 * HOUR)], "CBA", None, id="a day is over"),
        pytest.param(
            replace(INSTANT, daily_limit=1), [at(9 * HOUR, own=False)], "CBA", None, id="others' messages do not count"
        ),
        pytest.param(replace(INSTANT, quiet=(660, 780)), [], "", NOW + HOUR, id="quiet hours hold"),
        pytest.param(
            replace(INSTANT, quiet=(725, 900)), [at(10 * MINUTE)], "", NOW + 3 * HOUR, id="spacing ends in quiet hours"
        ),
        pytest.param(replace(INSTANT, quiet=(0, 0)), [], "CBA", None, id="quiet hours off"),
        pytest.param(DAILY, [at(MINUTE)], "CBA", NOW + 21 * HOUR, id="a digest is not spaced"),
        pytest.param(replace(DAILY, quiet=(660, 780)), [], "", NOW + HOUR, id="a digest is held too"),
    ],
)
def test_when(terms: Terms, recent: list[Recent], chosen: str, look_again: datetime | None) -> None:
    assert decided(terms, *recent) == (chosen, 0, None, look_again)


def test_only_a_digest_counts_what_did_not_fit() -> None:
    assert decided(replace(DAILY, size=1))[:2] == ("C", 2)
    assert decided(replace(INSTANT, size=1))[:2] == ("C", 0)


@pytest.mark.parametrize(
    ("terms", "recent", "heat", "pings"),
    [
        (Terms(role_id=7), [], 80, True),
        (Terms(role_id=7), [], 79, False),
        (Terms(), [], 99, False),
        (Terms(role_id=7), [at(2 * HOUR, pings=True)], 99, False),
        (Terms(role_id=7), [at(24 * HOUR, pings=True)], 99, True),
        (Terms(role_id=7), [at(2 * HOUR, pings=True, own=False)], 99, True),
        (Terms(role_id=7), [at(2 * HOUR)], 99, True),
        (Terms(role_id=7, daily_pings=2), [at(2 * HOUR, pings=True)], 99, True),
        (Terms(role_id=7, daily_pings=0), [], 99, False),
        (Terms(role_id=7, often=Often.DAILY), [], 99, True),
        (Terms(role_id=7, often=Often.DAILY), [at(2 * HOUR, push=False, pings=True)], 99, False),
    ],
)
def test_pings(terms: Terms, recent: list[Recent], heat: int, pings: bool) -> None:
    chosen, _, role_id, _ = decided(terms, *recent, heat=heat)
    assert (chosen, role_id) == ("CBA", 7 if pings else None)


def test_who_chose_publishers_by_name_has_no_cap() -> None:
    same = [candidate(key, provider="p") for key in "CBA"]
    for terms, most in (
        (Terms(), 2),
        (Terms(publisher_cap=0), 3),
        (Terms(publisher_cap=1), 1),
        (Terms(providers=("P",)), 3),
    ):
        decision = decide(terms, None, same, (), NOW, subscription_id=1, spacing=HOUR)
        assert len(decision.chosen) == most


@pytest.mark.parametrize(
    ("terms", "timezone", "hours"),
    [
        (Terms(), None, None),
        (Terms(), BERLIN, (1380, 420)),
        (Terms(quiet=(60, 120)), None, (60, 120)),
        (Terms(quiet=(60, 60)), BERLIN, None),
    ],
)
def test_quiet_hours(terms: Terms, timezone: str | None, hours: tuple[int, int] | None) -> None:
    assert quiet_hours(terms, timezone) == hours


@pytest.mark.parametrize(
    ("now", "hours", "until"),
    [
        ("2026-03-02T21:59", (1380, 420), None),
        ("2026-03-02T22:00", (1380, 420), "2026-03-03T06:00"),
        ("2026-03-03T05:59", (1380, 420), "2026-03-03T06:00"),
        ("2026-03-03T06:00", (1380, 420), None),
        ("2026-03-28T22:30", (1380, 420), "2026-03-29T05:00"),  # summer time begins in the night
        ("2026-10-24T21:30", (1380, 420), "2026-10-25T06:00"),  # and ends
        ("2026-10-25T01:10", (60, 150), "2026-10-25T01:30"),  # 02:10 for the second time
        ("2026-03-02T11:00", (660, 780), "2026-03-02T12:00"),
    ],
)
def test_until_when_it_is_quiet(now: str, hours: tuple[int, int], until: str | None) -> None:
    def moment(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)

    assert quiet_until(moment(now), hours, BERLIN) == (moment(until) if until else None)


def test_what_gets_too_old_in_quiet_hours_is_held_beyond_them() -> None:
    three = 3 * DAY
    for hour in range(24):
        seen = NOW.replace(hour=hour, minute=30)
        until = news_until(int(seen.timestamp()), INSTANT, BERLIN, three)
        morning = quiet_until(seen + three, (1380, 420), BERLIN)
        if morning is None:
            assert until == seen + three
        else:
            assert morning < until <= seen + three + DAY
        held = replace(candidate("A"), seen_at=int(seen.timestamp()))
        assert fresh([held], INSTANT, BERLIN, three, until) == [held]
        assert fresh([held], INSTANT, BERLIN, three, until + MINUTE) == []


@pytest.mark.parametrize(
    ("often", "days"), [(Often.INSTANT, 3), (Often.DAILY, 3), (Often.WEEKDAYS, 4), (Often.WEEKLY, 8)]
)
def test_a_digest_reaches_back_over_its_period(often: Often, days: int) -> None:
    assert news_until(int(NOW.timestamp()), Terms(often=often), None, 3 * DAY) == NOW + days * DAY
