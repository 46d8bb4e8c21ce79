"""The columns of the worklist's list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hl7console.store.worklist.records import LineRow
from hl7console.ui.messages.columns import Kind
from hl7console.ui.worklist import words
from hl7console.worklist import naming


@dataclass(frozen=True, slots=True)
class LineColumn:
    """One column: its text, and for pills the colour."""

    key: str
    title: str
    kind: Kind
    chars: int
    """Width at first, in characters of the fixed-width font."""
    value: Callable[[LineRow], str]
    role: Callable[[LineRow], str] | None = None
    """Token of a pill's colour."""
    order_by: str = ""
    """What the list is sorted by when one clicks the heading; "" for nothing."""


def _start(line: LineRow) -> str:
    return words.start_words(line.start_date, line.start_time)


def flag_text(line: LineRow) -> str:
    """Return the flags of a line, the missing values first."""
    parts = [f"no {words.column_words(column)}" for column in line.missing]
    return ", ".join([*parts, *(naming.flag_name(flag) for flag in line.flags)])


COLUMNS: tuple[LineColumn, ...] = (
    LineColumn("start", "Start", Kind.FIXED, 12, _start, order_by="start"),
    LineColumn(
        "priority", "Priority", Kind.PILL, 8,
        lambda line: words.priority_words(line.priority)[0],
        lambda line: words.priority_words(line.priority)[1],
        "priority",
    ),
    LineColumn("patient", "Patient", Kind.TEXT, 18,
               lambda line: naming.person_name(line.patient_name), None, "patient"),
    LineColumn("mrn", "MRN", Kind.FIXED, 8, lambda line: line.patient_id),
    LineColumn("accession", "Accession", Kind.FIXED, 10, lambda line: line.accession, None,
               "accession"),
    LineColumn("modality", "Mod.", Kind.FIXED, 5, lambda line: line.modality, None, "modality"),
    LineColumn("procedure", "Procedure", Kind.TEXT, 20, lambda line: line.procedure),
    LineColumn("station", "Station", Kind.TEXT, 10, words.station_words, None, "station"),
    LineColumn(
        "state", "State", Kind.PILL, 11,
        lambda line: words.state_words(line)[0],
        lambda line: words.state_words(line)[1],
        "state",
    ),
    LineColumn("flags", "Flags", Kind.MUTED, 18, flag_text),
)  # fmt: skip
"""Every column, from left to right."""
