"""Rules for an imported cross-reference table: numbers of several domains that are one person's.

An input ``crossref`` has `rows`, `replace` and `source` (the table's name). Each row is a mapping
of authority to number, or a list of ``[number, authority]`` or ``[number, authority, type]``. A row
that names one known person gives them its other numbers; one that names nobody makes a person of
whom only the numbers are known. Nobody is ever merged: a row that names several persons becomes a
conflict for somebody to decide. With `replace`, numbers that only the former table gave and this
one lacks are withdrawn.

References: identifiers-and-datatypes section 2.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hl7console.worklist import identity, persons
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.mapped import MappedIdentifier, MappedPatient
from hl7console.worklist.rows import CONFLICT, IDENTIFIER, PATIENT, Row
from hl7console.worklist.turn import Severity, Turn


def apply(turn: Turn, entry: InputEntry) -> None:
    """Apply a table."""
    rows = entry.body.get("rows")
    if not isinstance(rows, Sequence) or isinstance(rows, str):
        turn.refuse("crossref_without_rows")
    table = str(entry.body.get("source") or "crossref")
    named: dict[tuple[str, str], None] = {}
    counts = {"linked": 0, "conflicts": 0, "unusable": 0}
    for number, row in enumerate(rows, start=1):
        identifiers = _identifiers(row)
        if len(identifiers) < 2:
            counts["unusable"] += 1
            turn.note("crossref_row_unusable", None, Severity.FLAG, line=str(number))
            continue
        named |= {(i.id_value, i.authority): None for i in identifiers}
        counts[_apply_row(turn, identifiers, table, number)] += 1
    if entry.body.get("replace"):
        _withdraw(turn, table, named)
    turn.note(
        "crossref_applied", None, linked=str(counts["linked"]),
        conflicts=str(counts["conflicts"]), unusable=str(counts["unusable"]),
    )  # fmt: skip


def _identifiers(row: object) -> list[MappedIdentifier]:
    """Return the identifiers of a row; pairs that are not whole are left out."""
    if isinstance(row, Mapping):
        pairs: list[Sequence[object]] = [(number, name) for name, number in row.items()]
    elif isinstance(row, list | tuple):
        pairs = [part for part in row if isinstance(part, list | tuple) and len(part) > 1]
    else:
        return []
    found: dict[tuple[str, str], MappedIdentifier] = {}
    for pair in pairs:
        number, namespace = str(pair[0] or "").strip(), str(pair[1] or "").strip()
        id_type = str(pair[2]) if len(pair) > 2 else ""
        if number and namespace:
            key = namespace.upper()
            found[number, key] = MappedIdentifier(number, key, id_type, namespace)
    return list(found.values())


def _apply_row(turn: Turn, identifiers: Sequence[MappedIdentifier], table: str, number: int) -> str:
    known = identity.named_by(turn, identifiers)
    if len(known) > 1:
        _object(turn, known, number)
        return "conflicts"
    new = [i for i in identifiers if identity.row_of(turn, i) is None]
    if known:
        person = known[0]
        if _has_other_number(turn, person, new):
            _object(turn, known, number)
            return "conflicts"
        identity.add_identifiers(turn, person, new, None)
    else:
        person = identity.create(turn, MappedPatient(list(identifiers)), identifiers, None)
    for identifier in new:
        row = identity.row_of(turn, identifier)
        if row is not None:
            turn.set(row, "table", table, rule="crossref")
    persons.refresh(turn, person)
    return "linked"


def _has_other_number(turn: Turn, person: Row, new: Sequence[MappedIdentifier]) -> bool:
    """Return whether a person has another number already in a domain of a new one."""
    authorities = {i.authority for i in new}
    return any(
        row.text("authority") in authorities and row.text("status") == identity.ACTIVE
        for row in turn.find(IDENTIFIER, "patient", person.id)
    )


def _object(turn: Turn, known: Sequence[Row], number: int) -> None:
    """Keep a conflict for a row that the console's persons contradict; once for the same ones."""
    wanted = [person.id for person in known]
    for row in turn.find(CONFLICT, "patients", wanted[0]):
        if row.text("rule") == "crossref_conflict" and list(row.list("patients")) == wanted:
            return
    turn.create(CONFLICT, identity.conflict(turn, "crossref_conflict", known, ""))
    turn.note("crossref_conflict", known[0], Severity.ERROR, line=str(number))


def _withdraw(turn: Turn, table: str, named: Mapping[tuple[str, str], None]) -> None:
    """Withdraw the numbers that a former table gave and this one lacks."""
    for row in turn.find(IDENTIFIER, "table", table):
        key = (row.text("id_value"), row.text("authority"))
        if key in named or row.text("status") != identity.ACTIVE:
            continue
        turn.set(row, "status", identity.WITHDRAWN, rule="crossref")
        person = turn.get(PATIENT, row.number("patient"))
        if person is not None:
            identity.show_numbers(turn, person)
            persons.refresh(turn, person)
