"""The messages that spoke about a line, with the inspector on one of them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.store.records import StoredMessage
from hl7console.store.worklist.records import EntryEffect
from hl7console.ui.inspector import Inspector
from hl7console.ui.theme import GRID
from hl7console.ui.worker import ReaderWorker
from hl7console.ui.worklist import words

_ID_ROLE = int(Qt.ItemDataRole.UserRole)


class EntryMessages(QWidget):
    """A list of messages, newest first, over the inspector. GUI thread only; `stop` it."""

    resend_wanted = Signal(object)
    """Ids of the messages (a list) that are to be sent again, oldest first."""
    filter_wanted = Signal(str)
    """The user wants the messages that have a value: a filter."""
    message_wanted = Signal(int)
    """The user wants to see a message in the place Messages."""
    failed = Signal(object)

    def __init__(self, console: Console, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("entryMessages")
        self.reader = ReaderWorker("worklist-messages", console, self)
        self._wanted = 0
        self._is_shown = False
        self.list = QListWidget()
        self.list.setObjectName("entryMessageList")
        self.list.setAccessibleName("Messages of this line")
        self.list.setSelectionMode(QListWidget.SelectionMode.ExtendedSelection)
        self.inspector = Inspector()
        self.inspector.setObjectName("worklistInspector")
        self.resend = QPushButton("Resend…")
        self.resend.setObjectName("resendLine")
        self.resend.setToolTip("Send the chosen messages again; all of them when one is chosen "
                               "with Ctrl+A")  # fmt: skip
        self.open = QPushButton("Show in Messages")
        self.open.setObjectName("openInMessages")
        bar = QFrame()
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, GRID, 12, GRID)
        row.setSpacing(GRID)
        self.count = QLabel()
        self.count.setProperty("role", "muted")
        row.addWidget(self.count)
        row.addStretch(1)
        row.addWidget(self.open)
        row.addWidget(self.resend)
        top = QWidget()
        column = QVBoxLayout(top)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addWidget(self.list, 1)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(top)
        self.splitter.addWidget(self.inspector)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.setSizes([170, 560])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.splitter)
        self.list.currentItemChanged.connect(self._on_chosen)
        self.resend.clicked.connect(lambda *_: self.resend_wanted.emit(self.chosen()))
        self.open.clicked.connect(lambda *_: self.message_wanted.emit(self._wanted))
        self.inspector.filter_requested.connect(self.filter_wanted)
        self.inspector.message_requested.connect(self.go_to)

    def show_entries(self, effects: Sequence[EntryEffect]) -> None:
        """List the messages among the entries, and inspect the one that spoke last."""
        messages = [effect for effect in reversed(effects) if effect.entry > 0]
        known = [self.list.item(n).data(_ID_ROLE) for n in range(self.list.count())]
        if [effect.entry for effect in messages] == known:
            return
        kept = self._wanted
        had_newest = not known or kept == known[0]
        self.list.blockSignals(True)
        self.list.clear()
        for effect in messages:
            sender = f" · {effect.sender}" if effect.sender else ""
            mark = " · not applied" if effect.is_refused else ""
            text = f"{words.clock_words(effect.at_us)}  {effect.title}{sender}{mark}"
            item = QListWidgetItem(text)
            item.setData(_ID_ROLE, effect.entry)
            self.list.addItem(item)
        self.list.blockSignals(False)
        count = len(messages)
        self.count.setText("1 message" if count == 1 else f"{count:,} messages")
        self.resend.setEnabled(count > 0)
        self.open.setEnabled(count > 0)
        newest = messages[0].entry if messages else 0
        self.go_to(newest if had_newest or kept not in known else kept)

    def chosen(self) -> list[int]:
        """Return the chosen messages, oldest first."""
        items = self.list.selectedItems() or [
            self.list.item(n) for n in range(min(self.list.count(), 1))
        ]
        return sorted(int(item.data(_ID_ROLE)) for item in items)

    @Slot(int)
    def go_to(self, message_id: int) -> None:
        """Choose a message and inspect it."""
        self._wanted = message_id
        for number in range(self.list.count()):
            if self.list.item(number).data(_ID_ROLE) == message_id:
                self.list.blockSignals(True)
                self.list.setCurrentRow(number)
                self.list.blockSignals(False)
        self._fetch()

    def set_shown(self, *, is_shown: bool) -> None:
        """Read messages only while they are looked at."""
        self._is_shown = is_shown
        if is_shown:
            self._fetch()

    @Slot()
    def _on_chosen(self) -> None:
        item = self.list.currentItem()
        if item is not None:
            self._wanted = int(item.data(_ID_ROLE))
            self._fetch()

    def _fetch(self) -> None:
        wanted = self._wanted
        if not wanted:
            self.inspector.show_message(None)
            return
        if not self._is_shown:
            return
        self.reader.ask(
            lambda reader: reader.message(wanted),
            lambda stored: self._on_message(wanted, stored),
            self._on_failed,
        )

    def _on_message(self, message_id: int, stored: StoredMessage | None) -> None:
        if message_id == self._wanted:
            self.inspector.show_message(stored)

    def _on_failed(self, error: ConsoleError) -> None:
        self.failed.emit(error)

    def stop(self) -> None:
        """End the threads."""
        self.reader.stop()
        self.inspector.stop()
