"""Which bytes of a message became other ones, told as stretches that go with each other.

A hunk is a stretch of the original and what stands in its place. What lies outside of all hunks is
the same on both sides, byte for byte.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

_CHUNK_BYTES = 65_536


@dataclass(frozen=True, slots=True)
class Hunk:
    """A stretch that was changed: where it lies in the original, and where it lies now."""

    old_start: int
    old_end: int
    new_start: int
    new_end: int


def common_ends(one: bytes, other: bytes) -> tuple[int, int]:
    """Return how many bytes two strings have in common at their beginning and at their end.

    The two stretches do not overlap in either string.
    """
    shorter = min(len(one), len(other))
    head = _common_head(one, other, shorter)
    tail = _common_tail(one, other, shorter - head)
    return head, tail


def _common_head(one: bytes, other: bytes, limit: int) -> int:
    at = 0
    while at < limit:
        size = min(_CHUNK_BYTES, limit - at)
        if one[at : at + size] != other[at : at + size]:
            return at + next(n for n in range(size) if one[at + n] != other[at + n])
        at += size
    return limit


def _common_tail(one: bytes, other: bytes, limit: int) -> int:
    done = 0
    a, b = len(one), len(other)
    while done < limit:
        size = min(_CHUNK_BYTES, limit - done)
        if one[a - done - size : a - done] != other[b - done - size : b - done]:
            return done + next(
                n for n in range(size) if one[a - done - n - 1] != other[b - done - n - 1]
            )
        done += size
    return limit


def composed(
    steps: Iterable[tuple[int, bytes, bytes]], original: bytes, now: bytes
) -> tuple[Hunk, ...]:
    """Return what a list of changes makes together.

    Args:
        steps: Place, bytes before and bytes after of each, in the bytes that those before it made.
        original: What the first one was made in.
        now: What the last one made.
    """
    hunks: list[Hunk] = []
    for at, before, after in steps:
        hunks = _with_step(hunks, at, len(before), len(after))
    trimmed = (_trimmed(hunk, original, now) for hunk in hunks)
    return tuple(hunk for hunk in trimmed if hunk is not None)


def _with_step(hunks: list[Hunk], at: int, before: int, after: int) -> list[Hunk]:
    end, shift = at + before, after - before
    first = [h for h in hunks if h.new_end < at]
    behind = [h for h in hunks if h.new_start > end]
    touched = hunks[len(first) : len(hunks) - len(behind)]
    drift = first[-1].old_end - first[-1].new_end if first else 0
    start_old, start_new = at + drift, at
    if touched:
        drift = touched[-1].old_end - touched[-1].new_end
        if touched[0].new_start < at:
            start_old, start_new = touched[0].old_start, touched[0].new_start
    end_new = max(end, touched[-1].new_end) if touched else end
    made = Hunk(start_old, end_new + drift, start_new, end_new + shift)
    moved = [Hunk(h.old_start, h.old_end, h.new_start + shift, h.new_end + shift) for h in behind]
    return [*first, made, *moved]


def _trimmed(hunk: Hunk, original: bytes, now: bytes) -> Hunk | None:
    old, new = original[hunk.old_start : hunk.old_end], now[hunk.new_start : hunk.new_end]
    if old == new:
        return None
    head, tail = common_ends(old, new)
    return Hunk(
        hunk.old_start + head, hunk.old_end - tail, hunk.new_start + head, hunk.new_end - tail
    )
