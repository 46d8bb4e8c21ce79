"""Lines messages up in a destination's queue: what dragging them onto it does, by keys."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Command, Console, JobReport
from hl7console.engine.repair_commands import QueueMessages
from hl7console.settings import DestinationSettings, Environment
from hl7console.ui.actions import Actions
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.messages.place import MessagesPlace
from hl7console.ui.notice import Notice
from hl7console.ui.queues.words import messages_text
from hl7console.ui.settings.form import Value
from hl7console.ui.worklist.command_dialog import CommandDialog

MOST_QUEUED = 100_000
"""Messages queued at once, at most."""


class MessageQueueing(QObject):
    """The action *Queue at a destination…* of the message list. GUI thread only.

    Args:
        place: The place Messages.
        console: The engine.
        bridge: Knows the destinations.
        actions: Where the action goes.
        notice: Where it is told how it went.
        group: Group of the action.
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
        self._place, self._console = place, console
        self._bridge, self._notice = bridge, notice
        self.action: QAction = actions.add(
            "messages.queue", "Queue at a destination…", self.ask, shortcut="Ctrl+Shift+E",
            icon="list", group=group,
        )  # fmt: skip

    def ask(self) -> None:
        """Ask at which destination the chosen messages are queued."""
        count = self._place.table.selected_count()
        usable = [one for one in self._bridge.destinations if one.enabled]
        if count > MOST_QUEUED:
            self._notice.warn(
                f"{count:,} messages are chosen; at most {MOST_QUEUED:,} can be queued."
            )
        elif not usable:
            self._notice.warn("There is no destination in use. Add one in the settings.")
        elif count:
            ids = self._place.table.selected_ids(MOST_QUEUED)
            dialog = queue_at_dialog(ids, usable, self._console, self._place.window())
            dialog.done_well.connect(self._on_queued)
            dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            dialog.open()

    @Slot(object)
    def _on_queued(self, report: JobReport) -> None:
        tell = self._notice.warn if report.cancelled else self._notice.tell
        tell(report.text)


def queue_at_dialog(
    ids: Sequence[int],
    destinations: Sequence[DestinationSettings],
    console: Console,
    parent: QWidget,
) -> CommandDialog:
    """Return the question at which destination messages are queued."""
    production = {one.name for one in destinations if one.environment == Environment.PRODUCTION}

    def make(values: dict[str, Value]) -> Command | str:
        name = str(values["to"])
        if name not in production:
            return QueueMessages(tuple(ids), (name,))
        if str(values["confirm"]).strip() != name:
            return f"Type {name} to go on."
        return QueueMessages(tuple(ids), (name,), (name,))

    dialog = CommandDialog(
        "queueAtDialog",
        f"Queue {messages_text(len(ids))}",
        "They are sent in the background in their order, behind what waits there, and tried again "
        "until they arrive.",
        "Queue",
        console,
        make,
        parent,
    )
    options = [(one.name, f"{one.name} · {one.environment}") for one in destinations]
    dialog.form.choice("to", "At", options)
    if production:
        names = ", ".join(sorted(production))
        dialog.form.text("confirm", "Confirm", f"For {names}: type the name.", is_fixed=True)
    return dialog
