"""Hands messages of files to the store, and keeps account of what becomes of them."""

from __future__ import annotations

import threading
import time

from hl7console.engine.reading import FoundInSource
from hl7console.errors import EnvironmentFaultError
from hl7console.hl7v2.scan import scan
from hl7console.store.records import NewMessage, Origin, Status, StoreOutcome

MAX_OUTSTANDING = 2_000
"""Messages handed to the store and not yet told of."""

STALLED_TIMEOUT_S = 60.0
"""Longest that the store may say nothing, in seconds."""


class StoreTally:
    """Counts what becomes of messages handed to the store, and holds the rest back."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._outstanding = 0
        self.stored = 0
        self.duplicates = 0
        self.first_id = 0
        self.last_id = 0
        self.error = ""

    def expect(self) -> None:
        """Count one that is handed over; waits while too many are under way.

        Raises:
            EnvironmentFaultError: The store refused one, or says nothing any more.
        """
        with self._changed:
            self._wait_for(MAX_OUTSTANDING - 1)
            self._outstanding += 1

    def __call__(self, outcome: StoreOutcome) -> None:
        """Take what became of one. Any thread."""
        with self._changed:
            self._outstanding -= 1
            if outcome.error:
                self.error = self.error or outcome.error
            else:
                self.stored += 1
                self.duplicates += bool(outcome.duplicate_of)
                self.first_id = self.first_id or outcome.message_id
                self.last_id = outcome.message_id
            self._changed.notify_all()

    def wait(self) -> None:
        """Wait for all.

        Raises:
            EnvironmentFaultError: The store refused one, or says nothing any more.
        """
        with self._changed:
            self._wait_for(0)

    def _wait_for(self, outstanding: int) -> None:
        is_done = self._changed.wait_for(
            lambda: self._outstanding <= outstanding or self.error, STALLED_TIMEOUT_S
        )
        if self.error:
            raise EnvironmentFaultError(
                f"{self.error} {self.stored:,} messages were kept before that.",
                hint="Make room or mend the fault, then import again.",
            )
        if not is_done:
            raise EnvironmentFaultError("The database does not answer any more.")


def imported_message(
    found: FoundInSource, origin: Origin, *, raw: bytes | None = None
) -> NewMessage:
    """Return the row of a message that came from a file."""
    raw = found.raw if raw is None else raw
    seen = scan(raw)
    flags = seen.flags
    if found.flags:
        flags = " ".join(dict.fromkeys((*flags.split(), *found.flags)))
    return NewMessage(
        raw=raw,
        origin=origin,
        interface=found.source.rpartition("/")[2],
        received_at_us=time.time_ns() // 1000,
        message_type=seen.message_type,
        event=seen.event,
        structure=seen.structure,
        control_id=seen.control_id,
        sender=seen.sender,
        receiver=seen.receiver,
        version=seen.version,
        charset=seen.charset,
        patient_id=seen.patient_id,
        patient_authority=seen.patient_authority,
        patient_name=seen.patient_name,
        accession=seen.accession,
        placer_order=seen.placer_order,
        filler_order=seen.filler_order,
        status=Status.OK if seen.is_readable else Status.ERROR,
        error_text=seen.problem,
        flags=flags,
    )
