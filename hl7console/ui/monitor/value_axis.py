"""Where an axis of values has its marks, and what stands there. No Qt."""

from __future__ import annotations

import math

_FINE_TENFOLDS = 3
"""A scale by tens that is no longer has marks between the tens."""


def round_step(length: float, most: int) -> float:
    """Return the smallest of 1, 2, 5, 10, … (and their tenths) that makes few enough steps.

    Args:
        length: From the lowest value to the highest.
        most: How many steps there may be.
    """
    if length <= 0:
        return 1.0
    ten = 10.0 ** math.floor(math.log10(length / most))
    return next((ten * n for n in (1, 2, 5) if length / (ten * n) <= most), ten * 10)


def value_text(value: float, step: float) -> str:
    """Return a number at an axis, as short as the step between two marks allows."""
    if abs(value) >= 1_000_000:
        return f"{value / 1_000_000:g}M"
    if abs(value) >= 10_000:
        return f"{value / 1000:g}k"
    digits = max(0, -math.floor(math.log10(step))) if step < 1 else 0
    return f"{value:,.{digits}f}"


def tens_marks(low: float, high: float) -> list[float]:
    """Return the marks of a scale by tens, as logarithms like its ends."""
    parts = (1, 2, 5) if high - low <= _FINE_TENFOLDS else (1,)
    tens = range(math.floor(low), math.floor(high) + 1)
    marks = [ten + math.log10(part) for ten in tens for part in parts]
    return [mark for mark in marks if low <= mark <= high]


def tens_text(power: float) -> str:
    """Return milliseconds at a scale by tens: ``0.5``, ``20``, ``2 s``."""
    ms = float(f"{10.0**power:.3g}")
    return f"{ms / 1000:g} s" if ms >= 1000 else f"{ms:g}"
