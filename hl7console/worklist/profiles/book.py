"""The profiles that are in force: which listener uses which, by the journal."""

from __future__ import annotations

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


class ProfileBook:
    """Compiles each profile text once."""

    def in_force(self, state: State, listener: str) -> Profile:
        """Return the profile in force on a listener; ``default`` where none was set."""
        return Profile()

    def put_in_force(self, turn: Turn, entry: InputEntry) -> None:
        """Apply an input of the kind ``profile``."""
