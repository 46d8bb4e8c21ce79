"""The Acknowledgement tab: what was answered, decoded, and what others answered to us."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hl7console.hl7v2.acks import Ack, AckError, read_ack
from hl7console.store.records import Origin, StoredMessage
from hl7console.ui.inspector.attempts import add_attempts, raw_box
from hl7console.ui.inspector.codes import ERROR_CODES, ERROR_SEVERITIES, Word, ack_word
from hl7console.ui.inspector.sheet import Pill, Sheet, fixed, in_line, link, words

_NO_ANSWER = {
    Origin.RECEIVED: "No acknowledgement was sent.",
    Origin.IMPORTED: "Imported: nothing was sent back.",
    Origin.EDITED: "Made here: there is nobody to answer.",
    Origin.SAMPLE: "A sample: nothing was sent back.",
}


class AckView(Sheet):
    """The acknowledgement of one message. GUI thread only."""

    location_clicked = Signal(str)
    """The user asked for a field path that an error names."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspectorAck")
        self.setAccessibleName("Acknowledgement")

    def show_message(self, stored: StoredMessage | None) -> None:
        """Show what was answered to this message; an empty page for None."""
        self.clear()
        if stored is None:
            return
        if stored.ack:
            self._add_answer(stored)
        elif stored.row.ack_code:
            word = ack_word(stored.row.ack_code)
            self.banner(word.text, Pill(stored.row.ack_code, word.role))
            self.note("Its bytes were not kept.")
        else:
            self._add_no_answer(stored)
        if stored.attempts:
            tries = len(stored.attempts)
            self.heading("Sent" if tries == 1 else f"Sent {tries:,} times")
            add_attempts(self, stored.attempts, with_replies=True)

    def _add_no_answer(self, stored: StoredMessage) -> None:
        text = _NO_ANSWER.get(Origin(stored.row.origin), "") if stored.row.origin else ""
        if text:
            self.note(text)
        elif not stored.attempts:
            self.note("Not sent yet: there is no answer.")

    def _add_answer(self, stored: StoredMessage) -> None:
        ack = read_ack(stored.ack)
        code = ack.code or stored.row.ack_code
        if not ack.is_ack:
            self.banner("What was sent back is no acknowledgement.", Pill("no MSA", "warn"))
        else:
            word = ack_word(code)
            self.banner(word.text, Pill(code or "empty", word.role))
        if ack.text and all(ack.text != error.text for error in ack.errors):
            self.note(ack.text, "")
        for error in ack.errors:
            self._add_error(error)
        self.heading("Sent back")
        self.values(_pairs(ack, stored))
        self.add(raw_box(stored.ack, "The acknowledgement as text"))

    def _add_error(self, error: AckError) -> None:
        severity = ERROR_SEVERITIES.get(error.severity, Word("warn", error.severity or "error"))
        meaning = ERROR_CODES.get(error.code, "")
        parts: list[QWidget] = [Pill(severity.text, severity.role)]
        if path := error.path:
            parts.append(
                link(
                    path,
                    lambda: self.location_clicked.emit(path),
                    name="ackErrorLocation",
                    tip="Go to this place in the message",
                )
            )
        if error.code:
            parts.append(fixed(error.code))
        if meaning:
            label = words(meaning)
            label.setWordWrap(False)
            parts.append(label)
        self.add(in_line(*parts))
        if error.text and error.text != meaning:
            self.note(error.text, "")


def _pairs(ack: Ack, stored: StoredMessage) -> list[tuple[str, QWidget | str]]:
    pairs: list[tuple[str, QWidget | str]] = [("For control id", ack.control_id)]
    if ack.is_ack and ack.control_id != stored.row.control_id:
        pairs.append(("", words("This is not the control id of the message.", "warning")))
    return [(name, value) for name, value in pairs if value != ""]
