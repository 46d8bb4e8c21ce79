"""The tries of sending a message, each with what came back: part of two pages."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from hl7console.hl7v2.acks import read_ack
from hl7console.store.records import Attempt
from hl7console.ui.inspector.codes import state_word
from hl7console.ui.inspector.grid import LINE_PX
from hl7console.ui.inspector.raw_view import RawView
from hl7console.ui.inspector.sheet import Pill, Sheet, in_line, link, words
from hl7console.ui.inspector.source import small_source
from hl7console.ui.inspector.words import count_words, duration_words, local_time, utc_time

SHOWN = 20
"""Attempts shown until all are asked for."""
_RAW_ROWS = 8


def add_attempts(
    sheet: Sheet, attempts: tuple[Attempt, ...], *, with_replies: bool, show_all: bool = False
) -> None:
    """Add the attempts to a page, newest first.

    Args:
        sheet: Page to add to.
        attempts: All of the message's attempts.
        with_replies: Whether the bytes that came back can be opened.
        show_all: Whether to show more than `SHOWN`.
    """
    newest = sorted(attempts, key=lambda a: (a.started_at_us, a.id), reverse=True)
    for attempt in newest if show_all else newest[:SHOWN]:
        sheet.add(_AttemptLine(attempt, with_replies=with_replies))
    if len(newest) > SHOWN and not show_all:
        sheet.note(f"{count_words(len(newest) - SHOWN, 'earlier attempt')} not shown.")


class _AttemptLine(QWidget):
    """One attempt: when, where to, what became of it."""

    def __init__(self, attempt: Attempt, *, with_replies: bool) -> None:
        super().__init__()
        self.setObjectName(f"attempt{attempt.id}")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 4, 0, 4)
        column.setSpacing(2)
        word = state_word(attempt.state)
        when = words(local_time(attempt.started_at_us), "muted")
        when.setWordWrap(False)
        when.setToolTip(utc_time(attempt.started_at_us))
        where = words(attempt.destination)
        where.setWordWrap(False)
        parts: list[QWidget] = [Pill(word.text, word.role)]
        if attempt.ack_code:
            parts.append(Pill(attempt.ack_code, word.role))
        column.addWidget(in_line(*parts, where))
        took = attempt.finished_at_us - attempt.started_at_us
        tail = f" \u00b7 {duration_words(took)}" if attempt.finished_at_us and took >= 0 else ""
        when.setText(when.text() + tail)
        column.addWidget(when)
        told = attempt.text or _ack_text(attempt.reply)
        if told:
            column.addWidget(words(told))
        if with_replies:
            self._add_bytes(column, "reply", attempt.reply)
            self._add_bytes(column, "sent bytes", attempt.sent)

    def _add_bytes(self, column: QVBoxLayout, what: str, data: bytes) -> None:
        if not data:
            return
        holder = QVBoxLayout()
        name = f"show{what.title().replace(' ', '')}"
        button = link(f"Show the {what}", lambda: None, name=name)
        column.addWidget(button)
        column.addLayout(holder)

        def toggle() -> None:
            if item := holder.takeAt(0):
                if (old := item.widget()) is not None:
                    old.deleteLater()
                button.setText(f"Show the {what}")
            else:
                holder.addWidget(raw_box(data, f"The {what} as text"))
                button.setText(f"Hide the {what}")

        button.clicked.connect(lambda _checked=False: toggle())


def _ack_text(reply: bytes) -> str:
    return read_ack(reply).text if reply else ""


class _RawBox(RawView):
    """A raw view as high as its text needs, up to eight rows."""

    def relayout(self) -> None:
        super().relayout()
        self.fit()

    def fit(self) -> None:
        """Take the height that the rows need."""
        rows = min(_RAW_ROWS, max(1, self.row_count()))
        self.setFixedHeight((rows + 1) * LINE_PX)


def raw_box(data: bytes, name: str) -> RawView:
    """Return a small raw view of some bytes."""
    view = _RawBox()
    view.setAccessibleName(name)
    view.set_source(small_source(data))
    view.fit()
    return view
