"""The Path tab: where a message came from and what became of it. Only what is so."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from hl7console.engine.routes import Decision
from hl7console.settings import RouteSettings
from hl7console.store.records import MessageRow, Origin, Status, StoredMessage
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.inspector.attempts import add_attempts
from hl7console.ui.inspector.codes import ORIGINS, STATUSES, Word, ack_word, flag_words
from hl7console.ui.inspector.routing import add_routing
from hl7console.ui.inspector.sheet import Pill, Sheet, fixed, link
from hl7console.ui.inspector.words import exact_size_words, local_time, utc_time

_TIME_NAMES = {
    Origin.RECEIVED: "Received",
    Origin.IMPORTED: "Imported",
    Origin.SENT: "Sent",
    Origin.EDITED: "Edited",
}
_SOURCE_NAMES = {Origin.RECEIVED: "Listener", Origin.IMPORTED: "File", Origin.SENT: "File"}


class PathView(Sheet):
    """What happened to one message, in order. GUI thread only."""

    message_requested = Signal(int)
    """The user asked for another message: its row id."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspectorPath")
        self.setAccessibleName("Path of the message")

        self._bridge: EngineBridge | None = None

    def follow(self, bridge: EngineBridge) -> None:
        """Know routes and destinations from now on."""
        self._bridge = bridge

    @property
    def routes(self) -> tuple[RouteSettings, ...]:
        """The routes in force, as far as they are known."""
        return self._bridge.routes if self._bridge is not None else ()

    def show_message(self, stored: StoredMessage | None, would: Decision | None = None) -> None:
        """Show this message's way; an empty page for None.

        Args:
            stored: The message.
            would: Where the routes would send it, where it was not received.
        """
        self.clear()
        if stored is None:
            return
        row = stored.row
        self._add_arrival(row)
        if stored.edited is not None:
            self.values([("Edited by", stored.edited.author), ("Reason", stored.edited.reason)])
        if row.flags.split():
            self.heading("Met on the way in")
            for text in flag_words(row.flags):
                self.note(text, "")
        self._add_answer(row)
        self._add_relatives(row)
        destinations = self._bridge.destinations if self._bridge is not None else ()
        add_routing(self, stored, would, routes=self.routes, destinations=destinations)
        if stored.attempts:
            self.heading("Sent")
            add_attempts(self, stored.attempts, with_replies=False)

    def _add_arrival(self, row: MessageRow) -> None:
        origin = Origin(row.origin)
        self.heading(ORIGINS[origin])
        when = fixed(local_time(row.received_at_us))
        when.setToolTip(utc_time(row.received_at_us))
        came_by = f" (connection {row.connection:,})" if row.connection else ""
        status = STATUSES.get(row.status, Word("muted", row.status))
        result = Pill(status.text, status.role) if row.status not in ("", Status.OK) else ""
        self.values(
            [
                (_TIME_NAMES.get(origin, "Time"), when),
                (_SOURCE_NAMES.get(origin, "From"), row.interface),
                ("Peer", f"{row.peer}{came_by}" if row.peer else ""),
                ("Stored as", f"message {row.id:,}"),
                ("Size", exact_size_words(row.size_bytes)),
                ("Result", result),
                ("Marked", "handled" if row.handled else ""),
            ]
        )
        if row.error_text:
            self.note(row.error_text, "error")

    def _add_relatives(self, row: MessageRow) -> None:
        if not (row.duplicate_of or row.parent_id):
            return
        self.heading("Related")
        if row.duplicate_of:
            self._add_link("Duplicate of", row.duplicate_of, "duplicateLink")
            self.note("It got the same answer again.")
        if row.parent_id:
            name = "Edited from" if row.origin == Origin.EDITED else "Made from"
            self._add_link(name, row.parent_id, "parentLink")

    def _add_link(self, name: str, message_id: int, object_name: str) -> None:
        button = link(
            f"message {message_id:,}",
            lambda: self.message_requested.emit(message_id),
            name=object_name,
            tip="Show that message",
        )
        self.values([(name, button)])

    def _add_answer(self, row: MessageRow) -> None:
        if not row.ack_code:
            return
        self.heading("Answered")
        word = ack_word(row.ack_code)
        self.banner(word.text, Pill(row.ack_code, word.role))
