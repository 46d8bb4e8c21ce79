"""Before it is sent: where to, what to know, why, a typed confirmation; and then the answer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import SendResult
from hl7console.engine.preflight import PreflightFinding
from hl7console.settings import DestinationSettings
from hl7console.ui.editing.answer_box import AnswerBox
from hl7console.ui.environment import environment_role
from hl7console.ui.sending.production import production_name
from hl7console.ui.theme import GRID, Theme, fixed_font, text_font, theme

_OTHER = "\0other"
_DOT_PX = 8


class SendingPane(QFrame):
    """The card at the lower right. GUI thread only."""

    send_wanted = Signal()
    destination_changed = Signal()

    def __init__(self, *, has_original: bool, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editSending")
        self.setProperty("role", "surface")
        self._all: tuple[DestinationSettings, ...] = ()
        self._is_busy = False
        self._has_message = False
        heading = QLabel("Before it is sent")
        heading.setFont(text_font(bold=True))
        self._build(has_original=has_original)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(heading)
        column.addLayout(self._to_row)
        column.addWidget(self.address)
        column.addLayout(self._found)
        column.addWidget(self.reason)
        column.addLayout(self._send_row)
        column.addWidget(self.note)
        column.addWidget(self.answer)
        column.addStretch(1)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(inside)
        self._area = area
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addWidget(area)

    def _build(self, *, has_original: bool) -> None:
        self.to = QComboBox()
        self.to.setObjectName("editTo")
        self.to.setAccessibleName("Destination")
        self.to.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.to.setMinimumContentsLength(12)
        self.to.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.handled = QCheckBox("Mark original handled")
        self.handled.setObjectName("editHandled")
        self.handled.setToolTip("Once the receiver has accepted the edited one")
        self.handled.setVisible(has_original)
        self._to_row = QHBoxLayout()
        self._to_row.setSpacing(2 * GRID)
        self._to_row.addWidget(self.to, 1)
        self._to_row.addWidget(self.handled)
        self.address = QLineEdit()
        self.address.setObjectName("editAddress")
        self.address.setAccessibleName("Address")
        self.address.setPlaceholderText("host:port")
        self.address.setFont(fixed_font())
        self._found = QVBoxLayout()
        self._found.setSpacing(4)
        self.reason = QLineEdit()
        self.reason.setObjectName("editReason")
        self.reason.setAccessibleName("Reason")
        self.reason.setPlaceholderText("Why it was edited (kept with the message)")
        self.confirm = QLineEdit()
        self.confirm.setObjectName("editConfirm")
        self.confirm.setAccessibleName("Name of the production destination, typed")
        self.confirm.setFont(fixed_font())
        self.send = QPushButton("Send")
        self.send.setObjectName("editSend")
        self.send.setProperty("kind", "primary")
        self.send.setToolTip("Store the edited message and send it (Ctrl+Enter)")
        self._send_row = QHBoxLayout()
        self._send_row.setSpacing(GRID)
        self._send_row.addWidget(self.confirm, 1)
        self._send_row.addStretch(0)
        self._send_row.addWidget(self.send)
        self.note = QLabel()
        self.note.setObjectName("editNote")
        self.note.setWordWrap(True)
        self.note.setTextFormat(Qt.TextFormat.PlainText)
        self.note.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.note.hide()
        self.answer = AnswerBox()
        self.answer.hide()
        current: Theme = theme()
        current.changed.connect(self.refresh_colors)
        self.to.currentIndexChanged.connect(self._on_target_changed)
        self.address.textChanged.connect(self._on_target_changed)
        self.confirm.textChanged.connect(self._update)
        for box in (self.confirm, self.reason, self.address):
            box.returnPressed.connect(self._on_return)
        self.send.clicked.connect(self.send_wanted)

    # What is chosen

    def set_destinations(self, destinations: Sequence[DestinationSettings], chosen: str) -> None:
        """Offer these; the one chosen before stays chosen.

        Args:
            destinations: Those stored.
            chosen: Name or HOST:PORT to begin with.
        """
        kept = self.destination if self._all else chosen
        self._all = tuple(destinations)
        self.to.blockSignals(True)
        self.to.clear()
        for settings in self._all:
            if settings.enabled:
                self.to.addItem(f"{settings.name} · {settings.environment}", settings.name)
                place = self.to.count() - 1
                address = f"{settings.host}:{settings.port}"
                self.to.setItemData(place, address, Qt.ItemDataRole.ToolTipRole)
                color = theme().color(environment_role(settings.environment))
                self.to.setItemData(place, color, Qt.ItemDataRole.ForegroundRole)
        self.to.addItem("Another address…", _OTHER)
        place = self.to.findData(kept)
        if place < 0 and kept:
            self.address.setText(kept)
            place = self.to.count() - 1
        self.to.setCurrentIndex(max(place, 0))
        self.to.blockSignals(False)
        self._on_target_changed()

    @Slot()
    def refresh_colors(self) -> None:
        """Take the colours of the scheme in force."""
        self.set_destinations(self._all, "")

    @property
    def destination(self) -> str:
        """Name of the destination, or HOST:PORT."""
        name = self.to.currentData()
        return self.address.text().strip() if name == _OTHER else str(name or "")

    def target(self) -> DestinationSettings | None:
        """Return the settings of the destination; None for an address that is none."""
        name = self.destination
        found = next((d for d in self._all if d.name == name), None)
        if found is not None:
            return found
        host, _, port = name.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65536:
            return None
        return DestinationSettings(name=name, host=host.strip("[]"), port=int(port))

    @property
    def needed_name(self) -> str:
        """What has to be typed before sending; empty where nothing has to."""
        return production_name(self._all, self.destination)

    @property
    def can_send(self) -> bool:
        """Whether all that is needed is there."""
        is_confirmed = not self.needed_name or self.confirm.text().strip() == self.needed_name
        has_target = self.target() is not None
        return self._has_message and has_target and is_confirmed and not self._is_busy

    def set_message(self, *, is_there: bool) -> None:
        """Say whether there is anything to send."""
        self._has_message = is_there
        self._update()

    def set_busy(self, *, is_busy: bool) -> None:
        """Say whether something is being sent."""
        self._is_busy = is_busy
        for part in (self.to, self.address, self.confirm):
            part.setEnabled(not is_busy)
        self._update()

    @Slot()
    def _on_target_changed(self) -> None:
        self.address.setVisible(self.to.currentData() == _OTHER)
        found = next((d for d in self._all if d.name == self.destination), None)
        role = environment_role(found.environment) if found is not None else "muted"
        color = theme().color(role).name()
        self.to.setStyleSheet(f"QComboBox {{ color: {color}; border-color: {color}; }}")
        self._update()
        self.destination_changed.emit()

    @Slot()
    def _update(self) -> None:
        name = self.needed_name
        self.confirm.setVisible(bool(name))
        self.confirm.setPlaceholderText(f"Type {name} to send")
        self.send.setEnabled(self.can_send)

    @Slot()
    def _on_return(self) -> None:
        if self.can_send:
            self.send_wanted.emit()

    # What is said

    def show_findings(self, findings: Sequence[PreflightFinding] | None) -> None:
        """Show what to know before sending; None while it isn't known."""
        while (item := self._found.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        lines = list(findings or ())
        if self.needed_name:
            text = f"{self.needed_name} is a production destination: type its name to send."
            lines = [f for f in lines if f.code != "destination"]
            lines.append(PreflightFinding("err", "confirm", text))
        for finding in lines:
            self._found.addWidget(FindingLine(finding.text, finding.severity))
        if findings is None:
            self._found.addWidget(FindingLine("Checking…", "muted"))

    def say(self, text: str, role: str = "muted") -> None:
        """Say something under the button; nothing hides the line."""
        self.note.setText(text)
        self.note.setVisible(bool(text))
        self.note.setProperty("role", role)
        self.note.style().unpolish(self.note)
        self.note.style().polish(self.note)

    def show_answer(self, result: SendResult) -> None:
        """Show what the receiver answered."""
        self.say("")
        self.answer.show_result(result)
        self.answer.show()


class FindingLine(QWidget):
    """A coloured dot and a sentence. GUI thread only."""

    def __init__(self, text: str, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.role = role
        self.label = QLabel(text)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setWordWrap(True)
        words = {"ok": "Good", "warn": "Warning", "err": "Attention"}.get(role, "")
        self.label.setAccessibleName(f"{words}: {text}" if words else text)
        self.label.setProperty("role", "muted" if role == "muted" else "")
        row = QHBoxLayout(self)
        row.setContentsMargins(_DOT_PX + GRID, 0, 0, 0)
        row.addWidget(self.label, 1)
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme().color(self.role))
        middle = min(self.height(), self.fontMetrics().height() + 2) // 2
        painter.drawEllipse(0, middle - _DOT_PX // 2, _DOT_PX, _DOT_PX)
        painter.end()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.update()
