"""Keeps the worklist's list filled: filters, changes as they come, and rows that are looked at.

Two threads read. One lists ids, the other brings rows and details, so that a long listing never
stalls scrolling. After a change the list is made anew, at most ten times a second and never while
the one before is under way. While the user points at the rows only their values change; that
lines came, went or moved is told by a button instead.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hl7console.errors import ConsoleError
from hl7console.store.worklist.records import LineQuery, LineRow
from hl7console.ui.worklist.listing import Listing, grouped
from hl7console.ui.worklist.model import WINDOW, LineTableModel
from hl7console.ui.worklist.reads import WorklistReads, WorklistWorker

_LEAST_MS = 100
"""Least time between two listings after a change, in milliseconds."""
_REST = 4
"""A listing is followed by a rest of so many times its duration."""
_WAITING_WINDOWS = 3


@dataclass(frozen=True, slots=True)
class _Listed:
    generation: int
    listing: Listing = field(repr=False)
    rows: list[LineRow] = field(repr=False)
    duration_ms: float
    is_update: bool


class LineFeed(QObject):
    """Feeds one `LineTableModel`. GUI thread only; call `stop` before it goes."""

    listed = Signal()
    """Another list is shown."""
    failed = Signal(object)
    """The `ConsoleError` of a listing."""
    changed_behind = Signal(bool)
    """Lines came, went or moved that the list does not show yet; or they are shown now."""
    rows_outdated = Signal()
    """What is in sight has to be fetched again."""
    refreshed = Signal()
    """Something changed; what is shown about the line in view may have as well."""

    def __init__(self, opener: Callable[[], WorklistReads], parent: QObject) -> None:
        super().__init__(parent)
        self.model = LineTableModel(self)
        self._lists = WorklistWorker("worklist-list", opener, self)
        self._reads = WorklistWorker("worklist-rows", opener, self)
        self.query = LineQuery()
        self.group_by = ""
        self.duration_ms = 0.0
        self._generation = 0
        self._version = 0
        self._is_still = False
        self._is_listing = False
        self._is_stale = False
        self._is_asking_rows = False
        self._behind: Listing | None = None
        self._waiting: list[list[int]] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._look_again)
        self.model.rows_wanted.connect(self._on_rows_wanted)

    @property
    def count(self) -> int:
        """How many lines the list has."""
        return len(self.model.listing.ids)

    @property
    def is_behind(self) -> bool:
        """Whether lines came, went or moved that the list does not show yet."""
        return self._behind is not None

    def reads(self) -> WorklistWorker:
        """Return the reader for single lines."""
        return self._reads

    # Listing

    def show(self, query: LineQuery, group_by: str) -> None:
        """Show other lines; the listing before ends at once."""
        self.query = query
        self.group_by = group_by
        self._lists.interrupt()
        self._waiting.clear()
        self._list(is_update=False)

    def _list(self, *, is_update: bool) -> None:
        self._generation += 1
        generation, query, by = self._generation, self.query, self.group_by
        folded = set(self.model.listing.folded) if by == self.model.group_by else set()
        self._is_listing = True
        self._is_stale = False

        def work(reads: WorklistReads) -> _Listed | None:
            if generation != self._generation:
                return None
            started = perf_counter()
            groups = reads.groups(query, by)
            ids = array("q")
            for _, part in groups:
                ids.extend(part)
            keys = [(key, len(part)) for key, part in groups] if by else []
            listing = Listing(ids, grouped(keys), folded)
            rows = reads.rows(ids[:WINDOW].tolist(), query.at_us) if not is_update else []
            took_ms = (perf_counter() - started) * 1000
            return _Listed(generation, listing, rows, took_ms, is_update)

        self._lists.ask(work, self._on_listed, lambda error: self._on_failed(generation, error))

    def _on_listed(self, found: _Listed | None) -> None:
        if found is None or found.generation != self._generation:
            return
        self._is_listing = False
        self.duration_ms = found.duration_ms
        shown = self.model.listing
        same = found.listing.ids == shown.ids and found.listing.groups == shown.groups
        if found.is_update and same:
            self._set_behind(None)
            self._after_change()
        elif found.is_update and self._is_still:
            self._set_behind(found.listing)
            self._after_change()
        else:
            self._put(found.listing, keeps_rows=found.is_update)
            self.model.put_rows(found.rows)
            self.listed.emit()
        if self._is_stale:
            self.look_again()

    def _put(self, listing: Listing, *, keeps_rows: bool) -> None:
        self._set_behind(None)
        self.model.set_listing(listing, self.group_by, keeps_rows=keeps_rows)
        self.rows_outdated.emit()

    def _after_change(self) -> None:
        self.rows_outdated.emit()
        self.refreshed.emit()

    def _set_behind(self, listing: Listing | None) -> None:
        was, self._behind = self._behind, listing
        if (was is None) != (listing is None):
            self.changed_behind.emit(listing is not None)

    def _on_failed(self, generation: int, error: ConsoleError) -> None:
        if generation == self._generation:
            self._is_listing = False
            self.failed.emit(error)

    # Changes

    def set_still(self, is_still: bool) -> None:
        """Let no row move for now, or let them move again."""
        self._is_still = is_still
        if not is_still:
            self.let_in()

    def let_in(self) -> None:
        """Show what changed behind the button."""
        if self._behind is not None:
            listing = self._behind
            listing = Listing(listing.ids, listing.groups, self.model.listing.folded)
            self._put(listing, keeps_rows=True)
            self.listed.emit()

    @Slot()
    def look_again(self) -> None:
        """Something changed: list anew, soon. A list of a moment that is past stays as it is."""
        if self.query.at_us:
            return
        if self._is_listing:
            self._is_stale = True
        elif not self._timer.isActive():
            self._timer.start(max(_LEAST_MS, round(self.duration_ms * _REST)))

    @Slot()
    def _look_again(self) -> None:
        if not self._is_listing:
            self._list(is_update=True)

    # Rows

    def refresh(self, ids: list[int]) -> None:
        """Fetch rows again, leaving what is shown until they are there."""
        if ids:
            self._waiting.append(ids)
            self._ask_rows()

    @Slot(object)
    def _on_rows_wanted(self, ids: list[int]) -> None:
        self._waiting.append(ids)
        while len(self._waiting) > _WAITING_WINDOWS:
            self.model.unmark(self._waiting.pop(0))
        self._ask_rows()

    def _ask_rows(self) -> None:
        if self._is_asking_rows or not self._waiting:
            return
        self._is_asking_rows = True
        ids = self._waiting.pop()
        at_us = self.query.at_us

        def put(rows: list[LineRow]) -> None:
            self._is_asking_rows = False
            if at_us == self.query.at_us:
                self.model.put_rows(rows, ids)
            else:
                self.model.unmark(ids)
            self._ask_rows()

        def failed(error: ConsoleError) -> None:
            self._is_asking_rows = False
            self.failed.emit(error)

        self._reads.ask(lambda reads: reads.rows(ids, at_us), put, failed)

    def stop(self) -> None:
        """End both threads. Nothing arrives afterwards."""
        self._generation += 1
        self._timer.stop()
        self._lists.stop()
        self._reads.stop()
