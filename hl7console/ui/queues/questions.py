"""The dialogs of the place Queues: where a name has to be typed, or a time chosen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QDateTime, Qt, QTimer, Slot
from PySide6.QtWidgets import QDateTimeEdit, QDialog, QLabel, QWidget

from hl7console.engine.console import Command, Console
from hl7console.engine.repair_commands import (
    QueueMessages,
    QueueStatus,
    ReleaseQueue,
    RerouteDeliveries,
    RewindQueue,
)
from hl7console.settings import DestinationSettings, Environment
from hl7console.store import queue_reader
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.queues.words import messages_text
from hl7console.ui.sending import opening
from hl7console.ui.settings.form import Value
from hl7console.ui.worker import ReaderWorker
from hl7console.ui.worklist.command_dialog import CommandDialog

_HOUR_S = 3600
_REST_MS = 150


def show_dialog(dialog: QDialog) -> None:
    """Open a dialog that goes when it is closed."""
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _typed(values: dict[str, Value], name: str) -> str:
    """Return what is wrong with the name that was typed; nothing where it is right."""
    return "" if str(values["confirm"]).strip() == name else f"Type {name} to go on."


def _add_confirm(dialog: CommandDialog, name: str) -> None:
    text = f"{name} is a production destination. Type its name to go on."
    dialog.form.text("confirm", "Confirm", text, is_fixed=True)


def release_dialog(queue: QueueStatus, console: Console, parent: QWidget) -> CommandDialog:
    """Return the question before a stopped production queue goes on."""
    name = queue.destination

    def make(values: dict[str, Value]) -> Command | str:
        return _typed(values, name) or ReleaseQueue(name, name)

    dialog = CommandDialog(
        "releaseDialog",
        f"Release {name}",
        f"{queue.text} {messages_text(queue.waiting)} will be sent, the first one again.".strip(),
        "Release",
        console,
        make,
        parent,
    )
    _add_confirm(dialog, name)
    dialog.form.focus("confirm")
    return dialog


def reroute_dialog(
    ids: Sequence[int],
    destinations: Sequence[DestinationSettings],
    chosen: str,
    console: Console,
    parent: QWidget,
) -> CommandDialog:
    """Return the question where deliveries go to instead."""
    production = {d.name for d in destinations if d.environment == Environment.PRODUCTION}

    def make(values: dict[str, Value]) -> Command | str:
        name = str(values["to"])
        if not name:
            return "Choose a destination."
        wrong = _typed(values, name) if name in production else ""
        return wrong or RerouteDeliveries(tuple(ids), name, name if name in production else "")

    dialog = CommandDialog(
        "rerouteDialog",
        f"Reroute {messages_text(len(ids))}",
        "They are cancelled here and queued at another destination, in their order, behind what "
        "waits there.",
        "Reroute",
        console,
        make,
        parent,
    )
    options = [(d.name, f"{d.name} · {d.environment}") for d in destinations]
    dialog.form.choice("to", "To", options)
    if chosen:
        dialog.form.set_values({"to": chosen})
    if production:
        names = ", ".join(sorted(production))
        dialog.form.text("confirm", "Confirm", f"For {names}: type the name.", is_fixed=True)
    return dialog


def queue_dialog(ids: Sequence[int], name: str, console: Console, parent: QWidget) -> CommandDialog:
    """Return the question before messages are queued at a production destination."""

    def make(values: dict[str, Value]) -> Command | str:
        return _typed(values, name) or QueueMessages(tuple(ids), (name,), (name,))

    dialog = CommandDialog(
        "queueDialog",
        f"Queue {messages_text(len(ids))} at {name}",
        "They are sent in their order, behind what waits there.",
        "Queue",
        console,
        make,
        parent,
    )
    _add_confirm(dialog, name)
    dialog.form.focus("confirm")
    return dialog


class RewindDialog(CommandDialog):
    """Asks since when a destination gets all again, and says how much that is. GUI thread only."""

    def __init__(
        self, queue: QueueStatus, console: Console, reads: ReaderWorker, parent: QWidget
    ) -> None:
        self._queue = queue
        self._reads = reads
        super().__init__(
            "rewindDialog",
            f"Move {queue.destination} back to a time",
            "Everything that it was sent since then is queued again, in order, marked as repeats. "
            "What was skipped or cancelled stays out.",
            "Queue again",
            console,
            self._command,
            parent,
        )
        self.moment = QDateTimeEdit()
        self.moment.setObjectName("rewindMoment")
        self.moment.setAccessibleName("Date and time to move back to")
        self.moment.setDisplayFormat("yyyy-MM-dd HH:mm:ss")
        self.moment.setCalendarPopup(True)
        self.moment.setDateTime(QDateTime.currentDateTime().addSecs(-_HOUR_S))
        self.preview = QLabel("Counting…")
        self.preview.setObjectName("rewindPreview")
        self.form.widget("Since", self.moment)
        self.form.widget("", self.preview)
        if queue.environment == Environment.PRODUCTION:
            _add_confirm(self, queue.destination)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._count)
        self.moment.dateTimeChanged.connect(self._on_changed)
        self._count()

    @property
    def since_us(self) -> int:
        """The moment that is chosen, in microseconds since 1970."""
        return int(self.moment.dateTime().toMSecsSinceEpoch()) * 1000

    def _command(self, values: dict[str, Value]) -> Command | str:
        name = self._queue.destination
        if self._queue.environment != Environment.PRODUCTION:
            return RewindQueue(name, self.since_us)
        return _typed(values, name) or RewindQueue(name, self.since_us, name)

    @Slot()
    def _on_changed(self) -> None:
        self.preview.setText("Counting…")
        self._rest.start()

    @Slot()
    def _count(self) -> None:
        name, since_us = self._queue.destination, self.since_us

        def tell(count: int) -> None:
            if since_us == self.since_us:
                when = datetime.fromtimestamp(since_us / 1_000_000).astimezone()
                said = f"{messages_text(count)} since {when:%Y-%m-%d %H:%M:%S}."
                self.preview.setText(said if count else "Nothing was sent since then.")
                self.go.setEnabled(count > 0)

        self._reads.ask(lambda reader: queue_reader.count_since(reader, name, since_us), tell)


def open_resend(
    parent: QWidget, console: Console, bridge: EngineBridge, ids: Sequence[int], chosen: str
) -> None:
    """Open the dialog that sends messages again."""
    opening.open_resend(parent, console, bridge, ids, chosen=chosen)


def open_editor(
    parent: QWidget, console: Console, bridge: EngineBridge, message_id: int, destination: str
) -> None:
    """Open the editor on a message."""
    from hl7console.ui.editing.opening import open_editor as opened

    opened(parent, console, bridge, message_id, destination=destination)
