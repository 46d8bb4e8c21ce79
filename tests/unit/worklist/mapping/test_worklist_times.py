"""Dates and times: hl7console.worklist.mapping.times."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import AT_US, profile, view_of

from hl7console.worklist.mapping.times import (
    day_of_us,
    event_time,
    is_day,
    moment_of,
    start_of,
)

BERLIN = '[options]\nzone = "Europe/Berlin"'
FORMATS = '[options]\ndate_formats = ["YYYY-MM-DD hh:mm", "DD.MM.YYYY"]'


@pytest.mark.parametrize(
    ("raw", "date", "time", "flags"),
    [
        ("20240131", "20240131", "", ()),
        ("2024013110", "20240131", "10", ()),
        ("202401311015", "20240131", "1015", ()),
        ("20240131101530", "20240131", "101530", ()),
        ("20240131101530.1234", "20240131", "101530.1234", ()),
        ("20240131101530.123456", "20240131", "101530.123456", ()),
        ("2024", "", "", ("date_partial",)),
        ("202401", "", "", ("date_partial",)),
        ("20240131240000", "20240201", "000000", ("midnight_24",)),
        ("20241231240000", "20250101", "000000", ("midnight_24",)),
        ("20240131101560", "20240131", "101559", ("leap_second",)),
        ("20240229", "20240229", "", ()),
        (" 20240131 ", "20240131", "", ()),
        ("20240131101530+0100", "20240131", "101530", ()),
    ],
)
def test_what_is_a_date(raw: str, date: str, time: str, flags: tuple[str, ...]):
    assert moment_of(raw, profile()) == (date, time, flags)


@pytest.mark.parametrize(
    "raw",
    [
        "", "x", "20240132", "20240231", "20230229", "20241301", "00000101", "2024013125",
        "202401311060", "20240131101561", "20240131250000", "20240131240001", "2024-01-31",
        "31.01.2024", "202401311", "tomorrow", "20240131.5", "202413",
        "\uff12\uff10\uff12\uff14\uff10\uff11\uff13\uff11", "99991231240000",
    ],
)  # fmt: skip
def test_what_is_none(raw: str):
    assert moment_of(raw, profile()) is None


@pytest.mark.parametrize(
    ("raw", "date", "time"),
    [
        ("20240131101530+0000", "20240131", "111530"),
        ("20240701101530+0000", "20240701", "121530"),
        ("202401312330-0500", "20240201", "0530"),
        ("2024013110+0000", "20240131", "11"),
        ("2024013110+0530", "20240131", "0530"),
        ("20240131101530.25Z", "", ""),
        ("20240131101530.25+0100", "20240131", "101530.25"),
    ],
)
def test_a_zone_is_converted_to_the_departments(raw: str, date: str, time: str):
    moment = moment_of(raw, profile(BERLIN))
    assert (moment[:2] if moment else ("", "")) == (date, time)


def test_an_impossible_zone_is_no_date():
    assert moment_of("20240131101530+9900", profile(BERLIN)) is None


@pytest.mark.parametrize(
    ("raw", "date", "time"),
    [("2024-01-31 10:15", "20240131", "1015"), ("31.01.2024", "20240131", "")],
)
def test_other_formats_by_the_profile_only(raw: str, date: str, time: str):
    assert moment_of(raw, profile(FORMATS)) == (date, time, ("date_format",))
    assert moment_of("2024-13-31 10:15", profile(FORMATS)) is None


def test_a_start_without_a_time_is_flagged():
    assert start_of("20240131", profile()) == ("20240131", "000000", ("time_unknown",))
    text = '[options]\ntime_unknown = "0700"'
    assert start_of("20240131", profile(text))[1] == "0700"
    assert start_of("2024", profile()) == ("", "", ("date_partial",))
    assert start_of("soon", profile()) == ("", "", ("date_invalid",))
    assert start_of("20240131093000", profile())[:2] == ("20240131", "093000")


def told(*segments: str, msh_7: str = "20261103080000", text: str = "") -> tuple[str, str, str]:
    view, entry = view_of(*segments, msh=f"MSH|^~\\&|RIS|HOSP|C|RAD|{msh_7}||ORM^O01|M1|P|2.3.1")
    return event_time(view, view.first("ORC"), entry, profile(text))


def test_the_first_of_the_fields_counts():
    orc = "ORC|NW|1||||||" + "|20261103070000||||||20261103060000"
    assert told(orc) == ("20261103070000", "ORC-9", "")
    assert told(orc.replace("20261103070000", "")) == ("20261103060000", "ORC-15", "")
    assert told("EVN||202611030500||||202611030400") == ("20261103040000", "EVN-6", "")
    assert told("EVN||202611030500") == ("20261103050000", "EVN-2", "")
    assert told() == ("20261103080000", "MSH-7", "")
    assert told("EVN||garbage") == ("20261103080000", "MSH-7", "")
    assert told(msh_7="") == ("20261103080002", "", "arrival_time")


@pytest.mark.parametrize(
    ("msh_7", "rule"),
    [
        ("20261103080500", ""),
        ("20261103080600", "clock_skew"),
        ("20261027080100", ""),
        ("20261027075900", "clock_skew"),
        ("20361103080000", "clock_skew"),
    ],
)
def test_a_clock_that_is_far_off_is_not_believed(msh_7: str, rule: str):
    found = told(msh_7=msh_7, text='[options]\nzone = "UTC"')
    assert found[2] == rule
    assert found[0] == ("20261103080002" if rule else msh_7)


@pytest.mark.parametrize(
    ("msh_7", "rule"),
    [
        ("20261103100000", ""),  # two hours east
        ("20261103100130", ""),
        ("20261103134500", ""),  # Nepal
        ("20261103020100", ""),  # six hours west
        ("20261103101200", "clock_skew"),
        ("20261103081700", "clock_skew"),  # no zone is so near to UTC
        ("20261103080400", ""),
        ("20261104000000", "clock_skew"),  # nor so far
    ],
)
def test_without_a_zone_what_can_be_one_is_no_skew(msh_7: str, rule: str):
    found = told(msh_7=msh_7)
    assert found == (("", "", rule) if rule else (msh_7, "MSH-7", ""))


def test_without_a_zone_other_times_go_by_the_clock_of_the_header():
    orc = "ORC|NW|1||||||" + "|20261103{}00"
    assert told(orc.format("0940"), msh_7="20261103100000") == ("20261103094000", "ORC-9", "")
    assert told(orc.format("1040"), msh_7="20261103100000") == ("20261103100000", "MSH-7", "")


def test_a_future_effective_date_does_not_order_messages():
    orc = "ORC|NW|1||||||" + "|||||||20261204060000"
    assert told(orc) == ("20261103080000", "MSH-7", "")


def test_arrival_is_told_in_the_departments_zone():
    assert told(msh_7="", text=BERLIN)[0] == "20261103090002"
    assert day_of_us(AT_US) == "20261103"


@given(st.text(max_size=30))
def test_no_text_is_too_odd(raw: str):
    for text in ("", BERLIN, FORMATS):
        moment = moment_of(raw, profile(text))
        assert moment is None or not moment.date or is_day(moment.date)


@given(st.text(alphabet="0123456789.+-", max_size=26))
def test_digits_give_a_day_or_nothing(raw: str):
    for text in ("", BERLIN):
        moment = moment_of(raw, profile(text))
        assert moment is None or not moment.date or is_day(moment.date)
