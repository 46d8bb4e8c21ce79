"""The bar of the Monitor: how things stand, which span is shown, and what to do with it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QToolButton,
    QWidget,
)

from hl7console.ui.icons import set_icon
from hl7console.ui.monitor.spans import SPANS
from hl7console.ui.theme import BAR, GRID
from hl7console.ui.worklist.header import Title

_NARROW = 1120
_FILTER_FROM = 13
"""With so many interfaces there is a box to find one."""


class MonitorHeader(QFrame):
    """Shows and sets what the Monitor shows. GUI thread only."""

    span_chosen = Signal(str)
    pause_toggled = Signal(bool)
    live_wanted = Signal()
    compare_toggled = Signal(bool)
    wall_wanted = Signal()
    filter_changed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("topBar")
        self.setFixedHeight(BAR)
        self._title = QLabel("Monitor")
        self._title.setProperty("role", "heading")
        self.summary = Title()
        self.summary.setObjectName("monitorSummary")
        self.summary.setProperty("role", "muted")
        self.filter = QLineEdit()
        self.filter.setObjectName("tileFilter")
        self.filter.setPlaceholderText("Find an interface")
        self.filter.setAccessibleName("Find an interface by its name or state")
        self.filter.setClearButtonEnabled(True)
        self.filter.setMaximumWidth(220)
        self.filter.hide()
        self.filter.textChanged.connect(self.filter_changed)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 12, 0)
        row.setSpacing(GRID)
        row.addWidget(self._title)
        row.addWidget(self.summary, 1)
        row.addWidget(self.filter)
        self._spans = QButtonGroup(self)
        spans = QHBoxLayout()
        spans.setSpacing(4)
        for number, span in enumerate(SPANS):
            button = QPushButton(span.title)
            button.setObjectName(f"span.{span.key}")
            button.setProperty("kind", "span")
            button.setCheckable(True)
            button.setToolTip(f"Show {span.words}")
            self._spans.addButton(button, number)
            spans.addWidget(button)
        self._spans.setExclusive(True)
        self._spans.idClicked.connect(self._on_span)
        row.addLayout(spans)
        self.live = self._button("liveButton", "Live", "")
        self.live.setProperty("kind", "primary")
        self.live.setToolTip("Follow the present again")
        self.live.clicked.connect(self.live_wanted)
        self.live.hide()
        self.pause = self._button("pauseButton", "Pause", "pause")
        self.pause.setCheckable(True)
        self.pause.setToolTip("Hold the plots as they are")
        self.pause.clicked.connect(self.pause_toggled)
        self.compare = self._button("compareButton", "Compare last week", "history")
        self.compare.setCheckable(True)
        self.compare.setToolTip("Draw the same hours of the week before as well")
        self.compare.clicked.connect(self.compare_toggled)
        self.wall = self._button("wallButton", "Wall", "maximize")
        self.wall.setToolTip("Full screen, large, for a screen on the wall")
        self.wall.clicked.connect(self.wall_wanted)
        self.more = QToolButton()
        self.more.setObjectName("saveButton")
        self.more.setAccessibleName("Save as picture or CSV")
        self.more.setToolTip("Save as picture or CSV")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.save_menu = QMenu(self.more)
        self.more.setMenu(self.save_menu)
        set_icon(self.more, "download")
        for button in (self.live, self.pause, self.compare, self.wall):
            row.addWidget(button)
        row.addWidget(self.more)

    @staticmethod
    def _button(name: str, text: str, icon: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAccessibleName(text)
        button.setProperty("words", text)
        if icon == "pause":
            set_icon(button, "pause")
        elif icon == "history":
            set_icon(button, "history")
        elif icon:
            set_icon(button, "maximize")
        return button

    def tell(self, summary: str, count: int) -> None:
        """Show how things stand, and a box to find one of many interfaces."""
        self.summary.tell(summary)
        self.filter.setVisible(count >= _FILTER_FROM or bool(self.filter.text()))

    def show_span(self, key: str, *, is_live: bool, is_paused: bool) -> None:
        """Show which span is chosen, and whether it follows; none where the mouse chose one."""
        for number, span in enumerate(SPANS):
            button = self._spans.button(number)
            self._spans.setExclusive(False)
            button.setChecked(span.key == key and (is_live or is_paused))
            self._spans.setExclusive(True)
        self.pause.setChecked(is_paused)
        self.live.setVisible(not is_live)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW
        for button in (self.pause, self.compare, self.wall):
            words = str(button.property("words"))
            button.setText("" if is_narrow else words)

    @Slot(int)
    def _on_span(self, number: int) -> None:
        self.span_chosen.emit(SPANS[number].key)
