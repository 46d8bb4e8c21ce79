"""Opens the dialog that sends messages again; the same from every list."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.sending.resend_dialog import ResendDialog


def open_resend(
    parent: QWidget,
    console: Console,
    bridge: EngineBridge,
    what: Sequence[int] | str,
    *,
    chosen: str = "",
    title: str = "",
) -> ResendDialog:
    """Open the dialog over a window and return it. GUI thread only.

    Args:
        parent: The window.
        console: The engine.
        bridge: Knows the destinations.
        what: Ids of messages in their order, or a filter that finds them.
        chosen: Name or address of the destination to begin with.
        title: What is sent, for the title; else the count says it.
    """
    ids = () if isinstance(what, str) else tuple(what)
    if not title:
        title = "1 message" if len(ids) == 1 else f"{len(ids):,} messages"
        if not ids:
            title = "what a search finds"
    dialog = ResendDialog(
        ids,
        title,
        console,
        bridge.destinations,
        chosen=chosen,
        filter_text=what if isinstance(what, str) else "",
        parent=parent.window(),
    )
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog
