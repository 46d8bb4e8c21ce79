"""What the corpus's messages make of the worklist, as text that a person can check.

`python tests/worklist_corpus_kit.py` writes the files in `worklist_cases/corpus` anew. Each was
read beside its message before it was kept; after writing, read what git shows as changed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from hl7console.hl7v2.splitting import split_messages
from hl7console.worklist import lines
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.projection import Projection
from hl7console.worklist.reading import View
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    LINK,
    MERGE,
    ORDER,
    PATIENT,
    STEP,
    VISIT,
    WAITING,
    Row,
)  # fmt: skip
from hl7console.worklist.state import State
from hl7console.worklist.turn import Outcome, Severity

TESTS = Path(__file__).parent
CORPUS = TESTS / "corpus"
EXPECTED = TESTS / "worklist_cases" / "corpus"
TYPES = ("ADT", "ORM", "OMG", "OMI", "SIU")
AT_US = 1_790_000_000_000_000
"""Every message comes in at the same time, in September 2026."""

UNTOLD = {
    "last_event", "state_event", "expires_at_us", "entry_at_us", "event_time", "entry",
    "state_entry", "likeness", "first_entry", "last_entry", "listener", "profile", "held",
}  # fmt: skip
"""Columns that depend on when and where a message came in, or on how entries are counted."""

TOLD = {
    "patients": PATIENT, "visits": VISIT, "orders": ORDER, "appointments": APPOINTMENT,
    "links": LINK, "merges": MERGE, "waiting": WAITING, "conflicts": CONFLICT,
}  # fmt: skip
NAMED_BY = {
    PATIENT: ("patient_id",), VISIT: ("visit_no", "account_no"),
    ORDER: ("placer_no", "filler_no", "accession", "rp_id"),
}  # fmt: skip
LINKS = {
    "patient": PATIENT, "patients": PATIENT, "merged_into": PATIENT, "source": PATIENT,
    "survivor": PATIENT, "visit": VISIT, "order": ORDER, "parent": ORDER, "replaces": ORDER,
    "replaced_by": ORDER,
}  # fmt: skip
"""Columns that name another row by its number."""


def files() -> list[Path]:
    """Return the corpus's files that have messages for the worklist."""
    return [
        path for path in sorted(CORPUS.rglob("*"))
        if path.is_file() and path.parent != CORPUS and raws_of(path)
    ]  # fmt: skip


def raws_of(path: Path) -> list[bytes]:
    """Return a file's messages that are for the worklist, or none if it has any other."""
    raws = [message.raw for message in split_messages(path.read_bytes()).messages]
    return raws if raws and all(View(raw).get("MSH", 9) in TYPES for raw in raws) else []


def expected_path(path: Path) -> Path:
    """Return where it is kept what a file makes of the worklist."""
    return EXPECTED / path.relative_to(CORPUS).parts[0] / f"{path.name}.json"


def project(raws: list[bytes]) -> tuple[State, list[Outcome]]:
    """Return what messages make of an empty worklist."""
    projection = Projection(State())
    outcomes = [
        projection.apply(MessageEntry(number, AT_US, raw))[0]
        for number, raw in enumerate(raws, start=1)
    ]
    return projection.state, outcomes


def told(state: State, outcomes: list[Outcome]) -> dict[str, Any]:
    """Return the rows of a worklist, with the field that each value came from."""
    rows: dict[str, Any] = {"messages": [_told_of(outcome) for outcome in outcomes]}
    for name, kind in TOLD.items():
        found = [_row(state, row, _own(row), row.sources) for row in state.all(kind)]
        if found:
            rows[name] = found
    found = []
    for step in state.all(STEP):
        line = lines.line_of(state, step)
        values = dict(step.values) | dict(line.values)
        found.append(_row(state, step, values, dict(step.sources) | dict(line.sources)))
    if found:
        rows["lines"] = found
    return rows


def _own(row: Row) -> dict[str, Any]:
    """Return a row's columns; of an order those only that its lines don't show."""
    shown = lines.DESCRIPTIONS if row.kind == ORDER else ()
    keep = NAMED_BY.get(row.kind, ())
    untold = ("source",) if row.kind == WAITING else ()
    return {
        c: value
        for c, value in row.values.items()
        if c not in untold and (c in keep or c not in shown)
    }


def _told_of(outcome: Outcome) -> str:
    notes = [n for n in outcome.notes if n.severity != Severity.INFO]
    text = ", ".join([f"{n.severity} {n.rule}" + (f" at {n.path}" * bool(n.path)) for n in notes])
    return ("refused: " if outcome.is_refused else "applied: ") + (text or "nothing to say")


def _row(state: State, row: Row, values: dict[str, Any], sources: dict[str, Any]) -> dict[str, Any]:
    columns = {}
    for column in sorted(values):
        if column in UNTOLD or not values[column]:
            continue
        source = sources.get(column)
        value = _named(state, column, values[column])
        path = (
            f"{source.path} ({source.rule})" if source and source.rule else source and source.path
        )
        columns[column] = [value, path] if path else value
    return columns


def _named(state: State, column: str, value: Any) -> Any:
    kind = LINKS.get(column)
    if kind is None:
        return value
    if not isinstance(value, int):
        return (
            [_named(state, column, part) for part in value] if not isinstance(value, str) else value
        )
    row = state.get(kind, value)
    if row is None:
        return value
    return next((row.text(name) for name in NAMED_BY[kind] if row.text(name)), value)


def as_text(rows: dict[str, Any]) -> str:
    """Return rows as JSON, a column a line."""
    parts = []
    for name, found in rows.items():
        if name == "messages":
            items = [json.dumps(item, ensure_ascii=False) for item in found]
        else:
            items = [_as_object(row) for row in found]
        parts.append(
            f' "{name}": [\n  ' + ",\n  ".join(items) + "\n ]" if items else f' "{name}": []'
        )
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _as_object(row: dict[str, Any]) -> str:
    columns = [f'"{name}": {json.dumps(value, ensure_ascii=False)}' for name, value in row.items()]
    return "{\n    " + ",\n    ".join(columns) + "\n  }"


def write() -> None:
    """Write all files anew."""
    for path in files():
        target = expected_path(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(as_text(told(*project(raws_of(path)))), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(write())
