"""Small parts of the window's bars."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton

from hl7console.ui.actions import Actions


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
