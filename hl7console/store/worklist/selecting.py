"""What the reader's queries share: where lines come from, and rows that belong together."""

from __future__ import annotations

import json
from itertools import combinations

from hl7console.store.connection import Database, SqlValue
from hl7console.store.worklist.line_rows import line_values
from hl7console.store.worklist.loader import RowLoader, decode_row, encode, writable
from hl7console.store.worklist.past import PastLoader, position_at
from hl7console.store.worklist.queries import Values, conditions_of
from hl7console.store.worklist.records import Likeness, LineQuery, StepDetails
from hl7console.store.worklist.schema import LINE_COLUMNS, SPACES
from hl7console.worklist.rows import (
    APPOINTMENT,
    DOCUMENT,
    EXAM,
    IDENTIFIER,
    LINK,
    ORDER,
    PATIENT,
    REPORT,
    STEP,
    VISIT,
    Row,
)
from hl7console.worklist.state import State

MOST_PERSONS = 500
"""Persons that a search returns at most."""

_COLUMNS = ", ".join(LINE_COLUMNS)
_FROM_JSON = ", ".join(
    f"json_extract(value, '$[{n}]') AS {column}" for n, column in enumerate(LINE_COLUMNS)
)
_PAST = (
    f"(SELECT {_COLUMNS} FROM lines WHERE step_id NOT IN (SELECT value FROM json_each(?))"  # noqa: S608
    f" UNION ALL SELECT {_FROM_JSON} FROM json_each(?))"
)


def state_at(database: Database, at_us: int = 0) -> State:
    """Return the rows as they stand, or as they stood at a time; UTC microseconds, 0 is now."""
    if not at_us:
        return State(RowLoader(database))
    return State(PastLoader(database, position_at(database, at_us)))


def source_of(database: Database, query: LineQuery) -> tuple[str, str, Values]:
    """Return the table of lines, the condition and the parameters of both for a query."""
    condition, values = conditions_of(query)
    if not query.at_us:
        return "lines", condition, values
    loader = PastLoader(database, position_at(database, query.at_us))
    changed = loader.steps_changed()
    state = State(loader)
    past: list[tuple[SqlValue, ...]] = []
    for step_id in changed:
        step = state.get(STEP, step_id)
        if step is not None:
            past.append(line_values(state, step))
    return _PAST, condition, [encode(changed), encode(past), *values]


def details_of(state: State, step_id: int) -> StepDetails | None:
    """Return everything about a step's line; None when there is no such step."""
    from hl7console.worklist import lines

    step = state.get(STEP, step_id)
    order = state.get(ORDER, step.number("order")) if step is not None else None
    if step is None or order is None:
        return None
    line = lines.line_of(state, step)
    patient = state.get(PATIENT, order.number("patient"))
    exams = {exam.id: exam for exam in state.find(EXAM, "steps", step_id)}
    if study_uid := step.text("study_uid") or order.text("study_uid"):
        exams |= {
            exam.id: exam for exam in state.find(EXAM, "study", study_uid) if not exam.list("steps")
        }
    return StepDetails(
        line=line.values,
        sources=line.sources,
        missing=tuple(line.missing),
        step=step,
        order=order,
        patient=patient,
        visit=state.get(VISIT, order.number("visit")),
        identifiers=tuple(state.find(IDENTIFIER, "patient", patient.id)) if patient else (),
        reports=tuple(state.find(REPORT, "order", order.id)),
        documents=tuple(state.find(DOCUMENT, "order", order.id)),
        exams=tuple(exams[n] for n in sorted(exams)),
        appointments=tuple(state.find(APPOINTMENT, "order", order.id)),
    )


def identifiers_valued(database: Database, number: str) -> list[Row]:
    """Return the identifiers with a value, of any authority, by number."""
    found = database.all(
        "SELECT k.id, r.body FROM row_keys AS k JOIN identifier_rows AS r USING (id)"
        " WHERE k.space = ? AND k.key >= ? AND k.key < ? ORDER BY k.id",
        (SPACES[IDENTIFIER, "value"], writable(number) + "\x1f", writable(number) + "\x20"),
    )
    return [decode_row(IDENTIFIER, integer(row_id), str(body)) for row_id, body in found]


def orders_numbered(database: Database, number: str) -> list[int]:
    """Return the orders with an accession, placer or filler number, of any authority."""
    spaces = [SPACES[ORDER, name] for name in ("accession", "placer", "filler")]
    found: dict[int, None] = {}
    for space in spaces:
        for (row_id,) in database.all(
            "SELECT id FROM row_keys WHERE space = ? AND key >= ? AND key < ? ORDER BY id",
            (space, writable(number) + "\x1f", writable(number) + "\x20"),
        ):
            found[int(row_id or 0)] = None
    return list(found)


def all_rows(database: Database, kind: str) -> list[Row]:
    """Return all rows of a kind, by number."""
    found = database.all(f"SELECT id, body FROM {kind}_rows ORDER BY id")  # noqa: S608
    return [decode_row(kind, int(row_id or 0), str(body)) for row_id, body in found]


def persons_like(database: Database, words: list[str]) -> list[Row]:
    """Return persons with a line, a name or an identifier that contains all words; by name."""
    if not words:
        return []
    condition = " AND ".join(["instr(text, ?)"] * len(words))
    found = database.all(
        "SELECT p.id, p.body FROM (SELECT id, fold(coalesce(json_extract(body,"  # noqa: S608
        " '$[0].patient_name'), '') || ' ' || coalesce(json_extract(body, '$[0].patient_id'), '')"
        " || ' ' || coalesce(json_extract(body, '$[0].other_ids'), '')) AS text FROM patient_rows)"
        f" AS t JOIN patient_rows AS p USING (id) WHERE {condition} LIMIT ?",
        (*words, MOST_PERSONS),
    )
    rows = [decode_row(PATIENT, int(row_id or 0), str(body)) for row_id, body in found]
    return sorted(rows, key=lambda row: (row.text("patient_name"), row.id))


def likenesses(database: Database) -> list[Likeness]:
    """Return pairs of persons that look alike and are neither merged nor linked."""
    state = state_at(database)
    found = database.all(
        "SELECT key FROM row_keys WHERE space = ? GROUP BY key HAVING count(*) > 1",
        (SPACES[PATIENT, "likeness"],),
    )
    pairs: dict[tuple[int, int], Likeness] = {}
    for (key,) in found:
        persons = [
            row
            for row in state.find(PATIENT, "likeness", str(key))
            if not row.number("merged_into") and row.text("status") != "merged"
        ]
        for first, second in combinations(persons[:20], 2):
            if not _are_linked(state, first, second):
                pairs.setdefault((first.id, second.id), Likeness(first, second, str(key)))
    return [pairs[pair] for pair in sorted(pairs)]


def _are_linked(state: State, first: Row, second: Row) -> bool:
    return any(
        str(second.id) in [str(n) for n in link.list("patients")]
        for link in state.find(LINK, "patients", first.id)
    )


def stations_of(names: str) -> list[str]:
    """Return the stations of a line's column; one "" for none."""
    return [str(name) for name in json.loads(names)] or [""]


def states_of(database: Database) -> dict[str, int]:
    """Return how many lines there are in each state; read from an index alone."""
    row = database.one(
        "SELECT json_group_object(state, count) FROM"
        " (SELECT state, count(*) AS count FROM lines GROUP BY state)"
    )
    found: dict[str, int] = json.loads(str(row[0])) if row else {}
    return found


def integer(value: SqlValue) -> int:
    """Return a column's whole number; 0 where it is none."""
    return value if isinstance(value, int) else 0
