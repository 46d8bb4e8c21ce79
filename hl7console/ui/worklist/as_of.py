"""The time slider: the worklist as it stood at any moment since the first entry."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QDateTime, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QDateTimeEdit,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QWidget,
)

from hl7console.ui.theme import GRID
from hl7console.ui.worklist import words

_STEPS = 2000
_REST_MS = 150
"""How long the slider rests before the list follows it."""
_SECOND_US = 1_000_000


class AsOfBar(QFrame):
    """A banner with a slider while the list shows a moment that is past. GUI thread only."""

    moved = Signal(object)
    """The moment that is wanted, in microseconds since 1970; 0 for now."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("asOfBar")
        self.setProperty("role", "notice")
        self.setProperty("tone", "warn")
        self.at_us = 0
        self._span = (0, 0)
        self.text = QLabel()
        self.text.setObjectName("asOfText")
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setObjectName("asOfSlider")
        self.slider.setAccessibleName("Moment that the worklist is shown as of")
        self.slider.setRange(0, _STEPS)
        self.slider.setPageStep(_STEPS // 20)
        self.moment = QDateTimeEdit()
        self.moment.setObjectName("asOfMoment")
        self.moment.setAccessibleName("Date and time that the worklist is shown as of")
        self.moment.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
        self.now_button = QPushButton("Back to now")
        self.now_button.setObjectName("asOfNow")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 4, 12, 4)
        row.setSpacing(GRID)
        row.addWidget(self.text)
        row.addWidget(self.slider, 1)
        row.addWidget(self.moment)
        row.addWidget(self.now_button)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REST_MS)
        self._timer.timeout.connect(self._on_rested)
        self.slider.valueChanged.connect(self._on_slid)
        self.moment.dateTimeChanged.connect(self._on_typed)
        self.now_button.clicked.connect(self.leave)
        self.hide()

    def enter(self, first_us: int, last_us: int) -> None:
        """Begin at the end of what is known."""
        self._span = (first_us, max(last_us, first_us + _SECOND_US))
        blocker = QSignalBlocker(self.moment)
        self.moment.setDateTimeRange(_qt_moment(first_us), _qt_moment(self._span[1] + _SECOND_US))
        del blocker
        self.show()
        self.go_to(self._span[1])
        self.slider.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def leave(self) -> None:
        """Go back to now."""
        self._timer.stop()
        self.at_us = 0
        self.hide()
        self.moved.emit(0)

    def go_to(self, at_us: int) -> None:
        """Show the worklist as of a moment."""
        first, last = self._span
        at_us = min(max(at_us, first), last)
        blockers = (QSignalBlocker(self.slider), QSignalBlocker(self.moment))
        self.slider.setValue(round((at_us - first) / (last - first) * _STEPS))
        self.moment.setDateTime(_qt_moment(at_us))
        del blockers
        self._set(at_us)

    def _set(self, at_us: int) -> None:
        self.at_us = at_us
        self.text.setText(f"As it stood on {words.moment_words(at_us)}, not now")
        self._timer.start()

    @Slot(int)
    def _on_slid(self, value: int) -> None:
        first, last = self._span
        at_us = first + (last - first) * value // _STEPS
        blocker = QSignalBlocker(self.moment)
        self.moment.setDateTime(_qt_moment(at_us))
        del blocker
        self._set(at_us)

    @Slot()
    def _on_typed(self) -> None:
        self.go_to(self.moment.dateTime().toMSecsSinceEpoch() * 1000)

    @Slot()
    def _on_rested(self) -> None:
        self.moved.emit(self.at_us)


def _qt_moment(at_us: int) -> QDateTime:
    return QDateTime.fromMSecsSinceEpoch(
        int(datetime.fromtimestamp(at_us / 1_000_000).astimezone().timestamp() * 1000)
    )
