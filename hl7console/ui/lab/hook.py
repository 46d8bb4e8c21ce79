"""Puts the Lab into the window: made when it is first wanted, its actions known at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.notice import Notice

if TYPE_CHECKING:
    from hl7console.ui.lab.place import LabPlace


class LabHook(QObject):
    """Owns the place and its actions. GUI thread only; call `stop` before it goes.

    Args:
        window: Owner.
        console: The engine.
        bridge: Tells when something changed.
        actions: The window's actions.
        ask: Asks questions.
        notice: Says what went well or wrong.
        go: Goes to the place.
        search: Returns what is searched for in Messages.
    """

    made = Signal(object)
    """The place (`LabPlace`) was made."""

    def __init__(
        self,
        window: QWidget,
        console: Console,
        bridge: EngineBridge,
        actions: Actions,
        ask: Ask,
        notice: Notice,
        go: Callable[[], object],
        search: Callable[[], str],
    ) -> None:
        super().__init__(window)
        self._window = window
        self._console, self._bridge = console, bridge
        self._ask, self._notice, self._go = ask, notice, go
        self._place: LabPlace | None = None
        table: tuple[tuple[str, str, str, Callable[[], object]], ...] = (
            ("send", "Lab: compose and send", "flask-conical",
             lambda: self.place().show_page("send")),
            ("recordings", "Lab: recordings", "history",
             lambda: self.place().show_page("recordings")),
            ("compare", "Lab: compare two texts", "columns-3",
             lambda: self.place().show_page("compare")),
            ("openRecording", "Open a recording…", "folder-open",
             self._open_recording),
            ("recordFound", "Record what the search in Messages finds…", "download",
             lambda: self.record_found(search())),
        )  # fmt: skip
        for name, text, icon, slot in table:
            actions.add(f"lab.{name}", text, self._there(slot), icon=icon, group="Lab")

    def _there(self, slot: Callable[[], object]) -> Callable[[], None]:
        def act() -> None:
            self._go()
            slot()

        return act

    def _open_recording(self) -> None:
        self.place().show_page("recordings")
        self.place().recordings.choose()

    def record_found(self, filter_text: str) -> None:
        """Ask where to, and record what a filter finds."""
        self._go()
        self.place().show_page("recordings")
        self.place().recordings.record_found(filter_text)

    def place(self) -> LabPlace:
        """Return the place, made when it is first wanted."""
        if self._place is None:
            from hl7console.ui.lab.place import LabPlace

            self._place = LabPlace(self._console, self._bridge, self._ask, self._notice)
            self._place.editor_wanted.connect(self._edit)
            self.made.emit(self._place)
        return self._place

    @Slot(object)
    def _edit(self, raw: bytes) -> None:
        from hl7console.ui.editing.opening import open_new

        open_new(self._window, self._console, self._bridge, raw, ask=self._ask)

    def stop(self) -> None:
        """End the threads of the place."""
        if self._place is not None:
            self._place.stop()
