"""Hands messages of files to the store, and keeps account of what becomes of them."""

from __future__ import annotations

import threading
import time

from hl7console.engine.reading import FoundInSource
from hl7console.errors import EnvironmentFaultError
from hl7console.hl7v2.scan import Scan, scan
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


class StoredIds:
    """Collects the ids of some messages handed to the store, in that order.

    Args:
        count: How many are handed over.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._told: list[StoreOutcome] = []
        self._all = threading.Event()

    def __call__(self, outcome: StoreOutcome) -> None:
        """Take what became of one. Any thread."""
        self._told.append(outcome)
        if len(self._told) == self._count:
            self._all.set()

    def wait(self, timeout_s: float) -> None:
        """Wait until it is known of all what became of them.

        Raises:
            EnvironmentFaultError: The store says nothing within the time.
        """
        if not self._all.wait(timeout_s):
            raise EnvironmentFaultError("The database does not answer any more.")

    @property
    def error(self) -> str:
        """Why one was not stored, as a sentence; empty where all were."""
        return next((outcome.error for outcome in self._told if outcome.error), "")

    @property
    def ids(self) -> list[int]:
        """Their ids, in the order in which they were handed over."""
        return [outcome.message_id for outcome in self._told]


def imported_message(
    found: FoundInSource, origin: Origin, *, raw: bytes | None = None
) -> NewMessage:
    """Return the row of a message that came from a file."""
    raw = found.raw if raw is None else raw
    seen = scan(raw)
    flags = seen.flags
    if found.flags:
        flags = " ".join(dict.fromkeys((*flags.split(), *found.flags)))
    return scanned_message(
        raw,
        seen,
        origin=origin,
        received_at_us=time.time_ns() // 1000,
        interface=found.source.rpartition("/")[2],
        flags=flags,
    )


def scanned_message(
    raw: bytes,
    seen: Scan,
    *,
    origin: Origin,
    received_at_us: int,
    interface: str = "",
    flags: str | None = None,
    connection: int = 0,
    parent_id: int = 0,
) -> NewMessage:
    """Return the row of a message that no listener received: its columns are what was scanned.

    Args:
        raw: Its bytes.
        seen: What a scan of them found.
        origin: Where it comes from.
        received_at_us: When it is kept; UTC, microseconds since 1970.
        interface: Name of its source.
        flags: What is odd about it; None takes what the scan says.
        connection: Of the message that it was edited from, where that came over MLLP.
        parent_id: The message that it was edited from; 0 for none.
    """
    return NewMessage(
        raw=raw,
        origin=origin,
        interface=interface,
        connection=connection,
        received_at_us=received_at_us,
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
        flags=seen.flags if flags is None else flags,
        parent_id=parent_id,
    )
