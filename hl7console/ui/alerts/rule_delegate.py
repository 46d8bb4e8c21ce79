"""Draws a rule in the list on two lines: its name, and what it looks at, how bad, and of what."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QApplication, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hl7console.ui.theme import text_font, theme

ABOUT_ROLE = int(Qt.ItemDataRole.UserRole) + 1
"""What the second line says."""
HEIGHT = 44
"""Height of a rule in the list, in pixels."""
_LINE = 18


class RuleDelegate(QStyledItemDelegate):
    """Two lines beside the tick and the icon. GUI thread only."""

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return room for two lines."""
        return QSize(super().sizeHint(option, index).width(), HEIGHT)

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw ground, tick and icon as usual, and the two lines."""
        whole = QStyleOptionViewItem(option)
        self.initStyleOption(whole, index)
        name = whole.text
        style = whole.widget.style() if whole.widget is not None else QApplication.style()
        room = style.subElementRect(
            QStyle.SubElement.SE_ItemViewItemText, whole, whole.widget
        ).adjusted(4, 0, -4, 0)
        whole.text = ""
        style.drawControl(QStyle.ControlElement.CE_ItemViewItem, whole, painter, whole.widget)
        top = option.rect.top() + (option.rect.height() - 2 * _LINE) // 2
        painter.save()
        right = option.rect.right() - 6
        is_on = index.data(Qt.ItemDataRole.CheckStateRole) != Qt.CheckState.Unchecked
        for line, (text, role, size) in enumerate(
            ((name, "text" if is_on else "muted", 13), (index.data(ABOUT_ROLE), "muted", 11))
        ):
            painter.setFont(text_font(size))
            painter.setPen(theme().color(role))
            box = QRect(room.left(), top + line * _LINE, right - room.left(), _LINE)
            shown = painter.fontMetrics().elidedText(
                str(text or ""), Qt.TextElideMode.ElideRight, box.width()
            )
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter, shown)
        painter.restore()
