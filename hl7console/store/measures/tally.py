"""What was counted and not written yet, in memory."""

from __future__ import annotations

from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.schema import COLUMNS, COUNTED

Series = tuple[str, str]
"""Scope and name."""

_COUNTS = [0] * len(COUNTED)
_ZERO: list[int | None] = [*_COUNTS, *[None] * (len(COLUMNS) - len(COUNTED))]


class Tally:
    """Counts, times and gauges of series by second. One thread."""

    __slots__ = ("causes", "rows", "times")

    def __init__(self) -> None:
        self.rows: dict[tuple[Series, int], list[int | None]] = {}
        """By series and second: a value for each of `schema.COLUMNS`."""
        self.times: dict[tuple[Series, int, int], Histogram] = {}
        """By series, second and kind of time."""
        self.causes: dict[tuple[Series, int, str], int] = {}
        """By series, second and cause."""

    def __bool__(self) -> bool:
        return bool(self.rows or self.times or self.causes)

    def count(self, series: Series, at_s: int, counts: tuple[int, ...]) -> None:
        """Add counts, one for each of `schema.COUNTED`."""
        row = self.rows.get((series, at_s))
        if row is None:
            row = self.rows[series, at_s] = list(_ZERO)
        for place, count in enumerate(counts):
            row[place] = (row[place] or 0) + count

    def gauge(self, series: Series, at_s: int, values: tuple[int, int, int]) -> None:
        """Take the larger of what was seen, for each of `schema.GAUGED`."""
        row = self.rows.get((series, at_s))
        if row is None:
            row = self.rows[series, at_s] = list(_ZERO)
        for place, value in enumerate(values, len(COUNTED)):
            row[place] = max(row[place] or 0, value)

    def time(self, series: Series, at_s: int, kind: int, times: Histogram) -> None:
        """Add times."""
        found = self.times.get((series, at_s, kind))
        if found is None:
            found = self.times[series, at_s, kind] = Histogram()
        found.merge(times)

    def cause(self, series: Series, at_s: int, cause: str, count: int) -> None:
        """Add how often a cause was met."""
        key = (series, at_s, cause)
        self.causes[key] = self.causes.get(key, 0) + count
