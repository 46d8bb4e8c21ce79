"""What a rule finds wrong at one moment."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One subject of a rule that is not as it should be. Holds no patient data."""

    scope: str
    """``listener``, ``destination``, ``sender``, ``worklist`` or ``engine``."""
    subject: str
    """Name of the interface or sender; empty for the whole engine."""
    text: str
    """What is wrong, as one sentence."""
    since_us: int = 0
    """Since when it is so, where that is known; UTC."""
    sample_control_id: str = ""
    sample_message_id: int = 0
    filter: str = ""
    """Filter expression that shows the messages concerned."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is about."""
        return self.scope, self.subject
