"""Which subjects a rule is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from fnmatch import fnmatchcase

from hl7console.settings.alerts import AlertRule


def is_about(rule: AlertRule, name: str) -> bool:
    """Return whether a rule is about a subject; without names it is about all."""
    if not rule.subjects:
        return True
    folded = name.casefold()
    return any(fnmatchcase(folded, pattern.casefold()) for pattern in rule.subjects)


def chosen(rule: AlertRule, names: Iterable[str]) -> list[str]:
    """Return those of some names that a rule is about."""
    return [name for name in names if is_about(rule, name)]


def quoted(name: str) -> str:
    """Return a name as a value of the filter language."""
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def titled(scope: str, name: str) -> str:
    """Return a subject as a sentence names it: ``RIS-in``, ``the sender RIS at NORTH``."""
    return f"the sender {name.replace('|', ' at ', 1)}" if scope == "sender" else name


def since(at_us: int) -> str:
    """Return the condition of the filter language for what came at a time (UTC) or later."""
    try:
        moment = datetime.fromtimestamp(at_us // 1_000_000, tz=UTC)
    except (OverflowError, OSError, ValueError):
        return ""
    return f"since:{moment:%Y-%m-%dT%H:%M:%SZ}" if moment.year >= 1970 else ""
