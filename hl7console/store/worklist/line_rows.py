"""The narrow columns of worklist lines, for lists and for finding what C-FIND may answer."""

from __future__ import annotations

import unicodedata

from hl7console.store.connection import SqlValue
from hl7console.store.worklist.loader import encode, writable
from hl7console.worklist.rows import ORDER, PATIENT, STEP, VISIT, Row, Value
from hl7console.worklist.state import State

PRIORITY_RANKS = {"STAT": 0, "HIGH": 1, "MEDIUM": 2, "ROUTINE": 2, "": 2, "LOW": 3}
"""How early a priority stands in the list; others stand with ROUTINE."""

SHOWN: dict[str, frozenset[str]] = {
    PATIENT: frozenset(
        {"patient_name", "patient_id", "issuer", "other_ids", "flags", "merged_into"}
    ),
    VISIT: frozenset({"flags", "visit_no"}),
}
"""By kind: the columns that lines show; others change no line. Of steps and orders all count."""

_SEARCHED_OF_ORDER = ("accession", "placer_no", "filler_no", "group_no", "rp_id")


def fold(text: str) -> str:
    """Return text as it is searched: without letter case, accents and name separators."""
    text = text.casefold()
    if not text.isascii():
        text = "".join(
            c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)
        )
    return text.replace("^", " ").replace("=", " ")


def steps_of(state: State, row: Row) -> list[Row]:
    """Return the steps whose line shows something of a row."""
    if row.kind == STEP:
        return [row]
    if row.kind == ORDER:
        return state.find(STEP, "order", row.id)
    if row.kind in (PATIENT, VISIT):
        orders = state.find(ORDER, row.kind, row.id)
        if row.kind == PATIENT:
            for source in _merged_into(state, row):
                orders = orders + state.find(ORDER, PATIENT, source.id)
        return [step for order in orders for step in state.find(STEP, "order", order.id)]
    return []


def _merged_into(state: State, patient: Row) -> list[Row]:
    """Return the persons that were merged into one, also by way of others."""
    found: dict[int, Row] = {}
    todo = [patient]
    while todo:
        for source in state.find(PATIENT, "survivor", todo.pop().id):
            if source.id not in found:
                found[source.id] = source
                todo.append(source)
    return list(found.values())


def line_values(state: State, step: Row) -> tuple[SqlValue, ...]:
    """Return a step's line in the order of `schema.LINE_COLUMNS`."""
    order = state.get(ORDER, step.number("order")) or _NOTHING
    patient = _patient_of(state, order)
    visit = state.get(VISIT, order.number("visit")) or _NOTHING
    stations = [str(aet) for aet in step.list("station_aet")]
    missing = list(step.list("missing"))
    flags = dict.fromkeys(
        [*step.list("flags"), *order.list("flags"), *patient.list("flags"), *visit.list("flags")]
    )
    priority = order.text("priority")
    procedure = _name_of(step, "sps_desc", "protocol") or _name_of(order, "rp_desc", "rp_code")
    return (
        step.id,
        order.id,
        patient.id,
        step.text("start_date"),
        step.text("start_time"),
        priority,
        PRIORITY_RANKS.get(priority, PRIORITY_RANKS[""]),
        writable(patient.text("patient_name")),
        writable(patient.text("patient_id")),
        writable(patient.text("issuer")),
        writable(order.text("accession")),
        step.text("modality"),
        writable(procedure),
        encode(stations),
        1 if step.number("open") and not stations else 0,
        step.text("state"),
        encode(missing),
        1 if missing else 0,
        encode(list(flags)),
        _last_entry(step, order),
        writable(order.text("listener")),
        step.text("study_uid") or order.text("study_uid"),
        writable(step.text("sps_id")),
        writable(fold(" ".join(_searched(step, order, patient, visit, procedure, stations)))),
    )


_NOTHING = Row(ORDER, 0)


def _patient_of(state: State, order: Row) -> Row:
    """Return an order's person, merges followed."""
    row = state.get(PATIENT, order.number("patient"))
    seen: set[int] = set()
    while row is not None and row.number("merged_into") and row.id not in seen:
        seen.add(row.id)
        row = state.get(PATIENT, row.number("merged_into"))
    return row or _NOTHING


def _searched(
    step: Row, order: Row, patient: Row, visit: Row, procedure: str, stations: list[str]
) -> list[str]:
    words = [patient.text("patient_name"), patient.text("patient_id")]
    words += [str(other[0]) for other in patient.list("other_ids") if isinstance(other, list)]
    words += [order.text(column) for column in _SEARCHED_OF_ORDER]
    words += [visit.text("visit_no"), procedure, step.text("modality"), *stations]
    words += [str(name) for name in step.list("station_name")]
    return [word for word in words if word]


def _name_of(row: Row, text_column: str, code_column: str) -> str:
    """Return a description, or else the meaning or value of a code."""
    if text := row.text(text_column):
        return text
    code = row.values.get(code_column, "")
    if isinstance(code, str | int):
        return str(code)
    return _meaning(list(code))


def _meaning(code: list[Value | object]) -> str:
    if code and isinstance(code[0], list):
        code = code[0]
    parts = [str(part) for part in code]
    return (parts[1] if len(parts) > 1 and parts[1] else parts[0]) if parts else ""


def _last_entry(step: Row, order: Row) -> int:
    """Return the entry that spoke last: of messages the newest, else the newest input."""
    entries = [s.entry for row in (step, order) for s in row.later.values() if s is not None]
    entries += [row.birth.entry for row in (step, order) if row.birth is not None]
    return max((e for e in entries if e > 0), default=min(entries, default=0))
