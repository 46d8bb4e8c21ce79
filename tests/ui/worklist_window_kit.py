"""What the tests of the worklist's window share: a worklist in memory, as the reader gives it."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hl7console.store.worklist.records import (
    Counts,
    EntryEffect,
    LineQuery,
    LineRow,
    StepDetails,
)
from hl7console.worklist.rows import MERGE, ORDER, PATIENT, STEP, Row, Source
from hl7console.worklist.turn import Change, Note, Severity

BASE_US = 1_767_603_600_000_000

STEPS = (
    ("1415", "STAT", "MARLOWE^TESS", "77001", "CT26001", "CT", "CT head without contrast",
     ("CT2", "ER"), "SCHEDULED"),
    ("1430", "ROUTINE", "OKAFOR^BEN", "77002", "MR26002", "MR", "MR knee left", ("MR1",),
     "ARRIVED"),
    ("1430", "HIGH", "IVERS^NORA", "77003", "US26003", "US", "US abdomen", ("US3",), "STARTED"),
    ("1445", "ROUTINE", "SATO^KENJI", "77004", "XR26004", "CR", "XR chest 2 views", (),
     "SCHEDULED"),
    ("1500", "ROUTINE", "LINDQVIST^MAJA", "77005", "CT26005", "CT", "CT chest", ("CT1",),
     "CANCELED"),
    ("1500", "ROUTINE", "MORENO^LIA", "77006", "MR26006", "MR", "MR brain", (), "UNSCHEDULED"),
    ("1515", "ROUTINE", "NOWAK^JAN", "77007", "XR26007", "CR", "XR hand right", ("XR2",),
     "COMPLETED"),
)  # fmt: skip


def line(number: int, day: str) -> LineRow:
    start, priority, name, mrn, accession, modality, procedure, stations, state = STEPS[
        (number - 1) % len(STEPS)
    ]
    return LineRow(
        step_id=number,
        start_date=day,
        start_time=f"{start}00",
        priority=priority,
        patient_name=name,
        patient_id=mrn,
        issuer="NORTH",
        accession=f"{accession}" if number <= len(STEPS) else f"{accession}{number}",
        modality=modality,
        procedure=procedure,
        stations=stations,
        is_open=modality == "CR" and not stations,
        state=state,
        missing=("station_aet",) if state == "UNSCHEDULED" else (),
        flags=("late_change",) if state == "STARTED" else (),
        order_id=number,
        patient_row=(number - 1) % len(STEPS) + 1,
        last_entry=number,
        listener="In",
        study_uid=f"2.25.{number}",
    )


def effects(step_id: int) -> list[EntryEffect]:
    def change(column: str, old: object, new: object, path: str, rule: str = "") -> Change:
        return Change(STEP, step_id, column, old, new, path, rule)  # type: ignore[arg-type]

    return [
        EntryEffect(
            1, BASE_US, "message", "ORM^O01 NW", "REGRIS|NORTH", False,
            (
                Change(ORDER, step_id, "accession", None, "MR26006", "OBR-18"),
                Change(ORDER, step_id, "rp_desc", None, "MR brain", "OBR-4.2"),
                change("modality", None, "MR", "OBR-24"),
                change("state", None, "UNSCHEDULED", "", "incomplete"),
            ),
            (),
        ),
        EntryEffect(
            2, BASE_US + 60_000_000, "message", "SIU^S12", "SCHED|NORTH", False,
            (change("start_date", None, "20260105", "AIS-4"),
             change("start_time", "", "150000", "AIS-4")),
            (),
        ),
        EntryEffect(
            3, BASE_US + 120_000_000, "message", "ADT^A40", "REGRIS|NORTH", False,
            (Change(MERGE, 1, "source", None, 2, "MRG-1"),
             Change(PATIENT, 1, "patient_name", "MORENO^L", "MORENO^LIA", "PID-5")),
            (),
        ),
        EntryEffect(
            4, BASE_US + 180_000_000, "message", "ORM^O01 XO", "REGRIS|NORTH", False, (),
            (Note("older_than_state", Severity.IGNORED, STEP, step_id, "ORC-9",
                  {"was": "13:18", "now": "13:41"}),),
        ),
    ]  # fmt: skip


@dataclass
class FakeWorklist:
    """The worklist that all fake readers of a test read."""

    lines: dict[int, LineRow] = field(default_factory=dict)
    asked: list[LineQuery] = field(default_factory=list)
    merges: list[Row] = field(default_factory=list)
    problems: list[EntryEffect] = field(default_factory=list)
    conflicts: list[Row] = field(default_factory=list)
    unmapped: list[Row] = field(default_factory=list)
    persons: list[Row] = field(default_factory=list)
    others: list[Row] = field(default_factory=list)
    likely: list[object] = field(default_factory=list)
    found: dict[tuple[str, int], list[Row]] = field(default_factory=dict)

    def fill(self, count: int, day: str) -> None:
        self.lines = {n: line(n, day) for n in range(1, count + 1)}

    def set(self, step_id: int, **values: object) -> None:
        self.lines[step_id] = replace(self.lines[step_id], **values)

    def reader(self) -> FakeReads:
        return FakeReads(self)


class FakeReads:
    """Answers as `WorklistReader` does, out of a `FakeWorklist`."""

    def __init__(self, worklist: FakeWorklist) -> None:
        self._worklist = worklist

    def groups(self, query: LineQuery, by: str) -> list[tuple[str, array]]:
        self._worklist.asked.append(query)
        found = [line for line in self._worklist.lines.values() if _matches(line, query)]
        found.sort(key=lambda line: (line.priority != "STAT", line.start_date, line.start_time))
        groups: dict[str, array] = {}
        for row in found:
            groups.setdefault(_key(row, by), array("q")).append(row.step_id)
        return sorted(groups.items())

    def rows(self, step_ids: Sequence[int], at_us: int = 0) -> list[LineRow]:
        return [self._worklist.lines[i] for i in step_ids if i in self._worklist.lines]

    def counts(self, query: LineQuery | None = None) -> Counts:
        lines = self._worklist.lines.values()
        stations = {name: 1 for line in lines for name in line.stations or ("",)}
        return Counts({}, {line.modality: 1 for line in lines}, stations, 0, len(lines))

    def details(self, step_id: int, at_us: int = 0) -> StepDetails | None:
        row = self._worklist.lines.get(step_id)
        if row is None:
            return None
        values = {
            "patient_name": row.patient_name, "patient_id": row.patient_id, "sex": "F",
            "birth_date": "19880302", "accession": row.accession, "study_uid": row.study_uid,
            "sps_id": "S1",
        }  # fmt: skip
        step = Row(STEP, step_id, {"study_uid": row.study_uid, "sps_id": "S1"})
        order = Row(ORDER, step_id, {"accession": row.accession})
        patient = Row(PATIENT, row.patient_row, {"patient_name": row.patient_name})
        return StepDetails(values, {"accession": Source(1, "OBR-18")}, row.missing, step, order,
                           patient, None)  # fmt: skip

    def full_lines(self, step_ids: Sequence[int]) -> list[object]:
        return []

    def why(self, step_id: int, at_us: int = 0) -> list[EntryEffect]:
        return [e for e in effects(step_id) if not at_us or e.at_us <= at_us]

    def effect(self, entry: int) -> EntryEffect | None:
        return next((e for e in effects(1) if e.entry == entry), None)

    def problems(self, limit: int = 1000) -> list[EntryEffect]:
        return self._worklist.problems[:limit]

    def row(self, kind: str, row_id: int, at_us: int = 0) -> Row | None:
        rows = [*self._worklist.persons, *self._worklist.others]
        found = [row for row in rows if row.id == row_id]
        return next((row for row in found if row.kind == kind), None)

    def rows_found(self, kind: str, index: str, *parts: object, at_us: int = 0) -> list[Row]:
        return self._worklist.found.get((kind, parts[0]), [])

    def conflicts(self, *, with_done: bool = False) -> list[Row]:
        return self._worklist.conflicts

    def merges(self) -> list[Row]:
        return self._worklist.merges

    def unmapped(self) -> list[Row]:
        return self._worklist.unmapped

    def duplicates(self) -> list[object]:
        return self._worklist.likely

    def patients(self, text: str) -> list[Row]:
        return [p for p in self._worklist.persons if text.lower() in str(p.values).lower()]

    def span(self) -> tuple[int, int]:
        return BASE_US, BASE_US + 180_000_000

    def interrupt(self) -> None: ...

    def close(self) -> None: ...


def _key(row: LineRow, by: str) -> str:
    return {
        "day": row.start_date, "modality": row.modality, "station": ", ".join(row.stations),
        "state": row.state, "patient": f"{row.patient_name}\n{row.patient_id}\n{row.patient_row}",
    }.get(by, "")  # fmt: skip


def _matches(row: LineRow, query: LineQuery) -> bool:
    text = " ".join([row.patient_name, row.patient_id, row.accession, row.procedure,
                     *row.stations]).lower()  # fmt: skip
    if query.date_from and not query.date_from <= row.start_date <= query.date_to:
        return False
    return (
        all(word in text for word in query.text.lower().split())
        and (not query.modalities or row.modality in query.modalities)
        and (not query.states or row.state in query.states)
        and (not query.stations or bool(set(row.stations or ("",)) & set(query.stations)))
        and (not query.priorities or row.priority in query.priorities)
        and (query.incomplete is None or bool(row.missing) == query.incomplete)
        and (not query.patient_id or row.patient_row == query.patient_id)
    )
