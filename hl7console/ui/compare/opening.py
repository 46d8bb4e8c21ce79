"""Windows that compare: two stored messages, or bytes that are at hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.store.reader import StoreReader
from hl7console.store.records import MessageRow, StoredMessage
from hl7console.ui.compare.sheet import CompareSheet
from hl7console.ui.worker import ReaderWorker


@dataclass(frozen=True, slots=True)
class Pair:
    """Two messages to be compared."""

    left: bytes = field(repr=False)
    right: bytes = field(repr=False)
    titles: tuple[str, str]
    is_echo: bool = False
    """Whether the right one is the acknowledgement of the left one."""
    ignores_usual: bool = False
    """Whether time and control id are left out at first."""


class CompareWindow(QWidget):
    """A window with two messages side by side. GUI thread only; closing it ends its threads."""

    def __init__(self, parent: QWidget | None, title: str = "Compare") -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("compareWindow")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1180, 760)
        self.setMinimumSize(720, 420)
        self.sheet = CompareSheet()
        self.sheet.answered.connect(self._settle_focus)
        self._reads: ReaderWorker | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.sheet)
        for keys in ("Esc", "Ctrl+W"):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.activated.connect(self.close)

    def show_pair(self, pair: Pair) -> None:
        """Compare two messages."""
        self.setWindowTitle(f"Compare: {pair.titles[0]} and {pair.titles[1]}")
        self.sheet.show_messages(
            pair.left,
            pair.right,
            pair.titles,
            is_echo=pair.is_echo,
            ignores_usual=pair.ignores_usual,
        )

    @Slot()
    def _settle_focus(self) -> None:
        """Let the keyboard go through the list, unless a place to ignore is being typed."""
        if not self.sheet.ignored.hasFocus() or not self.sheet.ignored.text():
            self.sheet.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def read(self, console: Console, work: Callable[[StoreReader], Pair]) -> None:
        """Show what is read from the database first, off this thread."""
        self._reads = ReaderWorker("compare-read", console, self)
        self._reads.ask(work, self.show_pair, self._failed)

    def _failed(self, fault: ConsoleError) -> None:
        self.sheet.count.setText(fault.full_text)

    def stop(self) -> None:
        """End the threads."""
        self.sheet.stop()
        if self._reads is not None:
            self._reads.stop()
            self._reads = None

    def closeEvent(self, event: QCloseEvent) -> None:
        self.stop()
        super().closeEvent(event)


def open_comparison(
    parent: QWidget | None, console: Console, left_id: int, right_id: int
) -> CompareWindow:
    """Open a window that compares two stored messages. GUI thread.

    Args:
        parent: Any widget of the window that it belongs to.
        console: Where the messages are read.
        left_id: The message on the left.
        right_id: The message on the right.
    """
    window = _opened(parent)
    window.read(console, lambda reader: stored_pair(reader, left_id, right_id))
    return window


def open_pair(parent: QWidget | None, pair: Pair) -> CompareWindow:
    """Open a window that compares bytes that are at hand. GUI thread."""
    window = _opened(parent)
    window.show_pair(pair)
    return window


def close_comparisons(parent: QWidget) -> None:
    """Close the comparisons that belong to a window, and end their threads. GUI thread."""
    for window in parent.findChildren(CompareWindow):
        window.close()


def _opened(parent: QWidget | None) -> CompareWindow:
    window = CompareWindow(parent.window() if parent is not None else None)
    window.show()
    return window


def stored_pair(reader: StoreReader, left_id: int, right_id: int) -> Pair:
    """Return two stored messages as a pair. Any thread, with its own reader.

    Raises:
        ConsoleError: One of them is not there any more.
    """
    left, right = message_or_fault(reader, left_id), message_or_fault(reader, right_id)
    is_kin = left_id == right.row.parent_id or right_id == left.row.parent_id
    titles = (title_of(left.row), title_of(right.row))
    return Pair(left.raw, right.raw, titles, ignores_usual=not is_kin)


def message_or_fault(reader: StoreReader, message_id: int) -> StoredMessage:
    """Return a stored message.

    Raises:
        ConsoleError: It is not there any more.
    """
    found = reader.message(message_id)
    if found is None:
        raise ConsoleError("The message is not there any more: it was deleted.")
    return found


def title_of(row: MessageRow) -> str:
    """Return what a message is called above its text: type, control id, when it came."""
    kind = f"{row.message_type}^{row.event}" if row.event else row.message_type
    at = datetime.fromtimestamp(row.received_at_us / 1_000_000).astimezone()
    parts = (kind, row.control_id, f"{at:%Y-%m-%d %H:%M:%S}", str(row.origin))
    return " · ".join(part for part in parts if part)
