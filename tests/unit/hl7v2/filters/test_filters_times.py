"""Times of filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from hl7console.hl7v2.filters.parser import parse
from hl7console.hl7v2.filters.times import read_time

ZONE = timezone(timedelta(hours=2))
NOW = datetime(2026, 1, 5, 12, 30, 15, tzinfo=ZONE)


def us(*parts):
    return round(datetime(*parts, tzinfo=ZONE).timestamp() * 1_000_000)


@pytest.mark.parametrize(
    ("text", "at", "end", "is_relative"),
    [
        ("2h", us(2026, 1, 5, 10, 30, 15), us(2026, 1, 5, 10, 30, 15), True),
        ("30 m", us(2026, 1, 5, 12, 0, 15), us(2026, 1, 5, 12, 0, 15), True),
        ("15MIN", us(2026, 1, 5, 12, 15, 15), us(2026, 1, 5, 12, 15, 15), True),
        ("15s", us(2026, 1, 5, 12, 30), us(2026, 1, 5, 12, 30), True),
        ("1w", us(2025, 12, 29, 12, 30, 15), us(2025, 12, 29, 12, 30, 15), True),
        ("now", us(2026, 1, 5, 12, 30, 15), us(2026, 1, 5, 12, 30, 15), True),
        ("today", us(2026, 1, 5), us(2026, 1, 6), True),
        ("Yesterday", us(2026, 1, 4), us(2026, 1, 5), True),
        ("2026-01-05", us(2026, 1, 5), us(2026, 1, 6), False),
        ("2026-01-05T10:00", us(2026, 1, 5, 10), us(2026, 1, 5, 10), False),
        ("2026-01-05t10:00:30", us(2026, 1, 5, 10, 0, 30), us(2026, 1, 5, 10, 0, 30), False),
        ("2026-01-05T10:00Z", us(2026, 1, 5, 12), us(2026, 1, 5, 12), False),
        ("2026-01-05T10:00+01:00", us(2026, 1, 5, 11), us(2026, 1, 5, 11), False),
    ],
)
def test_times_are_local(text, at, end, is_relative):
    time = read_time(text, NOW)
    assert (time.at_us, time.end_us, time.is_relative) == (at, end, is_relative)


@pytest.mark.parametrize(
    "text",
    ["", "2", "h", "tomorrow", "2026", "2026-13-01", "2026-02-30", "2026-01-05 10:00",
     "2026-01-05T10", "0000-01-01", "9999-12-31"],
)  # fmt: skip
def test_what_is_no_time(text):
    assert read_time(text, NOW) is None


def test_without_a_zone_the_machine_s_is_taken():
    naive = NOW.replace(tzinfo=None)
    expected = round(naive.timestamp() * 1_000_000) - 3600 * 1_000_000
    assert read_time("1h", naive).at_us == expected


def test_until_a_day_goes_to_its_end():
    since = parse("since:2026-01-05", now=NOW).root
    until = parse("until:2026-01-05", now=NOW).root
    assert since.at_us == us(2026, 1, 5)
    assert until.before_us == us(2026, 1, 6)


def test_the_clock_is_the_default():
    before = datetime.now(UTC).timestamp() - 3600
    at_s = parse("since:1h").root.at_us / 1_000_000
    assert before <= at_s + 1
    assert at_s <= datetime.now(UTC).timestamp() - 3600 + 1
