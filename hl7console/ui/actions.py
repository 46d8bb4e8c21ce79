"""Every action of the window, once: menus, buttons, shortcuts and the palette use the same."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from hl7console.ui.icons import set_icon


class Actions:
    """The actions of one window, by name. GUI thread only."""

    def __init__(self, window: QWidget) -> None:
        self._window = window
        self._by_name: dict[str, QAction] = {}

    def add(
        self,
        name: str,
        text: str,
        slot: Callable[[], object],
        *,
        shortcut: str | QKeySequence.StandardKey = "",
        more_shortcuts: tuple[str, ...] = (),
        icon: str = "",
        group: str = "",
        is_checkable: bool = False,
    ) -> QAction:
        """Make an action, reachable by its shortcut anywhere in the window.

        Args:
            name: Object name, as ``messages.resend``.
            text: What it does, as a menu shows it.
            slot: Called when it is triggered.
            shortcut: First shortcut; shown in menus.
            more_shortcuts: Others that work as well.
            icon: Name in the icon set.
            group: Where it belongs, shown in the palette.
            is_checkable: It is a switch.
        """
        action = QAction(text, self._window)
        action.setObjectName(name)
        action.setData(group)
        action.setCheckable(is_checkable)
        keys = [QKeySequence(shortcut)] if shortcut else []
        keys += [QKeySequence(key) for key in more_shortcuts]
        if keys:
            action.setShortcuts(keys)
        if icon:
            set_icon(action, icon)
        action.triggered.connect(lambda *_: slot())
        self._window.addAction(action)
        self._by_name[name] = action
        return action

    def __getitem__(self, name: str) -> QAction:
        """Return an action by its name."""
        return self._by_name[name]

    def all(self) -> list[QAction]:
        """Return every action, in the order they were made."""
        return list(self._by_name.values())
