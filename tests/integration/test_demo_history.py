"""The past that a new demo workspace gets: truthful in rate, marked as invented, nowhere else."""

from __future__ import annotations

import random
import time
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from hl7console.engine.demo import history
from hl7console.engine.demo.forwarding import ARCHIVE_OUT, BILLING_OUT, OUTAGES
from hl7console.engine.demo.programme import Programme
from hl7console.engine.demo.running import running_demo
from hl7console.engine.demo.setup import HOSPITAL_IN, IMAGING_IN
from hl7console.engine.demo.telling import Hospital
from hl7console.errors import UsageError
from hl7console.store.keys import KeySource
from hl7console.store.measures.learning import Learner
from hl7console.store.measures.normal import SLOTS, WIDTH
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope
from hl7console.store.measures.saving import MeasureStore
from hl7console.store.measures.schema import MEASURES_NAME, measures_path
from hl7console.store.workspace import KIND_CONSOLE, KIND_DEMO, Workspace

SOURCE = KeySource(use_key_store=False)
NOW_S = int(datetime(2026, 11, 24, 20, 47, 31, tzinfo=UTC).timestamp())
HOUR_S = 3600


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "demo", SOURCE, kind=KIND_DEMO)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - invented data, not a secret


def sent_in_an_hour() -> Counter[str]:
    """Return by system what the demo sends in an hour, its first minute left out."""
    start = datetime(2026, 11, 24, 12, tzinfo=UTC)
    programme = Programme(Hospital(chance(5), 1_000_000), start)
    counts: Counter[str] = Counter()
    now = start
    while now < start + timedelta(seconds=3660):
        for token, shipment in programme.take_due(now):
            programme.answered(token, "AA")
            counts[shipment.system.key] += now >= start + timedelta(seconds=60)
        now = max(programme.next_due(), now + timedelta(milliseconds=200))
    return counts


def test_what_is_invented_is_as_much_as_the_demo_really_sends():
    sent = sent_in_an_hour()
    assert set(sent) == set(history.PER_HOUR)
    for key, per_hour in history.PER_HOUR.items():
        slack = max(0.2 * per_hour, 6)
        assert abs(sent[key] - per_hour) < slack, key
    assert sent.total() == pytest.approx(sum(history.PER_HOUR.values()), rel=0.06)


def test_what_the_demo_sends_is_normal_at_any_hour_of_the_week(workspace):
    history.load(workspace, now_s=NOW_S, seed=1)
    with (
        closing(MeasureStore(measures_path(workspace.database_path), workspace.key)) as store,
        store.database.transaction(),
    ):
        Learner(store.database).learn(NOW_S, most=SLOTS)
    imaging = ("radiology", "cardiology", "reporting")
    real = {
        IMAGING_IN: sum(history.PER_HOUR[key] for key in imaging),
        HOSPITAL_IN: sum(n for key, n in history.PER_HOUR.items() if key not in imaging),
    }
    with closing(MeasureReader(workspace.database_path, workspace.key)) as reader:
        learned = reader.normals(Scope.LISTENER)
    for name, per_hour in real.items():
        assert len(learned[name]) == SLOTS
        for slot, (typical, spread) in learned[name].items():
            assert abs(per_hour - typical) < WIDTH * spread, (name, slot)
        quiet, busy = (f(hour[0] for hour in learned[name].values()) for f in (min, max))
        assert busy > 1.15 * quiet


def test_the_parts_add_up_to_the_whole():
    past = history.Past(NOW_S, chance(3))
    for series in past.counts.values():
        assert all(at_s < NOW_S for counts in series.values() for at_s in counts)
        assert by_step(series, Scope.LISTENER) == by_step(series, Scope.ALL)
        assert all(0 <= no <= of for counts in series.values() for of, no in counts.values())
        assert any(refused for _, refused in series[Scope.DESTINATION, BILLING_OUT].values())
    hours = past.counts[HOUR_S]
    everything = sum(by_step(series, Scope.ALL).total() for series in past.counts.values())
    assert by_step(hours, Scope.SENDER).total() == everything


