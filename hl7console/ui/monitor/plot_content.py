"""What a plot has in it, as plain values: lines or bars, a band, and the words for them. No Qt."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hl7console.ui.monitor.shown import NOTHING, Heat, Series

_HEADROOM = 1.12
"""So much higher than the highest value is a plot."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line, or one layer of bars."""

    key: str
    """What it is; one of `filters.RESULTS` where messages can be found by it."""
    label: str
    role: str
    """A token of the theme, or ``series0`` and so on; see `colors.role_color`."""
    since_s: float
    """Where its first step begins, in UTC seconds as drawn."""
    step_s: float
    values: Sequence[float]
    """One for each step; not a number where there is none."""
    is_dashed: bool = False
    series: Series | None = None
    """Whose messages these are, where not those of the interface that is shown."""

    @property
    def at_s(self) -> list[float]:
        """The middle of each step."""
        first_s = self.since_s + self.step_s / 2
        return [first_s + n * self.step_s for n in range(len(self.values))]

    def step_at(self, at_s: float) -> int:
        """Return the number of the step that a moment lies in; -1 outside."""
        step = math.floor((at_s - self.since_s) / self.step_s)
        return step if 0 <= step < len(self.values) else -1

    def value_at(self, at_s: float) -> float:
        """Return the value of the step that a moment lies in."""
        step = self.step_at(at_s)
        return float(self.values[step]) if step >= 0 else NOTHING


@dataclass(frozen=True, slots=True)
class Band:
    """What is normal, as drawn."""

    at_s: Sequence[float]
    low: Sequence[float]
    high: Sequence[float]


@dataclass(frozen=True, slots=True)
class Content:
    """All that one plot shows."""

    title: str
    lines: tuple[Line, ...] = ()
    text: Callable[[float], str] = str
    """Writes a value."""
    is_whole: bool = False
    """Values are numbers of things."""
    is_bars: bool = False
    """The lines are layers of bars, the first at the bottom."""
    band: Band | None = None
    heat: Heat | None = None
    heat_span: tuple[float, float] = (0.0, 0.0)
    note: str = ""
    """What stands behind the names of the lines."""
    empty: str = ""
    """What is said in place of lines that have no values."""

    @property
    def top(self) -> float:
        """The highest value, with some room above."""
        highest = highest_of(line.values for line in self.lines)
        if self.is_bars:
            columns = zip(*(line.values for line in self.lines), strict=False)
            highest = max((sum(v for v in column if v == v) for column in columns), default=0.0)
        if self.band is not None:
            highest = max(highest, highest_of([self.band.high]))
        return highest * _HEADROOM if highest > 0 else 1.0

    def line(self, key: str) -> Line | None:
        """Return a line by its key."""
        return next((line for line in self.lines if line.key == key), None)


def highest_of(lines: Iterable[Sequence[float]]) -> float:
    """Return the highest number of all lines; 0 without any."""
    return max((value for line in lines for value in line if value == value), default=0.0)
