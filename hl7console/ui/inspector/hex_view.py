"""The bytes of a message as they were on the wire: offset, hexadecimal and text, row by row."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
)
from PySide6.QtWidgets import QWidget

from hl7console.ui.inspector.grid import GridView
from hl7console.ui.theme import theme

WIDE, NARROW = 16, 8
"""Bytes in a row, and in one where there is no room for 16."""
_OFFSET_CELLS = 10
_COPY_LIMIT = 1_000_000
_TEXT = {code: "\u00b7" for code in range(256) if not 0x20 <= code < 0x7F}


class HexView(GridView):
    """Rows of 16 bytes, painted as they come in sight. GUI thread only."""

    byte_clicked = Signal(int)
    """The user put the caret on a byte: its offset."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspectorHex")
        self.setAccessibleName("Bytes of the message, hexadecimal")
        self._data = b""
        self._span = (0, 0)
        self._caret = 0
        self._anchor: int | None = None
        self.per_row = WIDE

    def set_data(self, data: bytes) -> None:
        """Show other bytes, from their beginning, with nothing selected."""
        self._data = data
        self._span, self._caret, self._anchor = (0, 0), 0, None
        self.verticalScrollBar().setValue(0)
        self.relayout()
        self.update_bars()

    @property
    def span(self) -> tuple[int, int]:
        """Selected bytes: first and after-last."""
        return self._span

    def select(self, span: tuple[int, int]) -> None:
        """Highlight a range of bytes and scroll to it."""
        self._span = span
        self._caret = min(span[0], max(0, len(self._data) - 1))
        self.reveal(span[0] // self.per_row)
        self.viewport().update()

    def row_count(self) -> int:
        return -(-len(self._data) // self.per_row)

    def relayout(self) -> None:
        top_byte = self.top_row * self.per_row
        self.per_row = WIDE if self.columns >= _cells_for(WIDE) else NARROW
        needed = int(_cells_for(self.per_row) - self.columns)
        self.horizontalScrollBar().setRange(0, max(0, int(needed * self.cell)))
        self.update_bars()
        self.verticalScrollBar().setValue(top_byte // self.per_row)

    def paint_row(self, painter: QPainter, row: int, top: int) -> None:
        begin = row * self.per_row
        chunk = self._data[begin : begin + self.per_row]
        now = theme()
        muted, text = now.color("muted"), now.color("text")
        self._paint_selection(painter, begin, len(chunk), top)
        self.write(painter, top, 0, f"{begin:08X}", muted)
        for i, byte in enumerate(chunk):
            color = text
            if byte < 0x20 or byte == 0x7F:
                color = now.color("accent") if byte in (0x0D, 0x0A) else now.color("warn")
            elif byte >= 0x80:
                color = now.color("info")
            self.write(painter, top, hex_column(i), f"{byte:02X}", color)
        left = self._text_col()
        self.write(painter, top, left, chunk.decode("latin_1").translate(_TEXT), text)

    def _paint_selection(self, painter: QPainter, begin: int, count: int, top: int) -> None:
        first = max(self._span[0] - begin, 0)
        last = min(self._span[1] - begin, count)
        now = theme()
        if first < last:
            color = now.color("selection")
            width = hex_column(last - 1) + 2 - hex_column(first)
            self.mark(painter, top, hex_column(first) - 0.25, width + 0.5, color)
            self.mark(painter, top, self._text_col() + first, last - first, color)
        if begin <= self._caret < begin + count and self.hasFocus():
            i = self._caret - begin
            painter.setPen(now.color("accent"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for col, cells in ((hex_column(i), 2.0), (self._text_col() + i, 1.0)):
                painter.drawRect(
                    round(self.x_of(col)) - 1, top + 1, round(cells * self.cell) + 1, 17
                )

    def _text_col(self) -> int:
        return hex_column(self.per_row - 1) + 4

    def byte_at(self, row: int, col: int) -> int | None:
        """Return the byte under a cell, in either of the two columns."""
        if not self._data or not 0 <= row < self.row_count():
            return None
        if col >= self._text_col():
            inner = min(col - self._text_col(), self.per_row - 1)
        else:
            inner = next(
                (i for i in range(self.per_row) if col < hex_column(i) + 3), self.per_row - 1
            )
        return min(row * self.per_row + inner, len(self._data) - 1)

    def tip_at(self, row: int, col: int) -> str:
        at = self.byte_at(row, col)
        if at is None:
            return ""
        byte = self._data[at]
        return f"Byte {at:,} (0x{at:X}): 0x{byte:02X}, {byte}"

    # Mouse and keys

    def mousePressEvent(self, event: QMouseEvent) -> None:
        at = self.byte_at(*self.cell_at(event.position().toPoint()))
        if event.button() is Qt.MouseButton.LeftButton and at is not None:
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
                self._extend(at)
            else:
                self._anchor = at
                self._put_caret(at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None:
            at = self.byte_at(*self.cell_at(event.position().toPoint()))
            if at is not None and at != self._caret:
                self._extend(at)

    def _extend(self, at: int) -> None:
        anchor = self._caret if self._anchor is None else self._anchor
        self._anchor = anchor
        self._caret = at
        self._span = (min(anchor, at), max(anchor, at) + 1)
        self.reveal(at // self.per_row)
        self.viewport().update()

    def _put_caret(self, at: int) -> None:
        self._caret = at
        self._span = (at, at + 1)
        self.byte_clicked.emit(at)
        self._caret = at
        self.reveal(at // self.per_row)
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
            return
        target = self._key_target(event)
        if target is None or not self._data:
            super().keyPressEvent(event)
            return
        target = min(max(target, 0), len(self._data) - 1)
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._extend(target)
        else:
            self._anchor = None
            self._put_caret(target)

    def _key_target(self, event: QKeyEvent) -> int | None:
        key, far = event.key(), event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if rows := self.scroll_key(event):
            return self._caret + rows * self.per_row
        row = self._caret // self.per_row * self.per_row
        return {
            Qt.Key.Key_Left: self._caret - 1,
            Qt.Key.Key_Right: self._caret + 1,
            Qt.Key.Key_Home: 0 if far else row,
            Qt.Key.Key_End: len(self._data) - 1 if far else row + self.per_row - 1,
        }.get(Qt.Key(key))

    def copy(self) -> None:
        """Copy the selected bytes as hexadecimal, at most a million of them."""
        first, last = self._span
        piece = self._data[first : min(last, first + _COPY_LIMIT)]
        if piece:
            QGuiApplication.clipboard().setText(piece.hex(" ").upper())


def hex_column(index: int) -> int:
    """Return the column of a byte's two digits; a gap stands after every eighth."""
    return _OFFSET_CELLS + index * 3 + index // 8


def _cells_for(per_row: int) -> int:
    return hex_column(per_row - 1) + 4 + per_row
