"""Where the Lab sends to: a destination or an address, with the typed name for production."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFormLayout, QLabel, QLineEdit, QSizePolicy, QWidget

from hl7console.settings import DestinationSettings
from hl7console.ui.sending.production import production_name
from hl7console.ui.sending.resend_dialog import destination_title
from hl7console.ui.theme import GRID, fixed_font

_OTHER = "\0other"


class Target(QWidget):
    """A choice of one destination. GUI thread only.

    Args:
        prefix: In front of the object names of its parts.
    """

    changed = Signal()

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._all: tuple[DestinationSettings, ...] = ()
        self.to = QComboBox()
        self.to.setObjectName(f"{prefix}To")
        self.to.setAccessibleName("Destination")
        self.to.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.address = QLineEdit()
        self.address.setObjectName(f"{prefix}Address")
        self.address.setAccessibleName("Address")
        self.address.setFont(fixed_font())
        self.address.setPlaceholderText("host:port")
        self._warning = QLabel()
        self._warning.setProperty("role", "error")
        self._warning.setWordWrap(True)
        self.confirm = QLineEdit()
        self.confirm.setObjectName(f"{prefix}Confirm")
        self.confirm.setAccessibleName("Name of the production destination, typed")
        self.confirm.setFont(fixed_font())
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.setVerticalSpacing(GRID)
        self._form.setHorizontalSpacing(2 * GRID)
        self._form.addRow("To", self.to)
        self._form.addRow("Address", self.address)
        self._form.addRow("", self._warning)
        self._form.addRow("Confirm", self.confirm)
        self.to.currentIndexChanged.connect(self._on_changed)
        self.address.textChanged.connect(self._on_changed)
        self.confirm.textChanged.connect(self._on_changed)
        self.set_destinations(())

    def set_destinations(self, destinations: Sequence[DestinationSettings]) -> None:
        """Offer other destinations; the choice stays where it can."""
        chosen = self.to.currentData()
        self._all = tuple(destinations)
        self.to.blockSignals(True)
        self.to.clear()
        for settings in self._all:
            if settings.enabled:
                self.to.addItem(destination_title(settings), settings.name)
        self.to.addItem("Another address…", _OTHER)
        is_chosen = chosen != _OTHER or self.address.text()
        self.to.setCurrentIndex(max(self.to.findData(chosen), 0) if is_chosen else 0)
        self.to.blockSignals(False)
        self._on_changed()

    @property
    def destination(self) -> str:
        """Name of the destination, or HOST:PORT; empty where none is chosen."""
        name = self.to.currentData()
        return self.address.text().strip() if name == _OTHER else str(name or "")

    @property
    def confirmed(self) -> tuple[str, ...]:
        """What was typed to confirm a production destination."""
        typed = self.confirm.text().strip()
        return (typed,) if typed else ()

    @property
    def is_ready(self) -> bool:
        """Whether it may be sent to."""
        name = production_name(self._all, self.destination)
        return bool(self.destination) and (not name or self.confirm.text().strip() == name)

    @Slot()
    def _on_changed(self) -> None:
        name = production_name(self._all, self.destination)
        self._form.setRowVisible(self.address, self.to.currentData() == _OTHER)
        self._form.setRowVisible(self._warning, bool(name))
        self._form.setRowVisible(self.confirm, bool(name))
        self._warning.setText(f"{name} is a production destination. Type {name} to send.")
        self.changed.emit()
