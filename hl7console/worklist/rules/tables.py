"""Rules for imported tables: exam codes, and who is who in several domains.

An input ``codes`` is {rows: [{sender, code, system, local_code, local_meaning, local_system,
modality}], replace, source}. With `replace` the senders' lines that it lacks are taken out, those
of the senders that it names.
"""

from __future__ import annotations

from collections.abc import Mapping

from hl7console.worklist import codes
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.mapping.codes import MODALITIES
from hl7console.worklist.rows import CODE, UNMAPPED, Row
from hl7console.worklist.turn import Severity, Turn

_KEY = ("sender", "code", "system")


def apply(turn: Turn, entry: InputEntry) -> None:
    """Apply an imported table."""
    if entry.kind == "crossref":
        from hl7console.worklist.rules import crossref

        crossref.apply(turn, entry)
        return
    apply_codes(turn, entry)


def apply_codes(turn: Turn, entry: InputEntry) -> None:
    """Take the lines of an exam-code table in, and the codes that it has off the open list."""
    rows = entry.body.get("rows", ())
    if not isinstance(rows, list | tuple):
        turn.refuse("code_table_invalid")
    kept: dict[Row, None] = {}
    bad = 0
    for line in rows:
        values = _line(line)
        if values is None:
            bad += 1
            continue
        kept[_take(turn, values)] = None
    for row in kept:
        _close(turn, row)
    if bad:
        turn.note("code_lines_invalid", None, Severity.FLAG, count=str(bad))
    removed = 0
    if entry.body.get("replace"):
        for sender in dict.fromkeys(row.text("sender") for row in kept):
            for row in turn.find(CODE, "sender", sender):
                if row not in kept:
                    turn.delete(row)
                    removed += 1
    turn.note("code_table_taken", None, count=str(len(kept)), removed=str(removed))


def _line(line: object) -> dict[str, str] | None:
    """Return the columns of a line; None where it has no code or tells nothing of it."""
    if not isinstance(line, Mapping):
        return None
    values = {column: str(line.get(column) or "").strip() for column in codes.COLUMNS}
    values["sender"] = values["sender"] or codes.ANY
    values["modality"] = values["modality"].upper()
    has_code = values["local_code"] and values["local_meaning"] and values["local_system"]
    if not values["code"] or not (has_code or values["modality"]):
        return None
    if values["modality"] and values["modality"] not in MODALITIES:
        return None
    return values


def _take(turn: Turn, values: dict[str, str]) -> Row:
    key = [values[column] for column in _KEY]
    row = turn.first(CODE, "code", *key)
    if row is None:
        row = turn.create(CODE, values)
    else:
        for column, value in values.items():
            turn.set(row, column, value)
    return row


def _close(turn: Turn, row: Row) -> None:
    """Take the codes that a line is for off the list of those that the table lacks."""
    find = codes.finder(turn)
    for unmapped in turn.find(UNMAPPED, "value", row.text("code")):
        if find(unmapped.text("sender"), unmapped.text("code"), unmapped.text("system")):
            turn.delete(unmapped)
