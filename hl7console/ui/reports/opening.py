"""Opens the dialog that makes reports; the same from everywhere."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.ask import Ask
from hl7console.ui.reports.dialog import ReportDialog


def open_report(
    parent: QWidget,
    console: Console,
    interfaces: Sequence[str],
    ask: Ask,
    *,
    chosen: str = "",
) -> ReportDialog:
    """Open the dialog over a window and return it. GUI thread only.

    Args:
        parent: The window.
        console: The engine.
        interfaces: Names of listeners and destinations to choose from.
        ask: Asks where to save.
        chosen: The interface to begin with; empty for all.
    """
    dialog = ReportDialog(console, interfaces, ask, parent.window())
    if chosen:
        dialog.choose_interface(chosen)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog
