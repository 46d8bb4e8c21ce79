"""The actions of the window that belong to no place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hl7console.ui.main_window import MainWindow


def add_window_actions(window: MainWindow) -> None:
    """Add them; the GUI thread."""
    add = window.actions_by_name.add
    search = window.messages.search
    table: tuple[tuple[str, str, Callable[[], object], str, str, str], ...] = (
        ("search.focus", "Search", window.go_to_search, "Ctrl+F", "search", "Search"),
        ("search.clear", "Clear the search", search.clear, "", "x", "Search"),
        ("list.new", "Show new messages", window.messages.show_new, "Ctrl+Home", "arrow-up",
         "List"),
        ("list.hold", "Hold or release the list", window.toggle_hold, "Ctrl+H", "lock", "List"),
        ("list.columns", "Columns…", window.choose_columns, "", "columns-3", "List"),
        ("import.files", "Import files…", window.imports.choose_files, "Ctrl+O", "file-down",
         "Import"),
        ("import.folder", "Import a folder…", window.imports.choose_folder, "Ctrl+Shift+O",
         "folder-open", "Import"),
        ("import.paste", "Import what was copied", window.imports.paste, "", "clipboard-paste",
         "Import"),
        ("settings.certificate", "Make a certificate…", window.make_certificate, "",
         "file-badge", "Settings"),
        ("view.scheme", "Switch light and dark", window.switch_scheme, "Ctrl+Shift+L",
         "contrast", "Window"),
        ("help.show", "Help", window.show_help, "F1", "circle-question-mark", "Window"),
        ("view.palette", "All actions", window.show_palette, "Ctrl+K", "command", "Window"),
        ("window.close", "Close the window", window.close, "Ctrl+Q", "x", "Window"),
    )  # fmt: skip
    for name, text, slot, keys, icon, group in table:
        add(name, text, slot, shortcut=keys, icon=icon, group=group)
