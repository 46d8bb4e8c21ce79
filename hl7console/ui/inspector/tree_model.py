"""The tree of a message for Qt: rows are made when they are asked for, never before.

A message of 20,000 segments costs nothing a segment; fields and components are worked out when a
segment is opened. The filter goes through the segments in slices, so that the window never waits
for it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hl7console.hl7v2.nodes import ValueState
from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.meanings import DATE_TYPES
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui.inspector.cells import shown
from hl7console.ui.inspector.rows import SegmentRows
from hl7console.ui.inspector.tree_filter import TreeFilter

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Role of the `TreeRow` itself."""
FIRST_SEGMENTS = 2_000
"""Segments that the view gets at once. Qt looks at each: 20,000 of them take it 0.1 s."""
_SHOWN_CHARS = 400
_SLICE_ROWS = 8
_FIRST_WAIT_S = 0.05


class Column(IntEnum):
    """Columns of the tree."""

    FIELD = 0
    NAME = 1
    VALUE = 2
    TYPE = 3


TITLES = ("Field", "Name", "Value", "Type")


class _Node:
    """A row below a segment and, once asked for, what is below it."""

    __slots__ = ("children", "parent", "position", "row")

    def __init__(self, row: TreeRow, parent: int, position: int) -> None:
        self.row = row
        self.parent = parent
        """Id of the row above."""
        self.position = position
        """Which of the rows shown below its parent it is."""
        self.children: list[int] | None = None


