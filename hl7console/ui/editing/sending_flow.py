"""Sending what is edited: preflight while one edits, storing, sending, saving by a name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console, SendResult
from hl7console.engine.preflight import PreflightFinding, PreflightSubject, preflight
from hl7console.errors import ConsoleError
from hl7console.hl7v2.editing.document import EditDocument
from hl7console.hl7v2.findings import Finding, Severity
from hl7console.store.records import StoredMessage
from hl7console.ui.editing.delivery import Delivery, Wish
from hl7console.ui.editing.desk import EditDesk
from hl7console.ui.editing.reads import BothReads
from hl7console.ui.editing.sending_pane import SendingPane
from hl7console.ui.worker import ReadingWorker

_BEFORE_PREFLIGHT_MS = 400


def good_news(
    found: Sequence[PreflightFinding], document: EditDocument, problems: Sequence[Finding]
) -> tuple[PreflightFinding, ...]:
    """Return what was looked at and is as it should be.

    Args:
        found: What is not, or is to be known.
        document: The message.
        problems: What is wrong with it.
    """
    codes = {finding.code for finding in found}
    control_id = document.message.get("MSH-10") or ""
    is_same = control_id == document.original.get("MSH-10")
    news = []
    if control_id and not codes & {"control_id_sent", "control_id_shared"}:
        ending = "is the original's, which was not sent there." if is_same else "has not been used."
        news.append(("control_id_free", f"Control ID {control_id} {ending}"))
    if not codes & {"newer_order", "newer_patient"}:
        news.append(("nothing_newer", "No newer message for the same order or patient."))
    if not any(problem.severity is Severity.ERROR for problem in problems):
        news.append(("valid", "The message has no errors."))
    return tuple(PreflightFinding("ok", code, text) for code, text in news)


class SendingFlow(QObject):
    """Between the desk, the card *Before it is sent* and the engine. GUI thread only.

    Args:
        console: The engine.
        desk: Has the document.
        pane: The card.
        reads: Reads messages and worklist.
        parent_id: The message that is edited; 0 for a new one.
        owner: The window.
    """

    kept_changed = Signal()
    """Another state of the document is stored."""

    def __init__(
        self,
        console: Console,
        desk: EditDesk,
        pane: SendingPane,
        reads: ReadingWorker[BothReads],
        parent_id: int,
        owner: QWidget,
    ) -> None:
        super().__init__(owner)
        self._desk, self._pane, self._reads = desk, pane, reads
        self._parent_id = parent_id
        self._kept: tuple[int, bytes] = (0, b"")
        self._going: bytes = b""
        self._name = ""
        self._delivery = Delivery(console, self)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_BEFORE_PREFLIGHT_MS)
        self._soon.timeout.connect(self._look_before)
        desk.checked_changed.connect(self._soon.start)
        desk.told.connect(pane.say)
        pane.destination_changed.connect(self._soon.start)
        pane.send_wanted.connect(self.send)
        self._delivery.stored.connect(self._on_stored)
        self._delivery.sent.connect(self._on_sent)
        self._delivery.failed.connect(self._on_failed)

    def keep(self, message_id: int, raw: bytes) -> None:
        """Take note that a state is stored."""
        self._kept = (message_id, raw)
        self.kept_changed.emit()

    @property
    def is_unsaved(self) -> bool:
        """Whether there are changes that are stored nowhere."""
        document = self._desk.document
        return document is not None and document.is_changed and document.raw != self._kept[1]

    def stop(self) -> None:
        """Look and send no more."""
        self._soon.stop()
        self._delivery.stop()

    # Before it is sent

    @Slot()
    def _look_before(self) -> None:
        document, target = self._desk.document, self._pane.target()
        if document is None or target is None or not document.raw.strip():
            self._pane.show_findings(())
            return
        version = document.version
        subject = PreflightSubject(raw=document.raw, parent_id=self._parent_id)
        if self._kept[0] and document.raw == self._kept[1]:
            subject = PreflightSubject(message_ids=(self._kept[0],))

        def look(reads: BothReads) -> tuple[PreflightFinding, ...]:
            return preflight(reads.messages, reads.worklist, subject, target)

        def show(found: tuple[PreflightFinding, ...]) -> None:
            if document.version == version and self._pane.target() == target:
                errors = checked.findings if (checked := self._desk.checked) is not None else ()
                self._pane.show_findings((*found, *good_news(found, document, errors)))

        self._reads.ask(look, show, self.failed)

    # Sending

    @Slot()
    def send(self) -> None:
        """Store the message, unless it is, and send it."""
        document = self._desk.document
        if document is None or not self._pane.can_send or self._delivery.is_busy:
            return
        document.end_typing()
        kept_id, kept_raw = self._kept
        self._going, self._name = document.raw, ""
        self._pane.set_busy(is_busy=True)
        self._pane.say("Sending…")
        self._delivery.send(
            Wish(
                raw=document.raw,
                parent_id=self._parent_id,
                reason=self._pane.reason.text().strip(),
                destination=self._pane.destination,
                confirm=self._pane.confirm.text().strip(),
                message_id=kept_id if document.raw == kept_raw else 0,
                mark_handled=self._pane.handled.isChecked(),
            )
        )

    def save(self, name: str) -> None:
        """Keep the message by a name."""
        document = self._desk.document
        if document is None or self._delivery.is_busy:
            return
        document.end_typing()
        self._going, self._name = document.raw, name
        self._pane.set_busy(is_busy=True)
        reason = self._pane.reason.text().strip()
        self._delivery.save(document.raw, self._parent_id, reason, name)

    @Slot(int)
    def _on_stored(self, message_id: int) -> None:
        self.keep(message_id, self._going)
        if self._name:
            self._pane.set_busy(is_busy=False)
            self._pane.say(f"Saved as {self._name}.", "ok")
            self._name = ""

    @Slot(int, object)
    def _on_sent(self, message_id: int, result: SendResult | None) -> None:
        self._pane.set_busy(is_busy=False)
        self._pane.confirm.clear()
        if result is None:
            self._pane.say("Nothing was sent.", "error")
            return
        self._pane.show_answer(result)

        def read(reads: BothReads) -> StoredMessage | None:
            return reads.messages.message(message_id)

        self._reads.ask(read, self._pane.answer.show_attempts, self.failed)
        self._soon.start()

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self._name = ""
        self._pane.set_busy(is_busy=False)
        self._pane.say(text, "error")

    def failed(self, error: ConsoleError) -> None:
        """Say what went wrong."""
        self._pane.say(error.full_text, "error")
