"""Lists whose columns have kinds: what models of messages and of deliveries share, and painters."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic, Protocol

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QRect, Qt
from PySide6.QtGui import QPainter

from hl7console.ui.messages.columns import Kind
from hl7console.ui.row_pictures import R, RowPictures

_NO_INDEX = QModelIndex()
_Index = QModelIndex


class KindColumn(Protocol):
    """A column with a title and a kind."""

    @property
    def title(self) -> str:
        """What its heading says."""

    @property
    def kind(self) -> Kind:
        """How its cells are drawn."""


class ColumnedModel(QAbstractTableModel, Generic[R]):
    """Rows in columns that have kinds; they can be dragged. GUI thread only."""

    columns: Sequence[KindColumn]

    @abstractmethod
    def row_at(self, row: int) -> R | None:
        """Return what stands in a row, or None after asking for it."""

    @abstractmethod
    def text_at(self, row: int, column: int) -> str:
        """Return the text of a cell; "…" while it isn't there."""

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            is_number = self.columns[section].kind is Kind.NUMBER
            side = Qt.AlignmentFlag.AlignRight if is_number else Qt.AlignmentFlag.AlignLeft
            return int(side | Qt.AlignmentFlag.AlignVCenter)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:  # type: ignore[override]
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags


class ColumnedPainter(RowPictures[R]):
    """Pictures of the rows of a `ColumnedModel`. GUI thread only."""

    def __init__(self, model: ColumnedModel[R], parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    @abstractmethod
    def pill_of(self, found: R) -> tuple[str, str]:
        """Return word and colour of a row's pill."""

    def is_muted(self, column: int) -> bool:
        """Return whether a column stands back."""
        return self._model.columns[column].kind is Kind.MUTED

    def row_at(self, row: int) -> R | None:
        """Return what stands in a row; None while it is not fetched."""
        return self._model.row_at(row)

    def draw_cell(
        self, painter: QPainter, box: QRect, row: int, column: int, found: R | None
    ) -> None:
        """Draw one cell: a pill where its column has them, else its text."""
        kind = self._model.columns[column].kind
        if found is not None and kind is Kind.PILL:
            self._pens.draw_pill(painter, box, *self.pill_of(found))
            return
        self._pens.draw_text(
            painter,
            box,
            self._model.text_at(row, column),
            is_fixed=kind in (Kind.FIXED, Kind.NUMBER),
            is_right=kind is Kind.NUMBER,
            role="muted" if self.is_muted(column) else "text",
        )
