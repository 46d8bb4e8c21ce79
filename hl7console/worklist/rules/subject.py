"""Whom a message or an exam names, kept on the row that it makes, and compared with its order's.

No person is made of what a result, document or appointment says.
"""

from __future__ import annotations

from hl7console.worklist.mapping import identifiers
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.names import pn_of_xpn
from hl7console.worklist.persons_named import known_persons
from hl7console.worklist.reading import Seg
from hl7console.worklist.rows import Value
from hl7console.worklist.turn import Turn


def subject_of(turn: Turn, context: Context, pid: Seg | None) -> dict[str, Value]:
    """Return the columns that name a message's person: numbers, name, birth date, known person."""
    if pid is None:
        return {}
    found = identifiers.cx_list(context, pid, 3) or identifiers.cx_list(context, pid, 2)
    ids = [[cx.id_value, cx.authority] for cx in found]
    flags: list[str] = []
    columns: dict[str, Value] = {
        "named_ids": ids,
        "named_loosely": [cx.id_value for cx in found if cx.is_defaulted],
        "named_name": pn_of_xpn(context, pid.repetitions(5), flags) if pid.raw(5) else "",
        "named_birth_date": pid.get(7)[:8],
    }
    persons = known_persons(turn, ids)
    if len(persons) == 1:
        columns["patient"] = persons[0].id
    return columns


PATHS = {
    "named_ids": "PID-3",
    "named_loosely": "PID-3",
    "named_name": "PID-5",
    "named_birth_date": "PID-7",
    "patient": "PID-3",
}
"""Where these columns come from."""
