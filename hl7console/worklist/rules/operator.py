"""What an operator does by hand: outranks every message, and is kept in the journal.

Rows are named by keys that survive a rebuild: a step by study UID and step id.
"""

from __future__ import annotations

from collections.abc import Callable

from hl7console.settings import is_ae_title
from hl7console.worklist import exams, linking
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.line_columns import DESCRIPTIONS
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
    about = DESCRIPTIONS.get(column)
    if about is None or column in NOT_EDITABLE or not _holds(row.kind, about.area):
        turn.refuse("operator_column", "column", row, column=column)
    value = entry.body.get("value", "")
    if column in _LISTS and isinstance(value, str):
        value = [part.strip() for part in value.split("\\") if part.strip()]
    if not isinstance(value, list | int):
        value = str(value).strip()
        if value and not _is_well_formed(about.vr, value):
            turn.refuse("operator_value", "value", row, column=column)
    turn.set(row, column, value or "", _PATH, "edited")
    if column not in row.list("locked"):
        turn.set(row, "locked", [*row.list("locked"), column], _PATH, "edited")
    _settle(turn, row, _step(turn, entry))


def _holds(kind: str, area: str) -> bool:
    """Return whether a row of a kind has the columns of an area; an order without visit too."""
    return kind == area or (kind == ORDER and area == VISIT)


def _is_well_formed(vr: str, value: str) -> bool:
    """Return whether a value can be sent: dates and times in digits, codes in capitals."""
    if vr == "DA":
        return len(value) == 8 and value.isdecimal() and "01" <= value[4:6] <= "12"
    if vr == "TM":
        return value[:2].isdecimal() and value.replace(".", "", 1).isdecimal()
    if vr in ("CS", "SH"):
        return len(value) <= 16 and "\\" not in value and (vr != "CS" or value.isupper())
    return True


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
    if not all(map(is_ae_title, aets)):
        turn.refuse("operator_station", "aets", step)
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
            _join_exam(turn, row, order, step)
            return
        if row.number("order") != order.id:
            linking.leave(turn, row)
        linking.attach(turn, row, order, by_hand=True)

    return rule


def _join_exam(turn: Turn, exam: Row, order: Row, step: Row) -> None:
    """Make an exam one of this step, and of no other order's."""
    if any(other.number("order") != order.id for other in exams.steps_of(turn, exam)):
        exams.leave(turn, exam)
    linking.allow(turn, exam)
    exams.join(turn, exam, order, [step], "joined_by_hand")


def _named(turn: Turn, kind: str, entry: InputEntry, name: str) -> Row:
    """Return the row of a kind that the input names: by SOP UID, or by entry and place in it."""
    value = entry.body.get(name, "")
    row: Row | None = None
    if kind == EXAM:
        row = turn.first(EXAM, "uid", str(value))
    else:
        number, place = (value, 1) if not isinstance(value, list | tuple) else (*value, 1, 1)[:2]
        found = turn.find(kind, "entry", str(number))
        row = next((r for r in found if (r.number("place") or 1) == place), None)
    if row is None:
        turn.refuse("operator_row_unknown", name, what=name)
    return row


def _acknowledge(turn: Turn, entry: InputEntry) -> None:
    """Note who has seen to a critical result, when, and what they say of it."""
    row = _named(turn, REPORT, entry, "report")
    if "critical_result" not in row.list("flags"):
        turn.refuse("not_critical", "report", row)
    turn.set(row, "acknowledged_by", entry.user, _PATH, "acknowledged")
    turn.set(row, "acknowledged_at_us", entry.at_us, _PATH, "acknowledged")
    turn.set(row, "acknowledgement", _text(entry, "note"), _PATH, "acknowledged")
    turn.note("acknowledged", row)


def _resolve_conflict(turn: Turn, entry: InputEntry) -> None:
    """Mark the conflicts of an entry as done."""
    number = entry.body.get("conflict", 0)
    found = [
        row for row in turn.find(CONFLICT, "status", "open")
        if row.number("entry") == number
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
    "acknowledge": _acknowledge,
    "resolve_conflict": _resolve_conflict,
}
