"""Which steps a span is shown in. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.store.measures.records import RESOLUTIONS_S

KEPT_S: dict[int, int] = {1: 3600, 60: 2 * 86400, 3600: 731 * 86400, 86400: 732 * 86400}
"""How long steps of each width are kept, in seconds."""

STEPS_S = (
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
    3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600,
    86400, 2 * 86400, 7 * 86400, 14 * 86400, 30 * 86400,
)  # fmt: skip
"""Widths that a span is shown in."""

_MORE_DAYS = 1.05
"""How many more days than are few enough are shown all the same: two years are 731."""


FINE_SPAN_S = 600
"""Spans up to this are added up from seconds."""


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of a span."""

    first_s: int
    """Where the first one begins: UTC seconds, a multiple of `step_s`."""
    step_s: int
    count: int
    resolution_s: int
    """Width of the steps kept that they are added up from."""

    @property
    def end_s(self) -> int:
        """Where the last one ends."""
        return self.first_s + self.step_s * self.count


def steps_of(since_s: int, until_s: int, most_steps: int, last_s: int) -> Steps:
    """Return the finest steps of a span that are few enough, and still kept at its beginning.

    Args:
        since_s: UTC seconds at which the span begins.
        until_s: Where it ends; at least one step comes of any.
        most_steps: How many are few enough.
        last_s: The last second that was measured; how long steps are kept counts back from it.
    """
    since_s, until_s = max(since_s, 0), max(until_s, since_s + 1, 1)
    for step_s in STEPS_S:
        resolution_s = max(width for width in RESOLUTIONS_S if step_s % width == 0)
        found = _cut(since_s, until_s, step_s, resolution_s)
        is_kept = since_s >= last_s - KEPT_S[resolution_s] or resolution_s >= 3600
        most = most_steps * _MORE_DAYS if step_s == 86400 else most_steps
        if is_kept and found.count <= max(most, 1):
            return found
    return _cut(since_s, until_s, STEPS_S[-1], RESOLUTIONS_S[-1])


def whole_span(since_s: int, until_s: int, last_s: int) -> Steps:
    """Return a span as one step, for adding up: as fine as is kept and quick to read.

    Args:
        since_s: UTC seconds at which the span begins.
        until_s: Where it ends.
        last_s: The last second that was measured.
    """
    resolution_s = 60 if until_s - since_s > FINE_SPAN_S else 1
    while resolution_s < 3600 and since_s < last_s - KEPT_S[resolution_s]:
        resolution_s *= 60
    first_s = max(since_s, 0) // resolution_s * resolution_s
    return Steps(first_s, max(until_s - first_s, 1), 1, resolution_s)


def _cut(since_s: int, until_s: int, step_s: int, resolution_s: int) -> Steps:
    first_s = since_s // step_s * step_s
    return Steps(first_s, step_s, -(-(until_s - first_s) // step_s), resolution_s)
