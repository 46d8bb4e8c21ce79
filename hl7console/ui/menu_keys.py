"""The keys that open a menu where one is."""

from __future__ import annotations

import sys

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QAbstractScrollArea


def is_menu_key(event: QKeyEvent) -> bool:
    """Return whether a key asks for a menu, and nobody else makes one of it.

    The menu key is Qt's own work everywhere, Shift+F10 that of Windows only.
    """
    is_f10 = event.key() == Qt.Key.Key_F10 and sys.platform != "win32"
    return is_f10 and event.modifiers() == Qt.KeyboardModifier.ShiftModifier


def menu_event(view: QAbstractScrollArea, at: QPoint) -> QContextMenuEvent:
    """Return what a view gets when its menu is asked for by a key, at a point of the viewport."""
    return QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, view.viewport().mapToGlobal(at))
