"""What the Monitor has read and shows, as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.store.measures.records import Band, Curve, Mark, Scope

NOTHING = float("nan")
"""A step of which nothing is known, or in which nothing was."""


@dataclass(frozen=True, slots=True)
class Series:
    """Which interface plots are about."""

    scope: Scope = Scope.ALL
    name: str = ""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.name or "All listeners"


EVERYTHING = Series()
"""All listeners together."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be read for the plots."""

    series: Series
    since_s: int
    until_s: int
    now_s: int
    most_steps: int = 720
    has_last_week: bool = False
    has_heat: bool = False
    has_behind: bool = False
    """Messages behind take the place of the worklist's states."""


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Times to an answer, in milliseconds by step; `NOTHING` where there was none."""

    p50: Sequence[float] = ()
    p95: Sequence[float] = ()
    p99: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Heat:
    """How often times of some length were met: a row for each length, a column for each step."""

    rows: Sequence[Sequence[int]]
    low: float
    """Where the first row begins, as the logarithm (base 10) of milliseconds."""
    row_height: float
    """In the same measure."""


@dataclass(frozen=True, slots=True)
class Before:
    """The same hours a week before, in steps of their own."""

    curve: Curve
    times: Percentiles
    shift_s: int
    """How much later it is drawn."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waited for a destination."""

    name: str
    backlog: Sequence[int]
    head_age_s: Sequence[int]
    """How long the first had waited."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What the plots show. Sequences have a value for each step of the curve."""

    asked: Asked
    curve: Curve
    times: Percentiles
    waiting: tuple[Waiting, ...] = ()
    """The most first."""
    causes: tuple[tuple[str, Sequence[int]], ...] = ()
    """By cause, the most frequent first; the rest under `OTHER`."""
    text_lag: Sequence[int] = ()
    """Messages that the full text was behind."""
    worklist_lag: Sequence[int] = ()
    """Messages that the worklist was behind."""
    states: tuple[tuple[str, Sequence[float]], ...] = ()
    """Lines of the worklist by state, from the bottom of the plot up; `NOTHING` where they were
    not counted, and where there were none at all."""
    band: Band | None = None
    before: Before | None = None
    marks: tuple[Mark, ...] = ()
    heat: Heat | None = None
    took_ms: float = 0.0


OTHER = "other causes"
"""Takes what is beyond the most frequent."""


@dataclass(frozen=True, slots=True)
class Trend:
    """One interface's last hour, for its tile."""

    points: tuple[float, ...] = ()
    """Messages a minute; `NOTHING` where the program did not run."""
    p50_ms: float = NOTHING
    p95_ms: float = NOTHING
    """Of the last ten minutes."""
    errors: int = 0
    """Refused or unclear within the hour."""
    in_5_min: int = 0
    in_hour: int = 0


@dataclass(frozen=True, slots=True)
class Normal:
    """What is normal for an interface in this hour, in messages a second."""

    low: float
    typical: float
    high: float


@dataclass(frozen=True, slots=True)
class Trends:
    """What the tiles need beside the engine's snapshot, by kind and name."""

    by_key: dict[tuple[str, str], Trend] = field(default_factory=dict)
    normal: dict[tuple[str, str], Normal] = field(default_factory=dict)
    worklist: tuple[tuple[str, int], ...] = ()
    """State and number of the worklist's steps."""
    took_ms: float = 0.0
