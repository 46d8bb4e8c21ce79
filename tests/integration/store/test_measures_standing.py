"""Measures beside counts: backlogs, runs and gaps, what is kept how long, and what is normal."""

from __future__ import annotations

import math
import threading
from datetime import UTC, datetime

import pytest
from measures_store_kit import BEGIN_S, curve, measured, measuring, turn

from hl7console.engine.measures.ack_times import AckTimes
from hl7console.engine.measures.measuring import KILLED_TEXT, Measures
from hl7console.settings.alerts import NormalSettings
from hl7console.store.measures.loading import load_feeds, load_hours
from hl7console.store.measures.naming import MOST
from hl7console.store.measures.records import Scope

HOUR_S, DAY_S = 3600, 86_400
PACS = (Scope.DESTINATION, "PACS")


def utc(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


def put(store, message, at_s: int, count: int = 1) -> None:
    store.put(*[message(received_at_us=at_s * 1_000_000) for _ in range(count)])


# Backlogs.


def test_a_backlog_is_carried_on_until_it_changes_and_its_peak_is_kept(store):
    standing = {PACS: (0, 0, 0)}
    with measuring(store, sample=lambda _: dict(standing)) as measures:
        for second in range(130):
            if second == 5:
                standing[PACS] = (7, 2, 1)
            if second == 100:
                standing[PACS] = (90, 3, 1)
            if second == 101:
                standing[PACS] = (2, 0, 1)
            turn(measures, BEGIN_S + second)
        measures.finish((BEGIN_S + 130) * 1_000_000)
    found = curve(store, *PACS, BEGIN_S, BEGIN_S + 130)
    assert found.backlog == [0] * 5 + [7] * 95 + [90] + [2] * 29
    assert found.head_age_s == [0] * 5 + [2] * 95 + [3] + [0] * 29
    assert found.connections == [0] * 5 + [1] * 125
    by_minute = curve(store, *PACS, BEGIN_S, BEGIN_S + 120, 2)
    assert (by_minute.step_s, by_minute.backlog) == (60, [7, 90])


def test_peaks_are_the_tops_of_the_curves(store):
    names = ("A", "B", "C", "D")
    series = {name: (Scope.DESTINATION, name) for name in names}
    standing = {series[name]: (0, 0, 0) for name in names}
    changes = {2: ("A", 50), 4: ("A", 3), 6: ("B", 9), 40: ("C", 4), 41: ("C", 0), 95: ("B", 1)}
    with measuring(store, sample=lambda _: dict(standing)) as measures:
        for second in range(140):
            if second in changes:
                name, backlog = changes[second]
                standing[series[name]] = (backlog, 0, 0)
            turn(measures, BEGIN_S + second)
    with measured(store) as reader:
        for first, last in ((0, 140), (10, 60), (3, 5), (41, 90), (96, 140), (130, 135)):
            span = (BEGIN_S + first, BEGIN_S + last)
            peaks = reader.peaks(Scope.DESTINATION, *span)
            tops = {name: max(curve(store, *series[name], *span).backlog) for name in names}
            assert {name: peaks.get(name, 0) for name in names} == tops, (first, last)
        by_hour = reader.peaks(Scope.DESTINATION, BEGIN_S - 90 * DAY_S, BEGIN_S + 140)
    assert {name: by_hour.get(name, 0) for name in names} == {"A": 50, "B": 9, "C": 4, "D": 0}


def test_a_backlog_of_a_queue_that_is_gone_ends(store):
    standing = {PACS: (7, 2, 1)}
    with measuring(store, sample=lambda _: dict(standing)) as measures:
        turn(measures, BEGIN_S)
        standing.clear()
        turn(measures, BEGIN_S + 1)
        turn(measures, BEGIN_S + 2)
    assert curve(store, *PACS, BEGIN_S, BEGIN_S + 3).backlog == [7, 0, 0]


def test_no_backlog_is_drawn_where_the_program_did_not_run(store):
    with measuring(store, sample=lambda _: {PACS: (7, 2, 1)}) as measures:
        turn(measures, BEGIN_S)
        measures.finish((BEGIN_S + 1) * 1_000_000)
    with measuring(store, sample=lambda _: {PACS: (9, 2, 1)}) as measures:
        turn(measures, BEGIN_S + 10)
    found = curve(store, *PACS, BEGIN_S, BEGIN_S + 11)
    assert found.is_known == [True] * 2 + [False] * 8 + [True]
    assert found.backlog == [7] * 2 + [0] * 8 + [9]


# Runs.


def test_a_sleep_is_a_gap_and_a_pause_of_a_minute_is_none(store):
    with measuring(store) as measures:
        for second in (0, 60, 3660, 3661):
            turn(measures, BEGIN_S + second)
    found = curve(store, Scope.ALL, "", BEGIN_S, BEGIN_S + 3670)
    known = [second for second, is_known in enumerate(found.is_known) if is_known]
    assert set(range(61)) <= set(known)
    assert not set(range(100, 3660)) & set(known)
    assert 3661 in known


@pytest.mark.parametrize("jump_s", [-3600, -5 * 365 * DAY_S, 3600, 70 * 365 * DAY_S])
def test_a_clock_that_jumps_and_comes_back_costs_nothing(store, message, jump_s):
    put(store, message, BEGIN_S - 30 * DAY_S)
    with measuring(store) as measures:
        turn(measures, BEGIN_S)
        for second in range(40):
            put(store, message, BEGIN_S + jump_s + second)
            turn(measures, BEGIN_S + jump_s + second)
        put(store, message, BEGIN_S + 10)
        turn(measures, BEGIN_S + 10)
        measures.finish((BEGIN_S + 11) * 1_000_000)
    found = curve(store, Scope.ALL, "", BEGIN_S, BEGIN_S + 11)
    assert (found.step_s, found.received[10]) == (1, 1)
    before = curve(store, Scope.ALL, "", BEGIN_S - 31 * DAY_S, BEGIN_S - 29 * DAY_S, 2)
    assert sum(before.received) == 1
    at_jump_s = (BEGIN_S + jump_s) // HOUR_S * HOUR_S
    jumped = curve(store, Scope.ALL, "", at_jump_s, at_jump_s + HOUR_S, 1)
    assert jumped.received == [40 if jump_s != 0 else 0]


def test_starts_and_ends_are_marked_those_that_nobody_wanted_too(store):
    with measuring(store) as measures:
        turn(measures, BEGIN_S)
        measures.finish((BEGIN_S + 5) * 1_000_000)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 10)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 20)
    with measured(store) as reader:
        marks = reader.marks(BEGIN_S, BEGIN_S + 30)
    told = [(mark.at_us // 1_000_000 - BEGIN_S, mark.kind) for mark in marks]
    assert told == [(0, "start"), (5, "stop"), (10, "start"), (11, "stop"), (20, "start")]
    assert [mark.text for mark in marks if mark.text == KILLED_TEXT] == [KILLED_TEXT]


# What is kept.


def rows(measures: Measures, width: int) -> list[int]:
    found = measures._store.database.all(
        "SELECT at_s FROM steps WHERE resolution = ? AND received > 0"
        " AND series_id = (SELECT id FROM series WHERE scope = 'all')", (width,)
    )  # fmt: skip
    return [int(row[0] or 0) for row in found]


def test_seconds_minutes_and_hours_are_kept_as_long_as_they_should(store, message):
    with measuring(store) as measures:
        for at_s in range(BEGIN_S, BEGIN_S + 4 * DAY_S, 6 * HOUR_S):
            put(store, message, at_s)
            for passed_s in range(0, 6 * HOUR_S, 60):
                turn(measures, at_s + passed_s)
        now_s = BEGIN_S + 4 * DAY_S
        assert rows(measures, 1) == []
        minutes = rows(measures, 60)
        assert now_s - 2 * DAY_S in minutes
        assert now_s - 3 * DAY_S not in minutes
        assert len(rows(measures, 3600)) == 16
        assert len(rows(measures, 86400)) == 4
        fresh = measures._store.database.integer("SELECT count(*) FROM fresh")
        assert fresh <= 1


def test_hours_are_removed_after_two_years_a_day_at_a_time(store):
    old_s = BEGIN_S - 740 * DAY_S
    hours = [(old_s + n * HOUR_S, 1) for n in range(6 * 24)]
    load_hours(store.path, store.key, Scope.ALL, "", [*hours, (BEGIN_S, 1)])
    with measuring(store) as measures:
        for hour in range(1, 20):
            turn(measures, BEGIN_S + hour * HOUR_S)
            for minute in range(60):
                turn(measures, BEGIN_S + hour * HOUR_S + minute * 60)
            if hour == 2:
                assert len(rows(measures, 3600)) == 5 * 24 + 1
        assert rows(measures, 3600) == [BEGIN_S]
        assert rows(measures, 86400) == [BEGIN_S]


def test_names_that_were_made_up_make_room_for_new_ones_after_a_week(store, message, monkeypatch):
    monkeypatch.setitem(MOST, Scope.SENDER, 10)

    def come(at_s: int, *senders: str) -> None:
        for sender in senders:
            store.put(message(sender=sender, received_at_us=at_s * 1_000_000))

    made_up = [f"X{number}" for number in range(9)]
    with measuring(store) as measures:
        come(BEGIN_S, *made_up)
        come(BEGIN_S + 1, "RIS")
        turn(measures, BEGIN_S + 2)
        for hour in range(1, 8 * 24):
            come(BEGIN_S + hour * HOUR_S, "RIS", "NEW")
            turn(measures, BEGIN_S + hour * HOUR_S)
            turn(measures, BEGIN_S + hour * HOUR_S + 1)
    with measuring(store, longest_gap_s=2 * HOUR_S) as measures:
        for hour in range(8 * 24, 8 * 24 + 3):
            come(BEGIN_S + hour * HOUR_S, "RIS", "NEW")
            turn(measures, BEGIN_S + hour * HOUR_S)
    with measured(store) as reader:
        names = reader.series(Scope.SENDER)
        last = BEGIN_S + 8 * 24 * HOUR_S
        received = reader.totals(Scope.SENDER, BEGIN_S, last + 3 * HOUR_S)
    assert {"RIS", "NEW", "(other)"} <= set(names)
    assert 0 < len(set(names) & set(made_up)) < 9
    assert received["RIS"].received == 8 * 24 + 3


# Times.


def test_acknowledgement_times_belong_to_the_second_of_their_message(store, message):
    times = AckTimes()
    new = message(received_at_us=BEGIN_S * 1_000_000)
    for took_ms in range(1, 101):
        times.note(new, took_ms / 1000)
    times.note_query("WORKLIST", 2_000, True)
    with measuring(store, ack_times=times) as measures:
        turn(measures, BEGIN_S + 1)
        turn(measures, BEGIN_S + 2)
    names = ((Scope.ALL, ""), (Scope.LISTENER, "RIS-in"), (Scope.SENDER, "RIS|HOSP"))
    for scope, name in (*names, (Scope.TYPE, "ORM^O01")):
        taken = curve(store, scope, name, BEGIN_S, BEGIN_S + 2).latency
        assert taken[1] is None
        assert taken[0] is not None
        assert (taken[0].total, taken[0].most) == (100, 100_000)
        assert abs(taken[0].percentile(50) - 50_000) <= 1_000
    with measured(store) as reader:
        assert reader.series(Scope.WORKLIST) == ("WORKLIST",)


def test_notes_do_not_pile_up_when_nobody_collects_them(message, monkeypatch):
    monkeypatch.setattr("hl7console.engine.measures.ack_times.MOST_NOTES", 10)
    times = AckTimes()
    for _ in range(100):
        times.note(message(), 0.1)
    assert len(times._notes) == 10


# Normal.


def rhythm(at_s: int) -> int:
    moment = utc(at_s)
    return 100 if 8 <= moment.hour < 18 and moment.weekday() < 5 else 4


def learned(store, weeks: int, settings: NormalSettings | None = None, **feeds) -> None:
    begin_s = BEGIN_S - weeks * 7 * DAY_S
    hours = range(begin_s, BEGIN_S, HOUR_S)
    made = [
        (Scope.LISTENER, name, [(at_s, brings(at_s)) for at_s in hours])
        for name, brings in feeds.items()
    ]
    load_feeds(store.path, store.key, made)
    with measuring(store, local=utc) as measures:
        measures.set_normal(settings or NormalSettings())
        turn(measures, BEGIN_S)
        measures.learn(BEGIN_S * 1_000_000)


@pytest.fixture
def band(store, monkeypatch):
    monkeypatch.setattr("hl7console.store.measures.learning.local_time", utc)

    def band(name: str, since_s: int, until_s: int, step_s: int):
        with measured(store) as reader:
            return reader.band(Scope.LISTENER, name, since_s, until_s, step_s)

    return band


def monday(hour: int) -> int:
    return BEGIN_S + hour * HOUR_S


def test_the_normal_of_a_feed_follows_the_hours_of_its_week(store, band):
    learned(store, 8, steady=rhythm)
    found = band("steady", monday(0), monday(24), HOUR_S)
    assert found.weeks == 8
    assert found.typical[9] == 100
    assert found.typical[3] == 4
    assert 60 < found.low[9] < 80 < 120 < found.high[9] < 140
    assert found.low[3] == 0
    sunday = band("steady", BEGIN_S + 6 * DAY_S, BEGIN_S + 7 * DAY_S, HOUR_S)
    assert sunday.typical == [4] * 24
    whole_day = band("steady", BEGIN_S, BEGIN_S + DAY_S, DAY_S)
    assert whole_day.typical == [100 * 10 + 4 * 14]
    minutes = band("steady", monday(9), monday(10), 60)
    assert minutes.typical == pytest.approx([100 / 60] * 60)
    assert minutes.low == [0] * 60


def test_one_bad_week_does_not_move_it(store, band):
    bad_since_s = BEGIN_S - 21 * DAY_S

    def outage(at_s: int) -> int:
        return 0 if bad_since_s <= at_s < bad_since_s + 7 * DAY_S else rhythm(at_s)

    def flood(at_s: int) -> int:
        return 9000 if bad_since_s <= at_s < bad_since_s + 7 * DAY_S else rhythm(at_s)

    learned(store, 8, outage=outage, flood=flood)
    for name in ("outage", "flood"):
        found = band(name, monday(0), monday(24), HOUR_S)
        assert found.typical[9] == 100
        assert found.typical[3] == 4
        assert found.low[9] > 50
        assert found.high[9] < 150


def test_too_few_weeks_are_not_enough_history(store, band):
    learned(store, 2, young=rhythm)
    assert band("young", monday(0), monday(24), HOUR_S) is None
    assert band("unheard of", monday(0), monday(24), HOUR_S) is None


def test_a_feed_is_judged_from_its_first_message_on(store, band):
    learned(store, 8, new=lambda at_s: rhythm(at_s) if at_s >= BEGIN_S - 4 * 7 * DAY_S else 0)
    found = band("new", monday(9), monday(10), HOUR_S)
    assert (found.weeks, found.typical) == (4, [100])


def test_days_that_are_left_out_do_not_count(store, band):
    days = {BEGIN_S - n * 7 * DAY_S for n in range(1, 5)}
    texts = tuple(f"{utc(at_s):%Y-%m-%d}" for at_s in sorted(days))
    kept = (f"{texts[0]}..{texts[0]}", *texts[1:], "no day at all")

    def holidays(at_s: int) -> int:
        return 0 if at_s // DAY_S * DAY_S in days else rhythm(at_s)

    learned(store, 8, NormalSettings(leave_out=kept), holidays=holidays)
    found = band("holidays", monday(9), monday(10), HOUR_S)
    assert (found.weeks, found.typical) == (4, [100])


def test_hours_in_which_the_program_did_not_run_do_not_count(store, band):
    week_s = 7 * DAY_S
    hours = [
        (at_s, rhythm(at_s))
        for week in range(8)
        if week % 2
        for at_s in range(BEGIN_S - (week + 1) * week_s, BEGIN_S - week * week_s, HOUR_S)
    ]
    for week in range(1, 8, 2):
        begin_s = BEGIN_S - (week + 1) * week_s
        part = [hour for hour in hours if begin_s <= hour[0] < begin_s + week_s]
        load_hours(store.path, store.key, Scope.LISTENER, "gaps", part)
    with measuring(store, local=utc) as measures:
        measures.learn(BEGIN_S * 1_000_000)
    found = band("gaps", monday(9), monday(10), HOUR_S)
    assert (found.weeks, found.typical) == (4, [100])


def test_a_rare_feed_is_not_called_silent_and_a_step_without_history_is_a_gap(store, band):
    learned(store, 8, rare=lambda at_s: 1 if (at_s // HOUR_S) % 3 == 0 else 0)
    found = band("rare", monday(0), monday(24), HOUR_S)
    assert 4 <= sum(found.typical) <= 12
    with measured(store) as reader:
        assert reader.band(Scope.TYPE, "rare", monday(0), monday(1), HOUR_S) is None


def test_an_hour_that_is_over_is_learned_in_the_next_turn(store, message, band):
    learned(store, 3, steady=lambda _: 10)
    with measuring(store, local=utc, longest_gap_s=4000) as measures:
        measures.learn(BEGIN_S * 1_000_000)
        store.put(
            *[message(received_at_us=BEGIN_S * 1_000_000, interface="steady") for _ in range(70)]
        )
        turn(measures, BEGIN_S + 1)
        turn(measures, BEGIN_S + HOUR_S + 1)
    with measured(store) as reader:
        found = reader.band(Scope.LISTENER, "steady", monday(0), monday(1), HOUR_S)
    assert found is not None
    assert found.weeks == 4
    assert not math.isnan(found.typical[0])


def test_nobody_but_its_own_thread_may_use_measures(store):
    faults: list[Exception] = []
    with measuring(store) as measures:

        def use() -> None:
            try:
                measures.step(BEGIN_S * 1_000_000)
            except Exception as fault:  # noqa: BLE001 - which one is what the test is about
                faults.append(fault)

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
    assert [type(fault).__name__ for fault in faults] == ["WrongThreadError"]
