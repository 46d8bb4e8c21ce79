"""From what is asked of the worklist's lines to SQL."""

from __future__ import annotations

import json
from collections.abc import Sequence

from hl7console.store.connection import SqlValue
from hl7console.store.worklist.line_rows import fold
from hl7console.store.worklist.loader import writable
from hl7console.store.worklist.records import LineKeys, LineQuery, LineRow
from hl7console.store.worklist.schema import LINE_COLUMNS

SHOWN_COLUMNS = ", ".join(column for column in LINE_COLUMNS if column not in ("folded", "sps_id"))

_NO_DATE_LAST = "start_date = '', start_date, start_time"
_DONE_LAST = "state IN ('DEPARTED','COMPLETED','DISCONTINUED','CANCELED')"
_ORDERS: dict[str, str] = {
    "priority": f"{_DONE_LAST}, priority_rank, {_NO_DATE_LAST}",
    "start": _NO_DATE_LAST,
    "patient": "patient_name, patient_id",
    "accession": "accession",
    "modality": "modality, start_date, start_time",
    "station": "stations, start_date, start_time",
    "state": "state, start_date, start_time",
}

Values = list[SqlValue]


def conditions_of(query: LineQuery) -> tuple[str, Values]:
    """Return the condition of a list's query and its parameters."""
    parts: list[str] = []
    values: Values = []
    _dates(parts, values, query.date_from, query.date_to)
    for column, wanted in (
        ("modality", query.modalities),
        ("state", query.states),
        ("priority", query.priorities),
    ):
        _any_of(parts, values, column, wanted)
    _stations(parts, values, query.stations, with_open="" in query.stations)
    if query.incomplete is not None:
        parts.append("is_incomplete = ?")
        values.append(int(query.incomplete))
    if query.patient_id:
        parts.append("patient_row = ?")
        values.append(query.patient_id)
    for word in fold(writable(query.text)).split():
        parts.append("instr(folded, ?)")
        values.append(word)
    return " AND ".join(parts) or "1", values


def order_of(query: LineQuery) -> str:
    """Return the ORDER BY terms of a list's query; ties stand by number."""
    terms = _ORDERS.get(query.order_by, _ORDERS["priority"])
    if query.descending:
        terms = ", ".join(f"{term} DESC" for term in terms.split(", "))
    return f"{terms}, step_id"


def key_conditions_of(keys: LineKeys) -> tuple[str, Values]:
    """Return the condition that narrows down what C-FIND may answer."""
    parts: list[str] = []
    values: Values = []
    _dates(parts, values, keys.date_from, keys.date_to)
    _any_of(parts, values, "modality", keys.modalities)
    # A day, or a number, narrows down more than states that most lines have: their index is left
    # alone then (the plus sign).
    is_narrow = any(
        (keys.date_from, keys.date_to, keys.accession, keys.patient_id, keys.study_uid, keys.sps_id)
    )
    _any_of(parts, values, "+state" if is_narrow else "state", keys.states)
    _stations(parts, values, keys.stations, with_open=True)
    for column, wanted in (
        ("accession", keys.accession),
        ("patient_id", keys.patient_id),
        ("study_uid", keys.study_uid),
        ("sps_id", keys.sps_id),
    ):
        if wanted:
            # Told apart so that the index over accessions that aren't empty is used.
            parts.append(f"{column} = ? AND {column} <> ''")
            values.append(writable(wanted))
    if keys.complete_only:
        parts.append("is_incomplete = 0")
    return " AND ".join(parts) or "1", values


def _dates(parts: list[str], values: Values, first: str, last: str) -> None:
    if first or last:
        parts.append("start_date BETWEEN ? AND ?")
        values += [first or "0", last or "9"]


def _any_of(parts: list[str], values: Values, column: str, wanted: Sequence[str]) -> None:
    if wanted:
        parts.append(f"{column} IN ({', '.join('?' * len(wanted))})")
        values.extend(wanted)


def _stations(parts: list[str], values: Values, wanted: Sequence[str], *, with_open: bool) -> None:
    named = [json.dumps(aet) for aet in wanted if aet]
    either = ["instr(stations, ?)"] * len(named)
    if wanted:
        if with_open:
            either.append("is_open = 1")
        parts.append(f"({' OR '.join(either)})")
        values.extend(named)


def line_of_columns(columns: Sequence[SqlValue]) -> LineRow:
    """Return a line read as `SHOWN_COLUMNS`."""
    (
        step_id, order_id, patient_row, start_date, start_time, priority, _rank, patient_name,
        patient_id, issuer, accession, modality, procedure, stations, is_open, state, missing,
        _is_incomplete, flags, last_entry, listener, study_uid,
    ) = columns  # fmt: skip
    return LineRow(
        step_id=_number(step_id),
        start_date=str(start_date),
        start_time=str(start_time),
        priority=str(priority),
        patient_name=str(patient_name),
        patient_id=str(patient_id),
        issuer=str(issuer),
        accession=str(accession),
        modality=str(modality),
        procedure=str(procedure),
        stations=_texts(stations),
        is_open=bool(is_open),
        state=str(state),
        missing=_texts(missing),
        flags=_texts(flags),
        order_id=_number(order_id),
        patient_row=_number(patient_row),
        last_entry=_number(last_entry),
        listener=str(listener),
        study_uid=str(study_uid),
    )


def _number(value: SqlValue) -> int:
    return value if isinstance(value, int) else 0


def _texts(value: SqlValue) -> tuple[str, ...]:
    return () if value == "[]" else tuple(json.loads(str(value)))
