"""The open alerts below the plots: the worst, each with what can be done about it."""

from __future__ import annotations

import time
from datetime import datetime

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.settings.alerts import Severity
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.queues.words import age_text
from hl7console.ui.theme import ROW
from hl7console.ui.worklist.header import Chip, Title

MOST_ROWS = 4
_TONES = {Severity.CRITICAL: "err", Severity.WARNING: "warn", Severity.INFO: "info"}
_MINUTE_US = 60 * 1_000_000
SNOOZES = (("15 minutes", 15), ("1 hour", 60), ("4 hours", 240), ("24 hours", 1440))
"""How long alerts can be put off: words and minutes."""


class _AlertRow(QWidget):
    """One alert."""

    def __init__(self) -> None:
        super().__init__()
        self.alert: AlertRecord | None = None
        self.setFixedHeight(ROW)
        self.severity = Chip("alertSeverity")
        self.severity.setFixedHeight(18)
        self.subject = Title()
        self.since = QLabel()
        self.since.setProperty("role", "muted")
        self.text = Title()
        self.snooze = self._link("alertSnooze", "Snooze")
        self.acknowledge = self._link("alertAcknowledge", "Acknowledge")
        self.go = self._link("alertShow", "Show")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 8, 0)
        row.setSpacing(8)
        holder = QWidget()
        holder.setFixedWidth(72)
        inner = QHBoxLayout(holder)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self.severity)
        inner.addStretch(1)
        row.addWidget(holder)
        self.subject.setFixedWidth(150)
        row.addWidget(self.subject)
        self.since.setFixedWidth(120)
        row.addWidget(self.since)
        row.addWidget(self.text, 1)
        for button in (self.snooze, self.acknowledge, self.go):
            row.addWidget(button)

    @staticmethod
    def _link(name: str, text: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setProperty("kind", "link")
        return button

    def tell(self, alert: AlertRecord, now_us: int) -> None:
        """Show an alert."""
        self.alert = alert
        self.severity.tell(alert.severity, _TONES.get(Severity(alert.severity), "info"))
        self.subject.tell(alert.subject.replace("|", " at ") or "The program")
        onset = datetime.fromtimestamp(alert.onset_at_us / 1e6).astimezone()
        is_today = now_us - alert.onset_at_us < 20 * 3600 * 1_000_000
        at = f"{onset:%H:%M}" if is_today else f"{onset.day} {onset:%b %H:%M}"
        self.since.setText(f"{at}, {age_text(now_us - alert.onset_at_us)}")
        sample = f" (sample {alert.sample_control_id})" if alert.sample_control_id else ""
        self.text.tell(f"{alert.text}{sample}{_handled(alert, now_us)}")
        self.acknowledge.setEnabled(not alert.acknowledged_at_us)
        for button, what in ((self.snooze, "Snooze"), (self.acknowledge, "Acknowledge"),
                             (self.go, "Show")):  # fmt: skip
            button.setAccessibleName(f"{what}: {alert.subject} {alert.text}")


def _handled(alert: AlertRecord, now_us: int) -> str:
    if alert.acknowledged_at_us:
        who = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
        return f" · acknowledged{who}"
    if alert.snoozed_until_us > now_us:
        until = datetime.fromtimestamp(alert.snoozed_until_us / 1e6).astimezone()
        return f" · snoozed until {until:%H:%M}"
    return f" · hangs on {alert.silenced_by}" if alert.silenced_by else ""


class AlertStrip(QFrame):
    """Shows a few open alerts, the worst first. GUI thread only."""

    snoozed = Signal(int, object)
    """Id of an alert, and until when (µs UTC)."""
    acknowledged = Signal(int)
    alert_wanted = Signal(int)
    """Id of an alert to be shown; 0 for all."""
    seen_changed = Signal(object)
    """The ids of the alerts in sight are others than before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("alertStrip")
        self.setProperty("role", "card")
        self.alerts: tuple[AlertRecord, ...] = ()
        """Those that are open, the worst first."""
        self._seen: frozenset[int] = frozenset()
        self._open = 0
        self.most = MOST_ROWS
        self._none = QLabel("No open alerts")
        self._none.setObjectName("noAlerts")
        self._none.setProperty("role", "muted")
        self._none.setContentsMargins(12, 0, 0, 0)
        self._none.setFixedHeight(ROW)
        self._more = QPushButton()
        self._more.setObjectName("moreAlerts")
        self._more.setProperty("kind", "link")
        self._more.clicked.connect(lambda: self.alert_wanted.emit(0))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 4)
        layout.setSpacing(0)
        layout.addWidget(self._none)
        self.rows: list[_AlertRow] = []
        for _ in range(MOST_ROWS):
            row = _AlertRow()
            row.hide()
            row.go.clicked.connect(lambda _=False, row=row: self._on_show(row))
            row.acknowledge.clicked.connect(lambda _=False, row=row: self._on_acknowledge(row))
            row.snooze.clicked.connect(lambda _=False, row=row: self._on_snooze(row))
            layout.addWidget(row)
            self.rows.append(row)
        more = QHBoxLayout()
        more.setContentsMargins(8, 0, 0, 0)
        more.addWidget(self._more, 0, Qt.AlignmentFlag.AlignLeft)
        layout.addLayout(more)
        self._more.hide()

    def tell(self, alerts: tuple[AlertRecord, ...], open_count: int, problem: str) -> None:
        """Show open alerts.

        Args:
            alerts: The worst first; not necessarily all.
            open_count: How many are open.
            problem: Why alerts don't work, as a sentence; or "".
        """
        self.alerts, self._open = alerts, max(open_count, len(alerts))
        self._none.setText(problem or "No open alerts")
        self._none.setProperty("role", "error" if problem else "muted")
        self._show()

    def _show(self) -> None:
        now_us = time.time_ns() // 1000
        shown = self.alerts[: self.most]
        for place, row in enumerate(self.rows):
            if place < len(shown):
                row.tell(shown[place], now_us)
            row.setVisible(place < len(shown))
        self._none.setVisible(not shown)
        self._tell_seen()
        left = self._open - len(shown)
        self._more.setText(f"{left:,} more open alert{'s' if left != 1 else ''}")
        self._more.setVisible(left > 0 and bool(shown))

    def _tell_seen(self) -> None:
        """Say which alerts are in sight, where they are others than before."""
        shown = self.alerts[: self.most] if self.isVisible() else ()
        seen = frozenset(alert.id for alert in shown)
        if seen != self._seen:
            self._seen = seen
            self.seen_changed.emit(seen)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._tell_seen()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tell_seen()

    def set_most(self, most: int) -> None:
        """Show no more rows than that."""
        if most != self.most:
            self.most = most
            self._show()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        for row in self.rows:
            row.subject.setFixedWidth(110 if self.width() < 1300 else 160)

    def _on_show(self, row: _AlertRow) -> None:
        if row.alert is not None:
            self.alert_wanted.emit(row.alert.id)

    def _on_acknowledge(self, row: _AlertRow) -> None:
        if row.alert is not None:
            self.acknowledged.emit(row.alert.id)

    def _on_snooze(self, row: _AlertRow) -> None:
        alert = row.alert
        if alert is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        now_us = time.time_ns() // 1000
        for words, minutes in SNOOZES:
            until_us = now_us + minutes * _MINUTE_US
            act = menu.addAction(f"For {words}")
            act.triggered.connect(lambda _=False, u=until_us: self.snoozed.emit(alert.id, u))
        if alert.snoozed_until_us > now_us:
            act = menu.addAction("No longer")
            act.triggered.connect(lambda _=False: self.snoozed.emit(alert.id, 0))
        menu.popup(row.snooze.mapToGlobal(row.snooze.rect().bottomLeft()))

    @Slot()
    def refresh(self) -> None:
        """Write the ages again."""
        self._show()
