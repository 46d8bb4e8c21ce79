"""Alert rules and channels as the part ``[alerts]`` of a file of settings.

What comes by a file is merged by name into ``alerts.toml``. Its channels are off until somebody
approves them, unless this workspace uses them already as they are. Passwords and tokens are no
settings; the paths of their files are.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from hl7console.engine.alerts.channels.approval import (
    approve_channel,
    channel_digest,
    is_approved,
    withhold,
)
from hl7console.engine.alerts.rules_file import FILE_NAME, checked, rules_path, rules_text, save
from hl7console.errors import UsageError
from hl7console.settings.alert_file import AlertFileError
from hl7console.settings.alerts import AlertBook
from hl7console.settings.toml_edit import read_toml
from hl7console.settings.toml_part import merged_text, part_text
from hl7console.store.connection import Database
from hl7console.store.keys import write_private

PART = "alerts"
"""Name of the part."""

KEPT_NAME = "alerts.before-import.toml"
"""Where the rules of a workspace are kept that an import changed."""


@dataclass(frozen=True, slots=True)
class AlertPart:
    """What a file of settings says of alerts, and what becomes of a workspace's rules by it."""

    text: str
    """The whole new ``alerts.toml``."""
    found: AlertBook
    """What the file itself has."""
    before: AlertBook
    """What the workspace had."""


def read_alert_part(workspace: Path) -> dict[str, object] | None:
    """Return what a workspace's file of rules says, to be exported; None where there is none.

    Raises:
        UsageError: The file has a mistake.
        EnvironmentFaultError: It cannot be read.
    """
    if not rules_path(workspace).exists():
        return None
    text = rules_text(workspace)
    _checked_own(text)
    return read_toml(text)


def _checked_own(text: str) -> AlertBook:
    try:
        return checked(text)
    except AlertFileError as error:
        raise UsageError(
            f"The workspace's {FILE_NAME} has a mistake. {error.text}", hint=error.hint
        ) from None


def alert_part_text(values: Mapping[str, object]) -> str:
    """Return the part as it stands in a file of settings."""
    return part_text(values, PART)


def alert_part(values: Mapping[str, object], workspace: Path) -> AlertPart:
    """Return what a part makes of a workspace's rules; nothing is changed yet.

    Where a workspace has no rules of its own and the part has none either, the built-in ones stay.

    Raises:
        UsageError: The part, or what comes of it, has a mistake.
        EnvironmentFaultError: The workspace's file cannot be read.
    """
    is_new = not rules_path(workspace).exists() and bool(_names(values, "rule"))
    stored = "" if is_new else rules_text(workspace)
    before = _checked_own(stored)
    text = merged_text(stored, values)
    try:
        # It may name channels that only the workspace has, so it is read together with those.
        merged = checked(text)
    except AlertFileError as error:
        # The line is one of the merged text, which nobody has seen.
        told = re.sub(r"^Line \d+: ", "", error.text)
        raise UsageError(f"The alert rules: {told}", hint=error.hint) from None
    rules, channels = _names(values, "rule"), channel_names(values)
    found = AlertBook(
        tuple(rule for rule in merged.rules if rule.name in rules),
        tuple(channel for channel in merged.channels if channel.name in channels),
    )
    return AlertPart(text, found, before)


def channel_names(values: Mapping[str, object]) -> set[str]:
    """Return the names of a part's channels."""
    return {name for kind in ("email", "webhook", "command") for name in _names(values, kind)}


def _names(values: Mapping[str, object], kind: str) -> set[str]:
    tables = values.get(kind, [])
    return {
        str(table.get("name", ""))
        for table in (tables if isinstance(tables, list) else [])
        if isinstance(table, Mapping)
    }


def take_alert_part(
    database: Database, workspace: Path, part: AlertPart, approved: Collection[str]
) -> tuple[str, ...]:
    """Put a part in force, and return which channels are off until approved. The writer thread.

    The file is written last: where that fails, nothing has changed.

    Raises:
        EnvironmentFaultError: The file cannot be written.
    """
    known = {channel_digest(channel) for channel in part.before.channels}
    waiting: list[str] = []
    for channel in part.found.channels:
        if channel.name in approved:
            approve_channel(database, channel, "by an import")
        elif channel_digest(channel) not in known:
            withhold(database, channel)
        if not is_approved(database, channel):
            waiting.append(channel.name)
    path = rules_path(workspace)
    if path.exists():
        with contextlib.suppress(OSError):
            write_private(path.with_name(KEPT_NAME), path.read_bytes())
    save(workspace, part.text)
    return tuple(waiting)


def counted(book: AlertBook) -> list[str]:
    """Return how many rules and channels there are, as parts of a sentence; none for 0."""
    counts: tuple[tuple[int, str], ...] = (
        (len(book.rules), "alert rule"),
        (len(book.channels), "alert channel"),
    )
    return [f"{n:,} {noun}{'' if n == 1 else 's'}" for n, noun in counts if n]
