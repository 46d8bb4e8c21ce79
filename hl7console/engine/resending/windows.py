"""Sends prepared messages some at a time: written down, sent, written down again.

A *window* is what is written down before the first byte of its first message goes out, in one
transaction with what became of the window before. It holds what takes a tenth of a second, so that
a crash leaves few attempts whose outcome is unknown, and pausing and cancelling act at once.
"""

from __future__ import annotations

import contextlib
import itertools
import time
from collections import deque
from collections.abc import Iterator, Sequence

from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.resending.account import Account
from hl7console.engine.resending.lane import Lane, Outgoing, Tried
from hl7console.engine.resending.pace import Pace
from hl7console.errors import ConsoleError
from hl7console.store import handled, resends
from hl7console.store.connection import Database

STORE_TIMEOUT_S = 30.0

WINDOW_S = 0.1
"""How long sending one window is to take, in seconds."""

MOST_IN_WINDOW = 64

_Window = list[tuple[Lane, list[Tried]]]


class Windows:
    """Sends what a source yields to all lanes, in order. The job's thread.

    Args:
        core: The engine's parts.
        job: For pausing and cancelling.
        lanes: The destinations.
        pace: When each message is due.
        marks_handled: Whether originals that every destination took are marked handled.
    """

    def __init__(
        self,
        core: EngineCore,
        job: EngineJob,
        lanes: Sequence[Lane],
        pace: Pace,
        *,
        marks_handled: bool = False,
    ) -> None:
        self._core = core
        self._job = job
        self.lanes = tuple(lanes)
        self._pace = pace
        self._marks_handled = marks_handled
        self._size = 1
        self._ended: _Window = []
        """What has ended and is not written down yet."""
        self._taken: list[int] = []
        """Originals that every destination took, which is not written down yet."""
        self._started_s = 0.0
        self.account = Account(several=len(self.lanes) > 1)
        self.in_hand = 0
        """Messages of the window in hand that have gone out."""
        self.last_at_us = 0
        """When the original of the last message sent was received."""

    def run(self, source: Iterator[Outgoing]) -> Iterator[None]:
        """Send all; yields after each window, for progress.

        Raises:
            ConsoleError: The store or the engine gave up; what had ended is written down.
        """
        ahead: deque[Outgoing] = deque()
        try:
            self._fill(ahead, source)
            self._started_s = time.monotonic()
            while ahead and self._wait_for(ahead[0]):
                window = self._cut(ahead)
                yield from self._send(window, ahead, source)
                if all(lane.stopped_by for lane in self.lanes):
                    break
        finally:
            with contextlib.suppress(ConsoleError, TimeoutError):
                self._write([])

    def _clock_s(self) -> float:
        return time.monotonic() - self._started_s

    def _fill(self, ahead: deque[Outgoing], source: Iterator[Outgoing]) -> None:
        """Have enough prepared for the next window."""
        for outgoing in itertools.islice(source, max(0, self._size - len(ahead))):
            outgoing.due_s = self._pace.due_s(outgoing.received_at_us)
            ahead.append(outgoing)

    def _cut(self, ahead: deque[Outgoing]) -> list[Outgoing]:
        """Take from what is prepared as much as is due together."""
        window = [ahead.popleft()]
        most_s = max(window[0].due_s, self._clock_s()) + WINDOW_S
        while ahead and len(window) < self._size and ahead[0].due_s <= most_s:
            window.append(ahead.popleft())
        return window

    def _wait_for(self, outgoing: Outgoing) -> bool:
        """Wait until a message is due; return False when the job is cancelled."""
        while True:
            if self._job.is_paused:
                self._write([])
                self._started_s += self._job.wait_while_paused()
            ahead_s = outgoing.due_s - self._clock_s()
            if self._job.is_cancelled or ahead_s <= 0:
                return not self._job.is_cancelled
            if ahead_s > WINDOW_S:
                self._write([])
            self._job.pause(min(ahead_s, WINDOW_S))

    def _send(
        self, window: list[Outgoing], ahead: deque[Outgoing], source: Iterator[Outgoing]
    ) -> Iterator[None]:
        tries = [
            (lane, [Tried(one) for one in window]) for lane in self.lanes if not lane.stopped_by
        ]
        self._write(tries)
        begun_s = time.monotonic()
        try:
            for lane, of_lane in tries:
                lane.begin(of_lane, self._clock_s)
            yield
            self._fill(ahead, source)
            yield from self._wait(tries)
        except BaseException:
            # The engine is stopped. Of a message in hand nobody knows: its row stays as it is.
            self._ended = [
                (lane, [one for one in of_lane if one.exchange is not None])
                for lane, of_lane in tries
            ]
            self._taken = _taken_by_all(tries, len(self.lanes))
            raise
        self._ended = tries
        self._taken = _taken_by_all(tries, len(self.lanes))
        self._resize(time.monotonic() - begun_s, window)
        self.in_hand = 0
        for lane, of_lane in tries:
            for one in of_lane:
                self.account.add(lane, one)
        self.account.messages += _farthest(tries)
        self.last_at_us = window[-1].received_at_us
        yield

    def _wait(self, tries: _Window) -> Iterator[None]:
        """Wait for all lanes; where that takes long, write down what has ended already."""
        for lane, _ in tries:
            while not lane.wait(WINDOW_S):
                if self._job.is_paused:
                    self._flush(tries)
                    self._started_s += self._job.wait_while_paused()
                self.in_hand = _farthest(tries)
                self._flush(tries)
                yield

    def _resize(self, took_s: float, window: Sequence[Outgoing]) -> None:
        if took_s < WINDOW_S / 2 and len(window) == self._size:
            self._size = min(self._size * 2, MOST_IN_WINDOW)
        elif took_s > 2 * WINDOW_S and self._pace.is_free:
            self._size = max(1, self._size // 2)

    # What is written down.

    def _flush(self, tries: _Window) -> None:
        self._ended = [
            (lane, [one for one in of_lane if one.exchange is not None]) for lane, of_lane in tries
        ]
        self._write([])

    def _write(self, begins: _Window) -> None:
        """Write down what has ended and what begins, in one transaction."""
        ended = [
            (lane, [one for one in of_lane if not one.is_written]) for lane, of_lane in self._ended
        ]
        self._ended = []
        taken, self._taken = self._taken, []
        if not begins and not taken and not any(of_lane for _, of_lane in ended):
            return

        def write(database: Database) -> list[int]:
            _end(database, ended)
            if self._marks_handled and taken:
                handled.mark_handled(database, taken)
            starts = [
                start
                for lane, tries in begins
                for start in lane.starts([t.outgoing for t in tries])
            ]
            return resends.begin_attempts(database, starts)

        ids = iter(self._core.writer.call(write, label="record attempts").result(STORE_TIMEOUT_S))
        for _, tries in begins:
            for one in tries:
                one.attempt_id = next(ids)
        for _, of_lane in ended:
            for one in of_lane:
                one.is_written = True
        self._core.versions.deliveries += 1


def _farthest(tries: _Window) -> int:
    """Return how many messages of a window the fastest destination is done with."""
    counts = [sum(one.exchange is not None for one in of_lane) for _, of_lane in tries]
    return max(counts, default=0)


def _end(database: Database, ended: _Window) -> None:
    tries = [one for _, of_lane in ended for one in of_lane if one.attempt_id]
    done = [one.ended() for one in tries if one.exchange is not None]
    resends.end_attempts(database, done)
    # An attempt that may have begun keeps its row: only the network thread knows, and it is done.
    resends.forget_attempts(database, [one.attempt_id for one in tries if one.exchange is None])


def _taken_by_all(tries: _Window, lanes: int) -> list[int]:
    """Return the originals that every destination took."""
    counts: dict[int, int] = {}
    for _, of_lane in tries:
        for one in of_lane:
            if one.is_good:
                original = one.outgoing.original_id
                counts[original] = counts.get(original, 0) + 1
    return [original for original, count in counts.items() if count == lanes]
