"""A plain table for reports: texts, with a colour for a column of states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, QTimer, Slot
from PySide6.QtGui import QFontMetrics, QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hl7console.ui.theme import GRID, ROW, fixed_font, theme

_NO_INDEX = QModelIndex()

_MOST_WRAPPED = 500
"""Rows made as high as their texts need, at most; all others show it in their tooltip."""


@dataclass(frozen=True, slots=True)
class ReportColumn:
    """One column of a report."""

    title: str
    chars: int
    is_fixed: bool = False
    is_state: bool = False
    """Coloured by the row's role."""


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One line of a report."""

    texts: tuple[str, ...]
    role: str = ""
    """Token of the colour of its state."""


class ReportModel(QAbstractTableModel):
    """Rows that are all there. GUI thread only."""

    def __init__(self, columns: Sequence[ReportColumn], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._columns = tuple(columns)
        self._rows: list[ReportRow] = []
        self._fixed = fixed_font()

    def set_rows(self, rows: Sequence[ReportRow]) -> None:
        """Show other rows."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def texts(self, row: int) -> tuple[str, ...]:
        """Return the texts of a row."""
        return self._rows[row].texts

    def rowCount(self, parent: QModelIndex = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # type: ignore[override]
        if not index.isValid():
            return None
        row, column = self._rows[index.row()], self._columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return row.texts[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            # As markup, so that it wraps; what others wrote must not be taken for markup.
            text = escape(row.texts[index.column()]).replace("\n", "<br>")
            return f"<p>{text}</p>" if text else None
        if role == Qt.ItemDataRole.FontRole and column.is_fixed:
            return self._fixed
        if role == Qt.ItemDataRole.ForegroundRole and column.is_state and row.role:
            return theme().color(row.role)
        return None


class ReportTable(QTableView):
    """Shows a `ReportModel`. GUI thread only.

    Args:
        name: Its object name.
        title: Its accessible name.
        columns: Its columns.
        parent: The widget around it.
        wraps: Whether long texts are shown on several lines.
    """

    def __init__(
        self,
        name: str,
        title: str,
        columns: Sequence[ReportColumn],
        parent: QWidget | None = None,
        *,
        wraps: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.rows = ReportModel(columns, self)
        self.setModel(self.rows)
        self.setShowGrid(False)
        self.setWordWrap(wraps)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        header = self.verticalHeader()
        header.hide()
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header.setDefaultSectionSize(ROW)
        self.horizontalHeader().setHighlightSections(False)
        self.horizontalHeader().setStretchLastSection(True)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        char = QFontMetrics(fixed_font()).horizontalAdvance("0")
        for place, column in enumerate(columns):
            self.setColumnWidth(place, column.chars * char + 18)
        if wraps:
            fit = QTimer(self)
            fit.setSingleShot(True)
            fit.timeout.connect(self._fit_rows)
            self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
            self.rows.modelReset.connect(fit.start)
            self.horizontalHeader().sectionResized.connect(fit.start)

    @Slot()
    def _fit_rows(self) -> None:
        """Make rows as high as their texts need."""
        one_line = max(ROW, 2 * self.fontMetrics().height() - 1)
        for row in range(min(self.rows.rowCount(), _MOST_WRAPPED)):
            height = self.sizeHintForRow(row)
            self.setRowHeight(row, height + GRID if height > one_line else ROW)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted({index.row() for index in self.selectionModel().selectedRows()})
            lines = ("\t".join(self.rows.texts(row)).replace("\n", " ") for row in rows)
            QGuiApplication.clipboard().setText("\n".join(lines))
        else:
            super().keyPressEvent(event)
