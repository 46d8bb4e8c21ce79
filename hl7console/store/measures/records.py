"""What is read of the measures, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from hl7console.store.measures.histogram import Histogram


class Scope(StrEnum):
    """What a series is about."""

    ALL = "all"
    """All listeners together; its name is empty."""
    LISTENER = "listener"
    DESTINATION = "destination"
    SENDER = "sender"
    """First components of MSH-3 and MSH-4, joined with ``|``."""
    TYPE = "type"
    """``ORM^O01``."""
    WORKLIST = "worklist"
    """The DICOM service: C-FIND queries as received, with the time to the first answer. The
    backlog is what the worklist is behind; of an empty name too, where no service runs."""
    UNMAPPED = "unmapped"
    """Procedure codes that the worklist's tables don't have: their number as backlog, under an
    empty name."""
    STEPS = "steps"
    """Lines of the worklist, by state (``SCHEDULED``): their number as backlog. No number of any
    state: there are none, or they were not counted."""


RESOLUTIONS_S = (1, 60, 3600, 86400)
"""Widths of the steps that are kept: seconds for an hour, minutes for two days, hours and days for
two years."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One series over a span, in steps of equal width. Sequences have one value for each step."""

    scope: str
    name: str
    since_s: int
    """UTC seconds since 1970 at which the first step begins; a multiple of `step_s`."""
    step_s: int
    is_known: Sequence[bool]
    """Whether the program ran in that step; where not, nothing is known and nothing is drawn."""
    received: Sequence[int]
    """Messages that came in; for a destination the answers and failures of its attempts."""
    accepted: Sequence[int]
    refused: Sequence[int]
    """Rejected or with errors; for a destination refused by the receiver."""
    unclear: Sequence[int]
    """For a destination: attempts without a certain answer, or without a connection."""
    duplicates: Sequence[int]
    size_bytes: Sequence[int]
    latency: Sequence[Histogram | None]
    """µs from the first byte to the acknowledgement; for a destination the round trip."""
    wait: Sequence[Histogram | None]
    """µs in the queue; destinations only."""
    backlog: Sequence[int]
    """Most deliveries that waited; for `Scope.ALL` messages that derived data was behind."""
    head_age_s: Sequence[int]
    """Longest age of the head of the queue."""
    connections: Sequence[int]
    """Most open connections."""

    @property
    def until_s(self) -> int:
        """Where the last step ends."""
        return self.since_s + self.step_s * len(self.received)


@dataclass(frozen=True, slots=True)
class Totals:
    """One series over a span, added up; as the columns of `Curve`."""

    received: int = 0
    accepted: int = 0
    refused: int = 0
    unclear: int = 0
    duplicates: int = 0
    size_bytes: int = 0
    latency: Histogram | None = None
    wait: Histogram | None = None
    backlog: int = 0
    head_age_s: int = 0
    connections: int = 0


@dataclass(frozen=True, slots=True)
class Band:
    """What is normal for a feed, in messages for each step; same steps as the curve.

    Numbers of steps without enough history are NaN.
    """

    since_s: int
    step_s: int
    low: Sequence[float]
    typical: Sequence[float]
    high: Sequence[float]
    weeks: int
    """Weeks that it was learned from."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that a plot marks."""

    at_us: int
    kind: str
    """``start``, ``stop``, ``settings``, ``demo`` (alerts are read from the alerts)."""
    text: str
