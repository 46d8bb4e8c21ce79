"""The inspector's way of writing sizes, places and times."""

from __future__ import annotations

from datetime import UTC, datetime

_STEP = 1_000


def size_words(count: int) -> str:
    """Return a number of bytes or characters for the eye: ``812 B``, ``25.4 kB``, ``4.9 MB``."""
    if count < _STEP:
        return f"{count} B"
    if count < _STEP * _STEP:
        return f"{count / _STEP:.1f} kB"
    return f"{count / _STEP / _STEP:.1f} MB"


def exact_size_words(count: int) -> str:
    """Return a number of bytes for the eye and exactly: ``25.4 kB (25,391 bytes)``."""
    exact = count_words(count, "byte")
    return exact if count < _STEP else f"{size_words(count)} ({exact})"


def count_words(count: int, one: str, many: str = "") -> str:
    """Return a number with its noun: ``1 problem``, ``12,000 problems``."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def bytes_words(span: tuple[int, int]) -> str:
    """Return a byte range as people count it: ``bytes 402 to 410``, the last one excluded.

    Offsets are those of the hex view, from 0; an empty range is ``at byte 402``.
    """
    start, end = span
    if end <= start:
        return f"at byte {start:,}"
    if end == start + 1:
        return f"byte {start:,}"
    return f"bytes {start:,} to {end:,}"


def local_time(at_us: int) -> str:
    """Return a moment in local time to the millisecond; empty for 0.

    Args:
        at_us: UTC, microseconds since 1970.
    """
    if not at_us:
        return ""
    moment = datetime.fromtimestamp(at_us / 1_000_000, tz=UTC).astimezone()
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}"


def utc_time(at_us: int) -> str:
    """Return a moment in UTC, for tool tips."""
    if not at_us:
        return ""
    return f"{datetime.fromtimestamp(at_us / 1_000_000, tz=UTC):%Y-%m-%d %H:%M:%S.%f} UTC"


def duration_words(microseconds: int) -> str:
    """Return how long something took: ``0.4 ms``, ``38 ms``, ``2.1 s``."""
    if microseconds < 1_000:
        return f"{microseconds / 1_000:.1f} ms"
    if microseconds < 1_000_000:
        return f"{microseconds / 1_000:.0f} ms"
    return f"{microseconds / 1_000_000:.1f} s"
