"""From an edited message to what its receiver answered: store it, send it, read the answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal, Slot

from hl7console.engine.console import Command, Console, JobReport, SendMessages, SendResult
from hl7console.engine.repair_commands import MarkHandled, StoreEdited
from hl7console.errors import ConsoleError
from hl7console.store.records import DeliveryState
from hl7console.ui.job_watch import JobWatch


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be sent, and how."""

    raw: bytes = field(repr=False)
    parent_id: int
    reason: str = field(repr=False)
    destination: str
    confirm: str
    message_id: int = 0
    """Where these very bytes are stored already."""
    mark_handled: bool = False


class Delivery(QObject):
    """Stores and sends one message at a time. GUI thread only."""

    stored = Signal(int)
    """The edited message is stored: its id."""
    sent = Signal(int, object)
    """Id of the message, and its `SendResult`; None where nothing was sent."""
    failed = Signal(str)
    """Why it was not stored, or not sent, in a sentence."""

    def __init__(self, console: Console, parent: QObject) -> None:
        super().__init__(parent)
        self._console = console
        self._watch: JobWatch | None = None
        self._wish: Wish | None = None
        self._message_id = 0

    @property
    def is_busy(self) -> bool:
        """Whether something is under way."""
        return self._watch is not None

    def send(self, wish: Wish) -> None:
        """Store a message, unless it is, and send it."""
        self._wish = wish
        if wish.message_id:
            self._message_id = wish.message_id
            self._send()
        else:
            command = StoreEdited(wish.raw, wish.parent_id, wish.reason)
            self._run(command, self._on_stored)

    def save(self, raw: bytes, parent_id: int, reason: str, name: str) -> None:
        """Store a message by a name; `stored` tells when it is."""
        self._wish = None
        self._run(StoreEdited(raw, parent_id, reason, saved_name=name), self._on_stored)

    def stop(self) -> None:
        """Send no more: what is under way ends by itself."""
        self._end()

    def _run(self, command: Command, then: object) -> None:
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self._on_failed(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(then)
        self._watch.failed.connect(self._on_failed)

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None

    @Slot(object)
    def _on_stored(self, report: JobReport) -> None:
        self._end()
        self._message_id = report.first_message_id
        if self._wish is not None:
            self._send()
        self.stored.emit(report.first_message_id)

    def _send(self) -> None:
        wish = self._wish
        if wish is not None:
            command = SendMessages((self._message_id,), wish.destination, confirm=wish.confirm)
            self._run(command, self._on_sent)

    @Slot(object)
    def _on_sent(self, report: JobReport) -> None:
        self._end()
        result = report.results[0] if report.results else None
        wish = self._wish
        if wish is not None and wish.mark_handled and wish.parent_id and is_accepted(result):
            self._run(MarkHandled((wish.parent_id,)), self._on_marked)
        self.sent.emit(self._message_id, result)

    @Slot(object)
    def _on_marked(self, _report: JobReport) -> None:
        self._end()

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self.failed.emit(error.full_text)


def is_accepted(result: SendResult | None) -> bool:
    """Return whether the receiver has taken a message."""
    accepted = (DeliveryState.ACCEPTED, DeliveryState.COMMITTED)
    return result is not None and result.state in accepted
