"""The demo's alert rules: the usual ones with short waits, so that alerts begin and end at once."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from hl7console import assets
from hl7console.engine.alerts.rules_file import rules_path, save
from hl7console.engine.console import Console
from hl7console.store.alert_history import alerts_between


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An alert of a demo."""

    after_s: float
    """Seconds from the demo's begin until it was told."""
    severity: str
    rule: str
    interface: str
    text: str
    over_after_s: float | None = None
    """Seconds from the demo's begin until it had ended; None while it is open."""


def demo_rules() -> str:
    """Return the text of the demo's rules."""
    return assets.read_text("alerts/demo.toml")


def write_rules(folder: Path) -> None:
    """Give the demo's workspace its rules where it has none; others are left alone.

    Args:
        folder: The demo's workspace.

    Raises:
        EnvironmentFaultError: They cannot be written.
    """
    if not rules_path(folder).exists():
        save(folder, demo_rules())


def told_alerts(console: Console, since_us: int) -> tuple[ToldAlert, ...]:
    """Return the alerts that were told since a moment, oldest first. Any thread.

    Args:
        console: The demo's engine.
        since_us: When the demo began; UTC, microseconds since 1970.

    Raises:
        ConsoleError: They cannot be read.
    """
    with closing(console.open_reader()) as reader:
        found = alerts_between(reader, since_us, 1 << 62)
    return tuple(
        ToldAlert(
            after_s=(alert.told_at_us - since_us) / 1e6,
            severity=alert.severity,
            rule=alert.rule,
            interface=alert.subject,
            text=alert.text,
            over_after_s=(alert.ended_at_us - since_us) / 1e6 if alert.ended_at_us else None,
        )
        for alert in sorted(found, key=lambda alert: alert.told_at_us)
        if alert.told_at_us >= since_us
    )
