"""Rules: results (being written)."""

from __future__ import annotations

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View
from hl7console.worklist.turn import Turn


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Apply a message."""
