"""The numbers of a report, as plain values. Nothing in them comes out of a message's body."""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.engine.reports.spans import ReportSpan
from hl7console.store.measures.histogram import Histogram


@dataclass(frozen=True, slots=True)
class Times:
    """How long something took, in µs."""

    count: int = 0
    p50_us: int = 0
    p95_us: int = 0
    p99_us: int = 0
    most_us: int = 0

    @classmethod
    def of(cls, times: Histogram) -> Times:
        """Return what a histogram says."""
        if not times.total:
            return cls()
        p50, p95, p99 = (times.percentile(percent) for percent in (50, 95, 99))
        return cls(times.total, p50, p95, p99, times.most)


@dataclass(frozen=True, slots=True)
class Availability:
    """How much of a span something worked."""

    known_s: int = 0
    """How long the program ran; nothing is known of the rest."""
    unknown_s: int = 0
    down_s: int = 0
    """How long it was down while the program ran."""
    interruptions: int = 0
    """How often it went down."""

    @property
    def share(self) -> float | None:
        """The part of the time that is known in which it worked; None where nothing is known."""
        return (self.known_s - self.down_s) / self.known_s if self.known_s else None


@dataclass(frozen=True, slots=True)
class Counts:
    """What passed."""

    received: int = 0
    """Messages that came in; for a destination the answers and failures of its attempts."""
    accepted: int = 0
    refused: int = 0
    unclear: int = 0
    duplicates: int = 0
    size_bytes: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.received + other.received,
            self.accepted + other.accepted,
            self.refused + other.refused,
            self.unclear + other.unclear,
            self.duplicates + other.duplicates,
            self.size_bytes + other.size_bytes,
        )


@dataclass(frozen=True, slots=True)
class InterfaceFigures:
    """One listener or destination."""

    name: str
    kind: str
    """``listener``, ``destination`` or ``worklist``."""
    counts: Counts
    latency: Times
    """From the first byte to the acknowledgement; for a destination the round trip."""
    wait: Times
    """In the queue; destinations only."""
    most_backlog: int = 0
    oldest_s: int = 0
    """Longest that the head of the queue waited."""
    most_connections: int = 0
    availability: Availability | None = None
    """None where it is switched off, or there no more."""
    note: str = ""
    """Why there is no availability."""


@dataclass(frozen=True, slots=True)
class Share:
    """A sender or a type of message."""

    name: str
    received: int
    refused: int = 0


@dataclass(frozen=True, slots=True)
class Cause:
    """How often something was the cause of an error."""

    interface: str
    cause: str
    count: int


@dataclass(frozen=True, slots=True)
class StepFigures:
    """One step of the plots."""

    since_s: int
    label: str
    is_known: bool
    received: Counts
    """What came in."""
    delivered: Counts
    """What the destinations made of it."""
    latency: Times


@dataclass(frozen=True, slots=True)
class Backlog:
    """The most that waited at a destination in each step."""

    destination: str
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class HourRow:
    """A local day: what came in each hour; None where nothing is known."""

    since_s: int
    hours: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class AlertLine:
    """One alert."""

    onset_at_us: int
    ended_at_us: int
    """0 while it is open."""
    severity: str
    rule: str
    subject: str
    text: str
    recovery_s: float | None
    """None while it is open."""
    is_acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class AlertRuleFigures:
    """The alerts of one rule."""

    rule: str
    count: int
    open_count: int
    mean_recovery_s: float | None
    """None where none is over."""
    longest_s: float | None


@dataclass(frozen=True, slots=True)
class Report:
    """All that a report tells."""

    span: ReportSpan
    interface: str
    """Name of the one it is about; empty for all."""
    made_at_us: int
    is_over: bool
    """Whether the span has ended."""
    availability: Availability
    """Of the program itself: how long it ran."""
    received: Counts
    delivered: Counts
    latency: Times
    round_trip: Times
    before: Counts
    """What came in in the span that it is compared with."""
    delivered_before: Counts
    before_title: str
    is_before_known: bool
    steps: tuple[StepFigures, ...] = ()
    hours: tuple[HourRow, ...] = ()
    interfaces: tuple[InterfaceFigures, ...] = ()
    types: tuple[Share, ...] = ()
    senders: tuple[Share, ...] = ()
    causes: tuple[Cause, ...] = ()
    backlogs: tuple[Backlog, ...] = ()
    alerts: tuple[AlertLine, ...] = ()
    alerts_total: int = 0
    rules: tuple[AlertRuleFigures, ...] = ()
    notes: tuple[str, ...] = field(default=())
    """What has to be known to read the numbers rightly."""
