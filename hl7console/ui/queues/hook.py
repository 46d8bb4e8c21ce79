"""Puts the queues into the window: made when first wanted, their actions known at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.notice import Notice
from hl7console.ui.preferences import Preferences
from hl7console.ui.queues.header import View
from hl7console.ui.queues.words import needs_somebody

if TYPE_CHECKING:
    from hl7console.ui.queues.place import QueuesPlace
    from hl7console.ui.queues.queue_actions import QueueActions


class QueuesHook(QObject):
    """Owns the place and its actions. GUI thread only; call `stop` before it goes.

    Args:
        window: Owner.
        console: The engine.
        bridge: Tells when something changed.
        preferences: What the window remembers.
        actions: The window's actions.
        ask: Asks questions.
        notice: Says what went well or wrong.
        go: Goes to the place.
    """

    made = Signal(object)
    """The place (`QueuesPlace`) was made."""
    badge_changed = Signal(int, str)
    """How many need somebody, and what they are, in words."""
    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    settings_wanted = Signal(str, str)
    """Kind and name of an interface whose settings are wanted; no name for a new one."""

    def __init__(
        self,
        window: QWidget,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        actions: Actions,
        ask: Ask,
        notice: Notice,
        go: Callable[[], object],
    ) -> None:
        super().__init__(window)
        self._console, self._bridge = console, bridge
        self._preferences, self._actions = preferences, actions
        self._ask, self._notice, self._go = ask, notice, go
        self._place: QueuesPlace | None = None
        self._queue_actions: QueueActions | None = None
        actions.add(
            "queues.errors", "Queues: refused and unclear", self.show_errors,
            icon="circle-alert", group="Queues",
        )  # fmt: skip
        bridge.snapshot_changed.connect(self._on_snapshot)

    @Slot()
    def show_errors(self) -> None:
        """Go to the error list."""
        self._go()
        self.place().show_view(View.ERRORS)

    def show_queue(self, name: str) -> None:
        """Go to a queue."""
        self._go()
        self.place().show_view(View.QUEUES, name)

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        stuck = sum(needs_somebody(status) for status in snapshot.queues)
        failed = sum(status.failed for status in snapshot.queues)
        parts = []
        if stuck:
            parts.append(f"{stuck} queue{'s' if stuck > 1 else ''} not moving")
        if failed:
            parts.append(f"{failed:,} refused or unclear")
        self.badge_changed.emit(stuck + failed, ", ".join(parts))

    def place(self) -> QueuesPlace:
        """Return the place, made when it is first wanted."""
        if self._place is None:
            from hl7console.ui.queues.place import QueuesPlace
            from hl7console.ui.queues.queue_actions import QueueActions

            place = QueuesPlace(self._console, self._bridge, self._preferences)
            self._place = place
            made = QueueActions(
                place, self._console, self._bridge, self._actions, self._ask, self._notice
            )
            self._queue_actions = made
            made.filter_wanted.connect(self.filter_wanted)
            made.message_wanted.connect(self.message_wanted)
            made.settings_wanted.connect(self.settings_wanted)
            place.inspector.filter_requested.connect(self.filter_wanted)
            place.inspector.message_requested.connect(self.message_wanted)
            self.made.emit(place)
        return self._place

    def queue_actions(self) -> QueueActions:
        """Return the actions, made with the place."""
        self.place()
        if self._queue_actions is None:
            raise RuntimeError("The place has no actions.")
        return self._queue_actions

    def stop(self) -> None:
        """End the threads of the place."""
        if self._place is not None:
            self._place.stop()
