"""The inspector's tabs: which there are, and a bar whose words fit the width."""

from __future__ import annotations

from enum import IntEnum

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QTabBar, QTabWidget, QWidget

from hl7console.ui.theme import GRID, Theme, text_font, theme

_NARROW_PX = 540
_BADGE_SHIFT_PX = 9


class Tab(IntEnum):
    """The tabs, in order."""

    TREE = 0
    RAW = 1
    ACK = 2
    PROBLEMS = 3
    PATH = 4
    HEX = 5


TITLES = {
    Tab.TREE: ("Tree", "Tree", "Fields, with the text below (Alt+1)"),
    Tab.RAW: ("Raw", "Raw", "The text as it was written (Alt+2)"),
    Tab.ACK: ("Acknowledgement", "Ack", "What was answered (Alt+3)"),
    Tab.PROBLEMS: ("Problems", "Problems", "What is wrong with the message (Alt+4)"),
    Tab.PATH: ("Path", "Path", "Where it came from and what became of it (Alt+5)"),
    Tab.HEX: ("Hex", "Hex", "The bytes (Alt+6)"),
}
"""Long title, short title, tool tip."""


class Badge(QWidget):
    """The number of problems on a tab, on the ground of the gravest."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("problemsBadge")
        self._count = 0
        self._role = "muted"
        self.setFont(text_font(11, bold=True))
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    @property
    def text(self) -> str:
        """What is on it; empty for none."""
        if not self._count:
            return ""
        return str(self._count) if self._count < 1000 else "999+"

    @property
    def shown(self) -> tuple[int, str]:
        """The number and its theme role."""
        return self._count, self._role

    def set_count(self, count: int, role: str) -> None:
        """Show a number in a theme role; 0 hides it."""
        self._count, self._role = count, role
        self.setAccessibleName(f"{count} problems" if count else "")
        self.setFixedSize(self.sizeHint())
        self.setVisible(bool(count))
        self.update()

    def sizeHint(self) -> QSize:
        if not self._count:
            return QSize(0, 0)
        return QSize(max(18, self.fontMetrics().horizontalAdvance(self.text) + 10), 18)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme()
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color(f"{self._role}_tint" if self._role != "muted" else "raised"))
        painter.drawRoundedRect(QRectF(self.rect()), 9, 9)
        painter.setPen(now.color(self._role))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.update()


class _Bar(QTabBar):
    """A tab bar that draws the badge close to its word."""

    def tabLayoutChange(self) -> None:
        super().tabLayoutChange()
        badge = self.tabButton(Tab.PROBLEMS, QTabBar.ButtonPosition.RightSide)
        if badge is not None:
            badge.move(badge.x() - _BADGE_SHIFT_PX, badge.y())


class InspectorTabs(QTabWidget):
    """Tabs whose long words become short ones where the pane is narrow."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspectorTabs")
        self.setTabBar(_Bar())
        self.setDocumentMode(True)
        self.tabBar().setExpanding(False)
        self.tabBar().setDrawBase(False)
        self.tabBar().setUsesScrollButtons(True)
        self.tabBar().setAccessibleName("Views of the message")
        self.badge = Badge()

    def add_tabs(self, pages: dict[Tab, QWidget]) -> None:
        """Add a page for each tab."""
        for tab, page in pages.items():
            title, _, tip = TITLES[tab]
            self.addTab(page, title)
            self.setTabToolTip(tab, tip)
        self.tabBar().setTabButton(Tab.PROBLEMS, QTabBar.ButtonPosition.RightSide, self.badge)
        self.badge.set_count(0, "muted")

    def set_corner(self, *buttons: QWidget) -> None:
        """Put buttons at the right end."""
        corner = QWidget()
        row = QHBoxLayout(corner)
        row.setContentsMargins(0, 0, GRID, 0)
        row.setSpacing(2)
        for button in buttons:
            row.addWidget(button)
        self.setCornerWidget(corner, Qt.Corner.TopRightCorner)

    def set_problem_count(self, count: int, role: str) -> None:
        """Put a number on the Problems tab."""
        if (count, role) == self.badge.shown:
            return
        self.badge.set_count(count, role)
        # A tab is measured again only when its button is set again.
        bar = self.tabBar()
        bar.setTabButton(Tab.PROBLEMS, QTabBar.ButtonPosition.RightSide, None)
        bar.setTabButton(Tab.PROBLEMS, QTabBar.ButtonPosition.RightSide, self.badge)
        self.badge.setVisible(bool(count))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < _NARROW_PX
        bar = self.tabBar()
        if bool(bar.property("narrow")) != is_narrow:  # before the tabs are measured
            bar.setProperty("narrow", is_narrow)
            bar.style().unpolish(bar)
            bar.style().polish(bar)
        for tab, (long, short, _) in TITLES.items():
            if tab < self.count():
                self.setTabText(tab, short if is_narrow else long)
