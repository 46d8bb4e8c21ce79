"""Keeps one peer from taking the memory or the time of all the others."""

from __future__ import annotations

MAX_HELD_BYTES = 512 * 1024 * 1024
"""Bytes of messages whose end has not come yet, over all connections of the engine."""

KEPT_OF_DROPPED_BYTES = 64 * 1024
"""How much is kept of a message that was dropped for want of memory, in bytes."""

PORTION_BYTES = 2048
"""So much of a read is taken at once where it holds very many frames, so that others are served."""


class HeldBytes:
    """Counts what all connections hold of messages whose end has not come yet."""

    __slots__ = ("total",)

    def __init__(self) -> None:
        self.total = 0


def is_crowded(data: bytes) -> bool:
    """Return whether a read holds very many frames: as no sender of messages makes them."""
    return data.count(b"\x0b") + data.count(b"\x1c") > len(data) // 32