def by_step(series: dict[history.Series, history.Counts], scope: Scope) -> Counter[int]:
    """Return the messages of all series of a scope, by step."""
    found: Counter[int] = Counter()
    for (of, _), counts in series.items():
        if of == scope:
            found.update({at_s: count for at_s, (count, _) in counts.items()})
    return found


def test_every_span_has_something_and_the_minutes_before_the_start_have_nothing(workspace):
    history.load(workspace, now_s=NOW_S, seed=1)
    with closing(MeasureStore(measures_path(workspace.database_path), workspace.key)) as store:
        store.set_meta("last_s", str(NOW_S))
    end_s = (NOW_S - history.GAP_S) // 60 * 60
    with closing(MeasureReader(workspace.database_path, workspace.key)) as reader:
        for length_s in (HOUR_S, 6 * HOUR_S, 24 * HOUR_S, 7 * 24 * HOUR_S, 55 * 24 * HOUR_S):
            curve = reader.curve(Scope.ALL, "", end_s - length_s, end_s, most_steps=400)
            assert curve is not None
            for n in range(1, len(curve.received) - 1):
                assert curve.is_known[n], (length_s, n)
                assert curve.received[n] or curve.step_s < 10, (length_s, n)
            assert sum(curve.received) > 9_000 * length_s / HOUR_S
        late = reader.curve(Scope.ALL, "", end_s, NOW_S, most_steps=400)
        runs = reader.runs(0, NOW_S + 1)
        marks = reader.marks(0, NOW_S + 1)
    assert late is None or not any(late.received)
    assert [last for _, last in runs] == [end_s]
    assert {mark.kind for mark in marks} == {history.KIND}
    assert marks[-1].at_us == end_s * 1_000_000
    gaps_us = [later.at_us - mark.at_us for mark, later in pairwise(marks)]
    assert max(gaps_us) <= 9 * 86_400 * 1_000_000
    assert all("invented" in mark.text.lower() for mark in marks)


def test_causes_are_as_many_as_refusals_and_the_archive_has_waits_and_times(workspace):
    history.load(workspace, now_s=NOW_S, seed=1)
    span = (NOW_S - 10 * 24 * HOUR_S, NOW_S)
    with closing(MeasureReader(workspace.database_path, workspace.key)) as reader:
        for scope, name in ((Scope.ALL, ""), (Scope.DESTINATION, BILLING_OUT)):
            curve = reader.curve(scope, name, *span, most_steps=400)
            causes = reader.causes(scope, name, *span, most_steps=400)
            assert curve is not None
            assert len(causes) == 2
            assert [sum(counts) for counts in zip(*causes.values(), strict=True)] == list(
                curve.refused
            )
        archive = reader.curve(Scope.DESTINATION, ARCHIVE_OUT, *span, most_steps=400)
    assert archive is not None
    assert all(backlog > 50 for backlog in archive.backlog[1:-2])
    assert max(archive.head_age_s) == OUTAGES.longer_s
    assert all(times is not None for times in archive.latency[1:-2])


def test_no_other_workspace_gets_a_past(tmp_path):
    real = Workspace.open(tmp_path / "real", SOURCE, kind=KIND_CONSOLE)
    with pytest.raises(UsageError):
        history.load(real, now_s=NOW_S)
    assert not (real.path / MEASURES_NAME).exists()


def test_a_demo_gets_its_past_once_and_only_where_it_is_new(tmp_path):
    old = Workspace.open(tmp_path / "old", SOURCE, kind=KIND_DEMO)
    with running_demo(old.path, SOURCE, seed=1):
        pass
    assert invented_marks(old) == 0
    with running_demo(tmp_path / "new", SOURCE, seed=1):
        pass
    new = Workspace.open(tmp_path / "new", SOURCE, kind=KIND_DEMO)
    invented = invented_marks(new)
    assert invented > history.WEEKS
    with running_demo(new.path, SOURCE, seed=1):
        pass
    assert invented_marks(new) == invented


def invented_marks(workspace: Workspace) -> int:
    with closing(MeasureReader(workspace.database_path, workspace.key)) as reader:
        marks = reader.marks(0, int(time.time()) + 60)
    return sum(mark.kind == history.KIND for mark in marks)
