"""Reads sums and curves of a span out of the measures, exact and in few reads.

Whole days (UTC, as they are kept) are read as such, and the rest of a span at its ends in hours,
or in minutes where these are still kept and the span doesn't begin with an hour.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from hl7console.engine.reports.figures import Counts
from hl7console.engine.reports.spans import DAY_S, HOUR_S
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Curve, Scope

Piece = tuple[int, int, int]
"""From when until when, and the width of the steps that it is read in, in seconds."""


@dataclass(slots=True)
class Sums:
    """All of one series in a span."""

    counts: Counts = field(default_factory=Counts)
    latency: Histogram = field(default_factory=Histogram)
    wait: Histogram = field(default_factory=Histogram)
    most_backlog: int = 0
    oldest_s: int = 0
    most_connections: int = 0

    def take(self, curve: Curve) -> None:
        """Add a curve."""
        self.counts += counts_of(curve, slice(None))
        self.latency.merge(Histogram.merged(curve.latency))
        self.wait.merge(Histogram.merged(curve.wait))
        self.most_backlog = max(self.most_backlog, *curve.backlog, 0)
        self.oldest_s = max(self.oldest_s, *curve.head_age_s, 0)
        self.most_connections = max(self.most_connections, *curve.connections, 0)


def counts_of(curve: Curve, part: slice) -> Counts:
    """Return the sums of some steps of a curve."""
    return Counts(
        sum(curve.received[part]),
        sum(curve.accepted[part]),
        sum(curve.refused[part]),
        sum(curve.unclear[part]),
        sum(curve.duplicates[part]),
        sum(curve.size_bytes[part]),
    )


def width_of(since_s: int, until_s: int) -> int:
    """Return the widest steps that a span begins and ends with."""
    widths = (HOUR_S, 900, 60)
    return next((w for w in widths if since_s % w == 0 and until_s % w == 0), 60)


def pieces_of(since_s: int, until_s: int) -> list[Piece]:
    """Return the parts of a span that are read one by one; they touch."""
    first_s, last_s = -(-since_s // DAY_S) * DAY_S, until_s // DAY_S * DAY_S
    if last_s <= first_s:
        return [(since_s, until_s, width_of(since_s, until_s))]
    ends = [(since_s, first_s, 0), (first_s, last_s, DAY_S), (last_s, until_s, 0)]
    return [(a, b, width or width_of(a, b)) for a, b, width in ends if a < b]


def most_steps(piece: Piece) -> int:
    """Return how many steps a piece has."""
    since_s, until_s, width_s = piece
    return -(-until_s // width_s) - since_s // width_s


class SpanReads:
    """Reads one span. One thread.

    Args:
        measures: The connection.
        since_s: Where the span begins, UTC seconds.
        until_s: Where it ends.
    """

    def __init__(self, measures: MeasureReader, since_s: int, until_s: int) -> None:
        self._measures = measures
        self._since_s, self._until_s = since_s, until_s
        self.covered_s = (since_s, until_s)
        """From when until when the steps reach that were read; wider where they are coarse."""

    def sums(self, scope: Scope, names: Sequence[str] | None = None) -> dict[str, Sums]:
        """Return the sums of the series of a scope, by name."""
        found: dict[str, Sums] = {}
        for piece in pieces_of(self._since_s, self._until_s):
            curves = self._measures.curves(
                scope, piece[0], piece[1], names=names, most_steps=most_steps(piece)
            )
            for name, curve in curves.items():
                found.setdefault(name, Sums()).take(curve)
                self._cover(curve)
        return found

    def curves(
        self, scope: Scope, names: Sequence[str] | None = None, *, times: bool = False
    ) -> dict[str, Curve]:
        """Return the curves of a scope in hours, or finer where the span asks for it."""
        width_s = width_of(self._since_s, self._until_s)
        if self._until_s - self._since_s <= 2 * HOUR_S:
            width_s = min(width_s, 300)
        piece = (self._since_s, self._until_s, width_s)
        return self._measures.curves(
            scope,
            self._since_s,
            self._until_s,
            names=names,
            most_steps=most_steps(piece),
            times=times,
        )

    def causes(self, scope: Scope, name: str) -> dict[str, int]:
        """Return how often each cause was met."""
        found: dict[str, int] = {}
        for piece in pieces_of(self._since_s, self._until_s):
            counts = self._measures.causes(
                scope, name, piece[0], piece[1], most_steps=most_steps(piece)
            )
            for cause, numbers in counts.items():
                found[cause] = found.get(cause, 0) + sum(numbers)
        return found

    def _cover(self, curve: Curve) -> None:
        self.covered_s = (
            min(self.covered_s[0], curve.since_s),
            max(self.covered_s[1], curve.until_s),
        )


def parts_of(curve: Curve, bounds: Sequence[int]) -> Iterator[slice]:
    """Yield the steps of a curve that begin within each part of a span.

    Args:
        curve: The curve.
        bounds: Where the parts begin, and at last where the last one ends.
    """

    def place(at_s: int) -> int:
        return min(max(-(-(at_s - curve.since_s) // curve.step_s), 0), len(curve.received))

    for number, (since_s, until_s) in enumerate(itertools.pairwise(bounds)):
        first = 0 if number == 0 else place(since_s)
        last = len(curve.received) if number == len(bounds) - 2 else place(until_s)
        yield slice(first, last)


def largest(values: Sequence[int], parts: Iterator[slice]) -> tuple[int, ...]:
    """Return the largest value of each part."""
    return tuple(max(values[part], default=0) for part in parts)
