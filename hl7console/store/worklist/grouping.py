"""The worklist's lines by what they have in common, as a list with headings shows them."""

from __future__ import annotations

import json
from array import array
from operator import itemgetter
from typing import TypeAlias

from hl7console.store.connection import Database
from hl7console.store.worklist.queries import order_of
from hl7console.store.worklist.records import LineQuery
from hl7console.store.worklist.selecting import integer, source_of

Groups: TypeAlias = "list[tuple[str, array[int]]]"

_KEYS = {
    "": "''",
    "day": "start_date",
    "modality": "modality",
    "station": "stations",
    "state": "state",
    "patient": "patient_name || char(10) || patient_id || char(10) || patient_row",
}
"""By group: the text that lines of one group have in common."""


def groups_of(database: Database, query: LineQuery, by: str) -> Groups:
    """Return the steps' numbers in the query's order, cut into groups that stand by their keys.

    Args:
        database: A connection to ``worklist.db``.
        query: Which lines.
        by: day, modality, station, state or patient; "" for one group of all.

    Returns:
        Key and step ids. A patient's key is name, identifier and row number on lines of their
        own; that of several stations is their names with commas. Lines without a date, a modality
        or a station stand last, under the key "".
    """
    source, condition, values = source_of(database, query)
    found = database.all(
        f"SELECT step_id, {_KEYS.get(by, _KEYS[''])} FROM {source} WHERE {condition}"  # noqa: S608
        f" ORDER BY {order_of(query)}",
        values,
    )
    if not by:
        return [("", array("q", [integer(row[0]) for row in found]))] if found else []
    by_key: dict[str, array[int]] = {}
    for step_id, key in found:
        ids = by_key.get(key)  # type: ignore[arg-type]
        if ids is None:
            ids = by_key[key] = array("q")  # type: ignore[index]
        ids.append(step_id)  # type: ignore[arg-type]
    named = [(_name(by, str(key)), ids) for key, ids in by_key.items()]
    return sorted(named, key=itemgetter(0)) if by == "patient" else _empty_last(named)


def _name(by: str, key: str) -> str:
    return ", ".join(json.loads(key)) if by == "station" else key


def _empty_last(groups: Groups) -> Groups:
    return sorted(groups, key=lambda group: (not group[0], group[0]))


def span_of(database: Database) -> tuple[int, int]:
    """Return when the first and the last entry came, UTC microseconds; (0, 0) before any."""
    row = database.one("SELECT min(at_us), max(at_us) FROM entries")
    return (integer(row[0]), integer(row[1])) if row else (0, 0)
