"""Puts the queues into the window: made when first wanted, their actions known at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from hl7console.engine.console import EngineSnapshot
from hl7console.ui.place_hook import PlaceHook
from hl7console.ui.queues.header import View
from hl7console.ui.queues.words import needs_somebody

if TYPE_CHECKING:
    from hl7console.ui.queues.place import QueuesPlace
    from hl7console.ui.queues.queue_actions import QueueActions


class QueuesHook(PlaceHook):
    """Owns the place and its actions, see `PlaceHook`. GUI thread only."""

    badge_changed = Signal(int, str)
    """How many need somebody, and what they are, in words."""
    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    settings_wanted = Signal(str, str)
    """Kind and name of an interface whose settings are wanted; no name for a new one."""

    _place: QueuesPlace | None = None
    _queue_actions: QueueActions | None = None

    def _add_actions(self) -> None:
        self._actions.add(
            "queues.errors", "Queues: refused and unclear", self.show_errors,
            icon="circle-alert", group="Queues",
        )  # fmt: skip
        self._bridge.snapshot_changed.connect(self._on_snapshot)

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
