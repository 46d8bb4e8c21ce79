"""What an operator does by hand: outranks every message, and is kept in the journal.

Rows are named by keys that survive a rebuild: a step by study UID and step id.
"""

from __future__ import annotations

from collections.abc import Callable

from hl7console.worklist import exams, linking
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    DOCUMENT,
    EXAM,
    ORDER,
    PATIENT,
    REPORT,
    STEP,
    VISIT,
    Row,
)
from hl7console.worklist.rules import operator_persons
from hl7console.worklist.states import Rank, StepState, request_state, settle, settle_order
from hl7console.worklist.turn import Turn

_PATH = "operator"
NOT_EDITABLE = frozenset(
    {
        "state", "state_rank", "state_entry", "state_before_hold", "wanted", "missing", "open",
        "flags", "order", "patient", "visit", "locked", "booked", "last_event", "state_event",
        "study_uid", "sps_id", "accession", "accession_authority", "listener", "profile", "served",
        "placer_no", "filler_no", "placer_authority", "filler_authority", "patient_id", "issuer",
    }
)  # fmt: skip
"""Columns that are not edited as values: identifiers, links, and what has an action of its own."""

_LISTS = frozenset({"station_aet", "station_name", "allergies", "medical_alerts"})


def apply(turn: Turn, entry: InputEntry) -> None:
    """Apply an operator's input by its ``action``."""
    action = str(entry.body.get("action", ""))
    rule = operator_persons.ACTIONS.get(action) or _ACTIONS.get(action)
    if rule is None:
        turn.refuse("operator_action_unknown", "action", action=action)
    rule(turn, entry)


def _text(entry: InputEntry, name: str) -> str:
    value = entry.body.get(name, "")
    return value if isinstance(value, str) else str(value)


def _step(turn: Turn, entry: InputEntry) -> Row:
    step = turn.first(STEP, "key", _text(entry, "study_uid"), _text(entry, "sps_id"))
    if step is None:
        turn.refuse("operator_row_unknown", "study_uid", what="study_uid")
    return step


def _order_of(turn: Turn, step: Row) -> Row:
    order = turn.get(ORDER, step.number("order"))
    if order is None:
        turn.refuse("operator_row_unknown", "study_uid", what="study_uid")
    return order


def _target(turn: Turn, entry: InputEntry) -> Row:
    """Return the row that an edit is about: the step, or its order, person or visit."""
    step = _step(turn, entry)
    of = _text(entry, "of") or STEP
    if of == STEP:
        return step
    order = _order_of(turn, step)
    if of == ORDER:
        return order
    row = turn.get(of, order.number(of)) if of in (PATIENT, VISIT) else None
    if row is None:
        turn.refuse("operator_row_unknown", "of", what="of")
    return row


def _edit(turn: Turn, entry: InputEntry) -> None:
    """Set a column by hand and lock it against messages."""
    row, column = _target(turn, entry), _text(entry, "column")
    if not column or column in NOT_EDITABLE:
        turn.refuse("operator_column", "column", row, column=column)
    value = entry.body.get("value", "")
    if column in _LISTS and isinstance(value, str):
        value = [part.strip() for part in value.split("\\") if part.strip()]
    turn.set(row, column, value if isinstance(value, list | int) else str(value), _PATH, "edited")
    if column not in row.list("locked"):
        turn.set(row, "locked", [*row.list("locked"), column], _PATH, "edited")
    _settle(turn, row, _step(turn, entry))


def _unlock(turn: Turn, entry: InputEntry) -> None:
    row, column = _target(turn, entry), _text(entry, "column")
    kept = [name for name in row.list("locked") if column and name != column]
    turn.set(row, "locked", kept or "", _PATH, "unlocked")


def _settle(turn: Turn, row: Row, step: Row) -> None:
    if row.kind == STEP:
        settle(turn, step)
        return
    index = {ORDER: "", PATIENT: "patient", VISIT: "visit"}[row.kind]
    orders = turn.find(ORDER, index, row.id) if index else [row]
    for order in orders:
        settle_order(turn, order)


def _station(turn: Turn, entry: InputEntry) -> None:
    """Set the stations of a step."""
    step = _step(turn, entry)
    value = entry.body.get("aets", [])
    aets = [str(aet).strip() for aet in value] if isinstance(value, list | tuple) else []
    aets = [aet for aet in aets if 0 < len(aet) <= 16 and aet.isascii() and "\\" not in aet]
    turn.set(step, "station_aet", aets or "", _PATH, "station_by_hand")
    turn.set(step, "open", "", _PATH, "station_by_hand")
    if "station_aet" not in step.list("locked"):
        turn.set(step, "locked", [*step.list("locked"), "station_aet"], _PATH, "station_by_hand")
    settle(turn, step)


def _state(turn: Turn, entry: InputEntry) -> None:
    """Set the state of a step, whatever the messages say."""
    step, text = _step(turn, entry), _text(entry, "state")
    if text not in StepState.__members__:
        turn.refuse("operator_state", "state", step, state=text)
    request_state(turn, step, StepState(text), Rank.OPERATOR, path=_PATH, rule="state_by_hand")
    if reason := _text(entry, "reason"):
        turn.set(step, "state_reason", reason, _PATH, "state_by_hand")
    settle(turn, step)


def _link(kind: str, name: str) -> Callable[[Turn, InputEntry], None]:
    """Return the rule that joins a waiting row to the order of a step, by hand."""

    def rule(turn: Turn, entry: InputEntry) -> None:
        step = _step(turn, entry)
        row = _named(turn, kind, entry, name)
        order = _order_of(turn, step)
        linking.settle_conflicts(turn, row, _text(entry, "reason"))
        if kind == EXAM:
            exams.join(turn, row, order, [step])
        else:
            linking.attach(turn, row, order, by_hand=True)

    return rule


def _named(turn: Turn, kind: str, entry: InputEntry, name: str) -> Row:
    """Return the row of a kind that the input names: by SOP UID, or by entry and place in it."""
    value = entry.body.get(name, "")
    if kind == EXAM:
        row = turn.first(EXAM, "uid", str(value))
    else:
        number, place = (value, 1) if not isinstance(value, list | tuple) else (value[0], value[1])
        found = turn.find(kind, "entry", str(number))
        row = next((r for r in found if (r.number("place") or 1) == place), None)
    if row is None:
        turn.refuse("operator_row_unknown", name, what=name)
    return row


def _resolve_conflict(turn: Turn, entry: InputEntry) -> None:
    """Mark the conflicts of an entry as done."""
    number = entry.body.get("conflict", 0)
    found = [
        row for row in turn.find(CONFLICT, "status", "open")
        if row.number("entry") == number or row.id == number
    ]  # fmt: skip
    if not found:
        turn.refuse("operator_row_unknown", "conflict", what="conflict")
    for row in found:
        turn.set(row, "status", "done", _PATH, "resolved")
        turn.set(row, "resolution", _text(entry, "note"), _PATH, "resolved")


_ACTIONS: dict[str, Callable[[Turn, InputEntry], None]] = {
    "edit": _edit,
    "unlock": _unlock,
    "station": _station,
    "state": _state,
    "link_report": _link(REPORT, "report"),
    "link_document": _link(DOCUMENT, "document"),
    "link_appointment": _link(APPOINTMENT, "appointment"),
    "link_exam": _link(EXAM, "exam"),
    "resolve_conflict": _resolve_conflict,
}
