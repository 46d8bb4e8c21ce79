"""Which rows of a message's tree hold a text: in path, name, value or meaning."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui.inspector.rows import SegmentRows

DEEP_SEGMENTS = 1_000
"""Longer messages are searched by what is written and by names; not by the meaning of codes."""


class TreeFilter:
    """One text to look for. GUI thread only.

    Args:
        needle: Case folded; empty lets everything by.
    """

    def __init__(self, needle: str) -> None:
        self.needle = needle
        self._named: dict[tuple[str, str], bool] = {}

    def lets_by(self, rows: SegmentRows, position: int) -> bool:
        """Return whether a segment, or anything in it, holds the text."""
        if not self.needle or self.needle in rows.text_of(position).casefold():
            return True
        row = rows[position]
        if len(rows) <= DEEP_SEGMENTS:
            return self._holds(row)
        key = (row.path.segment, row.name)
        if key not in self._named:
            self._named[key] = any(self._names(r) for r in _all_rows(row))
        return self._named[key] or self.needle in str(row.path).casefold()

    def narrowed(self, rows: list[TreeRow]) -> list[TreeRow]:
        """Return those of the rows below one that hold the text; all where none does."""
        if not self.needle:
            return rows
        # What was let by for its own name, or for what is written in it, opens to all it has.
        return [row for row in rows if self._holds(row)] or rows

    def is_below(self, row: TreeRow) -> bool:
        """Return whether a row below this one holds the text."""
        return bool(self.needle) and any(map(self._holds, tree.children(row)))

    def _holds(self, row: TreeRow) -> bool:
        return self._matches(row) or any(map(self._holds, tree.children(row)))

    def _names(self, row: TreeRow) -> bool:
        return self.needle in row.label.casefold() or self.needle in row.name.casefold()

    def _matches(self, row: TreeRow) -> bool:
        if self._names(row) or self.needle in str(row.path).casefold():
            return True
        if row.is_segment:
            return False
        in_value = not row.has_children and self.needle in row.value.casefold()
        return in_value or self.needle in row.meaning.casefold()


def _all_rows(row: TreeRow) -> Iterator[TreeRow]:
    yield row
    below: Sequence[TreeRow] = tree.children(row)
    for child in below:
        yield from _all_rows(child)
