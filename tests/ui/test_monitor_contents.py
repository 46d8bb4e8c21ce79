"""What plots and tiles of the Monitor say, without a window: axes, rates, filters, CSV, tiles."""

from __future__ import annotations

import csv
import io
import itertools
import math
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from monitor_window_kit import MadeUpMeasures, alert, status

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, LinkState
from hl7console.hl7v2.filters import parse
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.records import Curve, Mark, Scope
from hl7console.ui.monitor import contents
from hl7console.ui.monitor.csv_table import csv_text
from hl7console.ui.monitor.filters import steps_filter
from hl7console.ui.monitor.legend import fitting
from hl7console.ui.monitor.line_style import style_of
from hl7console.ui.monitor.marks import marks_of, near
from hl7console.ui.monitor.rates import RateMeter
from hl7console.ui.monitor.reading import heat_of, read_shown, read_trends, top_causes, trend_of
from hl7console.ui.monitor.shown import NOTHING, OTHER, Asked, Normal, Series, Trend, Trends
from hl7console.ui.monitor.spans import last_week_s, offset_s
from hl7console.ui.monitor.tiles import figure, ms_text, summary_of, tile_of, tiles_of
from hl7console.ui.monitor.time_axis import time_ticks
from hl7console.ui.monitor.value_axis import round_step, tens_marks, tens_text, value_text

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT_S = int(datetime(2026, 10, 24, 20, 0, tzinfo=BERLIN).timestamp())
"""The clocks go back in the night after."""
SPRING_S = int(datetime(2026, 3, 28, 20, 0, tzinfo=BERLIN).timestamp())
"""The clocks go forward in the night after."""
US = 1_000_000
NOW_US = 1_780_000_000 * US


# The time axis


@pytest.mark.parametrize("since_s", [NIGHT_S, SPRING_S])
def test_marks_stand_at_round_local_times_over_a_change_of_the_clocks(since_s):
    ticks = time_ticks(since_s, since_s + 14 * 3600, 16, BERLIN)
    labels = [label for _, label in ticks]
    assert labels[0] == "20:00"
    assert any(label.startswith("Sun") for label in labels), labels
    for at_s, label in ticks:
        moment = datetime.fromtimestamp(at_s, BERLIN)
        assert moment.minute == 0
        assert label in (f"{moment:%H:%M}", f"{moment:%a} {moment.day} {moment:%b}")


def test_days_are_marked_at_midnight_though_one_has_25_hours():
    ticks = time_ticks(NIGHT_S - 3 * 86_400, NIGHT_S + 3 * 86_400, 7, BERLIN)
    assert [datetime.fromtimestamp(at_s, BERLIN).hour for at_s, _ in ticks] == [0] * 6
    assert {b - a for (a, _), (b, _) in itertools.pairwise(ticks)} == {86_400, 90_000}


@given(
    since_s=st.integers(0, 4_000_000_000),
    length_s=st.integers(1, 800 * 86_400),
    most=st.integers(1, 40),
    zone=st.sampled_from([BERLIN, ZoneInfo("UTC"), ZoneInfo("Australia/Lord_Howe")]),
)
def test_marks_are_in_order_within_the_span_and_not_many_more_than_asked(
    since_s, length_s, most, zone
):
    ticks = [at_s for at_s, _ in time_ticks(since_s, since_s + length_s, most, zone)]
    assert ticks == sorted(set(ticks))
    assert all(since_s <= at_s <= since_s + length_s for at_s in ticks)
    assert len(ticks) <= most + 3


def test_days_need_more_room_than_times_of_day():
    for length_s, count in ((12 * 3600, 5), (5 * 86_400, 3)):
        since_s = SPRING_S - 10 * 86_400
        ticks = time_ticks(since_s, since_s + length_s, 5, BERLIN, most_days=3)
        assert 1 < len(ticks) <= count, ticks


def test_years_are_told_by_their_number():
    since_s = int(datetime(2024, 11, 24, tzinfo=BERLIN).timestamp())
    labels = [label for _, label in time_ticks(since_s, since_s + 730 * 86_400, 9, BERLIN)]
    assert "2025" in labels
    assert "2026" in labels


