"""The text of a recipe, to type in, with the line of a mistake marked."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from hl7console.ui.theme import GRID, fixed_font, theme


class RecipeText(QPlainTextEdit):
    """A text with line numbers. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("recipeText")
        self.setAccessibleName("Recipe")
        self.setFont(fixed_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTabChangesFocus(True)
        self._line = 0
        self._margin = _Numbers(self)
        self.setViewportMargins(self._margin.wanted_width(), 0, 0, 0)
        self.blockCountChanged.connect(self._on_blocks)
        self.updateRequest.connect(self._on_update)

    def mark_line(self, line: int) -> None:
        """Mark the line of a mistake; 0 marks none."""
        self._line = line
        marks = []
        if line:
            mark = QTextEdit.ExtraSelection()
            color = QColor(theme().color("err"))
            color.setAlphaF(0.16)
            mark.format.setBackground(color)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            block = self.document().findBlockByNumber(line - 1)
            mark.cursor = QTextCursor(block)
            marks.append(mark)
        self.setExtraSelections(marks)
        self._margin.update()

    def go_to_line(self, line: int) -> None:
        """Put the cursor on a line and take the keys."""
        block = self.document().findBlockByNumber(max(line, 1) - 1)
        self.setTextCursor(QTextCursor(block))
        self.centerCursor()
        self.setFocus()

    def append_block(self, text: str) -> None:
        """Put text at the end, behind a blank line, with the cursor at its beginning.

        It can be undone like anything typed.
        """
        old = self.toPlainText()
        lead = "" if not old.strip() else "\n" if old.endswith("\n") else "\n\n"
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertText(lead)
        line = cursor.blockNumber() + 1
        cursor.insertText(text)
        self.go_to_line(line + 1)

    def insert_line(self, text: str) -> None:
        """Put a line below the one that the cursor is on."""
        cursor = self.textCursor()
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock)
        cursor.insertText("\n" + text.rstrip("\n"))
        self.setTextCursor(cursor)
        self.setFocus()

    def paint_numbers(self, painter: QPainter, area: QRect) -> None:
        """Draw the numbers of the lines within an area of the margin."""
        block = self.firstVisibleBlock()
        offset = self.contentOffset()
        while block.isValid():
            box = self.blockBoundingGeometry(block).translated(offset)
            if box.top() > area.bottom():
                return
            number = block.blockNumber() + 1
            painter.setPen(theme().color("err" if number == self._line else "muted"))
            painter.drawText(
                QRect(0, round(box.top()), self._margin.width() - GRID, round(box.height())),
                Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
                str(number),
            )
            block = block.next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        inside = self.contentsRect()
        self._margin.setGeometry(
            inside.left(), inside.top(), self._margin.wanted_width(), inside.height()
        )

    @Slot(int)
    def _on_blocks(self, _count: int) -> None:
        self.setViewportMargins(self._margin.wanted_width(), 0, 0, 0)

    @Slot(QRect, int)
    def _on_update(self, area: QRect, moved: int) -> None:
        if moved:
            self._margin.scroll(0, moved)
        else:
            self._margin.update(0, area.y(), self._margin.width(), area.height())


class _Numbers(QWidget):
    """The numbers beside the text."""

    def __init__(self, text: RecipeText) -> None:
        super().__init__(text)
        self._text = text
        self.setFont(text.font())

    def wanted_width(self) -> int:
        digits = len(str(max(self._text.blockCount(), 99)))
        return self.fontMetrics().horizontalAdvance("0") * digits + 2 * GRID

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._text.paint_numbers(painter, event.rect())
