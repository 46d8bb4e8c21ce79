"""Notifications of the system for alerts: shown through the tray, where there is one."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QSystemTrayIcon

from hl7console.ui.icons import icon

_SHOWN_MS = 10_000
_ICON_MS = 20_000
"""How long an icon of its own stays in the tray: as long as its message can be clicked."""


class SystemNotice(QObject):
    """Shows notifications. GUI thread only.

    Most systems show a message only of an icon that is in the tray. While the window is in the
    tray, that icon is taken; else one comes for as long as the message is there.

    Args:
        parent: Its owner.
        tray: Returns the icon that stands in the tray for the window, or None.
    """

    clicked = Signal()
    """Somebody clicked a notification."""

    def __init__(self, parent: QObject, tray: Callable[[], QSystemTrayIcon | None]) -> None:
        super().__init__(parent)
        self._tray = tray
        self._own: QSystemTrayIcon | None = None
        self._followed: list[QSystemTrayIcon] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_ICON_MS)
        self._timer.timeout.connect(self.hide)

    @Slot(str, str, bool)
    def show(self, title: str, text: str, is_critical: bool) -> None:
        """Show a notification."""
        shown = self._tray()
        if shown is None or not shown.isVisible():
            shown = self._own_icon()
            shown.show()
            self._timer.start()
        if shown not in self._followed:
            self._followed.append(shown)
            shown.messageClicked.connect(self.clicked)
        kinds = QSystemTrayIcon.MessageIcon
        kind = kinds.Critical if is_critical else kinds.Warning
        shown.showMessage(title, text, kind, _SHOWN_MS)

    def _own_icon(self) -> QSystemTrayIcon:
        if self._own is None:
            self._own = QSystemTrayIcon(icon("bell", "accent", size=22), self)
            self._own.setToolTip("hl7console: new alerts")
            self._own.activated.connect(lambda *_: self.clicked.emit())
        return self._own

    @Slot()
    def hide(self) -> None:
        """Take the icon out of the tray."""
        if self._own is not None:
            self._own.hide()
