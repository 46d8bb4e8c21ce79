"""Rules for what an operator does to persons: merge by hand, link, confirm demographics.

Persons are named by ``[number, authority]``, which survives a rebuild. Undo of a merge is in
`undo`.
"""

from __future__ import annotations

from collections.abc import Callable

from hl7console.worklist import identity, merging, persons
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.mapped import MappedIdentifier
from hl7console.worklist.rows import Row
from hl7console.worklist.rules import links
from hl7console.worklist.turn import Turn

_CAUSE = "operator"


def merge(turn: Turn, entry: InputEntry) -> None:
    """Merge `source` into `survivor`."""
    source_row, source = _person(turn, entry, "source")
    survivor_row, survivor = _person(turn, entry, "survivor")
    if source.id == survivor.id:
        if source_row.id == survivor_row.id:
            turn.refuse("merge_into_itself", "source", source)
        turn.refuse("merged_already", "source", survivor)
    if source_row.text("status") != identity.ACTIVE:
        turn.refuse("merged_elsewhere", "source", source)
    merging.merge(turn, source, survivor, [source_row], cause=_CAUSE, path="source")


def link(turn: Turn, entry: InputEntry) -> None:
    """Link `first` and `second`."""
    _, first = _person(turn, entry, "first")
    _, second = _person(turn, entry, "second")
    links.connect(turn, first, second, _CAUSE, "second")


def unlink(turn: Turn, entry: InputEntry) -> None:
    """Take the link between `first` and `second` away."""
    _, first = _person(turn, entry, "first")
    _, second = _person(turn, entry, "second")
    row = links.between(turn, first, second)
    if row is None:
        turn.refuse("link_unknown", "second", first)
    turn.delete(row)


def confirm_demographics(turn: Turn, entry: InputEntry) -> None:
    """Take over what was held back for `patient`; with `accept` false, drop it."""
    _, patient = _person(turn, entry, "patient")
    persons.confirm(turn, patient, accept=bool(entry.body.get("accept", True)))


def _person(turn: Turn, entry: InputEntry, name: str) -> tuple[Row, Row]:
    """Return the identifier that an input names somebody by, and the person, merges followed."""
    told = entry.body.get(name)
    if not isinstance(told, list | tuple) or len(told) != 2:
        turn.refuse("operator_names_nobody", name)
    row = identity.row_of(turn, MappedIdentifier(str(told[0]), str(told[1])))
    person = identity.person_of(turn, row) if row is not None else None
    if row is None or person is None:
        turn.refuse("operator_names_unknown", name)
    return row, person


ACTIONS: dict[str, Callable[[Turn, InputEntry], None]] = {
    "merge": merge,
    "link_persons": link,
    "unlink_persons": unlink,
    "confirm_demographics": confirm_demographics,
}
"""By the input's `action`."""
