"""Puts the worklist into the window: made when it is first wanted, its actions known at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from hl7console.ui.place_hook import PlaceHook

if TYPE_CHECKING:
    from hl7console.ui.worklist.line_actions import LineActions
    from hl7console.ui.worklist.place import WorklistPlace


class WorklistHook(PlaceHook):
    """Owns the place and its actions, see `PlaceHook`. GUI thread only."""

    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    listeners_wanted = Signal()
    import_wanted = Signal()
    profile_wanted = Signal()

    _place: WorklistPlace | None = None
    _line_actions: LineActions | None = None

    def _add_actions(self) -> None:
        table: tuple[tuple[str, str, str, str, Callable[[], object]], ...] = (
            ("asOf", "Worklist as it stood at an earlier time", "Ctrl+T", "history",
             lambda: self.place().toggle_as_of()),
            ("errors", "Worklist: errors, and what to ask the sender for", "", "triangle-alert",
             lambda: self._desk(0)),
            ("conflicts", "Worklist: conflicts", "", "info", lambda: self._desk(1)),
            ("duplicates", "Worklist: likely duplicates", "", "user", lambda: self._desk(2)),
            ("merges", "Worklist: merges", "", "merge", lambda: self._desk(3)),
            ("codes", "Worklist: unmapped codes", "", "binary", lambda: self._desk(4)),
            ("mergeByHand", "Merge two persons…", "", "merge",
             lambda: self.line_actions().merge(None, None)),
            ("importCodes", "Import exam codes…", "", "file-down",
             lambda: self.line_actions().import_table("codes")),
            ("importCrossref", "Import a cross-reference of patients…", "", "file-down",
             lambda: self.line_actions().import_table("crossref")),
            ("foldAll", "Fold all groups", "Ctrl+Shift+Left", "chevron-right",
             lambda: self.place().table.fold_all(is_folded=True)),
            ("unfoldAll", "Unfold all groups", "Ctrl+Shift+Right", "chevron-down",
             lambda: self.place().table.fold_all(is_folded=False)),
            ("rebuild", "Make the worklist again from the journal…", "", "wrap-text",
             lambda: self.line_actions().rebuild()),
        )  # fmt: skip
        for name, text, keys, icon, slot in table:
            self._actions.add(
                f"worklist.{name}", text, self._there(slot), shortcut=keys, icon=icon,
                group="Worklist place",
            )  # fmt: skip

    def _desk(self, tab: int) -> None:
        from hl7console.ui.worklist.desk import DeskTab

        self.line_actions().show_desk(DeskTab(tab))

    def place(self) -> WorklistPlace:
        """Return the place, made when it is first wanted."""
        if self._place is None:
            from hl7console.ui.worklist.line_actions import LineActions
            from hl7console.ui.worklist.place import WorklistPlace

            place = WorklistPlace(
                self._console, self._bridge, self._preferences, self._console.open_worklist
            )
            self._place = place
            self._line_actions = LineActions(
                place, self._console, self._bridge, self._actions, self._ask, self._notice
            )
            place.listeners_wanted.connect(self.listeners_wanted)
            place.import_wanted.connect(self.import_wanted)
            self._line_actions.filter_wanted.connect(self.filter_wanted)
            self._line_actions.message_wanted.connect(self.message_wanted)
            self._line_actions.profile_wanted.connect(self.profile_wanted)
            self.made.emit(place)
        return self._place

    @property
    def is_shown(self) -> bool:
        """Whether the place is in view."""
        return self._place is not None and self._place.isVisible()

    def line_actions(self) -> LineActions:
        """Return the actions of a line, made with the place."""
        self.place()
        if self._line_actions is None:
            raise RuntimeError("The place has no actions.")
        return self._line_actions

    def stop(self) -> None:
        """End the threads of the place."""
        if self._line_actions is not None:
            self._line_actions.images.stop()
        if self._place is not None:
            self._place.stop()
