"""One mapping profile, ready for use."""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.worklist.profiles.options import Options


@dataclass(slots=True)
class Profile:
    """A mapping profile."""

    name: str = "default"
    digest: str = ""
    """SHA-256 of its text, in hexadecimal."""
    options: Options = field(default_factory=Options)
