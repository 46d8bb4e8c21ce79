"""The worklist's list as a table model: all ids, the groups, and the rows that are looked at.

`data` never queries. A row that isn't there shows "…" and is asked for with its neighbours.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt, Signal

from hl7console.store.worklist.records import LineRow
from hl7console.ui.messages.columns import Kind
from hl7console.ui.worklist import words
from hl7console.ui.worklist.columns import COLUMNS
from hl7console.ui.worklist.listing import Group, Listing
from hl7console.ui.worklist.sentences import line_sentences

WINDOW = 200
"""Rows fetched at once."""
_KEPT_ROWS = 20 * WINDOW

_NO_INDEX = QModelIndex()
_Index = QModelIndex


class LineTableModel(QAbstractTableModel):
    """Lines of the current filter under their headings. GUI thread only."""

    rows_wanted = Signal(object)
    """Ids (a list) whose rows are looked at and not there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.listing = Listing()
        self.group_by = ""
        self.columns = COLUMNS
        self._rows: OrderedDict[int, LineRow] = OrderedDict()
        self._pending: set[int] = set()

    # What the list holds

    def set_listing(self, listing: Listing, group_by: str, *, keeps_rows: bool) -> None:
        """Show other lines.

        Args:
            listing: Ids and groups.
            group_by: What the groups are made by.
            keeps_rows: Whether the rows that are there still hold.
        """
        self.beginResetModel()
        self.listing = listing
        self.group_by = group_by
        if not keeps_rows:
            self._rows.clear()
        self._pending.clear()
        self.endResetModel()

    def put_rows(self, rows: Iterable[LineRow], asked: Iterable[int] = ()) -> None:
        """Keep rows that were fetched, and repaint."""
        is_any = False
        for row in rows:
            self._rows[row.step_id] = row
            self._rows.move_to_end(row.step_id)
            is_any = True
        self._pending.difference_update(asked)
        while len(self._rows) > _KEPT_ROWS:
            self._rows.popitem(last=False)
        if is_any and len(self.listing):
            # Whatever of it is in sight is painted again; nothing else is.
            bottom = self.index(len(self.listing) - 1, len(self.columns) - 1)
            self.dataChanged.emit(self.index(0, 0), bottom)

    def unmark(self, ids: Iterable[int]) -> None:
        """Let rows be asked for again: the request for them was dropped."""
        self._pending.difference_update(ids)

    def forget_unseen(self, seen: Iterable[int]) -> None:
        """Drop every row but those of `seen`: something about them changed."""
        kept = [(i, self._rows[i]) for i in seen if i in self._rows]
        self._rows = OrderedDict(kept)

    def line(self, step_id: int) -> LineRow | None:
        """Return a line that is there, by its number."""
        return self._rows.get(step_id)

    def id_at(self, row: int) -> int:
        """Return the line at a row; 0 at a heading."""
        return self.listing.id_at(row)

    def row_of(self, step_id: int) -> int:
        """Return the row of a line, or -1."""
        return self.listing.row_of(step_id)

    def group_at(self, row: int) -> Group | None:
        """Return the group whose heading stands at a row."""
        return self.listing.group_at(row)

    def row_at(self, row: int) -> LineRow | None:
        """Return the line at a row, or None after asking for it; None at a heading."""
        step_id = self.listing.id_at(row)
        if not step_id:
            return None
        found = self._rows.get(step_id)
        if found is None and step_id not in self._pending:
            self._ask_around(row)
        return found

    def _ask_around(self, row: int) -> None:
        wanted = [
            i
            for i in self.listing.around(row, WINDOW)
            if i not in self._rows and i not in self._pending
        ]
        self._pending.update(wanted)
        self.rows_wanted.emit(wanted)

    def fold(self, key: str, *, is_folded: bool) -> None:
        """Fold a group away, or unfold it."""
        row = self.listing.heading_row(key)
        group = self.listing.group_at(row)
        if group is None or (key in self.listing.folded) == is_folded:
            return
        if is_folded:
            self.beginRemoveRows(_NO_INDEX, row + 1, row + group.count)
            self.listing.fold(key, is_folded=True)
            self.endRemoveRows()
        else:
            self.beginInsertRows(_NO_INDEX, row + 1, row + group.count)
            self.listing.fold(key, is_folded=False)
            self.endInsertRows()
        self.dataChanged.emit(self.index(row, 0), self.index(row, len(self.columns) - 1))

    # QAbstractTableModel

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else len(self.listing)

    def columnCount(self, parent: _Index = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is not Qt.Orientation.Horizontal or section >= len(self.columns):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # type: ignore[override]
        if not index.isValid() or index.row() >= len(self.listing):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text_at(index.row(), index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip_at(index.row(), index.column())
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken_at(index.row(), index.column())
        return None

    def text_at(self, row: int, column: int) -> str:
        """Return the text of a cell; "…" while it isn't there; a heading's in the first one."""
        group = self.listing.group_at(row)
        if group is not None:
            return self.heading(group) if column == 0 else ""
        found = self.row_at(row)
        return "…" if found is None else self.columns[column].value(found)

    def heading(self, group: Group) -> str:
        """Return the text of a heading, with how many lines it is over."""
        what = words.group_title(self.group_by, group.key)
        empty = {"modality": "No modality", "station": "No station", "patient": "No patient"}
        title = what or empty.get(self.group_by, "Other")
        return f"{title} · {group.count:,}"

    def _spoken_at(self, row: int, column: int) -> str:
        group = self.listing.group_at(row)
        if group is not None:
            state = "folded" if group.key in self.listing.folded else "open"
            return f"{self.heading(group)}, {state}"
        return f"{self.columns[column].title}: {self.text_at(row, column)}"

    def _tip_at(self, row: int, column: int) -> str | None:
        found = self.row_at(row)
        if found is None:
            return None
        shown = self.columns[column]
        if shown.key in ("state", "flags") and (found.missing or found.flags):
            return "\n".join(line_sentences(found))
        text = shown.value(found)
        return text if shown.kind is not Kind.PILL and len(text) > shown.chars else None
