"""Tells of new alerts wherever somebody may be: toast, system notification, sound, badge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication, QWidget

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.settings.alerts import Severity
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.news import AlertNews
from hl7console.ui.alerts.toast import Toast, headline, sentence, worst
from hl7console.ui.alerts.words import needs_somebody, severity_look
from hl7console.ui.preferences import Preferences
from hl7console.ui.worker import Worker

_LONGEST_MS = 60_000
_BADGE_TONES = {Severity.CRITICAL: "err", Severity.WARNING: "warn", Severity.INFO: "info"}


def _remembered_name(workspace: Path) -> str:
    digest = sha256(str(workspace).encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"alerts/told_{digest}"


class AlertTeller(QObject):
    """Follows the open alerts. GUI thread only; call `stop` before it goes.

    Args:
        window: The window; the toast lies over it.
        console: The engine.
        preferences: Where it is remembered what was told.
        clock_us: Says what time it is.
        has_sound: Says whether one of these rules has a sound; called on a thread of its own.
    """

    badge_changed = Signal(int, str, str)
    """How many need somebody, that in words, and the colour of the worst."""
    notified = Signal(str, str, bool)
    """A notification of the system is due: title, text, whether it is critical."""

    def __init__(
        self,
        window: QWidget,
        console: Console,
        preferences: Preferences,
        clock_us: Callable[[], int],
        has_sound: Callable[[set[str]], bool],
    ) -> None:
        super().__init__(window)
        self._has_sound = has_sound
        self._window, self._preferences, self._clock_us = window, preferences, clock_us
        self._remembered = _remembered_name(Path(console.workspace))
        self.toast = Toast(window)
        self.news = AlertNews(_number(preferences.text(self._remembered)))
        self._alerts: tuple[AlertRecord, ...] = ()
        self._open_count = 0
        self._version = -1
        self._worker = Worker("alert-rules", self)
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self._look)
        self.beep: Callable[[], object] = QApplication.beep

    @Slot(object)
    def on_snapshot(self, snapshot: EngineSnapshot) -> None:
        """Follow what the engine says."""
        if snapshot.alerts_version != self._version or snapshot.alerts != self._alerts:
            self._version = snapshot.alerts_version
            self._alerts, self._open_count = snapshot.alerts, snapshot.alerts_open
            self._look()

    @Slot()
    def _look(self) -> None:
        now_us = self._clock_us()
        needing = [alert for alert in self._alerts if needs_somebody(alert, now_us)]
        self._tell_badge(needing)
        before_us = self.news.told_until_us
        new = self.news.take(self._alerts, now_us)
        self.toast.keep({alert.id for alert in needing})
        if self.news.told_until_us != before_us:
            self._preferences.set_text(self._remembered, str(self.news.told_until_us))
        if new:
            self._tell(new)
        ends = [a.snoozed_until_us - now_us for a in self._alerts if a.snoozed_until_us > now_us]
        if ends:
            self._again.start(min(min(ends) // 1000 + 50, _LONGEST_MS))

    def _tell_badge(self, needing: Sequence[AlertRecord]) -> None:
        count = len(needing)
        if count and self._open_count > len(self._alerts):
            count += self._open_count - len(self._alerts)  # what is not listed is not looked after
        tone = _BADGE_TONES.get(Severity(worst(needing)), "err") if needing else ""
        told = f"{count:,} open, the worst {severity_look(worst(needing)).text}" if count else ""
        self.badge_changed.emit(count, told, tone)

    def _tell(self, new: Sequence[AlertRecord]) -> None:
        has_more = self._open_count > len(self._alerts)
        self.toast.tell(new, has_more=has_more)
        is_critical = worst(new) == Severity.CRITICAL
        if not self._window.isActiveWindow():
            title = (
                f"{severity_look(worst(new)).text.capitalize()}: {headline(new, has_more=has_more)}"
            )
            self.notified.emit(title, sentence(new), is_critical)
        rules = {alert.rule for alert in new}
        self._worker.call(lambda: self._has_sound(rules), self._on_sounding)

    def _on_sounding(self, is_sounding: bool) -> None:
        if is_sounding:
            self.beep()

    def stop(self) -> None:
        """Tell of nothing more."""
        self._again.stop()
        self._worker.stop()


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else 0
