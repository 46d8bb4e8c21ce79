"""What an operator may do to a line, as inputs for the worklist's journal.

Rows are named by what survives a rebuild: study UID and step id, identifier and authority.
"""

from __future__ import annotations

from hl7console.engine.console import WorklistInput
from hl7console.store.worklist.records import StepDetails
from hl7console.worklist.lines import DESCRIPTIONS
from hl7console.worklist.rows import EXAM, IDENTIFIER, Row
from hl7console.worklist.rules.operator import NOT_EDITABLE

EDITABLE = tuple(
    column
    for column, about in DESCRIPTIONS.items()
    if about.vr in ("LO", "SH", "PN", "DA", "TM", "CS", "LT", "ST", "DS", "UI")
    and column not in NOT_EDITABLE
    and column not in ("sps_status", "station_aet")
    and not column.startswith("admission")
)
"""Columns whose value may be typed in."""


def _operator(action: str, **body: object) -> WorklistInput:
    return WorklistInput("operator", {"action": action, **body})


def step_keys(details: StepDetails) -> dict[str, object]:
    """Return the names of a step."""
    step, order = details.step, details.order
    study_uid = step.text("study_uid") or order.text("study_uid")
    return {"study_uid": study_uid, "sps_id": step.text("sps_id")}


def person_key(identifiers: tuple[Row, ...] | list[Row]) -> list[str]:
    """Return an identifier and its authority that a person is named by; empty for none."""
    active = [row for row in identifiers if row.text("status") in ("", "active")]
    for row in active or list(identifiers):
        if row.kind == IDENTIFIER and row.text("id_value"):
            return [row.text("id_value"), row.text("authority")]
    return []


def set_station(details: StepDetails, aets: list[str]) -> WorklistInput:
    """Put a step on these stations."""
    return _operator("station", **step_keys(details), aets=aets)


def set_state(details: StepDetails, state: str, reason: str) -> WorklistInput:
    """Give a step a state."""
    return _operator("state", **step_keys(details), state=state, reason=reason)


def edit(details: StepDetails, column: str, value: str) -> WorklistInput:
    """Give a column a value, which messages do not change from then on."""
    return _operator("edit", **_row_of(details, column), column=column, value=value)


def unlock(details: StepDetails, column: str) -> WorklistInput:
    """Let messages change a column again."""
    return _operator("unlock", **_row_of(details, column), column=column)


def _row_of(details: StepDetails, column: str) -> dict[str, object]:
    about = DESCRIPTIONS.get(column)
    area = about.area if about is not None else "step"
    if area == "visit" and details.visit is None:
        area = "order"
    return {"of": area, **step_keys(details)}


def merge(source: list[str], survivor: list[str]) -> WorklistInput:
    """Join two persons: the first goes into the second."""
    return _operator("merge", source=source, survivor=survivor)


def link_persons(first: list[str], second: list[str]) -> WorklistInput:
    """Note that two persons are one; nothing moves."""
    return _operator("link_persons", first=first, second=second)


def confirm_demographics(patient: list[str], *, accept: bool) -> WorklistInput:
    """Take over what was held back for a person, or drop it."""
    return _operator("confirm_demographics", patient=patient, accept=accept)


def attach(row: Row, study_uid: str, sps_id: str, reason: str) -> WorklistInput:
    """Join a report, document, appointment or exam to the order of a step, whoever's it seems."""
    name: object = row.text("sop_uid")
    if row.kind != EXAM:
        name = [row.number("entry"), row.number("place") or 1]
    body = {row.kind: name, "study_uid": study_uid, "sps_id": sps_id, "reason": reason}
    return _operator(f"link_{row.kind}", **body)


def void(entry: int, reason: str) -> WorklistInput:
    """Take a merge back."""
    return _operator("void", entry=entry, reason=reason)


def resolve_conflict(entry: int, note: str) -> WorklistInput:
    """Note that the conflicts which an entry raised were looked at."""
    return _operator("resolve_conflict", conflict=entry, note=note)


def locked_columns(details: StepDetails) -> list[str]:
    """Return the columns whose value an operator typed in."""
    rows = [details.step, details.order]
    rows += [row for row in (details.patient, details.visit) if row is not None]
    found: dict[str, None] = {}
    for row in rows:
        found |= dict.fromkeys(str(column) for column in row.list("locked"))
    return list(found)
