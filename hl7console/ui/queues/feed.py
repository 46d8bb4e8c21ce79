"""Keeps a list of deliveries filled: its length, the rows looked at, and what changes.

Two threads read. One counts and finds where what is in sight stands now, which walks an index;
the other brings pages and single deliveries, so that scrolling never waits for a count. Every
request carries the generation of the list it belongs to; answers to an older one are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hl7console.engine.console import Console
from hl7console.store import queue_reader
from hl7console.store.queue_parts import Part
from hl7console.store.queue_reader import PAGE, DeliveryDetails, DeliveryRow
from hl7console.store.reader import StoreReader
from hl7console.store.records import StoredMessage
from hl7console.ui.queues.model import Anchor, DeliveryModel
from hl7console.ui.worker import ReaderWorker

_SHORTEST_MS = 100
"""Least time between two looks."""
_SHARE = 5
"""A look is followed by a pause so many times as long as it took."""
_WAITING_PAGES = 3


@dataclass(frozen=True, slots=True)
class _Look:
    count: int
    place: int
    """Where the delivery that was in sight stands now."""
    first: int
    rows: list[DeliveryRow] = field(repr=False)
    took_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Details:
    """A delivery, its attempts and its message."""

    delivery: DeliveryDetails
    message: StoredMessage | None = field(repr=False)


class DeliveryFeed(QObject):
    """Feeds one `DeliveryModel`. GUI thread only; call `stop` before it goes."""

    listed = Signal()
    """Another list is there, with its first rows."""
    about_to_move = Signal()
    moved = Signal(int)
    """The list was followed: so many rows came before what was in sight."""
    failed = Signal(object)
    """A `ConsoleError`."""

    def __init__(self, console: Console, parent: QObject) -> None:
        super().__init__(parent)
        self.model = DeliveryModel(self)
        self._reads = ReaderWorker("queue-rows", console, self)
        self._counts = ReaderWorker("queue-counts", console, self)
        self.part: Part | None = None
        self.seen: Callable[[], range] = lambda: range(0)
        """Says which rows are in sight; set by who shows them."""
        self._generation = 0
        self._is_looking = False
        self._is_outdated = False
        self._is_listed = False
        self._wanted: list[int] = []
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._on_paused)
        self.model.rows_wanted.connect(self._on_rows_wanted)

    @property
    def count(self) -> int:
        """How many deliveries the list has."""
        return self.model.rowCount()

    @property
    def is_listed(self) -> bool:
        """Whether the list has come that was asked for last."""
        return self._is_listed

    def reads(self) -> ReaderWorker:
        """Return the reader for single deliveries."""
        return self._reads

    # Another list

    def show(self, part: Part | None) -> None:
        """Show another list; None shows none."""
        self._generation += 1
        generation = self._generation
        self.part = part
        self._wanted.clear()
        self._counts.interrupt()
        self._is_listed = part is None
        if part is None:
            self.model.reset()
            self.listed.emit()
            return

        def work(reader: StoreReader) -> tuple[int, list[DeliveryRow]] | None:
            if generation != self._generation:
                return None
            return queue_reader.part_count(reader, part), queue_reader.queue_page(reader, part)

        def then(found: tuple[int, list[DeliveryRow]] | None) -> None:
            if found is not None and generation == self._generation:
                self._is_listed = True
                self.model.reset(max(found[0], len(found[1])), found[1])
                self.listed.emit()

        self._counts.ask(work, then, lambda error: self._on_failed(generation, error))

    def _on_failed(self, generation: int, error: object) -> None:
        if generation == self._generation:
            self.failed.emit(error)

    # Following

    @Slot()
    def look_again(self) -> None:
        """Follow what changed, soon; any number of calls makes few looks."""
        self._is_outdated = True
        if not self._is_looking and not self._pause.isActive():
            self._look()

    @Slot()
    def _on_paused(self) -> None:
        if self._is_outdated:
            self._look()

    def _look(self) -> None:
        part, generation = self.part, self._generation
        self._is_outdated = False
        if part is None or not self._is_listed:
            return
        self._is_looking = True
        seen = self.seen()
        anchor = self._anchor(seen)
        length = max(len(seen), 1)

        def work(reader: StoreReader) -> _Look:
            started = perf_counter()
            count = queue_reader.part_count(reader, part)
            place = anchor.place
            if anchor.delivery_id:
                place = queue_reader.position(reader, part, anchor.delivery_id)
            moved = place - anchor.place
            first = max(0, min(seen.start + moved, count - length)) if seen.start else 0
            before = self._page_request(first, anchor, place, count)
            rows = queue_reader.queue_page(
                reader, part, beyond_id=before[0], skip=before[1], limit=length + 1,
            )  # fmt: skip
            return _Look(count, place, first, rows, (perf_counter() - started) * 1000)

        def then(look: _Look) -> None:
            self._is_looking = False
            self._pause.start(max(_SHORTEST_MS, round(look.took_ms * _SHARE)))
            if generation == self._generation:
                self._follow(anchor, look)

        def failed(error: object) -> None:
            self._is_looking = False
            self._on_failed(generation, error)

        self._counts.ask(work, then, failed)

    def _anchor(self, seen: range) -> Anchor:
        """Return the last row in sight that is known."""
        for place in reversed(seen):
            if delivery_id := self.model.id_at(place):
                return Anchor(place, delivery_id)
        return Anchor(0, 0)

    @staticmethod
    def _page_request(first: int, anchor: Anchor, place: int, count: int) -> tuple[int, int]:
        """Return behind which delivery a page begins, and how many are left out before."""
        if anchor.delivery_id and place < first <= count:
            return anchor.delivery_id, max(first - place - 1, 0)
        return 0, first

    def _follow(self, anchor: Anchor, look: _Look) -> None:
        moved = look.place - anchor.place
        self.about_to_move.emit()
        self.model.shift(moved, look.count)
        self.model.put_rows(look.first, look.rows)
        self.model.forget_unseen(range(look.first, look.first + len(look.rows)))
        self.moved.emit(moved)

    # Rows

    @Slot(int)
    def _on_rows_wanted(self, place: int) -> None:
        self._wanted.append(place)
        while len(self._wanted) > _WAITING_PAGES:
            self.model.unmark(self._wanted.pop(0))
        self._ask_rows()

    def _ask_rows(self) -> None:
        part = self.part
        if self._reads.is_busy or not self._wanted or part is None:
            return
        place = self._wanted.pop()
        generation = self._generation
        first = place - place % PAGE
        count = self.count
        limit = min(PAGE, count - first)
        anchor = self.model.anchor_before(first)
        beyond, skip = (anchor.delivery_id, first - anchor.place - 1) if anchor else (0, first)
        behind = max(count - first - limit, 0)
        backwards = behind < skip

        def put(rows: list[DeliveryRow]) -> None:
            if generation == self._generation:
                self.model.put_rows(first, rows)
                self.model.unmark(place)
            self._ask_rows()

        self._reads.ask(
            lambda reader: queue_reader.queue_page(
                reader, part, beyond_id=0 if backwards else beyond, limit=limit,
                skip=behind if backwards else skip, backwards=backwards,
            ),
            put,
            lambda error: self._on_failed(generation, error),
        )  # fmt: skip

    # Single deliveries

    def fetch(self, delivery_id: int, then: Callable[[Details | None], None]) -> None:
        """Read a delivery with its message."""

        def work(reader: StoreReader) -> Details | None:
            found = queue_reader.delivery(reader, delivery_id)
            if found is None:
                return None
            return Details(found, reader.message(found.row.delivery.message_id))

        def put(found: Details | None) -> None:
            then(found)
            self._ask_rows()

        self._reads.ask(work, put, self.failed.emit)

    def read_ids(
        self, spans: Sequence[tuple[int, int]], then: Callable[[list[DeliveryRow]], object]
    ) -> None:
        """Read the deliveries of rows, first and count, in order."""
        part = self.part
        if part is None:
            return

        def work(reader: StoreReader) -> list[DeliveryRow]:
            return [
                row
                for first, count in spans
                for row in queue_reader.queue_page(reader, part, skip=first, limit=count)
            ]

        def put(rows: list[DeliveryRow]) -> None:
            then(rows)
            self._ask_rows()

        self._reads.ask(work, put, self.failed.emit)

    def stop(self) -> None:
        """End both threads. Nothing arrives afterwards."""
        self._pause.stop()
        self._generation += 1
        self._reads.stop()
        self._counts.stop()
