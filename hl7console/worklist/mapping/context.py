"""What all parts of the mapping of one message share."""

from __future__ import annotations

from collections.abc import Callable

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View

FindCode = Callable[[str, str, str], tuple[str, str, str, str] | None]
"""Sender, code and system to code, meaning, system and modality of the exam-code table."""


class Context:
    """One message, its profile and where it came from."""

    __slots__ = ("default_key", "entry", "facility", "options", "profile", "sender", "view")

    def __init__(self, view: View, profile: Profile, entry: MessageEntry) -> None:
        self.view = view
        self.profile = profile
        self.options = profile.options
        self.entry = entry
        application, self.facility = view.get("MSH", 3), view.get("MSH", 4)
        self.sender = f"{application}|{self.facility}"
        """``MSH-3|MSH-4``."""
        default = self.options.default_authority or self.facility or application or entry.listener
        self.default_key = profile.authority_key(default.strip().upper() or "UNKNOWN")
        """Key of the authority that stands for one that was not sent; never empty."""

    @classmethod
    def of(cls, view: View, profile: Profile, entry: MessageEntry) -> Context:
        """Return the context of a message; the same one for all that is mapped of it."""
        global _last  # a view that knew its context would be in a cycle with it
        known = _last
        if (
            known is not None
            and known.view is view
            and known.profile is profile
            and known.entry is entry
        ):
            return known
        _last = made = cls(view, profile, entry)
        return made


_last: Context | None = None
"""The one that was made last, by whichever thread."""
