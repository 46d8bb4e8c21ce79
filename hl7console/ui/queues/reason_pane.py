"""Beside the list: what became of one delivery, and the receiver's reason with its place."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from hl7console.hl7v2.acks import AckError, read_ack
from hl7console.hl7v2.replies import receiver_words
from hl7console.store.queue_reader import DeliveryDetails
from hl7console.store.records import DeliveryState
from hl7console.ui.inspector.codes import ERROR_CODES
from hl7console.ui.inspector.sheet import Pill, in_line, link, words
from hl7console.ui.inspector.words import count_words, local_time
from hl7console.ui.queues.words import MEANINGS, state_look
from hl7console.ui.theme import GRID, text_font

_MOST_ERRORS = 4


class ReasonPane(QFrame):
    """One delivery in a few lines; hidden when there is none. GUI thread only."""

    path_wanted = Signal(str)
    """The user asked for a field that the receiver named."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("deliveryReason")
        self.setAccessibleName("What became of this delivery")
        self._shown: DeliveryDetails | None = None
        self._outer = QVBoxLayout(self)
        self._outer.setContentsMargins(0, 0, 0, 0)
        self._body: QWidget | None = None
        self.hide()

    @property
    def text(self) -> str:
        """The sentence on top."""
        return self._text

    def show_delivery(self, details: DeliveryDetails | None) -> None:
        """Show this delivery, or nothing."""
        if details == self._shown:
            return
        self._shown = details
        if self._body is not None:
            self._outer.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
            self._body = None
        self._text = ""
        self.setVisible(details is not None)
        if details is not None:
            self._body = self._made(details)
            self._outer.addWidget(self._body)

    _text = ""

    def _made(self, details: DeliveryDetails) -> QWidget:
        delivery = details.row.delivery
        body = QWidget()
        column = QVBoxLayout(body)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(4)
        look = state_look(details.row)
        meaning = next((t for s, t in MEANINGS.items() if s == delivery.state), "")
        self._text = delivery.text or meaning
        parts: list[QWidget] = [Pill(look.text, look.role)]
        if delivery.ack_code:
            parts.append(Pill(delivery.ack_code, look.role))
        where = words(delivery.destination)
        where.setWordWrap(False)
        where.setFont(text_font(bold=True))
        column.addWidget(in_line(*parts, where))
        sentence = words(self._text)
        sentence.setObjectName("deliveryText")
        column.addWidget(sentence)
        self._add_answer(column, details)
        tail = words(_history(details), "muted")
        column.addWidget(tail)
        return body

    def _add_answer(self, column: QVBoxLayout, details: DeliveryDetails) -> None:
        reply = next((a.reply for a in reversed(details.attempts) if a.reply), b"")
        if not reply or details.row.delivery.state in (
            DeliveryState.ACCEPTED,
            DeliveryState.COMMITTED,
        ):
            return
        ack = read_ack(reply)
        if said := receiver_words(ack):
            told = words(f"The receiver says: {said}")
            told.setObjectName("receiverWords")
            column.addWidget(told)
        for error in [e for e in ack.errors if e.path or e.code][:_MOST_ERRORS]:
            column.addWidget(self._error_line(error))

    def _error_line(self, error: AckError) -> QWidget:
        parts: list[QWidget] = []
        if path := error.path:
            parts.append(
                link(
                    path,
                    lambda: self.path_wanted.emit(path),
                    name="reasonPath",
                    tip="Go to this place in the message",
                )
            )
        meaning = ERROR_CODES.get(error.code, "")
        told = words(f"{error.code} {meaning}".strip(), "muted")
        told.setWordWrap(False)
        parts.append(told)
        return in_line(*parts)


def _history(details: DeliveryDetails) -> str:
    delivery = details.row.delivery
    by = f" by the route {delivery.route}" if delivery.route else ""
    parts = [f"Queued {local_time(delivery.created_at_us)[:19]}{by}"]
    tries = max(delivery.attempt_count, len(details.attempts))
    parts.append(count_words(tries, "try", "tries") if tries else "not tried yet")
    if delivery.retry_at_us and delivery.is_due:
        parts.append(f"next try {local_time(delivery.retry_at_us)[11:19]}")
    if delivery.repeat_of:
        parts.append(f"a repeat of delivery {delivery.repeat_of:,}")
    elif delivery.unknown_count and delivery.is_due:
        parts.append("its next try is a repeat of the same bytes")
    if delivery.is_handled:
        parts.append("handled")
    return " · ".join(parts)
