"""How lines of plots are drawn, so that many points hold nobody up. No Qt."""

from __future__ import annotations

from typing import NamedTuple

_MOST_SMOOTH = 80


class LineStyle(NamedTuple):
    """How a line is drawn."""

    role: str = ""
    is_dashed: bool = False
    width: float = 1.6
    is_smooth: bool = True
    is_long: bool = False


def style_of(count: int, screen_scale: float) -> LineStyle:
    """Return how a line of so many points is drawn without holding anybody up.

    A smooth line wider than a pixel takes time by the square of its points: half a second for 720
    that go up and down. One pixel wide it takes 2 ms, and one that is not smooth 7 ms.
    """
    if count <= _MOST_SMOOTH:
        return LineStyle()
    return LineStyle(width=1.0 if screen_scale <= 1 else 1.6, is_smooth=screen_scale <= 1,
                  is_long=True)  # fmt: skip
