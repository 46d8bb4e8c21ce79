"""Draws the rows of the tree: HL7 in the fixed-width font, names quiet, problems marked."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from hl7console.hl7v2.findings import Severity, worst
from hl7console.hl7v2.nodes import ValueState
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui import icons
from hl7console.ui.inspector.grid import hl7_font
from hl7console.ui.inspector.severity import LOOKS
from hl7console.ui.inspector.tree_model import ROW_ROLE, Column, value_parts
from hl7console.ui.theme import ROW, Theme, text_font, theme

_PAD = 6
_ICON = 14
_SEPARATOR = " \u00b7 "


class TreeDelegate(QStyledItemDelegate):
    """Paints a cell of the tree. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._fixed = hl7_font()
        self._plain = text_font()
        self._bold = text_font(bold=True)
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    def sizeHint(
        self,
        option: QStyleOptionViewItem,  # noqa: ARG002
        index: QModelIndex | QPersistentModelIndex,
    ) -> QSize:
        row = index.data(ROW_ROLE)
        width = 80
        if isinstance(row, TreeRow):
            text = str(index.data() or "")[:120]
            is_name = index.column() == Column.NAME
            metrics = QFontMetrics(self._plain if is_name else self._fixed)
            width = metrics.horizontalAdvance(text) + 2 * _PAD + 4
        return QSize(width, ROW)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, TreeRow):
            return
        painter.save()
        self._paint_ground(painter, option)
        box: QRect = option.rect.adjusted(_PAD, 0, -_PAD, 0)
        now = theme()
        match Column(index.column()):
            case Column.FIELD:
                painter.setFont(self._fixed)
                # The end of a path says more than its beginning.
                _draw(painter, box, row.label, now.color("text"), Qt.TextElideMode.ElideLeft)
            case Column.NAME:
                is_segment = row.is_segment
                painter.setFont(self._bold if is_segment else self._plain)
                role = "text" if is_segment else "muted"
                _draw(painter, box, row.name, now.color(role))
            case Column.VALUE:
                self._paint_value(painter, box, row)
            case Column.TYPE:
                painter.setFont(self._fixed)
                _draw(painter, box, row.table or row.type, now.color("muted"))
        painter.restore()

    @staticmethod
    def _paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> None:
        now = theme()
        box: QRect = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            is_active = state & QStyle.StateFlag.State_Active
            painter.fillRect(box, now.color("selection" if is_active else "selection_idle"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, now.color("hover"))
        painter.setPen(now.color("row_line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())

    def _paint_value(self, painter: QPainter, box: QRect, row: TreeRow) -> None:
        now = theme()
        if severity := _severity(row):
            look = LOOKS[severity]
            mark = drawn_icon(
                look.icon,
                now.color(look.role).name(),
                _ICON,
                painter.device().devicePixelRatioF(),
            )
            left = box.right() - _ICON + 1
            painter.drawPixmap(left, box.top() + (box.height() - _ICON) // 2, mark)
            box = box.adjusted(0, 0, -_ICON - _PAD, 0)
        painter.setFont(self._fixed)
        value, meaning = value_parts(row)
        if row.state is ValueState.NULL:
            used = _draw_chip(painter, box, "null") + _PAD
        else:
            used = _draw(painter, box, value, now.color("text"))
            meaning = f"{_SEPARATOR}{meaning}" if meaning and value else meaning
        if meaning:
            painter.setFont(self._plain)
            _draw(painter, box.adjusted(used, 0, 0, 0), meaning, now.color("muted"))

    @Slot()
    def _on_theme_changed(self) -> None:
        owner = self.parent()
        if isinstance(owner, QWidget):
            owner.update()


def _severity(row: TreeRow) -> Severity | None:
    """Return how grave the problems of a row are; remarks show at their own row only."""
    graver = [finding for finding in row.problems if finding.severity is not Severity.INFO]
    return worst(graver or row.own_problems)


def _draw(
    painter: QPainter,
    box: QRect,
    text: str,
    color: QColor,
    mode: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
) -> int:
    """Draw text on one line, cut off where there is no room; return the width it took."""
    metrics = painter.fontMetrics()
    width = metrics.horizontalAdvance(text)
    if width > box.width():
        text = metrics.elidedText(text, mode, max(0, box.width()))
    painter.setPen(color)
    painter.drawText(box, int(_LINE), text)
    return width


def _draw_chip(painter: QPainter, box: QRect, text: str) -> int:
    now = theme()
    width = painter.fontMetrics().horizontalAdvance(text) + 12
    chip = QRect(box.left(), box.center().y() - 8, width, 17)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(now.color("info_tint"))
    painter.drawRoundedRect(chip, 8, 8)
    painter.setPen(now.color("info"))
    painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), text)
    return width


@lru_cache(maxsize=64)
def drawn_icon(name: str, color: str, size: int, scale: float) -> QPixmap:
    """Return an icon as `icons.pixmap` draws it, drawn once. GUI thread only."""
    return icons.pixmap(name, QColor(color), size, scale)


_LINE = (
    int(Qt.AlignmentFlag.AlignLeft)
    | int(Qt.AlignmentFlag.AlignVCenter)
    | int(Qt.TextFlag.TextSingleLine)
)