@given(at_s=st.integers(1_000_000_000, 3_000_000_000))
def test_last_week_is_the_same_time_of_day(at_s):
    now = datetime.fromtimestamp(at_s, BERLIN)
    before = datetime.fromtimestamp(last_week_s(at_s, BERLIN), BERLIN)
    # In the hour that is left out or comes twice it can be one hour off.
    assert (now.replace(tzinfo=None) - before.replace(tzinfo=None)).days in (6, 7)
    if now.hour not in (1, 2, 3):
        assert (now.hour, now.minute, now.second) == (before.hour, before.minute, before.second)


def test_the_offset_is_that_of_the_moment():
    assert offset_s(NIGHT_S, BERLIN) == 7200
    assert offset_s(NIGHT_S + 86_400, BERLIN) == 3600


@given(length=st.floats(1e-6, 1e9), most=st.integers(2, 30))
def test_values_are_marked_at_round_steps_and_few(length, most):
    step = round_step(length, most)
    assert length / step <= most * (1 + 1e-9)
    assert length / step >= most / 5
    assert f"{step:.3e}"[0] in "125"


def test_values_at_an_axis_are_short():
    assert [value_text(v, 0.5) for v in (0, 0.5, 20)] == ["0.0", "0.5", "20.0"]
    assert [value_text(v, 5000) for v in (5000, 25_000, 2_500_000)] == ["5,000", "25k", "2.5M"]
    assert [tens_text(p) for p in tens_marks(-1, 1)] == ["0.1", "0.2", "0.5", "1", "2", "5", "10"]
    assert [tens_text(p) for p in tens_marks(0, 5)] == ["1", "10", "100", "1 s", "10 s", "100 s"]


# Filters


def curve_of(received: list[int], *, since_s: int = 1_780_000_000, step_s: int = 10, **changes):
    count = len(received)
    values = {
        "scope": "all", "name": "", "since_s": since_s, "step_s": step_s,
        "is_known": [True] * count, "received": received, "accepted": received,
        "refused": [0] * count, "unclear": [0] * count, "duplicates": [0] * count,
        "size_bytes": [0] * count, "latency": [None] * count, "wait": [None] * count,
        "backlog": [0] * count, "head_age_s": [0] * count, "connections": [0] * count,
    }  # fmt: skip
    return Curve(**(values | changes))


class OneCurve(MadeUpMeasures):
    """Measures that have one curve."""

    def __init__(self, curve: Curve) -> None:
        super().__init__({})
        self.only = curve

    def curve(self, scope, name, since_s, until_s, *, most_steps=720, times=True):
        return replace(self.only, scope=str(scope), name=name)

    def curves(
        self, scope, since_s, until_s, *, names=None, most_steps=720, times=True, columns=()
    ):
        return {name: self.curve(scope, name, since_s, until_s) for name in names or ()}

    def causes(self, scope, name, since_s, until_s, *, most_steps=720):
        return {"AE 101": self.only.refused}

    def marks(self, since_s, until_s):
        return ()

    def band(self, *_):
        return None


def shown_of(curve: Curve, series: Series = Series(), *, now_s: int = 0, **asked):  # noqa: B008
    now_s = now_s or curve.until_s + 60
    wanted = Asked(series, curve.since_s, curve.until_s, now_s, **asked)
    return read_shown(OneCurve(curve), wanted)


def test_a_filter_names_interface_result_and_exactly_the_steps():
    text = steps_filter(
        Series(Scope.LISTENER, 'Lab "A" in'), "refused", NIGHT_S, NIGHT_S + 60, BERLIN
    )
    assert text == (
        'direction:received listener:"Lab \\"A\\" in" (status:error or status:rejected)'
        " since:2026-10-24T20:00:00+02:00 until:2026-10-24T20:01:00+02:00"
    )
    parse(text)
    assert steps_filter(Series(), "received", NIGHT_S, NIGHT_S + 1, BERLIN).startswith(
        "direction:received since:"
    )
    out = steps_filter(Series(Scope.DESTINATION, "PACS"), "refused", NIGHT_S, NIGHT_S + 1, BERLIN)
    assert out.startswith("destination:PACS since:")


