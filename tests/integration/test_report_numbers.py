"""Reports of days, weeks and months against hours that are known, in several time zones."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hl7console.engine.reports.figures import Report
from hl7console.engine.reports.making import make_report
from hl7console.engine.reports.spans import ReportSpan, day_of, month_of, span_of, week_of
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.store import interfaces
from hl7console.store.connection import Database
from hl7console.store.derived_file import save_meta
from hl7console.store.measures.loading import load_feeds
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope
from hl7console.store.measures.schema import measures_path
from hl7console.store.reader import StoreReader
from hl7console.store.workspace import Workspace

HOUR_S = 3600
BEGIN_S = int(datetime(2026, 2, 20, tzinfo=UTC).timestamp())
"""Before clocks are put forward in Europe."""
HOURS = 60 * 24
SILENT = range(20 * 24 + 7, 22 * 24)
"""Hours in which the program did not run."""
NAMES = ("RIS in", "EHR in")


@dataclass
class Past:
    path: Path
    key: bytes | None
    hours: dict[str, dict[int, tuple[int, int]]]
    """By listener and beginning: received and refused."""

    def report(self, span: ReportSpan, interface: str = "", now_s: int = 0) -> Report:
        now_us = (now_s or BEGIN_S + HOURS * HOUR_S) * 1_000_000
        with (
            closing(StoreReader(self.path, self.key)) as reader,
            closing(MeasureReader(self.path, self.key)) as measures,
        ):
            return make_report(reader, measures, span, interface, now_us=now_us)

    def sums(self, since_s: int, until_s: int, *names: str) -> tuple[int, int]:
        """Return received and refused of the hours that begin in a span."""
        found = [
            self.hours[name][at_s]
            for name in names or NAMES
            for at_s in self.hours[name]
            if since_s <= at_s < until_s
        ]
        return sum(h[0] for h in found), sum(h[1] for h in found)


@pytest.fixture(scope="module")
def past(tmp_path_factory) -> Past:
    from hl7console.store.keys import KeySource

    folder = tmp_path_factory.mktemp("past")
    source = KeySource(use_key_store=False, key_folder=folder / "keys")
    opened = Workspace.open(folder / "workspace", source)
    with closing(Database(opened.database_path, opened.key)) as database:
        for name in NAMES:
            interfaces.save_listener(database, ListenerSettings(name=name, port=0))
        interfaces.save_destination(database, DestinationSettings(name="PACS", host="h", port=1))
    chance = random.Random(7)  # noqa: S311 - a simulation
    hours = {
        name: {
            BEGIN_S + n * HOUR_S: (received := chance.randint(0, 500), chance.randint(0, received))
            for n in range(HOURS)
            if n not in SILENT
        }
        for name in NAMES
    }
    feeds = []
    for name, of_name in hours.items():
        for scope, series in ((Scope.LISTENER, name), (Scope.ALL, ""), (Scope.SENDER, f"{name}|")):
            rows = [(at_s, *counts) for at_s, counts in of_name.items()]
            gap_s = BEGIN_S + SILENT.start * HOUR_S
            feeds += [
                (scope, series, [row for row in rows if row[0] < gap_s]),
                (scope, series, [row for row in rows if row[0] >= gap_s]),
            ]
    load_feeds(opened.database_path, opened.key, feeds)
    with closing(Database(measures_path(opened.database_path), opened.key)) as database:
        save_meta(database, "last_s", str(BEGIN_S + HOURS * HOUR_S))
    return Past(opened.database_path, opened.key, hours)


@pytest.fixture(params=["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def zone(request, monkeypatch) -> Iterator[str]:
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be changed here")
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def spans() -> Iterator[ReportSpan]:
    first = datetime(2026, 2, 23)  # noqa: DTZ001 - local
    for n in range(0, 50, 5):
        yield day_of(first + timedelta(days=n))
    yield day_of(datetime(2026, 3, 29))  # noqa: DTZ001
    yield week_of(datetime(2026, 3, 29))  # noqa: DTZ001
    yield month_of(datetime(2026, 3, 29))  # noqa: DTZ001
    yield span_of(BEGIN_S + 5 * HOUR_S, BEGIN_S + 55 * 24 * HOUR_S)


def test_totals_and_steps_are_those_of_the_hours(past, zone):
    for span in spans():
        report = past.report(span)
        since_s, until_s = span.since_s, span.until_s
        if zone == "Asia/Kolkata" and span.since_s % HOUR_S:  # half an hour: only hours are kept
            since_s, until_s = since_s // HOUR_S * HOUR_S, -(-until_s // HOUR_S) * HOUR_S
            assert "by the hour" in " ".join(report.notes)
        received, refused = past.sums(since_s, until_s)
        assert (report.received.received, report.received.refused) == (received, refused)
        assert sum(step.received.received for step in report.steps) == received
        assert {s.name: s.received for s in report.senders} == {
            f"{name}|": past.sums(since_s, until_s, name)[0] for name in NAMES
        }
        for figures in report.interfaces[:2]:
            assert figures.counts.received == past.sums(since_s, until_s, figures.name)[0]


def test_each_step_has_its_own_hours(past, zone):
    if zone == "Asia/Kolkata":
        pytest.skip("steps begin within hours there")
    for span in spans():
        report = past.report(span)
        bounds = [*(step.since_s for step in report.steps), span.until_s]
        for step, until_s in zip(report.steps, bounds[1:], strict=True):
            expected = past.sums(step.since_s, until_s)[0]
            assert step.received.received == expected, (span.title, step.label)


def test_the_map_has_the_hours_of_the_clock(past, zone):
    report = past.report(week_of(datetime(2026, 3, 12)))  # noqa: DTZ001
    assert len(report.hours) == 7
    for row in report.hours:
        for hour, count in enumerate(row.hours):
            at_s = row.since_s + hour * HOUR_S
            if zone == "Asia/Kolkata":
                continue
            is_known = any(at_s in hours for hours in past.hours.values())
            assert count == (past.sums(at_s, at_s + HOUR_S)[0] if is_known else None)
    known = sum(count or 0 for row in report.hours for count in row.hours)
    assert zone == "Asia/Kolkata" or known == report.received.received


def test_when_the_program_did_not_run_nothing_is_known(past):
    since_s = BEGIN_S + (SILENT.start - 3) * HOUR_S
    report = past.report(span_of(since_s, BEGIN_S + SILENT.stop * HOUR_S))
    assert report.availability.known_s == 3 * HOUR_S
    assert report.availability.unknown_s == len(SILENT) * HOUR_S
    assert [step.is_known for step in report.steps] == [True] * 3 + [False] * len(SILENT)
    listener = next(i for i in report.interfaces if i.name == NAMES[0])
    assert listener.availability is not None
    assert listener.availability.share == 1.0
    assert listener.availability.unknown_s == len(SILENT) * HOUR_S


def test_a_week_that_is_not_over_is_compared_with_as_much_of_the_one_before(past):
    week = week_of(datetime(2026, 4, 8))  # noqa: DTZ001
    now_s = week.since_s + 53 * HOUR_S
    report = past.report(week, now_s=now_s)
    before, _ = week.before()
    expected = past.sums(before.since_s, before.since_s + 53 * HOUR_S)[0]
    assert report.before.received == expected
    assert report.before_title == "the week before, as far"
    assert not report.is_over


def test_one_listener_has_its_own_numbers(past):
    march = month_of(datetime(2026, 3, 5))  # noqa: DTZ001
    for name in NAMES:
        report = past.report(march, name)
        received, refused = past.sums(march.since_s, march.until_s, name)
        assert (report.received.received, report.received.refused) == (received, refused)
        assert sum(step.received.received for step in report.steps) == received
        assert [i.name for i in report.interfaces] == [name]
    assert past.report(march, "PACS").received.received == 0
