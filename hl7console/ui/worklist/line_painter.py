"""Draws the rows of the worklist's list, each once, and keeps the pictures."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QObject, QRect, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap

from hl7console.store.worklist.records import LineRow
from hl7console.ui.icons import pixmap
from hl7console.ui.messages.columns import Kind
from hl7console.ui.messages.row_painter import Section
from hl7console.ui.row_pens import PAD, RowPens
from hl7console.ui.theme import ROW, theme
from hl7console.ui.worklist.model import LineTableModel

_KEPT = 240
"""Rows whose pictures are kept: about three pages and both states of some."""
_FOLD_PX = 14


class LinePainter(QObject):
    """Pictures of lines, and headings. GUI thread only."""

    outdated = Signal()
    """The scheme changed: everything has to be drawn again."""

    def __init__(self, model: LineTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._kept: OrderedDict[tuple[int, bool], tuple[LineRow, QPixmap]] = OrderedDict()
        self._pens = RowPens()
        theme().changed.connect(self._on_theme_changed)

    @Slot()
    def _on_theme_changed(self) -> None:
        self._pens.take_colors()
        self.forget()
        self.outdated.emit()

    def forget(self) -> None:
        """Drop all pictures: columns or colours are others."""
        self._kept.clear()

    def picture(
        self, row: int, sections: Sequence[Section], width: int, scale: float, *, is_selected: bool
    ) -> QPixmap:
        """Return the picture of a line, `width` wide at a screen's `scale`."""
        found = self._model.row_at(row)
        if found is None:
            return self._drawn(row, None, sections, width, scale, is_selected=is_selected)
        key = (found.step_id, is_selected)
        kept = self._kept.get(key)
        if kept is not None and kept[0] is found:
            self._kept.move_to_end(key)
            return kept[1]
        drawn = self._drawn(row, found, sections, width, scale, is_selected=is_selected)
        self._kept[key] = (found, drawn)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return drawn

    def _drawn(
        self,
        row: int,
        found: LineRow | None,
        sections: Sequence[Section],
        width: int,
        scale: float,
        *,
        is_selected: bool,
    ) -> QPixmap:
        drawn = QPixmap(round(width * scale), round(ROW * scale))
        drawn.setDevicePixelRatio(scale)
        drawn.fill(self._pens.colors["selection" if is_selected else "surface"])
        painter = QPainter(drawn)
        painter.setPen(self._pens.colors["row_line"])
        painter.drawLine(0, ROW - 1, width, ROW - 1)
        for column, left, room in sections:
            box = QRect(left + PAD, 0, room - 2 * PAD, ROW - 1)
            shown = self._model.columns[column]
            if found is not None and shown.role is not None:
                self._pens.draw_pill(painter, box, shown.value(found), shown.role(found))
            else:
                self._pens.draw_text(
                    painter,
                    box,
                    self._model.text_at(row, column),
                    is_fixed=shown.kind is Kind.FIXED,
                    role="muted" if shown.kind is Kind.MUTED else "text",
                )
        painter.end()
        return drawn

    def draw_heading(
        self, painter: QPainter, box: QRect, text: str, *, is_folded: bool, is_selected: bool
    ) -> None:
        """Draw a group's heading across the whole row."""
        colors = self._pens.colors
        painter.fillRect(box, colors["selection" if is_selected else "raised"])
        painter.setPen(colors["row_line"])
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        name = "chevron-right" if is_folded else "chevron-down"
        scale = painter.device().devicePixelRatioF()
        mark = pixmap(name, colors["muted"], _FOLD_PX, scale)
        painter.drawPixmap(box.left() + PAD, box.top() + (ROW - _FOLD_PX) // 2, mark)
        painter.setFont(self._pens.bold)
        painter.setPen(colors["text"])
        place = box.adjusted(PAD + _FOLD_PX + 6, 0, -PAD, 0)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), text)