@given(
    step_s=st.sampled_from([1, 30, 3600, 86_400]),
    first=st.floats(0, 100_000),
    length=st.floats(0, 50_000),
)
def test_a_stretch_takes_whole_steps_and_no_more(step_s, first, length):
    line = contents.Line("received", "", "", 0, step_s, [1.0] * 10)
    since_s, until_s = contents.steps_within(line, first, first + length)
    assert since_s % step_s == until_s % step_s == 0
    assert since_s <= first < since_s + step_s
    assert until_s - step_s <= first + length < until_s


def test_a_click_means_the_line_next_to_it():
    shown = shown_of(curve_of([100, 100], refused=[10, 0]))
    rate = contents.rate_content(shown)
    at_s = shown.curve.since_s + 5
    assert contents.nearest_line(rate, at_s, 9.0).key == "received"
    assert contents.nearest_line(rate, at_s, 1.4).key == "refused"
    both_zero = contents.rate_content(shown_of(curve_of([0, 0])))
    assert contents.nearest_line(both_zero, at_s, 0.0).key == "received"


def test_a_click_on_bars_means_the_layer():
    lines = tuple(
        contents.Line("refused", cause, "err", 0, 10, [3.0]) for cause in ("first", "second")
    )
    content = contents.Content("", lines, is_bars=True)
    assert contents.nearest_line(content, 5, 2.9).label == "first"
    assert contents.nearest_line(content, 5, 3.1).label == "second"
    assert contents.nearest_line(content, 5, 99.0).label == "second"


# Rates and contents


def test_the_step_under_way_counts_by_what_has_gone_of_it():
    counts, known = [100, 100, 50], [True] * 3
    assert contents.rates_of(counts, known, 0, 10, 25, 1) == [10, 10, 10]
    young = contents.rates_of(counts, known, 0, 10, 21, 1)
    assert young[:2] == [10, 10]
    assert math.isnan(young[2])


def test_nothing_is_drawn_where_the_program_did_not_run():
    shown = shown_of(curve_of([10, 0, 0, 10], is_known=[True, False, False, True]))
    values = contents.rate_content(shown).line("received").values
    assert [math.isnan(v) for v in values] == [False, True, True, False]
    since_s = shown.curve.since_s
    assert contents.gaps_of(shown) == [(since_s + 10, since_s + 30)]


@pytest.mark.parametrize(
    ("count", "title"),
    [(100, "Messages a second"), (1, "Messages a minute"), (0, "Messages an hour")],
)
def test_the_unit_fits_the_feed(count, title):
    content = contents.rate_content(shown_of(curve_of([count, count])))
    assert content.title == title


def test_the_heading_says_whose_times_they_are():
    curve = curve_of([1])
    assert "acknowledge" in contents.latency_content(shown_of(curve)).title
    out = shown_of(curve, Series(Scope.DESTINATION, "PACS"))
    assert contents.latency_content(out).title == "Round trip, ms"
    assert contents.rate_content(out).lines[0].label == "answered"


def test_causes_beyond_the_most_frequent_are_one():
    causes = {f"cause {n}": [n, 0] for n in range(1, 10)} | {"never": [0, 0]}
    found = top_causes(causes, 2)
    assert [name for name, _ in found] == [f"cause {n}" for n in (9, 8, 7, 6, 5, 4)] + [OTHER]
    assert list(found[-1][1]) == [1 + 2 + 3, 0]


def test_heat_has_a_row_for_each_length_of_time():
    times = Histogram()
    times.add(2_000, 5)
    times.add(900_000, 1)
    heat = heat_of([None, times])
    assert sum(sum(row) for row in heat.rows) == 6
    place = next(n for n, row in enumerate(heat.rows) if row[1] == 5)
    low_ms = 10 ** (heat.low + place * heat.row_height)
    assert low_ms <= 2.0 <= low_ms * 10**heat.row_height * 1.02


