"""Comparing from the list: two chosen messages, or one with what belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QWidget
from shiboken6 import isValid

from hl7console.engine.console import Console
from hl7console.store.reader import StoreReader
from hl7console.store.records import Attempt, StoredMessage
from hl7console.ui.actions import Actions
from hl7console.ui.compare.opening import (
    Pair,
    close_comparisons,
    message_or_fault,
    open_comparison,
    open_pair,
    title_of,
)
from hl7console.ui.messages.place import MessagesPlace
from hl7console.ui.notice import Notice

_MOST_ATTEMPTS = 8
"""Attempts with other bytes, or with an answer, that are offered at most; the latest."""

Choice = tuple[str, Pair]
"""What a menu offers: its words, and what is compared."""


class MessageCompare(QObject):
    """The action *Compare…* of the message list. GUI thread only; call `stop` before it goes."""

    def __init__(
        self, place: MessagesPlace, console: Console, actions: Actions, notice: Notice, group: str
    ) -> None:
        super().__init__(place)
        self._place = place
        self._console = console
        self._notice = notice
        self.action = actions.add(
            "messages.compare", "Compare…", self.compare, shortcut="Ctrl+Shift+M",
            icon="columns-3", group=group,
        )  # fmt: skip
        self.folders_action = actions.add(
            "compare.folders", "Compare files or folders…", self.compare_folders,
            icon="folder-open", group="Window",
        )  # fmt: skip

    def compare(self) -> None:
        """Compare the two chosen messages, or the one with something that belongs to it."""
        ids = self._chosen()
        if len(ids) == 2:
            open_comparison(self._place, self._console, min(ids), max(ids))
        elif len(ids) == 1:
            self._place.feed.reads().ask(
                lambda reader: choices(reader, ids[0]), self._offer, self._notice.fault
            )
        else:
            self._notice.warn("Choose two messages to compare, or one.")

    def _chosen(self) -> Sequence[int]:
        table = self._place.table
        return table.selected_ids(2) if table.selected_count() <= 2 else ()

    def _offer(self, found: list[Choice]) -> None:
        if not found:
            self._notice.tell("There is nothing to compare it with. Choose a second message.")
        elif len(found) == 1:
            open_pair(self._place, found[0][1])
        else:
            menu = QMenu(self._place)
            menu.setObjectName("compareMenu")
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            self._fill(menu, found)
            table = self._place.table
            middle = table.mapToGlobal(table.rect().center())
            menu.popup(QCursor.pos() if table.underMouse() else middle)

    def _fill(self, menu: QMenu, found: Sequence[Choice]) -> None:
        for text, pair in found:
            action = menu.addAction(text)
            action.triggered.connect(lambda *_, pair=pair: open_pair(self._place, pair))

    def add_to(self, menu: QMenu) -> None:
        """Add what can be compared to the menu of the chosen messages.

        With one message chosen that is a submenu of what belongs to it, read when it opens.
        """
        ids = self._chosen()
        if len(ids) != 1:
            menu.addAction(self.action)
            return
        submenu = menu.addMenu("Compare")
        submenu.setObjectName("compareWithMenu")
        looking = submenu.addAction("Looking…")
        looking.setEnabled(False)

        def show(found: list[Choice]) -> None:
            if not isValid(submenu) or looking not in submenu.actions():
                return
            submenu.removeAction(looking)
            self._fill(submenu, found)
            if not found:
                submenu.addAction("There is nothing to compare it with").setEnabled(False)

        def look() -> None:
            self._place.feed.reads().ask(
                lambda reader: choices(reader, ids[0]), show, self._notice.fault
            )

        submenu.aboutToShow.connect(look)

    def compare_folders(self) -> None:
        """Open the window that compares files or folders."""
        from hl7console.ui.compare.folders import open_folders

        open_folders(self._place)

    def stop(self) -> None:
        """Close the windows that compare."""
        from hl7console.ui.compare.folders import FoldersWindow

        window: QWidget = self._place.window()
        for folders in window.findChildren(FoldersWindow):
            folders.close()
        close_comparisons(window)


def choices(reader: StoreReader, message_id: int) -> list[Choice]:
    """Return what a message can be compared with. Any thread, with its own reader.

    Its original where it was edited or replayed, its acknowledgement, what was sent in its place,
    and what that was answered.

    Raises:
        ConsoleError: The message is not there any more.
    """
    stored = message_or_fault(reader, message_id)
    title = title_of(stored.row)
    found: list[Choice] = []
    if stored.row.parent_id and (parent := reader.message(stored.row.parent_id)) is not None:
        titles = (title_of(parent.row), title)
        found.append(("With its original", Pair(parent.raw, stored.raw, titles)))
    if stored.ack:
        titles = (title, "its acknowledgement")
        found.append(
            ("With its acknowledgement", Pair(stored.raw, stored.ack, titles, is_echo=True))
        )
    for attempt in reader.attempts(message_id)[-_MOST_ATTEMPTS:]:
        found += _of_attempt(stored, attempt, title)
    return found


def _of_attempt(stored: StoredMessage, attempt: Attempt, title: str) -> list[Choice]:
    at = datetime.fromtimestamp(attempt.started_at_us / 1_000_000).astimezone()
    where = f"{attempt.destination} at {at:%H:%M:%S}"
    found: list[Choice] = []
    if attempt.sent and attempt.sent != stored.raw:
        titles = (title, f"sent to {where}")
        found.append((f"With what was sent to {where}", Pair(stored.raw, attempt.sent, titles)))
    if attempt.reply:
        sent = attempt.sent or stored.raw
        titles = (f"sent to {where}" if attempt.sent else title, f"answer of {where}")
        found.append(
            (f"With the answer of {where}", Pair(sent, attempt.reply, titles, is_echo=True))
        )
    return found
