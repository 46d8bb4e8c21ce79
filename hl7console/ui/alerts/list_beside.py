"""A list with buttons below it on the left, and what one is at on the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hl7console.ui.theme import GRID

_LIST_PX = 280


def lay_list_beside(
    tab: QWidget, rows: QListWidget, add: QPushButton, delete: QPushButton
) -> QVBoxLayout:
    """Lay out a tab: list and buttons on the left; returns the column on the right, to be filled.

    Args:
        tab: The tab, without a layout.
        rows: The list.
        add: The button that adds one.
        delete: The button that deletes the one chosen.
    """
    side = QFrame()
    side.setProperty("role", "pane")
    side.setFixedWidth(_LIST_PX)
    column = QVBoxLayout(side)
    column.setContentsMargins(GRID, GRID, GRID, GRID)
    column.setSpacing(GRID)
    column.addWidget(rows, 1)
    foot = QHBoxLayout()
    foot.addWidget(add, 1)
    foot.addWidget(delete)
    column.addLayout(foot)
    inside = QWidget()
    body = QVBoxLayout(inside)
    body.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
    body.setSpacing(GRID)
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(inside)
    row = QHBoxLayout(tab)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    row.addWidget(side)
    row.addWidget(scroll, 1)
    return body
