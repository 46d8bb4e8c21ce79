"""The profiles that are in force: which listener uses which, by the journal."""

from __future__ import annotations

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.profiles.loading import ProfileError, load_profile, shipped_profile
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.rows import LISTENER
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


class ProfileBook:
    """Compiles each profile text once."""

    def __init__(self) -> None:
        self._default = shipped_profile("default")
        self._compiled: dict[tuple[str, str], Profile] = {}

    def in_force(self, state: State, listener: str) -> Profile:
        """Return the profile in force on a listener; ``default`` where none was set."""
        row = state.first(LISTENER, "name", listener) if listener else None
        if row is None:
            return self._default
        key = row.text("digest"), row.text("profile")
        profile = self._compiled.get(key)
        if profile is None:
            profile = load_profile(row.text("text"), row.text("profile"))
            self._compiled[key] = profile
        return profile

    def put_in_force(self, turn: Turn, entry: InputEntry) -> None:
        """Apply an input of the kind ``profile``: {listener, name, text}.

        The listener's row has `name` (the listener's), `profile`, `digest` and `text`.
        """
        listener = str(entry.body.get("listener", ""))
        name, text = str(entry.body.get("name", "")), str(entry.body.get("text", ""))
        if not listener:
            turn.refuse("profile_without_listener")
        try:
            profile = load_profile(text, name)
        except ProfileError as error:
            turn.refuse("profile_invalid", name=name, line=str(error.line))
        values = {"profile": name, "digest": profile.digest, "text": text}
        row = turn.first(LISTENER, "name", listener)
        if row is None:
            turn.create(LISTENER, {"name": listener, **values})
            return
        for column, value in values.items():
            turn.set(row, column, value)
