"""Silence and volume: what is found of feeds that are ill, and of those that are well."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hl7console.settings.alerts import AlertKind, AlertRule, NormalSettings

sys.path.insert(0, str(Path(__file__).parent))

from feed_history_kit import (
    DAY_S,
    HOUR_S,
    NOW_S,
    WEEK_S,
    FeedHistory,
    Watch,
    by_day,
    local,
    poisson,
    until,
)

SILENCE = AlertRule("Silent", AlertKind.SILENCE)
VOLUME = AlertRule("Volume", AlertKind.RATE)
STEADY = 20.0


def one(count) -> dict:
    return {"RIS-in": count}


# Silence.


@pytest.mark.parametrize(
    ("per_hour", "within_h"), [(200.0, 1), (20.0, 2), (2.0, 14)], ids=["busy", "usual", "slow"]
)
def test_that_a_dead_feed_is_silent_within_hours(per_hour: float, within_h: int) -> None:
    dead = until(NOW_S, poisson(lambda _: per_hour))
    found_s = Watch(SILENCE, FeedHistory(one(dead))).first(3 * DAY_S)
    assert found_s is not None
    assert found_s <= within_h * HOUR_S


def test_that_its_text_names_the_feed_and_since_when() -> None:
    watch = Watch(SILENCE, FeedHistory(one(until(NOW_S, lambda _: 20))))
    (found,) = watch.look(5 * HOUR_S)
    assert found.key == ("listener", "RIS-in")
    assert found.text.startswith("RIS-in is silent: no message for 5 h")
    assert found.since_us // 1_000_000 == NOW_S - 1
    assert found.filter == 'listener:"RIS-in"'


def test_that_a_quiet_night_is_no_silence_and_a_quiet_day_is() -> None:
    history = FeedHistory(one(until(NOW_S - 6 * HOUR_S, poisson(by_day))))
    found_s = Watch(SILENCE, history).first(DAY_S)
    assert found_s is not None
    assert 7 * HOUR_S <= found_s <= 9 * HOUR_S


def test_that_a_feed_of_one_message_a_month_is_never_silent() -> None:
    month_s = 30 * DAY_S
    rare = FeedHistory(one(lambda at_s: int(at_s % month_s == 0)), weeks=16)
    assert Watch(SILENCE, rare).first(60 * DAY_S, every_s=6 * HOUR_S) is None


def test_that_too_little_history_says_nothing() -> None:
    young = FeedHistory(one(until(NOW_S, lambda _: 20)), weeks=2)
    assert Watch(SILENCE, young).first(3 * DAY_S) is None


def test_that_a_fixed_time_needs_no_history() -> None:
    rule = AlertRule("Silent", AlertKind.SILENCE, limit=3600)
    young = FeedHistory(one(until(NOW_S, lambda _: 20)), weeks=1)
    assert Watch(rule, young).first(DAY_S) == 3600
    (found,) = Watch(rule, young).look(2 * HOUR_S)
    assert "has brought no message for 2 h" in found.text


def test_that_other_feeds_than_the_rules_are_left_alone() -> None:
    rule = AlertRule("Silent", AlertKind.SILENCE, subjects=("lab*",))
    dead = until(NOW_S, lambda _: 20)
    watch = Watch(rule, FeedHistory({"RIS-in": dead, "LAB-in": dead}))
    assert [found.subject for found in watch.look(5 * HOUR_S)] == ["LAB-in"]


def test_that_a_time_in_which_the_program_did_not_run_is_no_silence() -> None:
    off = (NOW_S, NOW_S + 10 * HOUR_S)
    watch = Watch(SILENCE, FeedHistory(one(until(NOW_S, lambda _: 20)), off=[off]))
    watch.awake_s = off[1]
    assert watch.look(10 * HOUR_S + 60) == []
    assert watch.look(10 * HOUR_S + 1800) == []
    assert len(watch.look(13 * HOUR_S)) == 1


def test_that_a_day_that_is_left_out_is_no_silence() -> None:
    normal = NormalSettings(leave_out=(local(NOW_S).date().isoformat(),))
    watch = Watch(SILENCE, FeedHistory(one(until(NOW_S, lambda _: 20))), normal)
    found_s = watch.first(2 * DAY_S)
    assert found_s is not None
    assert DAY_S < found_s < DAY_S + 2 * HOUR_S


def test_that_a_clock_set_back_is_no_silence() -> None:
    watch = Watch(SILENCE, FeedHistory(one(lambda _: 20)))
    assert watch.look(HOUR_S) == []
    assert watch.look(-30 * DAY_S) == []
    assert watch.look(2 * HOUR_S) == []


@given(seed=st.integers(0, 10_000), per_hour=st.floats(0.02, 60))
@settings(max_examples=25, deadline=None)
def test_that_what_chance_does_is_no_silence(seed: int, per_hour: float) -> None:
    feed = poisson(lambda at_s: per_hour * (2.0 if 8 <= local(at_s).hour < 17 else 0.3), seed)
    assert Watch(SILENCE, FeedHistory(one(feed))).first(4 * DAY_S, every_s=HOUR_S) is None


# Volume.


@pytest.mark.parametrize(
    ("name", "factor", "off"),
    [("half", 0.5, "few"), ("a fifth more", 1.2, ""), ("twice", 2.0, "many"), ("as ever", 1.0, "")],
)
def test_that_a_volume_that_is_not_normal_is_found_within_a_day(name, factor, off) -> None:
    feed = poisson(lambda at_s: STEADY * (factor if at_s >= NOW_S else 1.0))
    watch = Watch(VOLUME, FeedHistory(one(feed)))
    found = watch.look(DAY_S)
    assert [f"unusually {off}" in one.text for one in found] == ([True] if off else []), name


def test_that_a_slow_drift_is_found_by_the_week() -> None:
    feed = poisson(lambda at_s: STEADY * 0.97 ** (max(at_s - NOW_S, 0) / DAY_S))
    watch = Watch(VOLUME, FeedHistory(one(feed)))
    found_s = watch.first(21 * DAY_S, every_s=HOUR_S)
    assert found_s is not None
    assert 4 * DAY_S <= found_s <= 14 * DAY_S
    (found,) = watch.look(found_s)
    assert "in 7 d" in found.text or "in 24 h" in found.text


def test_that_a_dead_feed_is_the_matter_of_silence_alone() -> None:
    dead = until(NOW_S + 5 * HOUR_S, poisson(by_day))
    watch = Watch(VOLUME, FeedHistory(one(dead)))
    assert watch.first(8 * DAY_S, every_s=HOUR_S) is None


def test_that_an_outage_that_is_over_is_no_low_volume_for_days() -> None:
    gone = range(NOW_S + 8 * HOUR_S, NOW_S + 16 * HOUR_S)
    feed = poisson(by_day)
    watch = Watch(VOLUME, FeedHistory(one(lambda at_s: 0 if at_s in gone else feed(at_s))))
    assert watch.first(8 * DAY_S, every_s=HOUR_S) is None


def test_that_hours_in_which_the_program_did_not_run_are_not_missed() -> None:
    feed = poisson(lambda _: STEADY)
    off = [(NOW_S, NOW_S + 8 * HOUR_S)]
    assert Watch(VOLUME, FeedHistory(one(feed), off=off)).first(8 * DAY_S, every_s=HOUR_S) is None


def test_that_holidays_that_are_left_out_are_neither_missed_nor_compared_with() -> None:
    holidays = [local(NOW_S).date(), local(NOW_S - WEEK_S).date()]
    feed = poisson(lambda at_s: 2.0 if local(at_s).date() in holidays else STEADY)
    normal = NormalSettings(leave_out=tuple(day.isoformat() for day in holidays))
    assert Watch(VOLUME, FeedHistory(one(feed)), normal).first(8 * DAY_S, every_s=HOUR_S) is None
    assert Watch(VOLUME, FeedHistory(one(feed))).look(DAY_S) != []


@pytest.mark.parametrize("weeks", [1, 2])
def test_that_too_little_history_has_no_normal_volume(weeks: int) -> None:
    feed = poisson(lambda at_s: STEADY if at_s < NOW_S else 2.0)
    assert Watch(VOLUME, FeedHistory(one(feed), weeks=weeks)).look(DAY_S) == []


def test_that_a_rare_feed_has_no_volume_that_is_not_normal() -> None:
    rare = FeedHistory(one(lambda at_s: int(at_s % (30 * DAY_S) == 0)), weeks=16)
    assert Watch(VOLUME, rare).first(40 * DAY_S, every_s=6 * HOUR_S) is None


def test_that_it_looks_once_an_hour_and_reads_only_what_is_new() -> None:
    history = FeedHistory(one(lambda _: 20))
    read = []
    curves = history.curves

    def counted(scope, since_s, until_s, **options):
        read.append((until_s - since_s) // HOUR_S)
        return curves(scope, since_s, until_s, **options)

    history.curves = counted  # type: ignore[method-assign]
    watch = Watch(VOLUME, history)
    for minute in range(0, 180, 5):
        watch.look(minute * 60)
    assert len(read) == 3
    assert read[0] > 7 * 24
    assert max(read[1:]) <= 5


@given(seed=st.integers(0, 10_000), per_hour=st.floats(0.02, 60))
@settings(max_examples=15, deadline=None)
def test_that_what_chance_does_is_a_normal_volume(seed: int, per_hour: float) -> None:
    feed = poisson(lambda at_s: per_hour * (2.0 if 8 <= local(at_s).hour < 17 else 0.3), seed)
    assert Watch(VOLUME, FeedHistory(one(feed))).first(10 * DAY_S, every_s=HOUR_S) is None
