"""A list of alerts as a table model: how many there are, and the pages that are looked at.

There may be any number of past alerts, and ten thousand open ones in a bad hour; the model keeps
some pages by their place in the list, and asks for what is looked at and not there.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QObject, Qt

from hl7console.store.alert_lists import PAGE
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.columns import OPEN_COLUMNS, AlertColumn, AlertLine, line_of
from hl7console.ui.paged_model import PagedModel

_Index = QModelIndex


class AlertModel(PagedModel[AlertLine]):
    """The alerts of one list. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(PAGE, parent)
        self._now_us = 0
        self._stale: set[int] = set()
        """Rows whose times are told as they were a while ago."""
        self.columns: tuple[AlertColumn, ...] = OPEN_COLUMNS

    # What the list holds

    def reset(
        self,
        count: int,
        first: int,
        alerts: Sequence[AlertRecord],
        now_us: int,
        columns: tuple[AlertColumn, ...] | None = None,
    ) -> None:
        """Show a list: its length, the rows from `first` on, and how times are told."""
        self.beginResetModel()
        self.columns = columns or self.columns
        self._count = max(count, first + len(alerts) if alerts else 0)
        self._now_us = now_us
        self._take(
            {
                place: line_of(alert, self.columns, now_us)
                for place, alert in enumerate(alerts, start=first)
            }
        )
        self._pending.clear()
        self._stale.clear()
        self.endResetModel()

    def put_rows(self, first: int, alerts: Sequence[AlertRecord]) -> None:
        """Keep rows that were fetched, from the place `first` on, and repaint them."""
        self._put(first, [line_of(alert, self.columns, self._now_us) for alert in alerts])

    def tick(self, now_us: int, seen: range) -> None:
        """Let times run on: at once in the rows in sight, in others when they are looked at.

        Only rows whose texts changed are drawn again.
        """
        self._now_us = now_us
        self._stale = {place for place in self._rows if place not in seen}
        for place in seen:
            row = self._rows.get(place)
            if row is not None and self._renewed(place, row) is not row:
                self._changed(place, place)

    def _renewed(self, place: int, row: AlertLine) -> AlertLine:
        """Return a row as it is now; the same one where its texts are."""
        line = line_of(row.alert, self.columns, self._now_us)
        if line.texts == row.texts:
            return row
        self._rows[place] = line
        return line

    def row_at(self, row: int) -> AlertLine | None:
        """Return a row, or None after asking for it."""
        found = super().row_at(row)
        if found is not None and row in self._stale:
            self._stale.discard(row)
            return self._renewed(row, found)
        return found

    def alert_at(self, place: int) -> AlertRecord | None:
        """Return the alert of a row that is kept."""
        row = self._rows.get(place)
        return row.alert if row is not None else None

    # QAbstractTableModel

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # type: ignore[override]
        if not index.isValid() or index.row() >= self._count:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text_at(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            text = self.text_at(index.row(), index.column())
            return text if len(text) > self.columns[index.column()].chars else None
        return None

    def text_at(self, row: int, column: int) -> str:
        """Return the text of a cell; "…" while it isn't there."""
        found = self.row_at(row)
        return found.texts[column] if found is not None else "…"

    def flags(self, index: _Index) -> Qt.ItemFlag:  # type: ignore[override]
        """Return what can be done with a cell; alerts are not dragged."""
        return super().flags(index) & ~Qt.ItemFlag.ItemIsDragEnabled