class TreeModel(QAbstractItemModel):
    """Segments, fields, repetitions, components and subcomponents. GUI thread only.

    The id of an index is a segment's position, or the number of segments and the place of a node.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: SegmentRows | None = None
        self._count = 0
        self._nodes: list[_Node] = []
        self._below_tops: dict[int, list[int]] = {}
        self._tops: Sequence[int] = range(0)
        """Positions of the segments shown, in order."""
        self._filter = TreeFilter("")
        self._shows_empty = False
        self._next = 0
        """First segment that the filter has not looked at."""
        self._found: list[int] = []
        """Segments that the filter let by and that are not shown yet."""
        self._wait_s = _FIRST_WAIT_S
        self._shown_at = 0.0

    # What is shown

    def set_rows(self, rows: SegmentRows | None) -> None:
        """Show another message's segments, under the filter there is."""
        self.beginResetModel()
        self._rows = rows
        self._count = len(rows) if rows is not None else 0
        self._restart()
        self.endResetModel()

    def set_filter(self, needle: str) -> None:
        """Show only what holds this text, with what it stands in; continue with `step`."""
        if needle.casefold() != self._filter.needle:
            self.beginResetModel()
            self._filter = TreeFilter(needle.casefold())
            self._restart()
            self.endResetModel()

    def show_empty(self, on: bool) -> None:
        """Show or hide fields and components that are empty and have no problem."""
        if on != self._shows_empty:
            self.beginResetModel()
            self._shows_empty = on
            self._restart()
            self.endResetModel()

    @property
    def shows_empty(self) -> bool:
        """Whether empty fields are shown."""
        return self._shows_empty

    @property
    def needle(self) -> str:
        """The filter's text, case folded."""
        return self._filter.needle

    @property
    def is_searching(self) -> bool:
        """Whether the filter has segments left to look at, or to show."""
        return bool(self.needle) and (self._next < self._count or bool(self._found))

    def step(self, budget_s: float) -> None:
        """Look at further segments for about this long, and add those that the filter lets by.

        Each lot added makes the view work through all its rows: the lots grow rarer.
        """
        rows = self._rows
        if rows is None:
            return
        now = time.perf_counter()
        end = now + budget_s
        while self._next < self._count and now < end:
            stop = min(self._next + _SLICE_ROWS, self._count)
            self._found += [n for n in range(self._next, stop) if self._filter.lets_by(rows, n)]
            self._next = stop
            now = time.perf_counter()
        if self._found and (self._next >= self._count or now - self._shown_at > self._wait_s):
            self._show_found()
            self._shown_at = time.perf_counter()
            self._wait_s *= 2

    def _show_found(self) -> None:
        first = len(self._tops)
        self.beginInsertRows(QModelIndex(), first, first + len(self._found) - 1)
        self._tops = [*self._tops, *self._found]
        self._found = []
        self.endInsertRows()

    def _restart(self) -> None:
        self._nodes = []
        self._below_tops = {}
        self._found = []
        self._next = 0
        self._wait_s, self._shown_at = _FIRST_WAIT_S, 0.0
        self._tops = [] if self.needle else range(min(self._count, FIRST_SEGMENTS))

    @property
    def is_complete(self) -> bool:
        """Whether all segments are in the view, where no filter is at work."""
        return bool(self.needle) or len(self._tops) == self._count

    def complete(self) -> None:
        """Add the segments beyond the first ones."""
        if not self.is_complete:
            self.beginInsertRows(QModelIndex(), len(self._tops), self._count - 1)
            self._tops = range(self._count)
            self.endInsertRows()

    def _is_worth_showing(self, row: TreeRow) -> bool:
        return (
            self._shows_empty
            or row.state in (ValueState.VALUED, ValueState.NULL)
            or bool(row.problems)
        )

    # Places

    def _row(self, row_id: int) -> TreeRow:
        if row_id >= self._count:
            return self._nodes[row_id - self._count].row
        assert self._rows is not None  # noqa: S101 - there are no ids without rows
        return self._rows[row_id]

    def _children(self, row_id: int) -> list[int]:
        """Return the ids of the rows shown below a row; made once."""
        is_top = row_id < self._count
        made = (
            self._below_tops.get(row_id) if is_top else self._nodes[row_id - self._count].children
        )
        if made is not None:
            return made
        row = self._row(row_id)
        rows = [r for r in tree.children(row) if self._is_worth_showing(r)]
        rows = self._filter.narrowed(rows)
        first = self._count + len(self._nodes)
        self._nodes += [_Node(r, row_id, place) for place, r in enumerate(rows)]
        made = list(range(first, first + len(rows)))
        if is_top:
            self._below_tops[row_id] = made
        else:
            self._nodes[row_id - self._count].children = made
        return made

    def _index_of(self, row_id: int) -> QModelIndex:
        if row_id >= self._count:
            return self.createIndex(self._nodes[row_id - self._count].position, 0, row_id)
        place = row_id if isinstance(self._tops, range) else bisect_left(self._tops, row_id)
        return self.createIndex(place, 0, row_id)

    def row_of(self, index: Index) -> TreeRow | None:
        """Return the row at an index."""
        return self._row(index.internalId()) if index.isValid() else None

    def is_found_below(self, index: Index) -> bool:
        """Return whether the filter's text is in a row below this one."""
        row = self.row_of(index)
        return row is not None and self._filter.is_below(row)

    def find(self, row: TreeRow) -> QModelIndex:
        """Return the index of a row, or of the nearest one above it that is shown."""
        chain: list[TreeRow] = []
        at: TreeRow | None = row
        while at is not None:
            chain.append(at)
            at = at.parent
        if not self.is_complete and chain[-1].position >= len(self._tops):
            self.complete()
        best = QModelIndex()
        ids: Sequence[int] = self._tops
        for wanted in reversed(chain):
            hit = self._id_of(ids, wanted)
            if hit is None:
                return best
            best = self._index_of(hit)
            ids = self._children(hit)
        return best

    def _id_of(self, ids: Sequence[int], row: TreeRow) -> int | None:
        """Return which of these is a row; they are in order, some may be left out."""
        if row.parent is None:
            place = bisect_left(ids, row.position)
        else:
            place = bisect_left(ids, row.position, key=lambda i: self._row(i).position)
        is_there = place < len(ids) and self._row(ids[place]).path == row.path
        return ids[place] if is_there else None

    # QAbstractItemModel

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        ids: Sequence[int] = self._tops
        if parent.isValid():
            if parent.column() != 0:
                return QModelIndex()
            ids = self._children(parent.internalId())
        if 0 <= row < len(ids) and 0 <= column < len(TITLES):
            return self.createIndex(row, column, ids[row])
        return QModelIndex()

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]
        if not index.isValid() or index.internalId() < self._count:
            return QModelIndex()
        return self._index_of(self._nodes[index.internalId() - self._count].parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        if not parent.isValid():
            return len(self._tops)
        return len(self._children(parent.internalId())) if parent.column() == 0 else 0

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:
        if not parent.isValid():
            return bool(self._tops)
        if parent.column() != 0:
            return False
        row_id = parent.internalId()
        if row_id < self._count and row_id not in self._below_tops and self._rows is not None:
            # Asked for every segment at once: none is read for it.
            return self._rows.opens(row_id)
        return bool(self._children(row_id))

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: ARG002
        return len(TITLES)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:  # noqa: ANN401
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section] if 0 <= section < len(TITLES) else None
        return None

    def data(self, index: Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:  # noqa: ANN401
        row = self.row_of(index)
        if row is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(row, Column(index.column()))
        if role == ROW_ROLE:
            return row
        if role == Qt.ItemDataRole.ToolTipRole:
            return tree.hover(row)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row) if index.column() == 0 else cell_text(row, Column(index.column()))
        return None


def cell_text(row: TreeRow, column: Column) -> str:
    """Return what a cell shows, as text."""
    if column is Column.FIELD:
        return row.label
    if column is Column.NAME:
        return row.name
    if column is Column.TYPE:
        return row.table or row.type
    return value_text(row)


def value_parts(row: TreeRow) -> tuple[str, str]:
    """Return value and meaning as they are shown: on one line, at most 400 characters.

    A date that can be read is shown as people write it, without what is written.
    """
    meaning = row.meaning
    if row.state is ValueState.NULL:
        return "null", meaning.removeprefix("null: ")
    if meaning and row.type in DATE_TYPES and row.state is ValueState.VALUED:
        return meaning, ""
    value = row.value[:_SHOWN_CHARS].strip("\r\n")
    value = value.replace("\r\n", "\n").replace("\r", "\n").replace("\n", " \u21b5 ")
    return shown(value), meaning


def value_text(row: TreeRow) -> str:
    """Return value and meaning as one text."""
    value, meaning = value_parts(row)
    return f"{value} \u00b7 {meaning}" if value and meaning else value or meaning


def spoken(row: TreeRow) -> str:
    """Return a row as a sentence for a screen reader."""
    parts = [str(row.path), row.name, value_text(row) or "empty"]
    return ", ".join(part for part in parts if part)
