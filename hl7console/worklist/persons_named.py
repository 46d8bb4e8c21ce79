"""Whom a report, document, appointment or exam names, and whether that is the person of an order.

Only what a row holds of the person is compared: `named_ids` (each a number with its authority's
key, "" where none was told), `named_loosely` (those of the numbers whose authority was not told
but taken for granted), `named_name` and `named_birth_date`.
"""

from __future__ import annotations

from enum import Enum, auto

from hl7console.worklist.rows import IDENTIFIER, PATIENT, Row
from hl7console.worklist.turn import Turn


class Agreement(Enum):
    """Whether two are the same person."""

    SAME = auto()
    UNKNOWN = auto()
    """Nothing speaks for it or against it."""
    OTHER = auto()


def survivor(turn: Turn, patient_id: int) -> Row | None:
    """Return a person, or whom they were merged into; None when there is no such row."""
    seen: set[int] = set()
    row = turn.get(PATIENT, patient_id) if patient_id else None
    while row is not None and row.number("merged_into") and row.id not in seen:
        seen.add(row.id)
        row = turn.get(PATIENT, row.number("merged_into"))
    return row


def known_persons(turn: Turn, ids: list[list[str]]) -> list[Row]:
    """Return the persons that have one of these identifiers, merges followed, in that order."""
    found: dict[Row, None] = {}
    for number, authority in ids:
        for identifier in turn.find(IDENTIFIER, "value", number, authority):
            if identifier.text("status") == "withdrawn":
                continue
            person = survivor(turn, identifier.number("patient"))
            if person is not None:
                found[person] = None
    return list(found)


def named_ids(row: Row) -> list[list[str]]:
    """Return the identifiers that a row names its person by."""
    return [
        [str(part) for part in pair] for pair in row.list("named_ids") if isinstance(pair, list)
    ]


def agreement(turn: Turn, row: Row, order: Row) -> Agreement:
    """Return whether the person that a row names is the person of an order.

    An identifier of that person says yes, unless name and birth date both say no; one of somebody
    else, or another number of the same authority, says no. An identifier that nobody has leaves it
    to name and birth date.
    """
    person = survivor(turn, order.number("patient"))
    if person is None:
        return Agreement.UNKNOWN
    by_details = _details(row, person)
    by_ids = _identifiers(turn, row, person)
    if by_ids is Agreement.OTHER or by_details is Agreement.OTHER:
        return Agreement.OTHER
    if by_ids is Agreement.SAME or by_details is Agreement.SAME:
        return Agreement.SAME
    # Identifiers of which we know nothing, and details that neither confirm nor deny.
    return Agreement.OTHER if named_ids(row) else Agreement.UNKNOWN


def is_somebody_else(turn: Turn, row: Row, other: Row) -> bool:
    """Return whether two rows name two persons; what neither says is no reason to think so.

    Args:
        turn: The turn.
        row: A row with `named_...` columns.
        other: Another one.
    """
    ids, others = named_ids(row), named_ids(other)
    by_details = _compare(row, other.text("named_name"), other.text("named_birth_date"))
    if by_details is Agreement.OTHER:
        return True
    if by_details is Agreement.SAME or not (ids and others):
        return False
    if shares_number(row, other):
        return False
    persons = known_persons(turn, others)
    return not any(person in persons for person in known_persons(turn, ids))


def shares_number(row: Row, other: Row) -> bool:
    """Return whether two rows name a person by the same number.

    A number whose authority was taken for granted is the same under any authority.
    """
    others = named_ids(other)
    if any(pair in others for pair in named_ids(row)):
        return True
    loosely = {str(number) for named in (row, other) for number in named.list("named_loosely")}
    return any(number in loosely and number == theirs
               for number, _ in named_ids(row) for theirs, _ in others)  # fmt: skip


def _identifiers(turn: Turn, row: Row, person: Row) -> Agreement:
    ids = named_ids(row)
    if not ids:
        return Agreement.UNKNOWN
    known = known_persons(turn, ids)
    if known:
        return Agreement.SAME if known == [person] else Agreement.OTHER
    theirs = turn.find(IDENTIFIER, "patient", person.id)
    authorities = set()
    loosely = [str(number) for number in row.list("named_loosely")]
    for identifier in theirs:
        if identifier.text("status") == "withdrawn":
            continue
        if identifier.text("id_value") in loosely:
            return Agreement.SAME
        if any(_is_this(number, authority, identifier) for number, authority in ids):
            return Agreement.SAME
        authorities.add(identifier.text("authority"))
    if any(authority in authorities for _, authority in ids):
        return Agreement.OTHER
    return Agreement.UNKNOWN


def _is_this(number: str, authority: str, identifier: Row) -> bool:
    if number != identifier.text("id_value"):
        return False
    names = (identifier.text("authority"), identifier.text("namespace").upper())
    return not authority or authority in names


def _details(row: Row, person: Row) -> Agreement:
    return _compare(row, person.text("patient_name"), person.text("birth_date"))


def _compare(row: Row, their_name: str, their_date: str) -> Agreement:
    """Return what name and birth date say; nothing unless both are known of both."""
    name, birth_date = _short_name(row.text("named_name")), row.text("named_birth_date")
    their_name = _short_name(their_name)
    if not (name and birth_date and their_name and their_date):
        return Agreement.UNKNOWN
    if name == their_name and birth_date == their_date:
        return Agreement.SAME
    if name != their_name and birth_date != their_date:
        return Agreement.OTHER
    return Agreement.UNKNOWN


def _short_name(name: str) -> str:
    """Return family and given name of the first group, letter case aside."""
    parts = name.split("=", 1)[0].split("^")
    return "^".join(" ".join(part.split()).casefold() for part in parts[:2]).strip("^")
