"""One ADT message, as its rules share it."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View
from hl7console.worklist.turn import Turn


@dataclass(slots=True)
class AdtEvent:
    """A message with what was read of its head."""

    turn: Turn
    entry: MessageEntry
    view: View
    profile: Profile
    event: str
    """Trigger event: ``A08``."""
    time: str
    """Event time, ``YYYYMMDDHHMMSS``."""
    time_path: str
    source: str
    """Its sender (`evidence.source_of`)."""

    @property
    def event_path(self) -> str:
        """Return the path of the field with the trigger event."""
        return "MSH-9" if self.view.get("MSH", 9, 2) else "EVN-1"
