"""What is known of a person, and when a message may change it.

Nothing older than what its sender said last counts. Where name and birth date both differ from
what is known, the message's values are held back (`held`) under the flag ``demographic_conflict``
until somebody confirms them.

References: identifiers-and-datatypes section 2; order-states section 5.
"""

from __future__ import annotations

from hl7console.worklist import evidence, likeness, states
from hl7console.worklist.mapped import Mapped, MappedPatient, merge_fields
from hl7console.worklist.rows import ORDER, STEP, Row, Value
from hl7console.worklist.turn import Severity, Turn

CONFLICT_FLAG = "demographic_conflict"
NAME_MISSING = "name_missing"
KEYS = frozenset({"patient_id", "issuer", "issuer_oid", "other_ids", "status", "merged_into"})
"""Columns that come from a person's identifiers, never from the fields of a message."""
_LIKENESS = frozenset({"patient_name", "birth_date", "sex"})


def differs(patient: Row, said: Mapped) -> bool:
    """Return whether name and birth date both are others than those known."""
    date = said.values.get("birth_date")
    name = said.values.get("patient_name")
    if not date or not name:
        return False
    known_date, known_name = patient.text("birth_date"), patient.text("patient_name")
    if not known_date or not known_name or date == known_date:
        return False
    return likeness.short_name(str(name)) != likeness.short_name(known_name)


def hold(turn: Turn, patient: Row, said: Mapped) -> None:
    """Keep what a message says of a person aside, until somebody confirms it."""
    held = [
        [column, value, said.paths.get(column, ""), said.rules.get(column, "")]
        for column, value in said.values.items()
        if column not in KEYS
    ]
    turn.set(patient, "held", held, said.paths.get("patient_name", ""), CONFLICT_FLAG)
    turn.add_flag(patient, CONFLICT_FLAG, said.paths.get("patient_name", ""))


def update(
    turn: Turn,
    patient: Row,
    mapped: MappedPatient,
    *,
    only_empty: bool,
    event_time: str,
    source: str,
) -> bool:
    """Take what a message says of a person over, by the field rule; return whether it changed.

    Args:
        turn: The turn.
        patient: The person.
        mapped: PID as it was mapped.
        only_empty: Only fill what is not known.
        event_time: The message's event time; "" compares nothing.
        source: Its sender (`evidence.source_of`).
    """
    said = mapped.patient
    if not only_empty and evidence.is_older(patient, source, event_time):
        turn.note("older_than_person", patient, Severity.IGNORED, "PID")
        return False
    if CONFLICT_FLAG in patient.list("flags") and differs(patient, said):
        return False
    had_name = bool(patient.text("patient_name"))
    changed = merge_fields(turn, patient, said, only_empty=only_empty, keep=KEYS)
    if not _LIKENESS.isdisjoint(changed):
        set_likeness(turn, patient)
    _take_flags(turn, patient, said)
    if not only_empty:
        evidence.remember(turn, patient, source, event_time)
    if had_name != bool(patient.text("patient_name")):
        refresh(turn, patient)  # of these columns, steps lack the name alone
    return bool(changed)


def _take_flags(turn: Turn, patient: Row, said: Mapped) -> None:
    """Set the flags of what a message says; that a name is missing only where none is known."""
    flags = patient.list("flags")
    has_name = bool(patient.text("patient_name"))
    for flag in said.flags:
        if flag not in flags and not (has_name and flag == NAME_MISSING):
            turn.add_flag(patient, flag, said.flag_paths.get(flag, "PID-5"))
    if has_name and NAME_MISSING in flags:
        turn.drop_flag(patient, NAME_MISSING, "PID-5")


def set_likeness(turn: Turn, patient: Row) -> None:
    """Bring the key that likely duplicates share in line; a merged person has none."""
    key = ""
    if not patient.number("merged_into"):
        key = likeness.key_of(
            patient.text("patient_name"), patient.text("birth_date"), patient.text("sex")
        )
    turn.set(patient, "likeness", key, rule="likeness")


def confirm(turn: Turn, patient: Row, *, accept: bool = True) -> None:
    """End a demographic conflict: take what was held back over, or drop it."""
    if CONFLICT_FLAG not in patient.list("flags"):
        turn.refuse("nothing_to_confirm", "", patient)
    if accept:
        mapped = Mapped()
        for held in patient.list("held"):
            if isinstance(held, list | tuple) and len(held) == 4:
                mapped.put(str(held[0]), _value(held[1]), str(held[2]), str(held[3]))
        if merge_fields(turn, patient, mapped, keep=KEYS):
            set_likeness(turn, patient)
    turn.set(patient, "held", "", rule="demographics_confirmed" if accept else "demographics_kept")
    turn.drop_flag(patient, CONFLICT_FLAG)
    refresh(turn, patient)


def _value(value: object) -> Value:
    return value if isinstance(value, str | int | list | tuple) else str(value)


def refresh(turn: Turn, patient: Row) -> None:
    """Settle the steps of a person that are not final, after something of the person changed."""
    for order in turn.find(ORDER, "patient", patient.id):
        refresh_order(turn, order)


def refresh_order(turn: Turn, order: Row) -> None:
    """Settle the steps of an order that are not final."""
    for step in turn.find(STEP, "order", order.id):
        if step.text("state") not in states.FINAL:
            states.settle(turn, step)


def open_steps(turn: Turn, order: Row) -> list[Row]:
    """Return the steps of an order that are not final."""
    return [
        step
        for step in turn.find(STEP, "order", order.id)
        if step.text("state") not in states.FINAL
    ]
