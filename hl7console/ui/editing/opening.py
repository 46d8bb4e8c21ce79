"""Opens the window *Edit and resend*, on a stored message or on a new one."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.editing.window import EditorWindow


def open_editor(
    parent: QWidget,
    console: Console,
    bridge: EngineBridge,
    message_id: int,
    *,
    destination: str = "",
    ask: Ask | None = None,
) -> EditorWindow:
    """Open a window on a stored message; one that is open on it comes to the front.

    Args:
        parent: The main window, or a part of it.
        console: The engine.
        bridge: Tells the destinations.
        message_id: What is edited.
        destination: Name or HOST:PORT to begin with.
        ask: Asks questions; tests hand in their own.
    """
    for window in editors_of(parent):
        if window.parent_id == message_id:
            _come_up(window)
            return window
    made = EditorWindow(
        console, bridge, message_id, destination=destination, ask=ask, parent=parent.window()
    )
    return _shown(made, parent)


def open_new(
    parent: QWidget,
    console: Console,
    bridge: EngineBridge,
    raw: bytes = b"",
    *,
    destination: str = "",
    ask: Ask | None = None,
) -> EditorWindow:
    """Open a window on a new message.

    Args:
        parent: The main window, or a part of it.
        console: The engine.
        bridge: Tells the destinations.
        raw: The message to begin with.
        destination: Name or HOST:PORT to begin with.
        ask: Asks questions; tests hand in their own.
    """
    made = EditorWindow(
        console, bridge, 0, raw=raw, destination=destination, ask=ask, parent=parent.window()
    )
    return _shown(made, parent)


def editors_of(parent: QWidget) -> list[EditorWindow]:
    """Return the windows that are open over a main window."""
    found = parent.window().findChildren(EditorWindow)
    return [window for window in found if not window.is_stopped]


def stop_editors(parent: QWidget) -> None:
    """Close all windows over a main window, without asking; it is closing itself."""
    for window in editors_of(parent):
        window.stop()
        window.close()


def _shown(made: EditorWindow, parent: QWidget) -> EditorWindow:
    over = parent.window()
    made.resize(min(1440, over.width()), min(900, over.height()))
    made.show()
    _come_up(made)
    return made


def _come_up(window: EditorWindow) -> None:
    window.raise_()
    window.activateWindow()
