"""Puts the Lab into the window: made when it is first wanted, its actions known at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from hl7console.ui.place_hook import PlaceHook

if TYPE_CHECKING:
    from hl7console.ui.lab.place import LabPlace


class LabHook(PlaceHook):
    """Owns the place and its actions, see `PlaceHook`. GUI thread only."""

    record_wanted = Signal()
    """What is searched for in Messages is to be recorded."""

    _place: LabPlace | None = None

    def _add_actions(self) -> None:
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
             self.record_wanted.emit),
        )  # fmt: skip
        for name, text, icon, slot in table:
            self._actions.add(f"lab.{name}", text, self._there(slot), icon=icon, group="Lab")

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
