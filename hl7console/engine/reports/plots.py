"""Plots as SVG: bars, lines and a map of hours. Shapes and text only, for any program to draw."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hl7console.engine.reports.words import escaped

WIDTH = 960
HEIGHT = 230

BLUE, GREEN, RED, AMBER, VIOLET = "#0B63C5", "#1A7F37", "#C2202B", "#B07400", "#6639BA"
LINES = (BLUE, AMBER, RED, GREEN, VIOLET)
"""Colours of lines, in their order."""

_TEXT, _MUTED, _GRID, _GAP = "#1B2027", "#5A6673", "#E3E7EC", "#EEF1F4"
_FONT = "Inter, 'Segoe UI', 'Helvetica Neue', 'Noto Sans', 'DejaVu Sans', sans-serif"
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 8, 10, 26
_MAP_LEFT = 82
_MOST_LABELS = 16


@dataclass(frozen=True, slots=True)
class Series:
    """Values of a plot, one for each step; None where there is none."""

    name: str
    color: str
    values: Sequence[float | None]


def bars(
    labels: Sequence[str],
    series: Sequence[Series],
    is_known: Sequence[bool],
    *,
    shown: Callable[[float], str],
) -> str:
    """Return stacked bars, one for each step.

    Args:
        labels: What the steps are called.
        series: From the bottom up.
        is_known: Whether anything is known of a step; grey where not.
        shown: Writes a value.
    """
    totals = [sum(s.values[n] or 0 for s in series) for n in range(len(labels))]
    frame = _Frame(len(labels), max(totals, default=0), shown)
    parts = frame.opened(is_known)
    for number, label in enumerate(labels):
        foot = 0.0
        for one in series:
            value = one.values[number] or 0
            if value:
                parts.append(frame.bar(number, foot, foot + value, one, label))
            foot += value
    return frame.closed(parts, labels)


def lines(
    labels: Sequence[str],
    series: Sequence[Series],
    is_known: Sequence[bool],
    *,
    shown: Callable[[float], str],
) -> str:
    """Return lines from step to step, with gaps where there is no value; arguments as `bars`."""
    values = [v for s in series for v in s.values if v is not None]
    frame = _Frame(len(labels), max(values, default=0), shown)
    parts = frame.opened(is_known)
    for one in series:
        parts += frame.line(one, labels)
    return frame.closed(parts, labels)


class _Frame:
    """The grid and axes of a plot."""

    def __init__(self, count: int, most: float, shown: Callable[[float], str]) -> None:
        self._count = max(count, 1)
        self._shown = shown
        self._tick = _nice(most / 4)
        self._most = self._tick * max(math.ceil(most / self._tick), 1)
        self._step = (WIDTH - _LEFT - _RIGHT) / self._count

    def _x(self, place: float) -> float:
        return _LEFT + place * self._step

    def _y(self, value: float) -> float:
        return HEIGHT - _BOTTOM - value / self._most * (HEIGHT - _TOP - _BOTTOM)

    def opened(self, is_known: Sequence[bool]) -> list[str]:
        parts = [opening(WIDTH, HEIGHT)]
        for first, last in _gaps(is_known):
            parts.append(
                rectangle(self._x(first), _TOP, self._x(last) - self._x(first),
                          HEIGHT - _TOP - _BOTTOM, _GAP, "Nothing is known")
            )  # fmt: skip
        value = 0.0
        while value <= self._most * 1.001:
            y = self._y(value)
            parts.append(_rule(_LEFT, y, WIDTH - _RIGHT, y, _GRID))
            parts.append(text(_LEFT - 8, y + 4, self._shown(value), anchor="end", color=_MUTED))
            value += self._tick
        return parts

    def bar(self, number: int, foot: float, head: float, one: Series, label: str) -> str:
        wide = self._step * 0.72 if self._step > 4 else self._step
        x = self._x(number + 0.5) - wide / 2
        told = f"{label}: {self._shown(head - foot)} {one.name}"
        height = max(self._y(foot) - self._y(head), 0.8)
        return rectangle(x, self._y(foot) - height, wide, height, one.color, told)

    def line(self, one: Series, labels: Sequence[str]) -> list[str]:
        parts: list[str] = []
        run: list[str] = []
        for number, value in enumerate([*one.values, None]):
            if value is not None:
                run.append(f"{self._x(number + 0.5):.1f},{self._y(value):.1f}")
                continue
            if len(run) > 1:
                parts.append(
                    f'<polyline points="{" ".join(run)}" fill="none" stroke="{one.color}"'
                    ' stroke-width="1.8" stroke-linejoin="round"/>'
                )
            run = []
        for number, value in enumerate(one.values):
            if value is not None:
                told = f"{labels[number]}: {self._shown(value)} {one.name}"
                parts.append(
                    f'<circle cx="{self._x(number + 0.5):.1f}" cy="{self._y(value):.1f}" r="2.2"'
                    f' fill="{one.color}"><title>{escaped(told)}</title></circle>'
                )
        return parts

    def closed(self, parts: list[str], labels: Sequence[str]) -> str:
        every = max(math.ceil(len(labels) / _MOST_LABELS), 1)
        if len(labels) == 31 or len(labels) == 30:
            every = 2
        for number in range(0, len(labels), every):
            x = self._x(number + 0.5)
            parts.append(text(x, HEIGHT - 8, labels[number], anchor="middle", color=_MUTED))
        return "".join([*parts, "</svg>"])


def hour_map(rows: Sequence[tuple[str, Sequence[int | None]]]) -> tuple[str, int]:
    """Return a map of hours by day, darker where more came, and its height.

    Args:
        rows: Name of a day, and what came in each of its hours; None where nothing is known.
    """
    high = 17 if len(rows) > 14 else 22
    height = _TOP + len(rows) * high + 22
    wide = (WIDTH - _MAP_LEFT - _RIGHT) / 24
    most = max((h for _, hours in rows for h in hours if h), default=0)
    parts = [opening(WIDTH, height)]
    for row, (day, hours) in enumerate(rows):
        y = _TOP + row * high
        parts.append(text(_MAP_LEFT - 8, y + high / 2 + 4, day, anchor="end", color=_MUTED))
        for hour, number in enumerate(hours):
            told = "not known" if number is None else f"{number:,}"
            color = _GAP if number is None else _shade(number / most if most else 0)
            parts.append(
                rectangle(_MAP_LEFT + hour * wide, y, wide - 1.5, high - 1.5, color,
                          f"{day}, {hour:02d}:00: {told}")
            )  # fmt: skip
            if number is None:
                parts.append(text(_MAP_LEFT + (hour + 0.5) * wide, y + high / 2 + 3, "·",
                                  anchor="middle", color=_MUTED))  # fmt: skip
    for hour in range(0, 24, 2):
        x = _MAP_LEFT + (hour + 0.5) * wide
        parts.append(text(x, height - 8, f"{hour:02d}", anchor="middle", color=_MUTED))
    return "".join([*parts, "</svg>"]), height


def _shade(part: float) -> str:
    """Return a blue between nearly white and dark; more is darker, a little is seen already."""
    if part <= 0:
        return "#F7FAFD"
    depth = 0.12 + 0.88 * math.sqrt(part)
    light, dark = (0xE6, 0xF0, 0xFB), (0x08, 0x48, 0x93)
    mixed = (round(a + (b - a) * depth) for a, b in zip(light, dark, strict=True))
    return "#" + "".join(f"{value:02X}" for value in mixed)


def _gaps(is_known: Sequence[bool]) -> Iterable[tuple[int, int]]:
    first = -1
    for number, known in enumerate([*is_known, True]):
        if not known and first < 0:
            first = number
        if known and first >= 0:
            yield first, number
            first = -1


def _nice(rough: float) -> float:
    """Return a step of an axis: 1, 2, 2.5 or 5 times a power of ten."""
    if rough <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)


# Shapes


def opening(width: int, height: int) -> str:
    """Return the beginning of a picture."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img">'
    )


def rectangle(x: float, y: float, width: float, height: float, color: str, told: str = "") -> str:
    """Return a filled rectangle that tells what it stands for."""
    place = f'x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"'
    shape = f'<rect {place} fill="{color}"'
    return f"{shape}><title>{escaped(told)}</title></rect>" if told else f"{shape}/>"


def text(x: float, y: float, words: str, *, anchor: str = "start", color: str = _TEXT) -> str:
    """Return a line of text."""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-family="{_FONT}"'
        f' font-size="12" fill="{color}">{escaped(words)}</text>'
    )


def _rule(x1: float, y1: float, x2: float, y2: float, color: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"'
        ' stroke-width="1"/>'
    )
