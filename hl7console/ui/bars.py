"""Small parts of the window's bars."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from hl7console.ui.actions import Actions
from hl7console.ui.theme import BAR, GRID


def demo_banner() -> QFrame:
    """Return the line that says that the traffic is simulated."""
    banner = QFrame()
    banner.setObjectName("demoBanner")
    row = QHBoxLayout(banner)
    row.setContentsMargins(12, 4, 12, 4)
    text = QLabel("DEMO · An invented hospital on this computer. No real patients, no network.")
    text.setObjectName("demoText")
    row.addWidget(text)
    row.addStretch(1)
    return banner


def bar_button(actions: Actions, name: str, title: str) -> QPushButton:
    """Return a button that does what an action does."""
    action = actions[name]
    button = QPushButton(title)
    button.setObjectName(f"bar.{name}")
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    button.setToolTip(f"{action.text()} ({keys})" if keys else action.text())
    button.clicked.connect(action.trigger)
    return button


def top_bar(first: QWidget, *more: QWidget) -> tuple[QFrame, QHBoxLayout]:
    """Return the bar at the top of a place, and its row: the first part takes all the room."""
    bar = QFrame()
    bar.setObjectName("topBar")
    bar.setFixedHeight(BAR)
    row = QHBoxLayout(bar)
    row.setContentsMargins(12, 0, 12, 0)
    row.setSpacing(GRID)
    row.addWidget(first, 1)
    for part in more:
        row.addWidget(part)
    return bar, row
