"""Days and hours at which a rule counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.alerts.schedule import is_in_force
from hl7console.settings.alerts import DAYS, AlertRule

BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    """``mon 07:30`` in a week of 2026."""
    day, time = text.split()
    return datetime.fromisoformat(f"2026-03-{2 + DAYS.index(day):02}T{time}")


def a_rule(days: str = "", hours: str = "") -> AlertRule:
    begin, _, end = hours.partition("-")
    return AlertRule("R", "silence", days=tuple(days.split()), from_time=begin, to_time=end)


@pytest.mark.parametrize(
    ("days", "hours", "moment", "counts"),
    [
        ("", "", "sun 03:00", True),
        ("mon fri", "", "fri 23:59", True),
        ("mon fri", "", "sat 00:00", False),
        ("", "07:00-18:00", "mon 07:00", True),
        ("", "07:00-18:00", "mon 06:59", False),
        ("", "07:00-18:00", "mon 18:00", False),
        ("", "22:00-06:00", "mon 22:00", True),
        ("", "22:00-06:00", "tue 05:59", True),
        ("", "22:00-06:00", "tue 06:00", False),
        ("", "22:00-06:00", "tue 12:00", False),
        # A night belongs to the day on which it begins.
        ("fri", "22:00-06:00", "fri 23:00", True),
        ("fri", "22:00-06:00", "sat 05:00", True),
        ("fri", "22:00-06:00", "fri 05:00", False),
        ("fri", "22:00-06:00", "sat 23:00", False),
        ("sun", "22:00-06:00", "mon 01:00", True),
        # The same time twice is all day.
        ("", "08:00-08:00", "mon 07:00", True),
        ("mon", "08:00-08:00", "tue 07:00", True),
        ("mon", "08:00-08:00", "tue 09:00", False),
    ],
)
def test_that_days_and_hours_count(days, hours, moment, counts) -> None:
    assert is_in_force(a_rule(days, hours), at(moment)) is counts


@given(begin=st.integers(0, 1439), end=st.integers(0, 1439), now=st.integers(0, 7 * 1440 - 1))
def test_that_a_rule_and_its_counterpart_share_the_week(begin, end, now) -> None:
    moment = datetime(2026, 3, 2) + timedelta(minutes=now)  # noqa: DTZ001 - local
    first, last = (f"{minute // 60:02}:{minute % 60:02}" for minute in (begin, end))
    by_day = a_rule(hours=f"{first}-{last}")
    by_night = a_rule(hours=f"{last}-{first}")
    if begin == end:
        assert is_in_force(by_day, moment)
    else:
        assert is_in_force(by_day, moment) is not is_in_force(by_night, moment)


def minutes_in_force(rule: AlertRule, begin: datetime, hours: int) -> int:
    since = begin.astimezone(UTC)
    moments = (since + timedelta(minutes=n) for n in range(hours * 60))
    return sum(is_in_force(rule, moment.astimezone(BERLIN)) for moment in moments)


@pytest.mark.parametrize(
    ("day", "minutes"),
    [
        ("2026-03-28", 8 * 60),
        ("2026-03-29", 7 * 60),  # the hour from 2 to 3 is left out
        ("2026-10-25", 9 * 60),  # it comes twice
    ],
)
def test_that_nights_in_which_the_clock_changes_go_by_the_clock(day, minutes) -> None:
    evening = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=BERLIN) - timedelta(days=1)
    assert minutes_in_force(a_rule(hours="22:00-06:00"), evening, 24) == minutes
