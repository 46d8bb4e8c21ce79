"""Prints the worklist's lines, and what made them what they are."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime

from hl7console.cli import output
from hl7console.errors import UsageError
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.records import EntryEffect, LineRow, StepDetails
from hl7console.worklist import naming, wording
from hl7console.worklist.rows import Row, Value
from hl7console.worklist.turn import Change, Note, Severity

_SEVERE = {Severity.FLAG: "flag", Severity.ERROR: "error", Severity.IGNORED: "no effect"}
_EXPLAINED = frozenset({"state", "start_date", "start_time"})
"""Columns whose rule is told as a sentence."""


def print_lines(rows: Sequence[LineRow]) -> None:
    """Print lines as a table."""
    if not rows:
        output.remark("No line matches.")
        return
    headings = ["Date", "Time", "Priority", "Patient", "Patient id", "Accession", "Modality",
                "Procedure", "Station", "State", "Missing", "Flags"]  # fmt: skip
    output.table(headings, [_cells(row) for row in rows])


def _cells(row: LineRow) -> list[str]:
    date, time = row.start_date, row.start_time
    station = "\\".join(row.stations) or ("open" if row.is_open else "")
    return [
        f"{date[:4]}-{date[4:6]}-{date[6:8]}" if len(date) == 8 else date,
        f"{time[:2]}:{time[2:4]}" if len(time) >= 4 else time,
        row.priority,
        naming.person_name(row.patient_name),
        f"{row.patient_id} ({row.issuer})" if row.issuer else row.patient_id,
        row.accession,
        row.modality,
        row.procedure,
        station,
        row.state,
        ", ".join(naming.column_name(column) for column in row.missing),
        ", ".join(naming.flag_name(flag) for flag in row.flags),
    ]


def print_lines_json(reader: WorklistReader, ids: Sequence[int], at_us: int) -> None:
    """Print lines as JSON objects with all columns."""
    for step_id in ids:
        details = reader.details(step_id, at_us)
        if details is not None:
            output.json_line(_line_values(details))


def _line_values(details: StepDetails) -> dict[str, object]:
    flags = [details.step, details.order, details.patient, details.visit]
    names = dict.fromkeys(str(f) for row in flags if row is not None for f in row.list("flags"))
    return {
        "step_id": details.step.id,
        **details.line,
        "state": details.step.text("state"),
        "missing": list(details.missing),
        "flags": list(names),
    }


def show_why(reader: WorklistReader, accession: str, at_us: int, *, as_json: bool) -> None:
    """Print what made the lines with a number what they are, oldest first.

    Raises:
        UsageError: There is no such line.
    """
    steps = reader.find(accession)
    if not steps:
        raise UsageError(
            f"No line of the worklist has the number {accession}.",
            hint="Look for its messages: hl7console messages accession:…, or see --problems.",
        )
    for number, row in enumerate(reader.rows(steps, at_us)):
        effects = reader.why(row.step_id, at_us)
        if as_json:
            for effect in effects:
                output.json_line({"step_id": row.step_id, **effect_values(effect)})
            continue
        if number:
            output.line()
        output.line(" ".join(output.visible(cell) for cell in _cells(row) if cell))
        for effect in effects:
            for line in effect_lines(effect):
                output.line(output.visible(line))


def effect_lines(effect: EntryEffect) -> Iterator[str]:
    """Yield an entry's effect as lines of text."""
    at = datetime.fromtimestamp(effect.at_us / 1_000_000).astimezone()
    name = f"message {effect.entry}" if effect.entry > 0 else f"input {-effect.entry}"
    refused = "  REFUSED" if effect.is_refused else ""
    title = effect.title or "(no type)"
    yield f"{at:%Y-%m-%d %H:%M:%S}  {name}  {title}  {effect.sender}{refused}".rstrip()
    notes = dict.fromkeys(note_text(note) for note in effect.notes)
    yield from (f"    {text}" for text in notes)
    yield from (f"    {_change_text(change)}" for change in naming.told(effect.changes))


def _change_text(change: Change) -> str:
    old, new = _told_value(change.column, change.old), _told_value(change.column, change.new)
    name = naming.column_name(change.column, change.kind)
    became = f"{old} → {new}" if old else new
    rule = change.rule
    if rule and change.column in _EXPLAINED:
        rule = wording.flag_sentence(rule)
    told = ": ".join(part for part in (change.path, rule) if part)
    return f"{name}: {became or '(emptied)'}" + (f"  [{told}]" if told else "")


def _told_value(column: str, value: Value | None) -> str:
    if column in ("missing", "flags") and isinstance(value, list):
        name = naming.column_name if column == "missing" else naming.flag_name
        return ", ".join(name(str(part)) for part in value)
    return _value_text(value)


def _value_text(value: Value | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)


def note_text(note: Note) -> str:
    """Return a note as a sentence."""
    severity = _SEVERE.get(note.severity, "")
    text = wording.sentence(note.rule, note.args)
    place = f"  [{note.path}]" if note.path else ""
    return f"{severity}: {text}{place}" if severity else f"{text}{place}"


def effect_values(effect: EntryEffect) -> dict[str, object]:
    """Return an entry's effect for JSON."""
    return {
        "entry": effect.entry,
        "at_us": effect.at_us,
        "kind": effect.kind,
        "title": effect.title,
        "sender": effect.sender,
        "listener": effect.listener,
        "is_refused": effect.is_refused,
        "changes": [change._asdict() for change in effect.changes],
        "notes": [
            {**note._asdict(), "text": wording.sentence(note.rule, note.args)}
            for note in effect.notes
        ],
    }


def show_problems(reader: WorklistReader, as_json: bool, limit: int | None) -> None:
    """Print the error list, newest first, with what to ask the sender for."""
    effects = reader.problems(limit or 1_000)
    if not effects and not as_json:
        output.remark("No problems.")
    for effect in effects:
        errors = [note for note in effect.notes if note.severity == Severity.ERROR]
        asks = list(dict.fromkeys(wording.ask(note.rule, note.args) for note in errors))
        if as_json:
            output.json_line({**effect_values(effect), "ask": [text for text in asks if text]})
            continue
        head, *_ = effect_lines(effect)
        output.line(output.visible(head))
        for note in errors:
            output.line(f"    {output.visible(note_text(note))}")
        for text in asks:
            if text:
                output.line(f"    {output.visible(text)}")


def show_conflicts(reader: WorklistReader, as_json: bool, limit: int | None) -> None:
    """Print what a person has to decide."""
    _show_rows(reader.conflicts()[:limit], "No conflicts.", as_json=as_json)


def show_merges(reader: WorklistReader, as_json: bool, limit: int | None) -> None:
    """Print the merges and moves that were done."""
    _show_rows(reader.merges()[:limit], "No merges.", as_json=as_json)


def show_unmapped(reader: WorklistReader, as_json: bool, limit: int | None) -> None:
    """Print the procedure codes that the table lacks."""
    _show_rows(reader.unmapped()[:limit], "No unmapped codes.", as_json=as_json)


def _show_rows(rows: Sequence[Row], nothing: str, *, as_json: bool) -> None:
    if as_json:
        for row in rows:
            output.json_line({"id": row.id, **row.values})
        return
    if not rows:
        output.remark(nothing)
        return
    columns = list(dict.fromkeys(column for row in rows for column in row.values))
    cells = [
        [str(row.id), *(_value_text(row.values.get(column)) for column in columns)] for row in rows
    ]
    output.table(["Id", *columns], cells, right=(0,))
