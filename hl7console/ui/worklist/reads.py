"""What the window asks of the worklist's database, and the thread that asks it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

from PySide6.QtCore import QObject

from hl7console.errors import ConsoleError
from hl7console.store.worklist.records import (
    Counts,
    EntryEffect,
    Likeness,
    LineQuery,
    LineRow,
    StepDetails,
)
from hl7console.ui.worker import Worker
from hl7console.worklist.rows import Row

if TYPE_CHECKING:
    from hl7console.worklist.lines import Line

T = TypeVar("T")


class WorklistReads(Protocol):
    """What the window needs of `hl7console.store.worklist.reader.WorklistReader`, told there."""

    def groups(self, query: LineQuery, by: str) -> list[tuple[str, array[int]]]: ...
    def rows(self, step_ids: Sequence[int], at_us: int = 0) -> list[LineRow]: ...
    def counts(self, query: LineQuery | None = None) -> Counts: ...
    def details(self, step_id: int, at_us: int = 0) -> StepDetails | None: ...
    def full_lines(self, step_ids: Sequence[int]) -> list[Line]: ...
    def why(self, step_id: int, at_us: int = 0) -> list[EntryEffect]: ...
    def effect(self, entry: int) -> EntryEffect | None: ...
    def problems(self, limit: int = 1_000) -> list[EntryEffect]: ...
    def row(self, kind: str, row_id: int, at_us: int = 0) -> Row | None: ...
    def rows_found(self, kind: str, index: str, *parts: str | int, at_us: int = 0) -> list[Row]: ...
    def conflicts(self, *, with_done: bool = False) -> list[Row]: ...
    def merges(self) -> list[Row]: ...
    def unmapped(self) -> list[Row]: ...
    def duplicates(self) -> list[Likeness]: ...
    def patients(self, text: str) -> list[Row]: ...
    def find(self, accession: str) -> list[int]: ...
    def step_of(self, study_uid: str, sps_id: str = "") -> int: ...
    def span(self) -> tuple[int, int]: ...
    def interrupt(self) -> None: ...
    def close(self) -> None: ...


class WorklistWorker(Worker):
    """A worker with a connection to the worklist, opened on its own thread.

    Args:
        name: Name of the thread.
        opener: Opens a connection; called on the worker's thread.
        parent: Owner of the worker; call `stop` before it goes.
    """

    def __init__(
        self, name: str, opener: Callable[[], WorklistReads], parent: QObject | None = None
    ) -> None:
        super().__init__(name, parent)
        self._opener = opener
        self._reads: WorklistReads | None = None

    def ask(
        self,
        work: Callable[[WorklistReads], T],
        then: Callable[[T], None],
        failed: Callable[[ConsoleError], None] | None = None,
    ) -> None:
        """Run `work` with the connection; otherwise as `call`."""
        self.call(lambda: work(self._opened()), then, failed)

    def interrupt(self) -> None:
        """End the query in hand, if there is one."""
        if self._reads is not None:
            self._reads.interrupt()

    def stop(self) -> None:
        """End the query in hand, close the connection on its own thread, and end that."""
        self._is_stopped = True
        self.interrupt()
        if self._executor is not None:
            self._executor.submit(self._close)
            self._executor.shutdown(wait=True)
            self._executor = None

    def _opened(self) -> WorklistReads:
        if self._is_stopped:
            raise ConsoleError("The window is closing.")
        if self._reads is None:
            self._reads = self._opener()
        return self._reads

    def _close(self) -> None:
        if self._reads is not None:
            reads, self._reads = self._reads, None
            reads.close()
