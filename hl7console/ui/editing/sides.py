"""The two upper halves of the window: the message that is edited, and the one it was."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QLabel, QTabWidget, QVBoxLayout, QWidget

from hl7console.ui.editing.edit_text import EditText
from hl7console.ui.editing.edit_tree import EditTree
from hl7console.ui.editing.hex_marks import HexPage
from hl7console.ui.editing.marked_text import MarkedText
from hl7console.ui.inspector.ack_view import AckView
from hl7console.ui.inspector.panes import LocationBar


class EditedSide(QTabWidget):
    """Text, tree and bytes of the message that is edited. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _set_up(self, "editedTabs", "Views of the edited message")
        self.bar = LocationBar("")
        self.text = EditText()
        self.tree = EditTree()
        self.hex = HexPage("ok", "editedHex", "Bytes of the edited message")
        self.addTab(_page(self.bar, self.text), "Edited")
        self.addTab(self.tree, "Tree")
        self.addTab(self.hex, "Hex")
        for n, tip in enumerate(("The text (Alt+1)", "The fields (Alt+2)", "The bytes (Alt+3)")):
            self.setTabToolTip(n, tip)


class OriginalSide(QTabWidget):
    """The original, the answer it got, and its bytes. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        _set_up(self, "originalTabs", "Views of the original")
        self.bar = LocationBar("")
        self.text = MarkedText()
        self.text.setObjectName("originalText")
        self.text.setAccessibleName("Original message as text")
        self.answer = AckView()
        self.answer.setObjectName("editOriginalAnswer")
        self.hex = HexPage("err", "originalHex", "Bytes of the original")
        self.addTab(_page(self.bar, self.text), "Original")
        self.addTab(self.answer, "Answer it got")
        self.addTab(self.hex, "Hex")


def blank_page(text: str) -> QLabel:
    """Return a page that says why there is nothing to see."""
    label = QLabel(text)
    label.setObjectName("editBlank")
    label.setProperty("role", "muted")
    label.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return label


def card(inside: QWidget) -> QFrame:
    """Return a card with a part of the window in it."""
    frame = QFrame()
    frame.setProperty("role", "card")
    column = QVBoxLayout(frame)
    column.setContentsMargins(1, 1, 1, 1)
    column.addWidget(inside)
    return frame


def _set_up(tabs: QTabWidget, name: str, title: str) -> None:
    tabs.setObjectName(name)
    tabs.setDocumentMode(True)
    tabs.tabBar().setDrawBase(False)
    tabs.tabBar().setExpanding(False)
    tabs.tabBar().setAccessibleName(title)


def _page(bar: LocationBar, text: QWidget) -> QWidget:
    page = QWidget()
    column = QVBoxLayout(page)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(bar)
    column.addWidget(text, 1)
    page.setFocusProxy(text)
    return page
