"""Menus worked by the keyboard: opened, walked through, and what they hold."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtGui import QAction, QContextMenuEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QLineEdit,
    QListWidget,
    QMenu,
    QWidget,
)
from window_kit import child

from hl7console.ui.main_window import MainWindow
from hl7console.ui.palette import Palette

_LOOK_MS = 10
_TRIES = 2000

Path = tuple[str, ...]
"""The words of an entry, after those of the menus that it is in."""


def entries(menu: QMenu, *, of: Path = ()) -> list[Path]:
    """Return all entries of a menu and of the menus in it, from the top."""
    found: list[Path] = []
    for action in menu.actions():
        if action.menu() is not None:
            found += entries(action.menu(), of=(*of, action.text()))
        elif not action.isSeparator():
            found.append((*of, action.text()))
    return found


def leaves(menu: QMenu) -> list[QAction]:
    """Return the actions of a menu and of the menus in it, from the top."""
    found = []
    for action in menu.actions():
        if action.menu() is not None:
            found += leaves(action.menu())
        elif not action.isSeparator():
            found.append(action)
    return found


def press_menu_key(widget: QWidget) -> None:
    """Do what the platform makes of the menu key, over the widget that has the focus."""
    seen = widget.viewport() if isinstance(widget, QAbstractScrollArea) else widget
    at = QPoint(5, 5)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, at, seen.mapToGlobal(at))
    QApplication.sendEvent(seen, event)


def press_shift_f10(widget: QWidget, qtbot) -> None:
    """Press Shift+F10; where the system makes the menu key of it, that."""
    if sys.platform == "win32":
        press_menu_key(widget)
    else:
        qtbot.keyClick(widget, Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier)


class _Walk:
    """Waits for a menu, and does something with it while it is open."""

    def __init__(self, name: str, act: Callable[[QMenu], object]) -> None:
        self._name, self._act = name, act
        self._tries = 0
        self.is_over = False
        self.error: BaseException | None = None
        self._timer = QTimer()
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()

    def _look(self) -> None:
        menu = QApplication.activePopupWidget()
        self._tries += 1
        if isinstance(menu, QMenu) and menu.objectName() == self._name:
            self._end()
            try:
                self._act(menu)
            except BaseException as error:  # noqa: BLE001 - raised again where the menu is not open
                self.error = error
                menu.close()
            self.is_over = True
        elif self._tries > _TRIES:
            self._end()
            self.error = AssertionError(f"no menu {self._name}")
            self.is_over = True

    def _end(self) -> None:
        self._timer.stop()


def in_menu(
    name: str, open_it: Callable[[], object], act: Callable[[QMenu], object], qtbot
) -> None:
    """Open a menu by its object name, and do something with it while it is open."""
    walk = _Walk(name, act)
    open_it()
    qtbot.waitUntil(lambda: walk.is_over)
    if walk.error is not None:
        raise walk.error


def go_in(menu: QMenu, path: Sequence[str], qtbot) -> None:
    """Go to an entry by the arrow keys, into menus where it is in one, and press Enter.

    A destination is named without its address and environment, which follow a dot.
    """
    for depth, text in enumerate(path):
        # What a menu offers may have to be read first.
        qtbot.waitUntil(lambda menu=menu, text=text: text in map(_named, menu.actions()))
        for _ in range(2 * len(menu.actions()) + 2):
            if _named(menu.activeAction()) == text:
                break
            qtbot.keyClick(menu, Qt.Key.Key_Down)
        active = menu.activeAction()
        assert _named(active) == text, f"{text} cannot be reached by the arrow keys"
        if depth < len(path) - 1:
            inner = active.menu()
            qtbot.keyClick(menu, Qt.Key.Key_Right)
            qtbot.waitUntil(inner.isVisible)
            menu = inner
    qtbot.keyClick(menu, Qt.Key.Key_Return)


def _named(action: QAction | None) -> str:
    return "" if action is None else action.text().partition(" · ")[0]


def choose(name: str, open_it: Callable[[], object], path: Sequence[str], qtbot) -> None:
    """Open a menu, and run one of its entries by the arrow keys and Enter."""
    in_menu(name, open_it, lambda menu: go_in(menu, path, qtbot), qtbot)


def entries_of(name: str, open_it: Callable[[], object], qtbot) -> list[Path]:
    """Open a menu by the keyboard, close it with Escape, and return what it held."""
    found: list[Path] = []

    def look(menu: QMenu) -> None:
        found.extend(entries(menu))
        qtbot.keyClick(menu, Qt.Key.Key_Escape)

    in_menu(name, open_it, look, qtbot)
    return found


def run_from_palette(window: MainWindow, action: QAction, qtbot) -> None:
    """Find an action by its words in the palette, and run it with Enter."""
    window.show_palette()
    palette = next(p for p in window.findChildren(Palette) if p.isVisible())
    box = child(palette, QLineEdit, "paletteBox")
    text = action.text().replace("&", "")
    box.setText(text)
    listing = child(palette, QListWidget, "paletteList")
    texts = [listing.item(row).text() for row in range(listing.count())]
    assert text in texts, f"{text} is not in the palette"
    for _ in range(texts.index(text)):
        qtbot.keyClick(box, Qt.Key.Key_Down)
    qtbot.keyClick(box, Qt.Key.Key_Return)


def run_by_keys(window: MainWindow, name: str, qtbot) -> None:
    """Press the keys of an action; where it has none, find it in the palette."""
    action = window.actions_by_name[name]
    assert action.isEnabled(), f"{name} cannot be done now"
    keys = action.shortcut()
    if keys.isEmpty():
        run_from_palette(window, action, qtbot)
        return
    combination = keys[0]
    at = QApplication.focusWidget() or window
    qtbot.keyClick(at, combination.key(), combination.keyboardModifiers())


@contextmanager
def menus_that_open() -> Iterator[list[str]]:
    """Collect the names of the menus that open; each is closed at once."""
    names: list[str] = []

    def look() -> None:
        menu = QApplication.activePopupWidget()
        if isinstance(menu, QMenu):
            names.append(menu.objectName())
            menu.close()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(20)
    yield names
    timer.stop()
