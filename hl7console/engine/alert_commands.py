"""What the window and the command line ask of the alerts, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class AcknowledgeAlerts:
    """Note that somebody looks after alerts."""

    alert_ids: tuple[int, ...]
    note: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SnoozeAlerts:
    """Tell nobody of alerts until a time; 0 ends that."""

    alert_ids: tuple[int, ...]
    until_us: int


@dataclass(frozen=True, slots=True)
class SaveAlertRules:
    """Put the text of ``alerts.toml`` in force; a mistake leaves the old rules."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ApproveChannel:
    """Let a command, or a webhook, that came with a file run: the one of this very content."""

    name: str
    digest: str = ""
    """Of what was looked at, see `engine.alerts.channels.approval`; empty approves what is
    there."""


@dataclass(frozen=True, slots=True)
class TestChannel:
    """Send a test message over a channel of the file that is in force."""

    __test__ = False
    name: str


@dataclass(frozen=True, slots=True)
class TryAlertRule:
    """Find out when a rule would have fired; changes and tells nothing."""

    text: str = field(repr=False)
    """The text of a whole file, saved or not."""
    rule: str
    since_us: int
    until_us: int


AlertCommand = (
    AcknowledgeAlerts | SnoozeAlerts | SaveAlertRules | ApproveChannel | TestChannel | TryAlertRule
)