def test_times_are_those_of_their_step():
    times = Histogram()
    times.add(2_000, 100)
    shown = shown_of(curve_of([100, 0], latency=[times, None]))
    assert shown.times.p50[0] == pytest.approx(2.0, rel=0.02)
    assert math.isnan(shown.times.p50[1])


def test_marks_are_few_and_the_worst_stay():
    marks = [Mark(n * US, "settings", "x") for n in range(500)]
    alerts = [alert(1, "PACS", "down", onset_at_us=7 * US, ended_at_us=9 * US)]
    found = marks_of(marks, alerts)
    assert len(found) == 120
    assert [m.role for m in found].count("err") == 1
    assert [m.at_s for m in found] == sorted(m.at_s for m in found)
    assert near(found, 7.0, 0.1)[0].text == "PACS: down"
    assert not marks_of([], alerts, "another")


# CSV


def test_the_table_has_a_row_for_each_step_in_sight():
    shown = shown_of(
        curve_of([5, 6, 7, 8], refused=[0, 1, 0, 0], is_known=[True, True, False, True])
    )
    since_s = shown.curve.since_s
    text = csv_text(shown, (since_s + 10, since_s + 40), BERLIN)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["received"] for row in rows] == ["6", "", "8"]
    assert rows[0]["cause: AE 101"] == "1"
    first = datetime.fromisoformat(rows[0]["from"])
    assert first.timestamp() == since_s + 10
    assert first.utcoffset() is not None


def test_no_name_is_a_formula():
    curve = curve_of([1], backlog=[3])
    shown = shown_of(curve, Series(Scope.DESTINATION, "x"))
    shown = replace(shown, causes=(("=1+1", [1]),))
    assert "cause: =1+1" in csv_text(shown, (0, 2e9 * 2))
    assert "\n=" not in csv_text(shown, (0, 2e9 * 2))


# Tiles


def tile(found, queue=None, its_alert=None, trend=None, normal=None, per_s=0.0):
    return tile_of(found, queue, its_alert, trend or Trend(), normal, per_s, NOW_US)


def here(**changes):
    usual = {"since_us": NOW_US - 3600 * US, "last_message_at_us": NOW_US - 2 * US}
    return status("A", **(usual | changes))


def test_a_tile_says_state_since_when_rate_and_normal():
    made = tile(here(), normal=Normal(18, 21, 26), per_s=21.4)
    assert (made.pill, made.role) == ("up 1 h", "ok")
    assert (made.rate, made.unit) == ("21.4", "msg/s")
    assert made.normal == "normal 18 to 26/s"
    assert made.last == "active now"
    assert tile(here()).normal == "normal not known yet"


@pytest.mark.parametrize(
    ("state", "word", "role"),
    [
        (LinkState.FAILED, "down", "err"),
        (LinkState.STOPPED, "off", "muted"),
        (LinkState.STARTING, "starting", "warn"),
    ],
)
def test_a_tile_has_the_state_of_its_interface(state, word, role):
    made = tile(here(state=state, text="Port 2575 is in use."))
    assert (made.word, made.role) == (word, role)
    assert ("Port 2575" in made.problem) == (state is LinkState.FAILED)


def test_a_destination_tells_what_waits():
    queue = QueueStatus("A", QueueCondition.STOPPED, waiting=1200, oldest_at_us=NOW_US - 300 * US)
    made = tile(here(kind="destination", state=LinkState.CONNECTED), queue)
    assert (made.word, made.role) == ("stopped", "err")
    assert made.problem == "1,200 waiting, oldest 5 min"
    off = tile(here(kind="destination"), QueueStatus("A", QueueCondition.OFF))
    assert (off.word, off.role) == ("off", "muted")


