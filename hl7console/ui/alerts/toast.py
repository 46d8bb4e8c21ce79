"""The toast: what has begun to be wrong, at the lower right of the window, until it is seen.

It takes no keyboard. What is not critical leaves by itself; what is critical stays until somebody
looks after it, snoozes it, or it is over. However many alerts begin at once, there is one toast.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.settings.alerts import Severity
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.words import alerts_text, severity_look, severity_rank, subject_text
from hl7console.ui.icons import set_icon
from hl7console.ui.theme import GRID, STATUS, text_font

SHOWN_MS = 12_000
"""How long what is not critical is shown, in milliseconds."""
_WIDTH = 380
_CHIP = 18
_MOST_NAMES = 3
_LONGEST = 200
"""Characters of a sentence in a toast; all of it stands in the list."""


def headline(alerts: Sequence[AlertRecord], *, has_more: bool = False) -> str:
    """Return what a toast or a notification is headed with.

    Args:
        alerts: What it tells of.
        has_more: Whether there are others that are not among these.
    """
    if len(alerts) == 1 and not has_more:
        return subject_text(alerts[0])
    count = alerts_text(len(alerts))
    count = f"More than {count}" if has_more else count
    critical = sum(alert.severity == Severity.CRITICAL for alert in alerts)
    if critical and critical < len(alerts):
        return f"{count}, {critical:,} critical"
    return count


def sentence(alerts: Sequence[AlertRecord]) -> str:
    """Return what a toast or a notification says: what is wrong, or where."""
    if len(alerts) == 1:
        text = alerts[0].text
        return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1].rstrip()}…"
    names = list(dict.fromkeys(subject_text(alert) for alert in alerts))
    shown = ", ".join(names[:_MOST_NAMES])
    more = len(names) - _MOST_NAMES
    return f"{shown} and {more:,} more" if more > 0 else shown


def worst(alerts: Sequence[AlertRecord]) -> str:
    """Return the worst severity among alerts."""
    return max((alert.severity for alert in alerts), key=severity_rank, default="")


class Toast(QFrame):
    """Lies over its window. GUI thread only."""

    show_wanted = Signal(object)
    """The alerts it tells of are to be shown: their ids, the worst first."""
    acknowledge_wanted = Signal(object)
    """Somebody looks after the alerts with these ids."""
    snooze_wanted = Signal(object)
    """Nobody is to be told for a while of the alerts with these ids."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self.setObjectName("alertToast")
        self.setAccessibleName("New alerts")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFixedWidth(_WIDTH)
        self._alerts: list[AlertRecord] = []
        self._has_more = False
        self._is_covered = False
        self._is_listed = False
        self._seen: frozenset[int] = frozenset()
        self._head = QLabel()
        self._head.setObjectName("toastHead")
        self._head.setFont(text_font(bold=True))
        self._head.setTextFormat(Qt.TextFormat.PlainText)
        self._severity = QLabel()
        self._severity.setObjectName("toastSeverity")
        self._severity.setProperty("role", "chip")
        self._severity.setFixedHeight(_CHIP)
        self._text = QLabel()
        self._text.setObjectName("toastText")
        self._text.setTextFormat(Qt.TextFormat.PlainText)
        self._text.setWordWrap(True)
        self.close_button = QToolButton()
        self.close_button.setObjectName("toastClose")
        self.close_button.setAccessibleName("Close the toast")
        self.close_button.setToolTip("Close")
        set_icon(self.close_button, "x", size=14)
        self._show_button = self._button("Show", "toastShow")
        self._acknowledge = self._button("Acknowledge…", "toastAcknowledge")
        self._snooze = self._button("Snooze 15 min", "toastSnooze")
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.let_go)
        self.close_button.clicked.connect(self.let_go)
        self._show_button.clicked.connect(self.show_alerts)
        self._acknowledge.clicked.connect(self.acknowledge)
        self._snooze.clicked.connect(self.snooze)
        window.installEventFilter(self)
        self.hide()

    def _button(self, text: str, name: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setProperty("kind", "link")
        return button

    def _build(self) -> None:
        for part in (self.close_button, self._show_button, self._acknowledge, self._snooze):
            part.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        top = QHBoxLayout()
        top.setSpacing(GRID)
        top.addWidget(self._severity, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self._head, 1)
        top.addWidget(self.close_button)
        foot = QHBoxLayout()
        foot.setSpacing(GRID)
        foot.addWidget(self._show_button)
        foot.addWidget(self._acknowledge)
        foot.addWidget(self._snooze)
        foot.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, GRID, GRID, GRID)
        column.setSpacing(4)
        column.addLayout(top)
        column.addWidget(self._text)
        column.addLayout(foot)

    # What it tells of

    @property
    def alert_ids(self) -> list[int]:
        """The alerts it tells of, the worst first."""
        return [alert.id for alert in self._alerts]

    @property
    def text(self) -> str:
        """What it says."""
        return f"{self._head.text()}: {self._text.text()}" if self._alerts else ""

    def tell(self, alerts: Sequence[AlertRecord], *, has_more: bool = False) -> None:
        """Tell of alerts, beside those that it tells of still."""
        self._has_more = has_more
        new = {alert.id for alert in alerts}
        kept = [alert for alert in self._alerts if alert.id not in new]
        self._timer.start()
        self._put([*alerts, *kept])

    def keep(self, needing: Collection[int]) -> None:
        """Tell no more of alerts that need nobody: only these do."""
        kept = [alert for alert in self._alerts if alert.id in needing]
        if len(kept) != len(self._alerts):
            self._put(kept)

    def set_covered(self, is_covered: bool) -> None:
        """Stay away while the list of open alerts is in sight, which says the same."""
        self._is_covered = is_covered
        self._show_or_not()

    def set_listed(self, is_listed: bool) -> None:
        """Stay no longer than usual where the worst alerts are in sight beside other things."""
        self._is_listed = is_listed
        self._show_or_not()

    def set_seen(self, alert_ids: Collection[int]) -> None:
        """Stay away while all it tells of is in sight: the alerts that are seen elsewhere."""
        self._seen = frozenset(alert_ids)
        self._show_or_not()

    def _show_or_not(self) -> None:
        has_time = self._timer.isActive() or not self._is_listed
        is_seen = self._is_covered or self._seen.issuperset(self.alert_ids)
        self.setVisible(bool(self._alerts) and not is_seen and has_time)

    def _put(self, alerts: list[AlertRecord]) -> None:
        self._alerts = sorted(alerts, key=lambda alert: -severity_rank(alert.severity))
        if not alerts:
            self._has_more = False
            self._timer.stop()
            self.hide()
            return
        look = severity_look(worst(alerts))
        self._severity.setText(look.text)
        self._head.setText(headline(self._alerts, has_more=self._has_more))
        self._text.setText(sentence(self._alerts))
        is_only_critical = all(alert.severity == Severity.CRITICAL for alert in alerts)
        self.close_button.setVisible(not is_only_critical)
        for part in (self, self._severity):
            part.setProperty("tone", look.role)
            part.style().unpolish(part)
            part.style().polish(part)
        self._text.setFixedHeight(self._text.heightForWidth(_WIDTH - 12 - GRID - 2))
        self.adjustSize()
        self._place()
        self._show_or_not()
        self.raise_()

    def _place(self) -> None:
        over = self.parentWidget()
        if over is not None:
            left = over.width() - self.width() - 2 * GRID
            self.move(max(left, 0), max(over.height() - self.height() - STATUS - 2 * GRID, 0))

    @Slot()
    def let_go(self) -> None:
        """Tell no more of what is not critical: its time is up, or somebody saw it."""
        self._timer.stop()
        self._put([alert for alert in self._alerts if alert.severity == Severity.CRITICAL])

    # What one does

    @Slot()
    def show_alerts(self) -> None:
        """Go to the alerts."""
        if self._alerts:
            self.show_wanted.emit(self.alert_ids)

    @Slot()
    def acknowledge(self) -> None:
        """Look after the alerts."""
        if self._alerts:
            self.acknowledge_wanted.emit(self.alert_ids)

    @Slot()
    def snooze(self) -> None:
        """Have nobody told of the alerts for a while."""
        if self._alerts:
            self.snooze_wanted.emit(self.alert_ids)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()
        self.show_alerts()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)
