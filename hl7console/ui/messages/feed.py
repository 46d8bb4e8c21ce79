"""Keeps the message list filled: searches, live traffic, and the rows that are looked at.

Two threads read. One searches, and is interrupted by the next search; the other brings rows and
new ids, so that a long search never stalls scrolling. Every request carries the generation of
the search it belongs to; answers to an older one are dropped.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from time import perf_counter

from PySide6.QtCore import QObject, Signal, Slot

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.errors import ConsoleError
from hl7console.hl7v2.filters import Query
from hl7console.store.reader import StoreReader
from hl7console.store.records import MessageRow
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.messages.columns import Column, paths_of
from hl7console.ui.messages.model import WINDOW, MessageTableModel
from hl7console.ui.worker import ReaderWorker

_WAITING_WINDOWS = 3
"""Row requests kept waiting; while one flies through the list, older ones are dropped."""


@dataclass(frozen=True, slots=True)
class _Chunk:
    generation: int
    ids: array[int] = field(repr=False)
    rows: list[MessageRow] = field(repr=False)
    is_first: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    generation: int
    duration_ms: float
    total: int
    """Messages in the database; 0 when the search was for all."""


@dataclass(frozen=True, slots=True)
class _News:
    generation: int
    up_to_id: int
    ids: array[int] = field(repr=False)
    rows: list[MessageRow] = field(repr=False)


class MessageFeed(QObject):
    """Feeds one `MessageTableModel`. GUI thread only; call `stop` before it goes."""

    search_started = Signal()
    first_rows = Signal()
    """The first page of a search is there; the rest may follow."""
    search_finished = Signal(float)
    """All ids of a search are there; how long it took, in milliseconds."""
    search_failed = Signal(object)
    """The `ConsoleError` of a search."""
    count_changed = Signal()
    held_changed = Signal(int)
    """How many new messages wait behind the button."""
    rows_stale = Signal()
    """Deliveries changed: what is shown about a message may have as well."""

    _chunk_ready = Signal(object)

    def __init__(self, console: Console, bridge: EngineBridge, parent: QObject) -> None:
        super().__init__(parent)
        self.model = MessageTableModel(self)
        self._bridge = bridge
        self._search = ReaderWorker("list-search", console, self)
        self._reads = ReaderWorker("list-rows", console, self)
        self._query: Query | None = None
        self._generation = 0
        self._seen_id = 0
        self._held: array[int] = array("q")
        self._is_live = True
        self._is_searching = False
        self._is_asking_news = False
        self._waiting: list[list[int]] = []
        self._total = 0
        self._total_at_id = 0
        self._last = bridge.snapshot
        self.model.rows_wanted.connect(self._on_rows_wanted)
        self._chunk_ready.connect(self._on_chunk)
        bridge.snapshot_changed.connect(self._on_snapshot)

    # State

    @property
    def query(self) -> Query | None:
        """The filter in force."""
        return self._query

    @property
    def matches(self) -> int:
        """Messages found so far, those held back included."""
        return self.model.rowCount() + len(self._held)

    @property
    def total(self) -> int:
        """Messages in the database, those that came since the search included."""
        since = self._bridge.snapshot.last_message_id - self._total_at_id
        return max(self._total + since if self._query is not None else 0, self.matches)

    @property
    def held(self) -> int:
        """Messages held back."""
        return len(self._held)

    @property
    def is_searching(self) -> bool:
        """Whether a search is under way."""
        return self._is_searching

    def reads(self) -> ReaderWorker:
        """Return the reader for single messages."""
        return self._reads

    # Searching

    def search(self, query: Query | None) -> None:
        """Show what matches, newest first; the search before it ends at once."""
        self._generation += 1
        generation = self._generation
        self._query = query
        self._held = array("q")
        self._seen_id = self._bridge.snapshot.last_message_id
        self._search.interrupt()
        self._waiting.clear()
        self._is_searching = True
        paths = paths_of(self.model.columns)
        started = perf_counter()

        def work(reader: StoreReader) -> _Found:
            self._read_ids(reader, query, paths, generation)
            duration_ms = (perf_counter() - started) * 1000
            return _Found(generation, duration_ms, 0 if query is None else reader.count(None))

        self._search.ask(
            work,
            self._on_search_finished,
            lambda error: self._on_search_failed(generation, error),
        )
        self.held_changed.emit(0)
        self.search_started.emit()

    def _read_ids(
        self, reader: StoreReader, query: Query | None, paths: tuple[str, ...], generation: int
    ) -> None:
        """Send the ids in chunks, the first with its rows. Search thread."""
        if generation != self._generation:
            return
        is_first = True
        for ids in reader.iter_ids(query, newest_first=True):
            if generation != self._generation:
                return
            rows = reader.rows(list(ids[:WINDOW]), paths) if is_first else []
            self._chunk_ready.emit(_Chunk(generation, ids, rows, is_first))
            is_first = False
        if is_first:
            self._chunk_ready.emit(_Chunk(generation, array("q"), [], is_first=True))

    @Slot(object)
    def _on_chunk(self, chunk: _Chunk) -> None:
        if chunk.generation != self._generation:
            return
        if chunk.is_first:
            self.model.reset()
        self.model.add_older(chunk.ids)
        self.model.put_rows(chunk.rows)
        if chunk.is_first:
            self.first_rows.emit()
        self.count_changed.emit()

    def _on_search_finished(self, found: _Found) -> None:
        if found.generation != self._generation:
            return
        self._is_searching = False
        self._total = found.total
        self._total_at_id = self._bridge.snapshot.last_message_id
        self.search_finished.emit(found.duration_ms)
        self.count_changed.emit()
        self._ask_news()

    def _on_search_failed(self, generation: int, error: ConsoleError) -> None:
        if generation == self._generation:
            self._is_searching = False
            self.model.reset()
            self.search_failed.emit(error)

    # Live traffic

    def set_live(self, is_live: bool) -> None:
        """Let new messages in at the top, or hold them back."""
        self._is_live = is_live
        if is_live:
            self.let_in()

    def let_in(self) -> None:
        """Put what was held back on top of the list."""
        if self._held:
            held, self._held = self._held, array("q")
            self.model.add_newer(held)
            self.held_changed.emit(0)

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        before, self._last = self._last, snapshot
        if snapshot.retention_version != before.retention_version:
            self.search(self._query)
            return
        if snapshot.deliveries_version != before.deliveries_version:
            self.rows_stale.emit()
        if snapshot.stored_total != before.stored_total:
            self.count_changed.emit()
        self._ask_news()

    def _ask_news(self) -> None:
        newest = self._bridge.snapshot.last_message_id
        if self._is_asking_news or self._is_searching or newest <= self._seen_id:
            return
        self._is_asking_news = True
        query, after_id, generation = self._query, self._seen_id, self._generation
        paths = paths_of(self.model.columns)

        def work(reader: StoreReader) -> _News:
            ids = reader.new_ids(query, after_id)
            rows = reader.rows(list(ids[-WINDOW:]), paths)
            return _News(generation, max(newest, ids[-1] if ids else 0), ids, rows)

        self._reads.ask(work, self._on_news, self._on_news_failed)

    def _on_news(self, news: _News) -> None:
        self._is_asking_news = False
        if news.generation != self._generation:
            self._ask_news()
            return
        self._seen_id = max(self._seen_id, news.up_to_id)
        if news.ids:
            if self._is_live:
                self.model.add_newer(news.ids)
            else:
                self._held.extend(news.ids)
                self.held_changed.emit(len(self._held))
            self.model.put_rows(news.rows)
            self.count_changed.emit()

    def _on_news_failed(self, error: ConsoleError) -> None:
        self._is_asking_news = False
        self.search_failed.emit(error)

    # Rows

    def set_columns(self, columns: list[Column]) -> None:
        """Show other columns."""
        self._waiting.clear()
        self.model.set_columns(columns)

    def refresh(self, ids: list[int]) -> None:
        """Fetch rows again, leaving what is shown until they are there."""
        self._waiting.append(ids)
        self._ask_rows()

    @Slot(object)
    def _on_rows_wanted(self, ids: list[int]) -> None:
        self._waiting.append(ids)
        while len(self._waiting) > _WAITING_WINDOWS:
            self.model.unmark(self._waiting.pop(0))
        self._ask_rows()

    def _ask_rows(self) -> None:
        if self._reads.is_busy or not self._waiting:
            return
        ids = self._waiting.pop()
        generation, paths = self._generation, paths_of(self.model.columns)

        def put(rows: list[MessageRow]) -> None:
            if generation == self._generation and paths == paths_of(self.model.columns):
                self.model.put_rows(rows, ids)
            else:
                self.model.unmark(ids)
            self._ask_rows()

        self._reads.ask(lambda reader: reader.rows(ids, paths), put, self._on_news_failed)

    def stop(self) -> None:
        """End both threads. Nothing arrives afterwards."""
        self._bridge.snapshot_changed.disconnect(self._on_snapshot)
        self._generation += 1
        self._search.stop()
        self._reads.stop()
