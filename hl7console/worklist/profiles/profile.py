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
    aliases: dict[str, str] = field(default_factory=dict)
    """Keys of authorities by another of their names (namespace in capitals, or universal id)."""
    primary_key: str = ""
    """Key of the authority whose identifier is shown to modalities; "" for none."""
    sex: dict[str, str] = field(
        default_factory=lambda: {"M": "M", "F": "F", "O": "O", "A": "O", "N": "O"}
    )
    """PatientSex by PID-8."""
