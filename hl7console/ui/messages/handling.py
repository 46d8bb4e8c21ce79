"""Marks messages as handled, and sends everything again that a search finds."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QMenu

from hl7console.engine.console import Console, JobReport
from hl7console.engine.repair_commands import MarkHandled
from hl7console.errors import ConsoleError
from hl7console.ui.actions import Actions
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.messages.place import MessagesPlace
from hl7console.ui.notice import Notice
from hl7console.ui.sending.opening import open_resend
from hl7console.ui.sending.resend_dialog import ResendDialog
from hl7console.ui.stoppable import JobProgress

MOST_MARKED = 100_000
"""Messages marked at once, at most."""


class Handling(QObject):
    """Actions of the message list. GUI thread only.

    Args:
        place: The place Messages.
        console: The engine.
        bridge: Knows the destinations.
        actions: Where the actions go.
        notice: Where it is told how they went.
        group: Group of the actions that need chosen messages.
    """

    def __init__(
        self,
        place: MessagesPlace,
        console: Console,
        bridge: EngineBridge,
        actions: Actions,
        notice: Notice,
        group: str,
    ) -> None:
        super().__init__(place)
        self._place = place
        self._console = console
        self._bridge = bridge
        self._actions = actions
        self._notice = notice
        self._watch: JobWatch | None = None
        add = actions.add
        add("messages.handled", "Mark handled", lambda: self.mark(is_handled=True),
            shortcut="Ctrl+J", icon="check", group=group)  # fmt: skip
        add("messages.notHandled", "Mark not handled", lambda: self.mark(is_handled=False),
            shortcut="Ctrl+Shift+J", icon="undo-2", group=group)  # fmt: skip
        add("search.resend", "Resend all that this search finds…", self.resend_found,
            shortcut="Ctrl+Shift+A", icon="send", group="Search")  # fmt: skip

    def add_to(self, menu: QMenu) -> None:
        """Put the marks into the menu of the chosen messages."""
        menu.addAction(self._actions["messages.handled"])
        menu.addAction(self._actions["messages.notHandled"])

    def mark(self, *, is_handled: bool) -> None:
        """Mark the chosen messages."""
        count = self._place.table.selected_count()
        if count > MOST_MARKED:
            self._notice.warn(
                f"{count:,} messages are chosen; at most {MOST_MARKED:,} can be marked."
            )
            return
        ids = tuple(self._place.table.selected_ids(MOST_MARKED))
        if not ids:
            return
        try:
            job = self._console.submit(MarkHandled(ids, is_handled=is_handled))
        except ConsoleError as error:
            self._notice.fault(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(self._on_marked)
        self._watch.failed.connect(self._notice.fault)
        JobProgress(self._watch, "Marking messages", self._place.window())

    @Slot(object)
    def _on_marked(self, report: JobReport) -> None:
        tell = self._notice.warn if report.cancelled else self._notice.tell
        tell(report.text)

    def resend_found(self) -> ResendDialog | None:
        """Ask where to, and send everything again that the search finds."""
        query = self._place.feed.query
        if query is None or not query.text.strip():
            self._notice.warn("Search for something first: everything it finds is sent.")
            return None
        return open_resend(self._place, self._console, self._bridge, query.text)
