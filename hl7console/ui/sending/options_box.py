"""How messages are sent again: as they are or changed, how fast, and what to mark."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QWidget,
)

from hl7console.engine.repair_commands import Dates
from hl7console.ui.theme import GRID

FULL, RATE, RECORDED = "full", "rate", "recorded"

_DATES = (
    ("Dates stay as they are", Dates.KEEP),
    ("Date of message (MSH-7) becomes now", Dates.MESSAGE),
    ("All dates move, so that the first message is of now", Dates.SHIFT),
)
_PACES = (
    ("As fast as answers come", FULL),
    ("At a fixed rate", RATE),
    ("With the recorded timing", RECORDED),
)


@dataclass(frozen=True, slots=True)
class ResendWish:
    """What the form says."""

    new_control_ids: bool = False
    dates: Dates = Dates.KEEP
    rate_per_s: float = 0.0
    speed: float = 0.0
    mark_handled: bool = False
    reason: str = field(default="", repr=False)


class OptionsBox(QWidget):
    """A form of some lines. GUI thread only.

    Args:
        several: Whether there may be more than one message, which then have a pace.
    """

    changed = Signal()

    def __init__(self, *, several: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.new_ids = QCheckBox("New control IDs (MSH-10)")
        self.new_ids.setObjectName("resendNewIds")
        self.dates = QComboBox()
        self.dates.setObjectName("resendDates")
        self.dates.setAccessibleName("Dates")
        for text, dates in _DATES:
            self.dates.addItem(text, str(dates))
        self.pace = QComboBox()
        self.pace.setObjectName("resendPace")
        self.pace.setAccessibleName("Pace")
        for text, pace in _PACES:
            self.pace.addItem(text, pace)
        self.rate = _spin("resendRate", "Messages a second", 0.1, 100_000.0, 10.0, " a second")
        self.speed = _spin("resendSpeed", "Times as fast", 0.1, 100.0, 1.0, " times as fast")
        self.reason = QLineEdit()
        self.reason.setObjectName("resendReason")
        self.reason.setAccessibleName("Reason")
        self.reason.setPlaceholderText("kept with the edited messages")
        self.handled = QCheckBox("Mark the originals handled that are accepted")
        self.handled.setObjectName("resendHandled")
        self._build()
        self._form.setRowVisible(self._pace_row, several)
        self.new_ids.toggled.connect(self._on_changed)
        self.dates.currentIndexChanged.connect(self._on_changed)
        self.pace.currentIndexChanged.connect(self._on_changed)
        self._on_changed()

    def _build(self) -> None:
        self._pace_row = QWidget()
        row = QHBoxLayout(self._pace_row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(self.pace, 1)
        row.addWidget(self.rate)
        row.addWidget(self.speed)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self._form.setVerticalSpacing(GRID)
        self._form.setHorizontalSpacing(2 * GRID)
        self._form.addRow("Change", self.new_ids)
        self._form.addRow("", self.dates)
        self._form.addRow("Reason", self.reason)
        self._form.addRow("Pace", self._pace_row)
        self._form.addRow("Then", self.handled)

    def add_change(self, widget: QWidget) -> None:
        """Put a further way of changing messages under the others."""
        self._form.insertRow(2, "", widget)

    @property
    def wish(self) -> ResendWish:
        """What the form says."""
        pace = self.pace.currentData()
        return ResendWish(
            self.new_ids.isChecked(),
            Dates(self.dates.currentData()),
            self.rate.value() if pace == RATE else 0.0,
            self.speed.value() if pace == RECORDED else 0.0,
            self.handled.isChecked(),
            self.reason.text().strip(),
        )

    def set_edited(self, is_edited: bool) -> None:
        """Ask for a reason only where messages are changed."""
        self._form.setRowVisible(self.reason, is_edited)

    @property
    def is_edited(self) -> bool:
        """Whether the form changes messages."""
        wish = self.wish
        return wish.new_control_ids or wish.dates != Dates.KEEP

    @Slot()
    def _on_changed(self) -> None:
        pace = self.pace.currentData()
        self.rate.setVisible(pace == RATE)
        self.speed.setVisible(pace == RECORDED)
        self.set_edited(self.is_edited)
        self.changed.emit()


def _spin(
    name: str, title: str, least: float, most: float, value: float, suffix: str
) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setObjectName(name)
    spin.setAccessibleName(title)
    spin.setRange(least, most)
    spin.setDecimals(1)
    spin.setValue(value)
    spin.setSuffix(suffix)
    spin.setAlignment(Qt.AlignmentFlag.AlignRight)
    return spin
