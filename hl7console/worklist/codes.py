"""The exam-code table: the senders' procedure codes and the local ones; and what it lacks."""

from __future__ import annotations

from hl7console.worklist.mapped import MappedOrder
from hl7console.worklist.mapping.context import FindCode
from hl7console.worklist.rows import CODE, UNMAPPED
from hl7console.worklist.turn import Turn

COLUMNS = (
    "sender", "code", "system", "local_code", "local_meaning", "local_system", "modality",
)  # fmt: skip
"""Columns of a line.

`sender` is ``MSH-3|MSH-4``, MSH-3 or MSH-4 alone, or ``*`` for any; an empty `system` is any.
"""


ANY = "*"
"""The sender of lines that hold for all senders."""


def finder(turn: Turn) -> FindCode:
    """Return a function that looks a code up: the sender's own lines before those for all."""
    is_empty = turn.state.next_ids[CODE] == 1

    def find(sender: str, code: str, system: str) -> tuple[str, str, str, str] | None:
        if is_empty:
            return None
        application, _, facility = sender.partition("|")
        systems = (system, "") if system else ("",)
        for name in dict.fromkeys((sender, application, facility, ANY)):
            for scheme in systems:
                row = turn.first(CODE, "code", name, code, scheme) if name else None
                if row is not None:
                    return (
                        row.text("local_code"), row.text("local_meaning"),
                        row.text("local_system"), row.text("modality"),
                    )  # fmt: skip
        return None

    return find


def note_unmapped(turn: Turn, mapped: MappedOrder) -> None:
    """Collect the code of an order that the table lacks, for the analyst to fill in.

    The row has sender, code, system, `text` as the sender words it, `count`, `first_entry` and
    `last_entry`.
    """
    sender, code, system, text = mapped.unmapped
    if not code:
        return
    row = turn.first(UNMAPPED, "code", sender, code, system)
    number = turn.entry.number
    if row is None:
        turn.create(
            UNMAPPED,
            {
                "sender": sender, "code": code, "system": system, "text": text, "count": 1,
                "first_entry": number, "last_entry": number,
            },
        )  # fmt: skip
        return
    turn.set(row, "count", row.number("count") + 1)
    turn.set(row, "last_entry", number)
