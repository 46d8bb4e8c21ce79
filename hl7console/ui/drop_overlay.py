"""What lies over the window while files are held over it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from hl7console.ui.icons import pixmap
from hl7console.ui.theme import text_font, theme

MOST_TEXT = 64 * 1024 * 1024
"""Characters of dropped or pasted text that are taken, at most."""


class DropOverlay(QWidget):
    """Says that letting go imports. GUI thread only."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("dropOverlay")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def cover(self) -> None:
        """Lie over the whole window."""
        parent = self.parentWidget()
        if parent is not None:
            self.setGeometry(parent.rect())
        self.raise_()
        self.show()

    def paintEvent(self, _event: QPaintEvent) -> None:
        tokens = theme().tokens
        ground = QColor(tokens.bg)
        ground.setAlphaF(0.9)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), ground)
        pen = QPen(tokens.color("accent"), 2, Qt.PenStyle.DashLine)
        painter.setPen(pen)
        painter.drawRoundedRect(self.rect().adjusted(16, 16, -16, -16), 8, 8)
        middle = self.rect().center()
        painter.drawPixmap(
            middle.x() - 20,
            middle.y() - 56,
            pixmap("file-down", tokens.color("accent"), 40, self.devicePixelRatioF()),
        )
        painter.setPen(tokens.color("text"))
        painter.setFont(text_font(18, bold=True))
        line = QRect(0, middle.y() + 4, self.width(), 28)
        painter.drawText(line, Qt.AlignmentFlag.AlignCenter, "Drop to import")
        painter.setPen(tokens.color("muted"))
        painter.setFont(text_font())
        line = QRect(0, middle.y() + 34, self.width(), 20)
        painter.drawText(
            line, Qt.AlignmentFlag.AlignCenter, "Files, folders, .zip and .gz archives, or text"
        )


def taken_from(mime: QMimeData | None) -> tuple[list[Path], bytes]:
    """Return the files, or the text, that were dropped or pasted; neither when there are none."""
    if mime is None:
        return [], b""
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    if paths:
        return paths, b""
    text = mime.text() if mime.hasText() else ""
    return [], text[:MOST_TEXT].encode("utf-8", "surrogatepass")


def can_take(mime: QMimeData) -> bool:
    """Return whether there is anything to import."""
    return any(url.isLocalFile() for url in mime.urls()) or mime.hasText()
