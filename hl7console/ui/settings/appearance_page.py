"""Light or dark, and what closing the window does."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from hl7console.ui.preferences import Preferences
from hl7console.ui.settings.form import Form
from hl7console.ui.theme import GRID, Scheme, theme

CLOSE_ASK, CLOSE_TRAY, CLOSE_QUIT = "", "tray", "quit"
"""Values of the preference ``close``."""


class AppearancePage(QWidget):
    """Takes effect at once. GUI thread only."""

    def __init__(
        self, preferences: Preferences, *, has_tray: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("appearancePage")
        self._preferences = preferences
        title = QLabel("Appearance")
        title.setProperty("role", "title")
        self.form = Form()
        self.form.choice(
            "scheme",
            "Colours",
            (
                (Scheme.SYSTEM, "As the system"),
                (Scheme.LIGHT, "Light"),
                (Scheme.DARK, "Dark"),
            ),
        )
        self.form.choice(
            "close",
            "Closing the window",
            (
                (CLOSE_ASK, "Asks"),
                (CLOSE_TRAY, "Goes on listening in the tray"),
                (CLOSE_QUIT, "Stops listening and quits"),
            ),
        )
        self.form.set_shown("close", is_shown=has_tray)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addWidget(title)
        layout.addWidget(self.form)
        layout.addStretch(1)
        self._fill()
        self.form.changed.connect(self._on_changed)
        theme().changed.connect(self._fill)

    @Slot()
    def _fill(self) -> None:
        self.form.blockSignals(True)
        self.form.set_values(
            {"scheme": str(theme().choice), "close": self._preferences.text("close")}
        )
        self.form.blockSignals(False)

    @Slot()
    def _on_changed(self) -> None:
        values = self.form.values()
        self._preferences.set_text("close", str(values["close"]))
        scheme = Scheme(str(values["scheme"]))
        if scheme is not theme().choice:
            self._preferences.set_text("scheme", scheme)
            theme().choose(scheme)
