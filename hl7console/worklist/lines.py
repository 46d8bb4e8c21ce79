"""A line of the worklist: a step joined with its order, visit and patient.

References:
    DICOM PS3.4 Table K.6-1 (return key types); PS3.3 C.4.10 (status terms).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.worklist.line_columns import DESCRIPTIONS, Description
from hl7console.worklist.mapping.numbers import is_short
from hl7console.worklist.mapping.studies import is_uid
from hl7console.worklist.rows import ORDER, PATIENT, VISIT, Row, Source, Value
from hl7console.worklist.state import State

__all__ = ["DESCRIPTIONS", "Description", "Line", "is_open", "line_of", "missing_of"]

MOST_LO = 64
"""Characters of a patient's number."""

_VISIT = (
    "location", "patient_class", "admit_date", "admit_time", "referring", "visit_no", "account_no",
)  # fmt: skip
"""Columns of the visit that count before the order's own."""

_PATIENT = tuple(name for name, about in DESCRIPTIONS.items() if about.area == "patient")
_ORDER = tuple(
    name for name, about in DESCRIPTIONS.items()
    if about.area in ("order", "visit") and not name.startswith("admission")
)  # fmt: skip
_STEP = tuple(name for name, about in DESCRIPTIONS.items() if about.area == "step")
_SHOWN_STATES = frozenset({"SCHEDULED", "ARRIVED", "READY", "STARTED", "DEPARTED"})


@dataclass(slots=True)
class Line:
    """A worklist line."""

    values: dict[str, Value] = field(default_factory=dict, repr=False)
    """By column; empty ones are left out. ``state``, ``open`` and ``flags`` are the step's."""
    sources: dict[str, Source] = field(default_factory=dict, repr=False)
    missing: tuple[str, ...] = ()
    """Columns without which it is not served."""


def is_open(step: Row) -> bool:
    """Return whether a step has no station and is served to all scanners of its modality."""
    return bool(step.values.get("open")) and not step.values.get("station_aet")


def patient_of(state: State, order: Row | None) -> Row | None:
    """Return the person of an order, merges followed."""
    row = state.get(PATIENT, order.number("patient")) if order is not None else None
    seen: set[int] = set()
    while row is not None and row.number("merged_into") and row.id not in seen:
        seen.add(row.id)
        row = state.get(PATIENT, row.number("merged_into"))
    return row


def line_of(state: State, step: Row) -> Line:
    """Return the line of a step."""
    line = Line(missing=missing_of(state, step))
    order = state.get(ORDER, step.number("order"))
    patient = patient_of(state, order)
    visit = state.get(VISIT, order.number("visit")) if order is not None else None
    if patient is not None:
        _take(line, patient, _PATIENT)
    if order is not None:
        _take(line, order, _ORDER)
    if visit is not None:
        _take(line, visit, _VISIT)
        _admission(line, visit)
    if not line.values.get("patient_class"):
        line.values["patient_class"] = "U"
        line.sources["patient_class"] = Source(_entry_of(step), "", "class_unknown")
    _take(line, step, _STEP)
    _take(line, step, ("state", "flags", "sps_status"))
    _states(line, step)
    return line


def _take(line: Line, row: Row, columns: tuple[str, ...]) -> None:
    values = row.values
    for column in columns:
        value = values.get(column)
        if value:
            line.values[column] = value
            if column in row.sources:
                line.sources[column] = row.sources[column]


def _entry_of(step: Row) -> int:
    source = step.sources.get("sps_id") or step.sources.get("order")
    return source.entry if source is not None else 0


def _admission(line: Line, visit: Row) -> None:
    """The admission is the visit's number, or the account's where there is none."""
    prefix = "visit" if visit.values.get("visit_no") else "account"
    for column, told in (
        ("admission_id", f"{prefix}_no"),
        ("admission_issuer", f"{prefix}_issuer"),
    ):
        value = visit.values.get(told)
        if value:
            line.values[column] = value
            source = visit.sources.get(told)
            if source is not None:
                rule = source.rule or ("fallback" if prefix == "account" else "")
                line.sources[column] = source._replace(rule=rule)


def _states(line: Line, step: Row) -> None:
    state = step.text("state")
    if state in _SHOWN_STATES:
        line.values["sps_status"] = state
        if "state" in step.sources:
            line.sources["sps_status"] = step.sources["state"]
    if is_open(step):
        line.values["open"] = 1
        line.sources["open"] = step.sources.get("open") or Source(
            _entry_of(step), "", "open_station"
        )


def missing_of(state: State, step: Row) -> tuple[str, ...]:
    """Return the columns without a usable value that a line must have to be served.

    Of a description and its code one is enough. A number that its value representation doesn't take
    counts as missing.
    """
    order = state.get(ORDER, step.number("order"))
    patient = patient_of(state, order)
    person = patient.values if patient is not None else {}
    missing = [column for column in ("patient_name", "patient_id") if not person.get(column)]
    if len(str(person.get("patient_id", ""))) > MOST_LO:
        missing.append("patient_id")
    values = order.values if order is not None else {}
    if not is_uid(str(step.values.get("study_uid") or values.get("study_uid", ""))):
        missing.append("study_uid")
    missing += _numbers(step, values)
    if not (values.get("rp_desc") or values.get("rp_code")):
        missing.append("rp_desc")
    missing += [c for c in ("start_date", "start_time", "modality") if not step.values.get(c)]
    if not (step.values.get("station_aet") or step.values.get("open")):
        missing.append("station_aet")
    if not (step.values.get("sps_desc") or step.values.get("protocol")):
        missing.append("sps_desc")
    return tuple(missing)


def _numbers(step: Row, order: dict[str, Value]) -> list[str]:
    """Return those of accession, procedure and step number that can't be sent."""
    missing = []
    accession = str(order.get("accession", ""))
    if accession and not is_short(accession):
        missing.append("accession")
    for column, number in (("rp_id", order.get("rp_id")), ("sps_id", step.values.get("sps_id"))):
        if not number or not is_short(str(number)):
            missing.append(column)
    return missing
