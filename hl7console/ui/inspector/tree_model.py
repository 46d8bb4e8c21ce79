"""The tree of a message for Qt: rows are made when they are asked for, never before.

A message of 20,000 segments costs one small entry a segment; fields and components are worked out
when a segment is opened. The filter goes through the segments in slices, so that the window never
waits for it.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import Any

from PySide6.QtCore import QAbstractItemModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from hl7console.hl7v2.nodes import ValueState
from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.meanings import DATE_TYPES
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui.inspector.cells import shown

Index = QModelIndex | QPersistentModelIndex
ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Role of the `TreeRow` itself."""
_SHOWN_CHARS = 400
_SLICE_ROWS = 16


class Column(IntEnum):
    """Columns of the tree."""

    FIELD = 0
    NAME = 1
    VALUE = 2
    TYPE = 3


TITLES = ("Field", "Name", "Value", "Type")


class _Node:
    """A row and, once asked for, what is below it."""

    __slots__ = ("children", "id", "parent", "position", "row")

    def __init__(self, node_id: int, row: TreeRow, parent: int, position: int) -> None:
        self.id = node_id
        self.row = row
        self.parent = parent
        self.position = position
        self.children: list[int] | None = None


class TreeModel(QAbstractItemModel):
    """Segments, fields, repetitions, components and subcomponents. GUI thread only.

    The rows given must be those with ``show_empty``: which of them are seen is decided here.
    """

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: Sequence[TreeRow] = ()
        self._nodes: list[_Node] = []
        self._tops: list[int] = []
        self._needle = ""
        self._shows_empty = False
        self._next = 0
        """First segment that the filter has not looked at."""

    # What is shown

    def set_rows(self, rows: Sequence[TreeRow]) -> None:
        """Show another message's segments, under the filter there is."""
        self.beginResetModel()
        self._rows = rows
        self._restart()
        self.endResetModel()

    def set_filter(self, needle: str) -> None:
        """Show only what holds this text, with what it stands in; continue with `step`."""
        if needle.casefold() != self._needle:
            self.beginResetModel()
            self._needle = needle.casefold()
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
        return self._needle

    @property
    def is_searching(self) -> bool:
        """Whether the filter has segments left to look at."""
        return bool(self._needle) and self._next < len(self._rows)

    def step(self, budget_s: float) -> None:
        """Look at further segments for about this long, and add those that the filter lets by."""
        end = time.perf_counter() + budget_s
        found: list[int] = []
        while self.is_searching and time.perf_counter() < end:
            stop = min(self._next + _SLICE_ROWS, len(self._rows))
            found += [n for n in range(self._next, stop) if self._is_let_by(self._rows[n])]
            self._next = stop
        if found:
            first = len(self._tops)
            self.beginInsertRows(QModelIndex(), first, first + len(found) - 1)
            self._add_tops(self._rows[position] for position in found)
            self.endInsertRows()

    def _restart(self) -> None:
        self._nodes = []
        self._tops = []
        self._next = 0
        if not self._needle:
            self._add_tops(self._rows)

    def _add_tops(self, rows: Iterable[TreeRow]) -> None:
        for row in rows:
            self._tops.append(self._add(row, -1, len(self._tops)))

    def _add(self, row: TreeRow, parent: int, position: int) -> int:
        node = _Node(len(self._nodes), row, parent, position)
        self._nodes.append(node)
        return node.id

    # Filter

    def _is_let_by(self, row: TreeRow) -> bool:
        if self._matches(row):
            return True
        return row.has_children and any(map(self._is_let_by, tree.children(row)))

    def _matches(self, row: TreeRow) -> bool:
        needle = self._needle
        return (
            needle in str(row.path).casefold()
            or needle in row.name.casefold()
            or (not row.has_children and needle in row.value.casefold())
            or needle in row.meaning.casefold()
        )

    def _is_worth_showing(self, row: TreeRow) -> bool:
        return (
            self._shows_empty
            or row.state in (ValueState.VALUED, ValueState.NULL)
            or bool(row.problems)
        )

    def _children(self, node: _Node) -> list[int]:
        if node.children is None:
            rows = [r for r in tree.children(node.row) if self._is_worth_showing(r)]
            if self._needle and not self._matches(node.row):
                rows = [r for r in rows if self._is_let_by(r)]
            node.children = [self._add(r, node.id, i) for i, r in enumerate(rows)]
        return node.children

    # Places

    def row_of(self, index: Index) -> TreeRow | None:
        """Return the row at an index."""
        return self._nodes[index.internalId()].row if index.isValid() else None

    def find(self, row: TreeRow) -> QModelIndex:
        """Return the index of a row, or of the nearest one above it that is shown."""
        chain: list[TreeRow] = []
        at: TreeRow | None = row
        while at is not None:
            chain.append(at)
            at = at.parent
        best = QModelIndex()
        ids = self._tops
        for wanted in reversed(chain):
            hit = self._position(ids, wanted)
            if hit is None:
                return best
            node = self._nodes[ids[hit]]
            best = self.createIndex(node.position, 0, node.id)
            ids = self._children(node) if node.row.has_children else []
        return best

    def _position(self, ids: list[int], row: TreeRow) -> int | None:
        """Return which of these is a row; they are in order, some may be left out."""
        found = bisect_left(ids, row.position, key=lambda i: self._nodes[i].row.position)
        if found < len(ids) and self._nodes[ids[found]].row.path == row.path:
            return found
        return None

    # QAbstractItemModel

    def index(self, row: int, column: int, parent: Index = QModelIndex()) -> QModelIndex:
        if parent.isValid():
            if parent.column() != 0:
                return QModelIndex()
            ids = self._children(self._nodes[parent.internalId()])
        else:
            ids = self._tops
        if 0 <= row < len(ids) and 0 <= column < len(TITLES):
            return self.createIndex(row, column, ids[row])
        return QModelIndex()

    def parent(self, index: Index = QModelIndex()) -> QModelIndex:  # type: ignore[override]
        if not index.isValid():
            return QModelIndex()
        parent = self._nodes[index.internalId()].parent
        if parent < 0:
            return QModelIndex()
        return self.createIndex(self._nodes[parent].position, 0, parent)

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        if not parent.isValid():
            return len(self._tops)
        if parent.column() != 0:
            return 0
        node = self._nodes[parent.internalId()]
        return len(self._children(node)) if node.row.has_children else 0

    def hasChildren(self, parent: Index = QModelIndex()) -> bool:
        if not parent.isValid():
            return bool(self._tops)
        if parent.column() != 0:
            return False
        node = self._nodes[parent.internalId()]
        if node.children is not None:
            return bool(node.children)
        if node.parent < 0:  # asked for every segment at once: no field is worked out for it
            return node.row.has_children
        return node.row.has_children and bool(self._children(node))

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