def test_an_alert_turns_a_tile_and_a_snoozed_one_does_not():
    rule = alert(1, "A", "too slow", kind="latency", severity="warning", scope="listener",
                 onset_at_us=NOW_US - 120 * US)  # fmt: skip
    snapshot = EngineSnapshot(interfaces=(here(),), alerts=(rule,))
    made = tiles_of(snapshot, Trends(), RateMeter(), NOW_US, 0.0)[0]
    assert (made.pill, made.role) == ("slow 2 min", "warn")
    snoozed = replace(rule, snoozed_until_us=NOW_US + 1)
    calm = replace(snapshot, alerts=(snoozed,))
    assert tiles_of(calm, Trends(), RateMeter(), NOW_US, 0.0)[0].role == "ok"


def test_a_feed_is_quiet_only_when_its_normal_says_so():
    silent = here(last_message_at_us=NOW_US - 360 * US)
    assert tile(silent, normal=Normal(1.1, 2, 2.4)).pill == "quiet 6 min"
    assert tile(silent, normal=Normal(0.01, 0.1, 1)).word == "up"
    assert tile(silent).word == "up"
    assert tile(here(), normal=Normal(100, 200, 300)).word == "up"


def test_slow_feeds_are_told_by_the_minute_or_hour():
    assert tile(here(), trend=Trend(in_5_min=50, in_hour=600)).unit == "msg/min"
    made = tile(here(), trend=Trend(in_hour=3), normal=Normal(0.5 / 3600, 1 / 3600, 4 / 3600))
    assert (made.rate, made.unit, made.normal) == ("3.0", "msg/h", "normal 0.5 to 4.0/h")


def test_the_summary_counts_what_is_not_well():
    down = tile(here(state=LinkState.FAILED))
    assert summary_of([down, tile(here())]) == "2 interfaces · 1 down"
    assert summary_of([tile(here())]) == "1 interface · all well"


def test_rates_come_from_counters_and_a_restart_is_no_negative_one():
    meter = RateMeter()
    for second in range(20):
        meter.look(EngineSnapshot(interfaces=(here(received=second * 7),)), float(second))
    assert meter.per_s(here(received=20 * 7), 20.0) == pytest.approx(7.0)
    assert meter.per_s(here(received=0, accepted=0, refused=0), 20.0) == 0.0


def test_a_trend_leaves_out_the_minute_that_has_only_begun():
    curve = curve_of([60, 60, 1], step_s=60)
    times = Histogram()
    times.add(5_000, 10)
    made = trend_of(curve, [times, None], curve.until_s - 50)
    assert made.points == (60.0, 60.0)
    assert made.p50_ms == pytest.approx(5.0, rel=0.02)
    gap = replace(curve, is_known=[True, False, True])
    assert math.isnan(trend_of(gap, [], curve.until_s - 50).points[1])


def test_trends_have_every_interface():
    names = {Scope.LISTENER: ["A", "B"], Scope.DESTINATION: ["A"]}
    reads = MadeUpMeasures(names)
    found = read_trends(reads, reads.now_s)
    assert set(found.by_key) == {("listener", "A"), ("listener", "B"), ("destination", "A")}


@pytest.mark.parametrize(
    ("value", "text"), [(0.4, "0.4 ms"), (12.3, "12 ms"), (1500, "1.5 s"), (40_000, "40 s")]
)
def test_times_are_written_short(value, text):
    assert ms_text(value) == text


def test_figures_have_digits_that_mean_something():
    assert [figure(v) for v in (0.0, 9.84, 99.96, 1234.5)] == ["0.0", "9.8", "100.0", "1,234"]
    assert math.isnan(NOTHING)


@pytest.mark.parametrize("screen_scale", [1.0, 2.0])
def test_a_line_of_many_points_is_not_both_wide_and_smooth(screen_scale):
    few, many = style_of(60, screen_scale), style_of(300, screen_scale)
    assert few.is_smooth
    assert few.width > 1
    assert not (many.is_smooth and many.width * screen_scale > 1)


def test_a_legend_shows_what_fits_and_counts_the_rest():
    assert fitting([60, 60, 60], 200, 30) == 3
    assert fitting([60, 60, 60], 160, 30) == 2
    assert fitting([60, 60, 60], 40, 30) == 0
    assert fitting([], 10, 30) == 0
