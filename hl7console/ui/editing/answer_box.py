"""What the receiver answered to the message that was just sent: code, words, latency."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hl7console.engine.console import SendResult
from hl7console.store.records import DeliveryState, StoredMessage
from hl7console.ui.inspector.attempts import raw_box
from hl7console.ui.inspector.codes import ack_word, state_word
from hl7console.ui.inspector.sheet import Pill, words
from hl7console.ui.theme import GRID, text_font


class AnswerBox(QFrame):
    """One answer. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editAnswer")
        self.setProperty("role", "card")
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(12, GRID, 12, GRID)
        self._column.setSpacing(4)
        self.result: SendResult | None = None

    def show_result(self, result: SendResult) -> None:
        """Show this answer in the place of the one before."""
        self.result = result
        while (item := self._column.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.hide()
                old.deleteLater()
        self._column.addWidget(self._head(result))
        self._column.addWidget(words(result.text))
        if result.receiver_text:
            self._column.addWidget(words(f"The receiver says: {result.receiver_text}"))
        self.setAccessibleName(f"Answer: {result.state} {result.ack_code} {result.text}")

    def show_attempts(self, stored: StoredMessage | None) -> None:
        """Show the reply's bytes, and how often the message was sent by now."""
        attempts = stored.attempts if stored is not None else ()
        if attempts and attempts[-1].reply:
            self._column.addWidget(raw_box(attempts[-1].reply, "The reply as text"))
        if len(attempts) > 1:
            self._column.addWidget(
                words(f"Sent {len(attempts):,} times; see Messages, Path.", "muted")
            )

    def _head(self, result: SendResult) -> QWidget:
        word = state_word(result.state)
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        if result.ack_code:
            row.addWidget(Pill(result.ack_code, word.role))
        title = QLabel(_title(result))
        title.setTextFormat(Qt.TextFormat.PlainText)
        title.setFont(text_font(bold=True))
        row.addWidget(title)
        if result.round_trip_s > 0:
            took = QLabel(f"{result.round_trip_s * 1000:,.0f} ms")
            took.setProperty("role", "muted")
            row.addWidget(took)
        row.addStretch(1)
        return head


def _title(result: SendResult) -> str:
    if result.ack_code and result.state == DeliveryState.REJECTED:
        return ack_word(result.ack_code).text
    return f"{result.control_id} {state_word(result.state).text}".strip()
