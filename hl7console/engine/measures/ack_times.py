"""Takes down on the network thread how long acknowledgements took; the measures collect it.

A thousand messages share one note in a dictionary where they are alike, so that nothing grows
with the number of messages, and nobody waits for a lock.
"""

from __future__ import annotations

from collections.abc import Callable

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

    `note` belongs to the network thread, `collect` to the thread of the measures.
    """

    __slots__ = ("_notes",)

    def __init__(self) -> None:
        self._notes: list[_Note] = []

    def note(self, new: NewMessage, took_s: float) -> None:
        """Take down how long a message's acknowledgement took. The network thread."""
        notes = self._notes
        if len(notes) < MOST_NOTES:
            notes.append(
                (new.received_at_us, took_s, new.interface, new.sender, new.message_type, new.event)
            )

    def collect(self, tally: Tally) -> None:
        """Move what was taken down into a tally. One thread, any but the network thread."""
        notes, self._notes = self._notes, []
        if not notes:
            return
        alike: dict[tuple[int, str, str, str, str], Histogram] = {}
        for at_us, took_s, listener, sender, type_, event in notes:
            key = (at_us // 1_000_000, listener, sender, type_, event)
            times = alike.get(key)
            if times is None:
                times = alike[key] = Histogram()
            times.add(int(took_s * 1_000_000))
        for (at_s, listener, sender, type_, event), times in alike.items():
            for series in (
                (Scope.ALL, ""),
                (Scope.LISTENER, listener),
                (Scope.SENDER, sender),
                (Scope.TYPE, type_of(type_, event)),
            ):
                tally.time(series, max(at_s, 0), LATENCY, times)


Note = Callable[[NewMessage, float], None]
"""Takes a message and how long its acknowledgement took, in seconds."""
