"""What the place remembers between two starts: columns, division, grouping, day. No searches."""

from __future__ import annotations

from PySide6.QtWidgets import QSplitter

from hl7console.ui.preferences import Preferences
from hl7console.ui.worklist.filters import DAYS, GROUPS, FilterBar
from hl7console.ui.worklist.table import LineTable


def restore(
    table: LineTable, splitter: QSplitter, filters: FilterBar, preferences: Preferences
) -> bool:
    """Bring back what was remembered; return whether the division was among it."""
    header = preferences.blob("worklist/header")
    if not header.isEmpty():
        table.horizontalHeader().restoreState(header)
    group = preferences.text("worklist/group")
    if group and group in dict(GROUPS):
        filters.group.choose(group)
    day = preferences.text("worklist/day")
    if day != "range" and day in dict(DAYS):
        filters.day.choose(day)
    split = preferences.blob("worklist/splitter")
    return not split.isEmpty() and splitter.restoreState(split)


def keep(
    table: LineTable, splitter: QSplitter, filters: FilterBar, preferences: Preferences
) -> None:
    """Remember how it looks now."""
    preferences.set_blob("worklist/header", table.horizontalHeader().saveState())
    preferences.set_blob("worklist/splitter", splitter.saveState())
    preferences.set_text("worklist/group", filters.group.value)
    preferences.set_text("worklist/day", filters.day.value)
