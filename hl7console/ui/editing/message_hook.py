"""*Edit and resend* in the message list: an action, its place in the menu, the windows' end."""

from __future__ import annotations

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.messages.table import MessageTable
from hl7console.ui.notice import Notice


class MessageEdit:
    """Opens editors from a list of messages. GUI thread only; call `stop` at its end.

    Args:
        place: Where the list is; the windows stand over its window.
        table: The list.
        console: The engine.
        bridge: Tells the destinations.
        actions: Where the action is added.
        notice: Says why nothing is opened.
        group: Group of the action.
    """

    def __init__(
        self,
        place: QWidget,
        table: MessageTable,
        console: Console,
        bridge: EngineBridge,
        actions: Actions,
        notice: Notice,
        group: str,
    ) -> None:
        self._place, self._table = place, table
        self._console, self._bridge = console, bridge
        self._notice = notice
        self.action: QAction = actions.add(
            "messages.edit", "Edit and resend…", self.open, shortcut="Ctrl+E", icon="pencil",
            group=group,
        )  # fmt: skip

    def open(self) -> None:
        """Open the window on the chosen message."""
        count = self._table.selected_count()
        if count != 1:
            self._notice.warn("Choose one message to edit; several are changed by a recipe.")
            return
        open_one(self._place, self._console, self._bridge, self._table.selected_ids(1)[0])

    def stop(self) -> None:
        """Close the windows."""
        from hl7console.ui.editing.opening import stop_editors

        stop_editors(self._place)


def open_one(
    place: QWidget,
    console: Console,
    bridge: EngineBridge,
    message_id: int,
    ask: Ask | None = None,
) -> None:
    """Open the window on a message."""
    from hl7console.ui.editing.opening import open_editor  # not needed for the first view

    open_editor(place, console, bridge, message_id, ask=ask)
