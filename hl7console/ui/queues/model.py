"""A list of deliveries as a table model: how many there are, and the rows that are looked at.

A queue may hold a million; the model keeps some pages of it by their place in the list, and asks
for what is looked at and not there. `shift` follows what went away at the head, so that what is
chosen stays chosen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QObject, Qt

from hl7console.store.queue_reader import PAGE, DeliveryRow
from hl7console.ui.messages.columns import Kind
from hl7console.ui.paged_model import PagedModel
from hl7console.ui.queues.columns import COLUMNS, DeliveryColumn
from hl7console.ui.queues.words import MEANINGS

_NO_INDEX = QModelIndex()
_Index = QModelIndex


@dataclass(frozen=True, slots=True)
class Anchor:
    """A delivery whose place in the list is known."""

    place: int
    delivery_id: int


class DeliveryModel(PagedModel[DeliveryRow]):
    """The deliveries of one list. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(PAGE, parent)
        self.columns: tuple[DeliveryColumn, ...] = COLUMNS

    # What the list holds

    def reset(self, count: int = 0, rows: Iterable[DeliveryRow] = ()) -> None:
        """Show another list: its length, and its first rows."""
        self.beginResetModel()
        self._count = count
        self._take(dict(enumerate(rows)))
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
        self._take({place: row for place, row in self._rows.items() if place < self._count})
        self.endRemoveRows()

    def _move(self, by: int) -> None:
        self._take({n + by: row for n, row in self._rows.items() if n + by >= 0})
        self._pending.clear()

    def put_rows(self, first: int, rows: list[DeliveryRow]) -> None:
        """Keep rows that were fetched, from the place `first` on, and repaint them."""
        self._put(first, rows)

    def forget_unseen(self, seen: range) -> None:
        """Drop every row but those in sight: something about them changed."""
        self._take({place: row for place, row in self._rows.items() if place in seen})
        self._pending.clear()

    def row_by_id(self, delivery_id: int) -> DeliveryRow | None:
        """Return a delivery that is kept; None for any other."""
        place = self._places.get(delivery_id)
        return self._rows.get(place) if place is not None else None

    def anchor_before(self, place: int) -> Anchor | None:
        """Return the nearest known delivery before a place."""
        known = [p for p in self._rows if p < place]
        return Anchor(max(known), self._rows[max(known)].id) if known else None

    # QAbstractTableModel

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
