"""The demo's alert rules: the usual ones with short waits, so that alerts begin and end at once."""

from __future__ import annotations

from pathlib import Path

from hl7console import assets
from hl7console.engine.alerts.rules_file import rules_path, save


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
