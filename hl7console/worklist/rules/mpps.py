"""Rules: mpps (being written)."""

from __future__ import annotations

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.turn import Turn


def apply(turn: Turn, entry: InputEntry) -> None:
    """Apply an input."""
