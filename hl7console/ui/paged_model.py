"""Lists of any length as table models: a count, and the pages that are looked at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QModelIndex, QObject, Signal

from hl7console.ui.columned import ColumnedModel

_NO_INDEX = QModelIndex()
_Index = QModelIndex


class Numbered(Protocol):
    """A row with an id."""

    @property
    def id(self) -> int:
        """Which one it is."""


N = TypeVar("N", bound=Numbered)


class PagedModel(ColumnedModel[N], Generic[N]):
    """Keeps some pages of a list by their place, and asks for what is looked at and not there.

    GUI thread only.

    Args:
        page: Rows of a page.
        parent: Owner.
    """

    rows_wanted = Signal(int)
    """The place of a row that is looked at and not there; its page is wanted."""

    def __init__(self, page: int, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._page = page
        self._count = 0
        self._rows: dict[int, N] = {}
        self._places: dict[int, int] = {}
        self._pending: set[int] = set()

    def _take(self, rows: dict[int, N]) -> None:
        """Keep these rows, by their places, and no others."""
        self._rows = rows
        self._places = {row.id: place for place, row in rows.items()}

    def _put(self, first: int, rows: Sequence[N]) -> None:
        """Keep rows that were fetched, from the place `first` on, and repaint them."""
        self._pending.discard(first // self._page)
        last = min(first + len(rows), self._count)
        if last <= first:
            return
        kept = self._rows
        if len(kept) > 10 * self._page:
            near = range(first - self._page, last + self._page)
            kept = {place: row for place, row in kept.items() if place in near}
        kept.update(zip(range(first, last), rows, strict=False))
        self._take(kept)
        self._changed(first, last - 1)

    def _changed(self, first: int, last: int) -> None:
        self.dataChanged.emit(self.index(first, 0), self.index(last, len(self.columns) - 1))

    def unmark(self, place: int) -> None:
        """Let a page be asked for again: the request for it was dropped."""
        self._pending.discard(place // self._page)

    def id_at(self, place: int) -> int:
        """Return the id of a row; 0 while it isn't there."""
        row = self._rows.get(place)
        return row.id if row is not None else 0

    def row_of(self, row_id: int) -> int:
        """Return the place of a row that is kept, or -1."""
        return self._places.get(row_id, -1)

    def row_at(self, row: int) -> N | None:
        """Return what stands in a row, or None after asking for it."""
        found = self._rows.get(row)
        if found is None and row < self._count and row // self._page not in self._pending:
            self._pending.add(row // self._page)
            self.rows_wanted.emit(row)
        return found

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:  # type: ignore[override]
        return 0 if parent.isValid() else self._count
