"""Takes down how long acknowledgements and answers to queries took; the measures collect it.

Taking down is one append to a list: the network thread waits for no lock, and the histograms are
made on the thread of the measures. What is not collected yet is lost when the program is killed.
"""

from __future__ import annotations

import time
from collections import defaultdict, deque

from hl7console.store.measures.following import type_of
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.records import Scope
from hl7console.store.measures.schema import LATENCY
from hl7console.store.measures.tally import Tally
from hl7console.store.records import NewMessage

MOST_NOTES = 200_000
"""Notes that wait to be collected; beyond, times are not taken down."""

_Note = tuple[int, float, str, str, str, str]
"""When it was received (µs), how long it took (s), listener, sender, type, event."""


class AckTimes:
    """Times from first byte to acknowledgement, on their way to the measures.

    `note` belongs to the network thread, `note_query` to any, `collect` to the thread of the
    measures.
    """

    __slots__ = ("_notes", "_queries")

    def __init__(self) -> None:
        self._notes: list[_Note] = []
        self._queries: deque[tuple[str, int, int, bool]] = deque(maxlen=MOST_NOTES)

    def note(self, new: NewMessage, took_s: float) -> None:
        """Take down how long a message's acknowledgement took. The network thread."""
        notes = self._notes
        if len(notes) < MOST_NOTES:
            notes.append(
                (new.received_at_us, took_s, new.interface, new.sender, new.message_type, new.event)
            )

    def note_query(self, name: str, took_us: int, is_well: bool) -> None:
        """Take down a query to the worklist service. Any thread."""
        self._queries.append((name, time.time_ns() // 1_000_000_000, took_us, is_well))

    def collect(self, tally: Tally) -> None:
        """Move what was taken down into a tally. The thread of the measures."""
        self._collect_queries(tally)
        notes, self._notes = self._notes, []
        if not notes:
            return
        alike: defaultdict[tuple[int, str, str, str, str], list[int]] = defaultdict(list)
        for at_us, took_s, listener, sender, type_, event in notes:
            key = (at_us // 1_000_000, listener, sender, type_, event)
            alike[key].append(int(took_s * 1_000_000))
        for (at_s, listener, sender, type_, event), values in alike.items():
            times = Histogram()
            times.add_all(values)
            for series in (
                (Scope.ALL, ""),
                (Scope.LISTENER, listener),
                (Scope.SENDER, sender),
                (Scope.TYPE, type_of(type_, event)),
            ):
                tally.time(series, max(at_s, 0), LATENCY, times)

    def _collect_queries(self, tally: Tally) -> None:
        while self._queries:
            name, at_s, took_us, is_well = self._queries.popleft()
            times = Histogram()
            times.add(took_us)
            series = (Scope.WORKLIST, name)
            tally.count(series, at_s, (1, int(is_well), int(not is_well), 0, 0, 0))
            tally.time(series, at_s, LATENCY, times)
