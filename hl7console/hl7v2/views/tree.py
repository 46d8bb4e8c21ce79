"""A message as a tree of named rows, with codes explained and dates readable.

`segments` gives the top rows at once; what is below a row is read when it is opened.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from hl7console.hl7v2.dictionary import describe_definition
from hl7console.hl7v2.findings import Finding, covers, depth_of
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.views.meanings import DATE_TYPES
from hl7console.hl7v2.views.tree_rows import TreeRow, TreeView

if TYPE_CHECKING:
    from hl7console.hl7v2.dictionary import Dictionary
    from hl7console.hl7v2.message import Message

__all__ = ["TreeRow", "children", "hover", "row_at", "segments", "trail"]


def segments(
    message: Message,
    dictionary: Dictionary,
    findings: Iterable[Finding] = (),
    *,
    show_empty: bool = False,
) -> list[TreeRow]:
    """Return a row for each segment, and for each line that is none.

    Args:
        message: What is shown.
        dictionary: Of the message's version.
        findings: What is wrong with it; elements that are missing get rows of their own.
        show_empty: Whether fields and components without a value have rows.
    """
    view = TreeView(message, dictionary, findings, show_empty=show_empty)
    return [
        TreeRow(view, segment, segment.path, None, position)
        for position, segment in enumerate(message.segments)
    ]


def children(row: TreeRow) -> list[TreeRow]:
    """Return the rows below a row."""
    return row.children


def trail(rows: Sequence[TreeRow], byte_offset: int) -> list[TreeRow]:
    """Return the rows from a segment down to the deepest one that holds a byte.

    Empty when the byte is before the first segment.
    """
    found: list[TreeRow] = []
    while rows:
        at = bisect_right(rows, byte_offset, key=lambda row: row.span[0]) - 1
        # An empty or missing element may begin where the one that holds the byte begins.
        while at >= 0 and (rows[at].node is None or not _holds(rows[at], byte_offset)):
            at -= 1
        if at < 0:
            return found
        found.append(rows[at])
        rows = rows[at].children if rows[at].has_children else []
    return found


def _holds(row: TreeRow, byte_offset: int) -> bool:
    start, end = row.span
    return start <= byte_offset <= end


def row_at(rows: Sequence[TreeRow], path: FieldPath) -> list[TreeRow]:
    """Return the rows from a segment down to the deepest one on the way to a path."""
    occurrence = path.segment_occurrence or 1
    for row in rows:
        if row.path.segment == path.segment and (row.path.segment_occurrence or 1) == occurrence:
            return _down_to(row, path)
    return []


def _down_to(row: TreeRow, path: FieldPath) -> list[TreeRow]:
    found = [row]
    while row.has_children and not _is_reached(row, path):
        below = next((child for child in row.children if covers(child.path, path)), None)
        if below is None:
            break
        found.append(below)
        row = below
    return found


def _is_reached(row: TreeRow, path: FieldPath) -> bool:
    if depth_of(row.path) < depth_of(path):
        return False
    return path.repetition is None or path.component is not None or row.is_repetition


def hover(row: TreeRow) -> str:
    """Return the text for a row's tool tip: name, data type, use, table, meaning, problems."""
    if row.is_segment:
        lines = [f"{row.label}  {row.name}"]
    else:
        lines = [f"{row.label}  {row.name}"]
        if row.definition is not None:
            lines += describe_definition(row.definition, row.view.dictionary)
        if row.type and (row.definition is None or row.type != row.definition.type):
            lines.append(f"Sent as {row.type}")
        if row.meaning:
            lines.append(
                row.display if row.type in DATE_TYPES else f"{row.value[:80]} · {row.meaning}"
            )
    lines += [f"{finding.severity.capitalize()}: {finding.text}" for finding in row.problems[:8]]
    return "\n".join(lines)
