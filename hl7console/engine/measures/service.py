"""Keeps the measures following: a thread that takes a turn once a second."""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from hl7console.engine.measures.ack_times import AckTimes
from hl7console.engine.measures.gauges import gauges_of
from hl7console.engine.measures.line_states import LineStates
from hl7console.engine.measures.measuring import Gauges, Measures
from hl7console.engine.measures.unmapped import UnmappedCodes
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.errors import ConsoleError, DamagedDatabaseError, WrongKeyError
from hl7console.settings.alerts import NormalSettings
from hl7console.store.measures.records import Scope
from hl7console.store.measures.saving import discard, is_sound
from hl7console.store.measures.schema import measures_path
from hl7console.store.measures.tally import Series
from hl7console.store.worklist.reader import WorklistReader

if TYPE_CHECKING:
    from hl7console.store.workspace import Workspace

EVERY_S = 1.0
"""Time between two turns, in seconds."""

BREATH_S = 0.05
"""Time that is left to others between two turns of catching up, in seconds."""

RETRY_S = 5.0
"""How long after a fault the next turn is tried, in seconds."""

END_S = 0.5
"""Longest that is counted on at the end, in seconds; the next run counts the rest."""

log = logging.getLogger(__name__)


class MeasuresService:
    """Runs the measures of one engine. Any thread.

    Args:
        workspace: The opened workspace.
        snapshot: Returns the engine's snapshot.
        open_worklist: Opens the worklist for the calling thread; None looks at none.
        is_off: Nothing is measured.
    """

    def __init__(
        self,
        workspace: Workspace,
        snapshot: Callable[[], EngineSnapshot],
        open_worklist: Callable[[], WorklistReader] | None = None,
        *,
        is_off: bool = False,
    ) -> None:
        times = AckTimes()
        self._ack_times = times
        self.note_ack_time = None if is_off else times.note
        """Takes down how long an acknowledgement took; None where nobody needs to."""
        self.note_query = None if is_off else times.note_query
        """The same for a query to the worklist service."""
        self._console_path, self._key = workspace.database_path, workspace.key
        self._snapshot = snapshot
        self._unmapped = UnmappedCodes(open_worklist) if open_worklist is not None else None
        self._states = LineStates(open_worklist) if open_worklist is not None else None
        self._is_off = is_off
        self._has_measured = False
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None
        self.version = 0
        """Grows when something was written."""
        self.behind = 0
        """Messages that are not counted yet."""
        self.normal = NormalSettings()
        """How what is normal is learned; may be changed at any time."""
        self.problem = ""
        """Why nothing is measured, as a sentence; empty when all is well."""

    def start(self) -> None:
        """Begin."""
        if not self._is_off:
            self._thread = threading.Thread(target=self._run, name="measures")
            self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Count what there is and end; return whether it ended in time.

        What was not counted, the next run counts.
        """
        self._ended.set()
        if self._thread is None:
            return True
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def _run(self) -> None:
        measures: Measures | None = None
        try:
            while not self._ended.is_set():
                try:
                    measures = measures or self._open()
                    self._follow(measures)
                except Exception as error:  # noqa: BLE001 - it must cost nothing but measures
                    self._fail(error)
                    if measures is not None:
                        measures.close()
                    measures = None
                    self._discard_if_damaged(error)
                    self._ended.wait(RETRY_S)
            if measures is not None:
                self._end(measures)
        finally:
            if measures is not None:
                measures.close()
            for look in (self._unmapped, self._states):
                if look is not None:
                    look.close()

    def _discard_if_damaged(self, error: Exception) -> None:
        """Remove a file that cannot be read any more; the next turn makes it anew."""
        path = measures_path(self._console_path)
        if not isinstance(error, DamagedDatabaseError | WrongKeyError) or not path.exists():
            return
        with suppress(ConsoleError):
            if not is_sound(path, self._key, checked_bytes=sys.maxsize):
                discard(path)

    def _open(self) -> Measures:
        measures = Measures(
            self._console_path,
            self._key,
            ack_times=self._ack_times,
            sample=self._gauges,
            is_resumed=self._has_measured,
        )
        self._has_measured = True
        self.problem = ""
        return measures

    def _gauges(self, now_us: int) -> dict[Series, Gauges]:
        snapshot = self._snapshot()
        found = gauges_of(snapshot, now_us)
        if self._unmapped is not None:
            count = self._unmapped.count(snapshot.worklist_version, now_us // 1_000_000)
            found[Scope.UNMAPPED, ""] = (count, 0, 0)
        if self._states is not None:
            counts = self._states.counts(snapshot.worklist_version, now_us // 1_000_000)
            found.update({(Scope.STEPS, state): (n, 0, 0) for state, n in counts.items()})
        return found

    def _follow(self, measures: Measures) -> None:
        """Take a turn, then wait for the next second to be over; less where there is more."""
        has_more = self._step(measures)
        self._ended.wait(BREATH_S if has_more else EVERY_S - time.time() % EVERY_S + 0.02)

    def _step(self, measures: Measures) -> bool:
        measures.set_normal(self.normal)
        before = measures.version
        has_more = measures.step(time.time_ns() // 1000)
        self.version += measures.version - before
        self.behind = measures.behind
        return has_more

    def _end(self, measures: Measures) -> None:
        last_s = time.monotonic() + END_S
        try:
            while self._step(measures) and time.monotonic() < last_s:
                pass
            measures.finish(time.time_ns() // 1000)
        except Exception as error:  # noqa: BLE001 - the end goes on whatever it is
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        text = (
            error.full_text
            if isinstance(error, ConsoleError)
            else f"A fault of the program ({type(error).__name__})."
        )
        if text != self.problem:
            log.warning("Nothing is measured: %s", text)
        self.problem = text
