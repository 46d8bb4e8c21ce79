"""The message list as a table model: all ids, and the rows that are looked at.

`data` never queries. A row that isn't there shows "…" and is asked for with its neighbours, 200
at a time; the answer comes by `MessageTableModel.put_rows`. Some twenty such windows are kept.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from hl7console.store.records import MessageRow
from hl7console.ui.columned import ColumnedModel
from hl7console.ui.messages.columns import Column, Kind, columns_for, paths_of, pill_for
from hl7console.ui.messages.id_list import IdList

WINDOW = 200
"""Rows fetched at once."""
_KEPT_ROWS = 20 * WINDOW

ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""Role: the `MessageRow`, or None while it isn't there."""

_NO_INDEX = QModelIndex()
_Index = QModelIndex


class MessageTableModel(ColumnedModel[MessageRow]):
    """Rows of the current filter, newest on top. GUI thread only."""

    rows_wanted = Signal(object)
    """Ids (a list) whose rows are looked at and not there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._ids = IdList()
        self._rows: OrderedDict[int, MessageRow] = OrderedDict()
        self._pending: set[int] = set()
        self.columns: list[Column] = columns_for([])
        self._paths: tuple[str, ...] = ()

    # What the list holds

    def set_columns(self, columns: list[Column]) -> None:
        """Show other columns; rows are asked for again where field paths changed."""
        self.beginResetModel()
        if paths_of(columns) != self._paths:
            self._rows.clear()
            self._pending.clear()
        self.columns = columns
        self._paths = paths_of(columns)
        self.endResetModel()

    def reset(self) -> None:
        """Empty the list, for another filter."""
        self.beginResetModel()
        self._ids = IdList()
        self._rows.clear()
        self._pending.clear()
        self.endResetModel()

    def add_newer(self, ids: array[int]) -> None:
        """Put rising ids on top."""
        newest = self._ids[0] if len(self._ids) else 0
        fresh = ids if ids and ids[0] > newest else array("q", (i for i in ids if i > newest))
        if fresh:
            self.beginInsertRows(_NO_INDEX, 0, len(fresh) - 1)
            self._ids.add_newer(fresh)
            self.endInsertRows()

    def add_older(self, ids: array[int]) -> None:
        """Put falling ids at the end."""
        if ids:
            last = len(self._ids)
            self.beginInsertRows(_NO_INDEX, last, last + len(ids) - 1)
            self._ids.add_older(ids)
            self.endInsertRows()

    def put_rows(self, rows: Iterable[MessageRow], asked: Iterable[int] = ()) -> None:
        """Keep rows that were fetched and repaint them.

        Args:
            rows: The rows, in any order.
            asked: The ids that were asked for; those without a row were deleted meanwhile.
        """
        touched = []
        for row in rows:
            self._rows[row.id] = row
            self._rows.move_to_end(row.id)
            touched.append(self._ids.row_of(row.id))
        self._pending.difference_update(asked)
        while len(self._rows) > _KEPT_ROWS:
            self._rows.popitem(last=False)
        touched = [row for row in touched if row >= 0]
        if touched:
            top = self.index(min(touched), 0)
            self.dataChanged.emit(top, self.index(max(touched), len(self.columns) - 1))

    def unmark(self, ids: Iterable[int]) -> None:
        """Let rows be asked for again: the request for them was dropped."""
        self._pending.difference_update(ids)

    def forget_unseen(self, seen: Iterable[int]) -> None:
        """Drop every row but those of `seen`: something about them changed."""
        kept = [(i, self._rows[i]) for i in seen if i in self._rows]
        self._rows = OrderedDict(kept)

    def id_at(self, row: int) -> int:
        """Return the message id of a row."""
        return self._ids[row]

    def row_of(self, message_id: int) -> int:
        """Return the row of a message, or -1."""
        return self._ids.row_of(message_id)

    def row_at(self, row: int) -> MessageRow | None:
        """Return a row's values, or None after asking for them."""
        message_id = self._ids[row]
        found = self._rows.get(message_id)
        if found is None and message_id not in self._pending:
            self._ask_around(row)
        return found

    def _ask_around(self, row: int) -> None:
        first = row - row % WINDOW
        wanted = [
            i
            for i in self._ids.slice(first, WINDOW)
            if i not in self._rows and i not in self._pending
        ]
        self._pending.update(wanted)
        self.rows_wanted.emit(wanted)

    # QAbstractTableModel

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else len(self._ids)

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # type: ignore[override]
        if not index.isValid() or index.row() >= len(self._ids):
            return None
        if role == ROW_ROLE:
            return self.row_at(index.row())
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text_at(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip_at(index.row(), index.column())
        return None

    def text_at(self, row: int, column: int) -> str:
        """Return the text of a cell; "…" while it isn't there."""
        found = self.row_at(row)
        if found is None:
            return "…"
        shown = self.columns[column]
        if shown.value is not None:
            return shown.value(found)
        if shown.kind is Kind.PILL:
            return pill_for(found).text
        place = self._paths.index(shown.key)
        return found.values[place] if place < len(found.values) else ""

    def _tip_at(self, row: int, column: int) -> str | None:
        found = self.row_at(row)
        if found is None:
            return None
        if self.columns[column].kind is Kind.PILL:
            return pill_for(found).meaning
        text = self.text_at(row, column)
        return text if len(text) > self.columns[column].chars else None
