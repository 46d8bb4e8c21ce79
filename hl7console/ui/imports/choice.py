"""What to do with messages from files: keep, receive as a listener would, or send."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QLabel,
    QLineEdit,
    QRadioButton,
    QWidget,
)

from hl7console.engine.console import ImportMode
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.ui.sending.production import production_name
from hl7console.ui.sending.resend_dialog import destination_title
from hl7console.ui.theme import GRID, fixed_font


class ImportChoice(QWidget):
    """Three ways, the harmless one chosen. GUI thread only."""

    changed = Signal()

    def __init__(
        self,
        listeners: Sequence[ListenerSettings],
        destinations: Sequence[DestinationSettings],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._destinations = tuple(destinations)
        self.keep = QRadioButton("Keep them here")
        self.keep.setObjectName("importKeep")
        self.keep.setChecked(True)
        self.receive = QRadioButton("Receive them as if from")
        self.receive.setObjectName("importReceive")
        self.send = QRadioButton("Send them to")
        self.send.setObjectName("importSend")
        self.listener = QComboBox()
        self.listener.setObjectName("importListener")
        self.listener.setAccessibleName("Listener")
        for listener in listeners:
            self.listener.addItem(listener.name, listener.name)
        self.destination = QComboBox()
        self.destination.setObjectName("importDestination")
        self.destination.setAccessibleName("Destination")
        for found in destinations:
            if found.enabled:
                self.destination.addItem(destination_title(found), found.name)
        self.confirm = QLineEdit()
        self.confirm.setObjectName("importConfirm")
        self.confirm.setFont(fixed_font())
        self.confirm.setAccessibleName("Name of the production destination, typed")
        self._why = QLabel()
        self._why.setObjectName("importWhy")
        self._why.setWordWrap(True)
        self._why.setProperty("role", "error")
        self._lay_out()
        for button in (self.keep, self.receive, self.send):
            button.toggled.connect(self._on_changed)
        self.destination.currentIndexChanged.connect(self._on_changed)
        self.confirm.textChanged.connect(self._on_changed)
        self._on_changed()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, GRID, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setColumnStretch(1, 1)
        rows = (
            (self.keep, None, "They are stored, and nothing else happens.", ""),
            (self.receive, self.listener, "The listener's rules and its duplicate test apply.",
             self._why_not_receive()),
            (self.send, self.destination, "Each is sent, and kept with the answer it got.",
             self._why_not_send()),
        )  # fmt: skip
        for place, (button, box, text, why_not) in enumerate(rows):
            button.setEnabled(not why_not)
            for part in (button, box):
                if part is not None:
                    part.setToolTip(why_not)
            note = QLabel(why_not or text)
            note.setObjectName(f"{button.objectName()}Note")
            note.setProperty("role", "muted")
            note.setContentsMargins(24, 0, 0, GRID)
            grid.addWidget(button, place * 2, 0)
            if box is not None:
                grid.addWidget(box, place * 2, 1)
            grid.addWidget(note, place * 2 + 1, 0, 1, 2)
        grid.addWidget(self._why, 6, 0, 1, 2)
        grid.addWidget(self.confirm, 7, 0, 1, 2)
        grid.setRowStretch(8, 1)

    def _why_not_receive(self) -> str:
        return "" if self.listener.count() else "There is no listener. Add one in the settings."

    def _why_not_send(self) -> str:
        if self.destination.count():
            return ""
        if self._destinations:
            return "No destination is in use. Tick “In use” at one in the settings."
        return "There is no destination. Add one in the settings."

    @Slot()
    def _on_changed(self) -> None:
        self.listener.setEnabled(self.receive.isChecked())
        self.destination.setEnabled(self.send.isChecked())
        name = self._to_confirm()
        self._why.setText(f"{name} is a production destination. Type {name} to send." * bool(name))
        self._why.setVisible(bool(name))
        self.confirm.setVisible(bool(name))
        self.changed.emit()

    def _to_confirm(self) -> str:
        if not self.send.isChecked():
            return ""
        return production_name(self._destinations, str(self.destination.currentData()))

    @property
    def verb(self) -> str:
        """What the main button says."""
        if self.receive.isChecked():
            return "Receive"
        return "Send" if self.send.isChecked() else "Import"

    @property
    def is_ready(self) -> bool:
        """Whether nothing is missing."""
        name = self._to_confirm()
        return not name or self.confirm.text().strip() == name

    def values(self) -> tuple[ImportMode, str, str, str]:
        """Return mode, listener, destination, and the confirmation that was typed."""
        if self.receive.isChecked():
            return ImportMode.RECEIVE, str(self.listener.currentData()), "", ""
        if self.send.isChecked():
            name = str(self.destination.currentData())
            return ImportMode.SEND, "", name, self.confirm.text().strip()
        return ImportMode.KEEP, "", "", ""

    def show_fault(self, error: ConsoleError) -> None:
        """Say why it could not be started."""
        self._why.setText(error.full_text)
        self._why.show()
