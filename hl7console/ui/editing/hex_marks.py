"""The bytes of a message with those marked that are other ones than in the other message."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from hl7console.ui.inspector.hex_view import HexView, hex_column
from hl7console.ui.theme import GRID, theme

_GAP_CELLS = 0.35


class MarkedHex(HexView):
    """A hex view with marked bytes. GUI thread only."""

    def __init__(self, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role
        self._stretches: Sequence[tuple[int, int]] = ()
        self._ends: list[int] = []

    @property
    def marked(self) -> Sequence[tuple[int, int]]:
        """What is marked: first and after-last bytes; an empty stretch where something is gone."""
        return self._stretches

    def set_marked(self, stretches: Sequence[tuple[int, int]]) -> None:
        """Mark these bytes, in order."""
        self._stretches = stretches
        self._ends = [end for _, end in stretches]
        self.viewport().update()

    def replace_data(self, data: bytes) -> None:
        """Show other bytes at the place where one is."""
        at = self.verticalScrollBar().value()
        self.set_data(data)
        self.verticalScrollBar().setValue(at)

    def _paint_selection(self, painter: QPainter, begin: int, count: int, top: int) -> None:
        super()._paint_selection(painter, begin, count, top)
        color = theme().color(f"{self._role}_tint")
        for start, end in self._stretches[bisect_left(self._ends, begin) :]:
            if start > begin + count:
                break
            first, last = max(start - begin, 0), min(end - begin, count)
            if first < last:
                width = hex_column(last - 1) + 2 - hex_column(first)
                self.mark(painter, top, hex_column(first) - 0.25, width + 0.5, color)
                self.mark(painter, top, self._text_col() + first, last - first, color)
            elif start == end and begin <= start < begin + count:
                line = theme().color(self._role)
                at = hex_column(start - begin) - 0.5 - _GAP_CELLS / 2
                self.mark(painter, top, at, _GAP_CELLS, line, inset=3)


class HexPage(QWidget):
    """Bytes under a line that says how many of them differ."""

    def __init__(self, role: str, name: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        self.view = MarkedHex(role)
        self.view.setObjectName(name)
        self.view.setAccessibleName(title)
        self.summary = QLabel()
        self.summary.setObjectName(f"{name}Summary")
        self.summary.setProperty("role", "muted")
        self.summary.setTextFormat(Qt.TextFormat.PlainText)
        self.summary.setWordWrap(True)
        self.summary.setContentsMargins(12, GRID, 12, GRID)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.summary)
        column.addWidget(self.view, 1)
        self.setFocusProxy(self.view)


def edited_words(stretches: Sequence[tuple[int, int]], total: int) -> str:
    """Say how many bytes are other ones than in the original."""
    if not stretches:
        return f"All {total:,} bytes are as in the original."
    count = sum(end - start for start, end in stretches)
    places = "1 place" if len(stretches) == 1 else f"{len(stretches):,} places"
    what = "1 byte was" if count == 1 else f"{count:,} bytes were"
    return f"{what} written here, in {places}; the other {total - count:,} are the original's."


def original_words(stretches: Sequence[tuple[int, int]]) -> str:
    """Say how many bytes of the original are not in the edited message."""
    count = sum(end - start for start, end in stretches)
    if not stretches:
        return "Nothing of it was changed."
    if not count:
        return "All of it is still there; something was put in between."
    places = "1 place" if len(stretches) == 1 else f"{len(stretches):,} places"
    what = "1 byte was" if count == 1 else f"{count:,} bytes were"
    return f"{what} replaced or taken out, in {places}."
