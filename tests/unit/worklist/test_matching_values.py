"""How one value of a query matches one of a row: dates, times, names, wild cards."""

from __future__ import annotations

import pytest

from hl7console.worklist.matching_values import (
    Span,
    exact_test,
    name_test,
    never,
    read_date,
    read_time,
    text_test,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("20260105", "20260105"),
        ("20260105 ", "20260105"),
        ("20260229", "20260229"),
        ("20260230", ""),
        ("20261301", ""),
        ("20260100", ""),
        ("2026010", ""),
        ("2026010x", ""),
        ("\uff12\uff10260105", ""),
        ("", ""),
    ],
)
def test_dates(text, found):
    assert read_date(text) == found


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("09", "090000.000000", "095959.999999"),
        ("0930", "093000.000000", "093059.999999"),
        ("093015", "093015.000000", "093015.999999"),
        ("093015.5", "093015.500000", "093015.599999"),
        ("235960", "235960.000000", "235960.999999"),
        ("24", "", ""),
        ("0960", "", ""),
        ("093061", "", ""),
        ("093", "", ""),
        ("0930.5", "", ""),
        ("093015.", "", ""),
        ("093015.1234567", "", ""),
        ("nine", "", ""),
    ],
)
def test_times_are_filled_up_at_their_start_or_end(text, start, end):
    assert (read_time(text), read_time(text, is_end=True)) == (start, end)


@pytest.mark.parametrize(
    ("key", "value", "is_in"),
    [
        ("20260105", "20260105", True),
        ("20260105", "20260106", False),
        ("20260105-", "20270101", True),
        ("-20260105", "20260106", False),
        ("20260105-20260107", "20260107", True),
        ("20260105-20260107", "20260108", False),
        ("20260105-2026", "20260105", False),
        ("-", "20260105", False),
        ("20260105", "", False),
    ],
)
def test_date_ranges(key, value, is_in):
    assert Span(key, is_time=False).holds(value) is is_in


@pytest.mark.parametrize(
    ("key", "is_time", "first", "last"),
    [
        ("09:30-10:00", True, "093000.000000", "100059.999999"),
        ("2026.01.05", False, "20260105", "20260105"),
        ("2026/01/05-2026/01/06", False, "20260105", "20260106"),
        ("2026-01-05", False, "20260105", "20260105"),
        ("2026-01-05-2026-01-06", False, "20260105", "20260106"),
    ],
)
def test_foreign_dates_and_times_are_tidied_only_where_wanted(key, is_time, first, last):
    span = Span(key, is_time=is_time, is_loose=True)
    assert (span.is_valid, span.first, span.last) == (True, first, last)
    strict = Span(key, is_time=is_time)
    assert (strict.is_valid, strict.first, strict.last) != (True, first, last)


@pytest.mark.parametrize(
    ("key", "value", "is_same"),
    [
        ("DOE^JANE", "doe^jane", True),
        ("DOE^J*", "DOE^JANE^MARY", True),
        ("DOE*", "DOE^JANE", True),
        ("DOE", "DOE^JANE", False),
        ("DOE^JANE", "DOE", False),
        ("D?E^JANE", "DOE^JANE", True),
        ("DOE^JANE^^^", "DOE^JANE", True),
        ("*", "^", False),
        ("YAMADA*=山田*", "YAMADA^TARO=山田^太郎", True),
        ("YAMADA*=山田*", "YAMADA^TARO", False),
        ("=山田*", "YAMADA^TARO=山田^太郎", True),
        ("=鈴木*", "YAMADA^TARO=山田^太郎", False),
        ("YAMADA*==", "YAMADA^TARO", True),
    ],
)
def test_names_go_component_by_component(key, value, is_same):
    assert name_test(key)(value) is is_same


def test_names_may_be_matched_without_accents_or_with_a_star_behind():
    assert not name_test("DUPRE^ZOE")("DUPRÉ^ZOÉ")
    assert name_test("DUPRE^ZOE", fold_accents=True)("DUPRÉ^ZOÉ")
    assert name_test("DUP", append_wildcard=True)("DUPRÉ^ZOÉ")


def test_texts_keep_blanks_in_front_unless_they_are_ae_titles():
    assert not text_test([" A"])("A")
    assert text_test([" A"], is_ae=True)("A ")
    assert text_test(["a*"], ignore_case=True)("ABC")
    assert not text_test(["a*"])("ABC")
    assert text_test(["X", "A?"])("AB")


def test_exact_keys_know_no_wild_cards_and_no_padding():
    assert exact_test(["1.2\0", "3"])("1.2")
    assert not exact_test(["1.*"])("1.2")
    assert not never("anything")
