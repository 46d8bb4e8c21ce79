"""The groups of the error list, read on a thread whenever deliveries changed."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hl7console.engine.console import Console
from hl7console.store import queue_reader
from hl7console.store.queue_reader import ErrorGroup
from hl7console.ui.queues.cards import Card
from hl7console.ui.queues.words import age_text, cause_title, group_role, messages_text
from hl7console.ui.worker import ReaderWorker

_PAUSE_MS = 500
_SEPARATOR = "\x1f"


def group_key(group: ErrorGroup) -> str:
    """Return what a group is known by."""
    return f"{group.destination}{_SEPARATOR}{group.cause}"


def group_card(group: ErrorGroup, now_us: int | None = None) -> Card:
    """Return the card of a group."""
    now_us = time.time_ns() // 1000 if now_us is None else now_us
    last = f"last {age_text(now_us - group.last_at_us)} ago"
    span = f", first {age_text(now_us - group.first_at_us)} ago" if group.count > 1 else ""
    role = group_role(group)
    return Card(
        key=group_key(group),
        title=cause_title(group),
        icon="circle-alert",
        role=role,
        state=messages_text(group.count),
        figures=f"{last}{span}",
        sentence=group.text,
        chip=group.destination,
    )


class ErrorGroups(QObject):
    """Holds the groups as they were read last. GUI thread only; call `stop` before it goes."""

    changed = Signal()
    failed = Signal(object)

    def __init__(self, console: Console, parent: QObject) -> None:
        super().__init__(parent)
        self.groups: list[ErrorGroup] = []
        self.is_read = False
        self._reads = ReaderWorker("queue-errors", console, self)
        self._is_outdated = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._on_paused)

    def by_key(self, key: str) -> ErrorGroup | None:
        """Return a group by its key."""
        return next((group for group in self.groups if group_key(group) == key), None)

    def look_again(self) -> None:
        """Read them again, soon."""
        if self._reads.is_busy or self._pause.isActive():
            self._is_outdated = True
        else:
            self._look()

    @Slot()
    def _on_paused(self) -> None:
        if self._is_outdated:
            self._look()

    def _look(self) -> None:
        self._is_outdated = False
        self._pause.start()
        self._reads.ask(queue_reader.error_groups, self._on_read, self.failed.emit)

    def _on_read(self, groups: list[ErrorGroup]) -> None:
        is_other = groups != self.groups or not self.is_read
        self.groups, self.is_read = groups, True
        if is_other:
            self.changed.emit()

    def stop(self) -> None:
        """End the thread."""
        self._pause.stop()
        self._reads.stop()
