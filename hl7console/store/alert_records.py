"""The rows of alerts, as plain values. No patient data in any of them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """One alert from its onset to its end."""

    id: int
    rule: str
    kind: str
    """A `hl7console.settings.alerts.AlertKind`."""
    severity: str
    scope: str
    """What the subject is: ``listener``, ``destination``, ``sender``, ``worklist``, ``engine``."""
    subject: str
    """Name of the interface or sender; empty for the whole engine."""
    onset_at_us: int
    """Since when it is bad; UTC, microseconds since 1970."""
    text: str
    """What is wrong, as one sentence."""
    told_at_us: int = 0
    """When it counted as an alert (after the rule's wait)."""
    ended_at_us: int = 0
    """0 while it is open."""
    recovery_text: str = ""
    sample_control_id: str = ""
    sample_message_id: int = 0
    filter: str = ""
    """Filter expression that shows the messages concerned; empty where there are none."""
    acknowledged_at_us: int = 0
    acknowledged_by: str = ""
    note: str = ""
    snoozed_until_us: int = 0
    silenced_by: str = ""
    """The interface on which it hangs and which is down itself."""
    flaps: int = 0
    """How often it was good for a moment and bad again since the onset."""
    group_id: int = 0
    """The first alert of the group that it was told of with; 0 for none."""

    @property
    def is_open(self) -> bool:
        """Whether it has not ended."""
        return not self.ended_at_us
