"""The segments of a message as rows of its tree, each made when it is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from typing import overload

from hl7console.hl7v2.dictionary import Dictionary
from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath, PathError
from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.hl7v2.views.tree_rows import TreeView


class SegmentRows(Sequence[TreeRow]):
    """The top rows of a tree; the same object is returned each time. One thread at a time.

    Args:
        message: What is shown.
        dictionary: Of the message's version.
        findings: What is wrong with it.
    """

    def __init__(
        self, message: Message, dictionary: Dictionary, findings: Iterable[Finding] = ()
    ) -> None:
        self.message = message
        self.starts, self.ends = array("q"), array("q")
        self._opens = bytearray()
        self._firsts: dict[str, int] = {}
        for position, segment in enumerate(message.segments):
            self.starts.append(segment.start)
            self.ends.append(segment.end)
            self._opens.append(bool(segment.id))
            self._firsts.setdefault(segment.id, position)
        self._view = TreeView(message, dictionary, findings, show_empty=True)
        self._made: dict[int, TreeRow] = {}

    def prepare(self) -> None:
        """Have all definitions read that the first rows in sight need: they come from files."""
        for position in self._firsts.values():
            for row in (self[position], *tree.children(self[position])):
                _ = row.name
        _ = self._view.dictionary.table_value("0001", "F")

    def __len__(self) -> int:
        return len(self.starts)

    @overload
    def __getitem__(self, index: int) -> TreeRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[TreeRow]: ...
    def __getitem__(self, index: int | slice) -> TreeRow | list[TreeRow]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        row = self._made.get(index)
        if row is None:
            segment = self.message.segments[index]
            row = TreeRow(self._view, segment, segment.path, None, index)
            self._made[index] = row
        return row

    def text_of(self, position: int) -> str:
        """Return a segment as it is written."""
        return self.message.text[self.starts[position] : self.ends[position]]

    def opens(self, position: int) -> bool:
        """Return whether a line is a segment, which has fields, without making its row."""
        return bool(self._opens[position])

    def at_byte(self, byte: int) -> TreeRow | None:
        """Return the deepest row that holds a byte."""
        found = tree.trail(self, byte)
        return found[-1] if found else None

    def at_path(self, path: FieldPath | str) -> TreeRow | None:
        """Return the row of a path, or the nearest one above it that the message has."""
        if isinstance(path, str):
            try:
                path = FieldPath.parse(path)
            except PathError:
                return None
        top = self._top(path)
        if top is None:
            return None
        return tree.row_at((top,), path)[-1]

    def _top(self, path: FieldPath) -> TreeRow | None:
        occurrence = path.segment_occurrence or 1
        if path.segment:
            node = self.message.first(FieldPath(path.segment, occurrence))
            line = getattr(node, "line", 0)
            return self[line - 1] if line else None
        others = (n for n in range(len(self)) if not self.opens(n))
        place = next((n for i, n in enumerate(others, 1) if i == occurrence), None)
        return self[place] if place is not None else None
