"""What a destination is, in a word and a colour: the same wherever a destination shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, Qt
from PySide6.QtGui import QFontMetrics, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from hl7console.settings import Environment
from hl7console.ui.theme import GRID, text_font, theme

if TYPE_CHECKING:
    from hl7console.ui.inspector.sheet import Pill

ENVIRONMENT_ROLE = int(Qt.ItemDataRole.UserRole) + 20
"""Item data under which a list keeps the environment of the destination in a row."""

_ROLES = {
    str(Environment.TEST): "info",
    str(Environment.STAGING): "warn",
    str(Environment.PRODUCTION): "err",
}


def environment_role(environment: str) -> str:
    """Return the theme's colour of an environment; the muted one for none."""
    return _ROLES.get(str(environment), "muted")


def environment_pill(environment: str) -> Pill:
    """Return the word of an environment on its colour. GUI thread only."""
    from hl7console.ui.inspector.sheet import Pill  # the inspector shows environments itself

    pill = Pill(str(environment), environment_role(environment))
    pill.setObjectName("environment")
    return pill


class EnvironmentDelegate(QStyledItemDelegate):
    """Draws rows with the environment's word at their right end. GUI thread only."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row as it is, and the word over its end."""
        super().paint(painter, option, index)
        environment = index.data(ENVIRONMENT_ROLE)
        if not environment:
            return
        font = text_font(11, bold=True)
        width = QFontMetrics(font).horizontalAdvance(str(environment)) + 14
        rect: QRect = option.rect
        height = 18
        place = QRect(
            rect.right() - width - GRID // 2, rect.center().y() - height // 2 + 1, width, height
        )
        role = environment_role(environment)
        now = theme()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color(f"{role}_tint" if role != "muted" else "raised"))
        painter.drawRoundedRect(place, height / 2, height / 2)
        painter.setPen(now.color(role))
        painter.setFont(font)
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, str(environment))
        painter.restore()
