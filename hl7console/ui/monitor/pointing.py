"""A plot that is pointed at: mouse and keys as moments and stretches of time."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from hl7console.ui.menu_keys import is_menu_key, menu_event
from hl7console.ui.monitor.plotting import TimePlot

ZOOM = 1.25
"""How much nearer one notch of the wheel comes."""
_NOTCH = 120
_LEFT = Qt.MouseButton.LeftButton


class PointedPlot(TimePlot):
    """A plot with its mouse and keys. GUI thread only.

    Left: a click, or a stretch; with Ctrl the stretch is zoomed into. Middle, or left with Shift:
    drags the plot. Wheel: zooms; with Shift moves.
    """

    hovered = Signal(object)
    """The moment under the mouse, UTC seconds; None when the mouse left."""
    clicked = Signal(float, float)
    """Moment and value."""
    stretched = Signal(float, float, float)
    """A stretch was chosen: from, until, and the value where it began."""
    zoomed_to = Signal(float, float)
    """A stretch to show."""
    zoomed = Signal(float, float)
    """Come nearer by a factor, around a moment."""
    moved = Signal(float)
    """Move by so many seconds."""
    menu_wanted = Signal(float, float, QPoint)
    """Moment, value (not a number when a key asks), and where (global)."""
    stepped = Signal(int)
    """Move the crosshair by so many steps."""
    entered = Signal()
    """Open what the crosshair is at."""
    left = Signal()
    """Back to live."""

    def __init__(self, name: str, parent: QWidget | None = None, *, scale: float = 1.0) -> None:
        super().__init__(name, parent, scale=scale)
        self._pressed: QPointF | None = None
        self._pressed_at = (0.0, 0.0)
        self._is_moving = False
        self._is_stretching = False
        self.setMouseTracking(True)
        self.viewport().setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        event.accept()
        if not self.plot_box().contains(event.position()):
            return
        is_shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._is_moving = event.button() == Qt.MouseButton.MiddleButton or (
            event.button() == _LEFT and is_shift
        )
        if event.button() == _LEFT or self._is_moving:
            self._pressed = event.position()
            self._pressed_at = self.place_at(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        event.accept()
        at_s, _ = self.place_at(event.position())
        if self._pressed is None:
            is_inside = self.plot_box().contains(event.position())
            self.hovered.emit(at_s if is_inside else None)
            return
        if self._is_moving:
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.moved.emit(self._pressed_at[0] - at_s)
            return
        far = abs(event.position().x() - self._pressed.x())
        if self._is_stretching or far >= QApplication.startDragDistance():
            self._is_stretching = True
            self.set_chosen((min(self._pressed_at[0], at_s), max(self._pressed_at[0], at_s)))
            self.hovered.emit(at_s)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        if self._pressed is None:
            return
        at_s, _ = self.place_at(event.position())
        first_s, value = self._pressed_at
        was_stretching, was_moving = self._is_stretching, self._is_moving
        self._pressed, self._is_stretching, self._is_moving = None, False, False
        self.set_chosen(None)
        self.unsetCursor()
        if was_moving:
            return
        if not was_stretching:
            self.clicked.emit(first_s, value)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.zoomed_to.emit(min(first_s, at_s), max(first_s, at_s))
        else:
            self.stretched.emit(min(first_s, at_s), max(first_s, at_s), value)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.accept()
        turned = event.angleDelta()
        since_s, _ = self.place_at(self.plot_box().topLeft())
        until_s, _ = self.place_at(self.plot_box().topRight())
        sideways = turned.x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            sideways = sideways or turned.y()
            turned = QPoint(sideways, 0)
        if abs(sideways) > abs(turned.y()):
            self.moved.emit(-(until_s - since_s) * 0.1 * sideways / _NOTCH)
        elif turned.y():
            at_s, _ = self.place_at(event.position())
            self.zoomed.emit(ZOOM ** (turned.y() / _NOTCH), at_s)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.hovered.emit(None)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.accept()
        at = QPointF(event.pos())
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            at = self._kept_at()
        at_s, value = self.place_at(at)
        if event.reason() == QContextMenuEvent.Reason.Keyboard:
            value = math.nan  # keys point at no line
        self.menu_wanted.emit(at_s, value, self.mapToGlobal(at.toPoint()))

    def _kept_at(self) -> QPointF:
        """Return where the crosshair is, or else the middle."""
        middle = self.plot_box().center()
        return middle if self.cursor_s is None else self.pixel_of(self.cursor_s, 0.0)

    # Keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_menu_key(event):
            self.contextMenuEvent(menu_event(self, QPoint()))
            return
        key, is_ctrl = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        since_s, _ = self.place_at(self.plot_box().topLeft())
        until_s, _ = self.place_at(self.plot_box().topRight())
        sign = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(key), 0)
        if sign and is_ctrl:
            self.moved.emit(sign * (until_s - since_s) * 0.25)
        elif sign:
            self.stepped.emit(sign)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.entered.emit()
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            factor = 1 / ZOOM if key == Qt.Key.Key_Minus else ZOOM
            self.zoomed.emit(factor, (since_s + until_s) / 2)
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_Escape):
            self.left.emit()
        else:
            event.ignore()
