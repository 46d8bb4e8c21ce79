"""A list of deliveries as a table model: how many there are, and the rows that are looked at.

A queue may hold a million; the model keeps some pages of it by their place in the list, and asks
for what is looked at and not there. `shift` follows what went away at the head, so that what is
chosen stays chosen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, Qt, Signal

from hl7console.store.queue_reader import PAGE, DeliveryRow
from hl7console.ui.columned import ColumnedModel
from hl7console.ui.messages.columns import Kind
from hl7console.ui.queues.columns import COLUMNS, DeliveryColumn
from hl7console.ui.queues.words import MEANINGS

_KEPT = 10 * PAGE

_NO_INDEX = QModelIndex()
_Index = QModelIndex


@dataclass(frozen=True, slots=True)
class Anchor:
    """A delivery whose place in the list is known."""

    place: int
    delivery_id: int


class DeliveryModel(ColumnedModel[DeliveryRow]):
    """The deliveries of one list. GUI thread only."""

    rows_wanted = Signal(int)
    """The place of a row that is looked at and not there; its page is wanted."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._count = 0
        self._rows: dict[int, DeliveryRow] = {}
        self._places: dict[int, int] = {}
        self._pending: set[int] = set()
        self.columns: tuple[DeliveryColumn, ...] = COLUMNS

    # What the list holds

    def reset(self, count: int = 0, rows: Iterable[DeliveryRow] = ()) -> None:
        """Show another list: its length, and its first rows."""
        self.beginResetModel()
        self._count = count
        self._rows = dict(enumerate(rows))
        self._places = {row.id: place for place, row in self._rows.items()}
        self._pending.clear()
        self.endResetModel()

    def shift(self, moved: int, count: int) -> None:
        """Follow the list.

        Args:
            moved: How far what is known moved down; below 0 where so many rows went at the top.
            count: How many there are now.
        """
        if moved < 0:
            gone = min(-moved, self._count)
            self._remove(0, gone)
        elif moved > 0:
            self.beginInsertRows(_NO_INDEX, 0, moved - 1)
            self._move(moved)
            self._count += moved
            self.endInsertRows()
        if count > self._count:
            self.beginInsertRows(_NO_INDEX, self._count, count - 1)
            self._count = count
            self.endInsertRows()
        elif count < self._count:
            self._remove(count, self._count - count)

    def _remove(self, first: int, how_many: int) -> None:
        if how_many <= 0:
            return
        self.beginRemoveRows(_NO_INDEX, first, first + how_many - 1)
        if first == 0:
            self._move(-how_many)
        self._count -= how_many
        self._rows = {place: row for place, row in self._rows.items() if place < self._count}
        self._places = {row.id: place for place, row in self._rows.items()}
        self.endRemoveRows()

    def _move(self, by: int) -> None:
        self._rows = {place + by: row for place, row in self._rows.items() if place + by >= 0}
        self._places = {row.id: place for place, row in self._rows.items()}
        self._pending.clear()

    def put_rows(self, first: int, rows: list[DeliveryRow]) -> None:
        """Keep rows that were fetched, from the place `first` on, and repaint them."""
        self._pending.discard(first // PAGE)
        last = min(first + len(rows), self._count)
        if last <= first:
            return
        if len(self._rows) > _KEPT:
            near = range(first - PAGE, last + PAGE)
            self._rows = {place: row for place, row in self._rows.items() if place in near}
        self._rows.update(zip(range(first, last), rows, strict=False))
        self._places = {row.id: place for place, row in self._rows.items()}
        self.dataChanged.emit(self.index(first, 0), self.index(last - 1, len(self.columns) - 1))

    def forget_unseen(self, seen: range) -> None:
        """Drop every row but those in sight: something about them changed."""
        self._rows = {place: row for place, row in self._rows.items() if place in seen}
        self._places = {row.id: place for place, row in self._rows.items()}
        self._pending.clear()

    def unmark(self, place: int) -> None:
        """Let a page be asked for again: the request for it was dropped."""
        self._pending.discard(place // PAGE)

    def id_at(self, place: int) -> int:
        """Return the delivery of a row; 0 while it isn't there."""
        row = self._rows.get(place)
        return row.id if row is not None else 0

    def row_of(self, delivery_id: int) -> int:
        """Return the place of a delivery that is kept, or -1."""
        return self._places.get(delivery_id, -1)

    def row_at(self, place: int) -> DeliveryRow | None:
        """Return a row, or None after asking for it."""
        row = self._rows.get(place)
        if row is None and place < self._count and place // PAGE not in self._pending:
            self._pending.add(place // PAGE)
            self.rows_wanted.emit(place)
        return row

    def row_by_id(self, delivery_id: int) -> DeliveryRow | None:
        """Return a delivery that is kept; None for any other."""
        place = self._places.get(delivery_id)
        return self._rows.get(place) if place is not None else None

    def anchor_before(self, place: int) -> Anchor | None:
        """Return the nearest known delivery before a place."""
        known = [p for p in self._rows if p < place]
        return Anchor(max(known), self._rows[max(known)].id) if known else None

    # QAbstractTableModel

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else self._count

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # type: ignore[override]
        if not index.isValid() or index.row() >= self._count:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text_at(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip_at(index.row(), index.column())
        return None

    def text_at(self, place: int, column: int) -> str:
        """Return the text of a cell; "…" while it isn't there."""
        row = self.row_at(place)
        return self.columns[column].value(place, row) if row is not None else "…"

    def _tip_at(self, place: int, column: int) -> str | None:
        row = self.row_at(place)
        if row is None:
            return None
        if self.columns[column].kind is Kind.PILL:
            return next((t for s, t in MEANINGS.items() if s == row.delivery.state), None)
        text = self.text_at(place, column)
        return text if len(text) > self.columns[column].chars else None
