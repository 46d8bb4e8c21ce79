"""The bar of the place Queues: queues or the error list, which deliveries, and what to do."""

from __future__ import annotations

from enum import StrEnum

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QPushButton, QWidget

from hl7console.engine.repair_commands import QueueStatus
from hl7console.store.queue_parts import Which
from hl7console.ui.theme import BAR, GRID


class View(StrEnum):
    """What the place shows."""

    QUEUES = "queues"
    ERRORS = "errors"


class QueueHeader(QFrame):
    """Two switches and the buttons of what can be done. GUI thread only."""

    view_changed = Signal()
    which_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self.setFixedHeight(BAR)
        self.view = View.QUEUES
        self.which = Which.DUE
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(GRID)
        self._views = self._switch((("queuesView", "Queues"), ("errorsView", "Refused")))
        self._row.addSpacing(2 * GRID)
        self._whiches = self._switch((("dueSwitch", "Waiting"), ("overSwitch", "Sent")))
        self._row.addStretch(1)
        self._views.idClicked.connect(self._on_view)
        self._whiches.idClicked.connect(self._on_which)

    def _switch(self, buttons: tuple[tuple[str, str], ...]) -> QButtonGroup:
        group = QButtonGroup(self)
        group.setExclusive(True)
        for number, (name, text) in enumerate(buttons):
            button = QPushButton(text)
            button.setObjectName(name)
            button.setCheckable(True)
            button.setChecked(number == 0)
            group.addButton(button, number)
            self._row.addWidget(button)
        return group

    def add_button(self, button: QPushButton) -> None:
        """Put a button at the end."""
        self._row.addWidget(button)

    def set_counts(self, queue: QueueStatus | None, failed: int) -> None:
        """Show how much there is behind each switch."""
        errors = f"Refused and unclear · {failed:,}" if failed else "Refused and unclear"
        self._views.button(1).setText(errors)
        waiting = f"Waiting · {queue.waiting:,}" if queue and queue.waiting else "Waiting"
        self._whiches.button(0).setText(waiting)

    def show_view(self, view: View) -> None:
        """Go to the queues, or to the error list."""
        self._views.button(list(View).index(view)).setChecked(True)
        for button in self._whiches.buttons():
            button.setVisible(view is View.QUEUES)
        if view is not self.view:
            self.view = view
            self.view_changed.emit()

    def show_which(self, which: Which) -> None:
        """Show what waits, or what is over."""
        self._whiches.button(0 if which is Which.DUE else 1).setChecked(True)
        if which is not self.which:
            self.which = which
            self.which_changed.emit()

    @Slot(int)
    def _on_view(self, number: int) -> None:
        self.show_view(list(View)[number])

    @Slot(int)
    def _on_which(self, number: int) -> None:
        self.show_which(Which.DUE if number == 0 else Which.OVER)
