"""How much of a span something worked: pure arithmetic with stretches of time."""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.engine.reports.figures import Availability

Stretch = tuple[int, int]
"""From when until when, in whatever unit."""


def joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return stretches in order, those that touch made one; empty ones are left out."""
    found: list[Stretch] = []
    for since, until in sorted(stretches):
        if until <= since:
            continue
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return found


def common(one: Iterable[Stretch], other: Iterable[Stretch]) -> list[Stretch]:
    """Return what lies in both."""
    left, right = joined(one), joined(other)
    found: list[Stretch] = []
    m = n = 0
    while m < len(left) and n < len(right):
        since, until = max(left[m][0], right[n][0]), min(left[m][1], right[n][1])
        if since < until:
            found.append((since, until))
        if left[m][1] <= right[n][1]:
            m += 1
        else:
            n += 1
    return found


def length(stretches: Iterable[Stretch]) -> int:
    """Return how long stretches are, those that overlap counted once."""
    return sum(until - since for since, until in joined(stretches))


def availability_of(
    span: Stretch, runs: Iterable[Stretch], down: Iterable[Stretch] = ()
) -> Availability:
    """Return how much of a span something worked.

    Args:
        span: From when until when, in seconds; it ends at the present at the latest.
        runs: When the program ran; nothing is known of the rest.
        down: When it was down.
    """
    known = common([span], runs)
    broken = joined(down)
    known_s = length(known)
    return Availability(
        known_s=known_s,
        unknown_s=max(span[1] - span[0], 0) - known_s,
        down_s=length(common(known, broken)),
        interruptions=sum(bool(common(known, [stretch])) for stretch in broken),
    )
