"""Drags as the system tells the window of them; Qt looks for the widget that takes them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QWidget


def files(paths: Sequence[Path]) -> QMimeData:
    """Return what is dragged out of a file manager."""
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    return mime


def drop_on(target: QWidget, mime: QMimeData, at: QPoint | None = None) -> bool:
    """Drag something over the window to a point of a widget, and let go.

    Args:
        target: The widget; its middle where no point is given.
        mime: What is dragged.
        at: Where, in the widget's own pixels.

    Returns:
        Whether anything took it.
    """
    window = target.window()
    point = target.mapTo(window, target.rect().center() if at is None else at)
    copy, button = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    keys = Qt.KeyboardModifier.NoModifier
    handle = window.windowHandle()
    enter = QDragEnterEvent(point, copy, mime, button, keys)
    QApplication.sendEvent(handle, enter)
    move = QDragMoveEvent(point, copy, mime, button, keys)
    move.setAccepted(enter.isAccepted())  # as the system does it
    QApplication.sendEvent(handle, move)
    if not move.isAccepted():
        return False
    let_go = QDropEvent(QPointF(point), copy, mime, button, keys)
    QApplication.sendEvent(handle, let_go)
    return let_go.isAccepted()
