"""Reads of the audit trail which settings were changed, for the marks of plots."""

from __future__ import annotations

import re

from hl7console.store.connection import Database

MOST_AT_ONCE = 1000
"""Changes that are marked in one go, the latest; of new measures all of the past are."""

_IS_CHANGE = re.compile(
    r"(?!messages?\b|saved message|archive|deliver).*\b"
    r"(saved|deleted|renamed|approved|withdrawn|held|released|imported)$"
)


class ChangeSource:
    """Finds changes of settings by the ids of the audit trail. One thread.

    Args:
        console: A read-only connection of the calling thread.
    """

    def __init__(self, console: Database) -> None:
        self._console = console

    def last_id(self) -> int:
        """Return the id of the last entry."""
        return self._console.integer("SELECT max(id) FROM audit")

    def changes(self, after_id: int, last_id: int) -> list[tuple[int, str]]:
        """Return when which settings were changed, behind an entry: (µs UTC, text)."""
        rows = self._console.all(
            "SELECT at_us, action, subject FROM audit WHERE id > ? AND id <= ? ORDER BY id",
            (after_id, last_id),
        )
        found = [
            (int(at_us or 0), f"{_sentence(str(action))}: {subject!s}")
            for at_us, action, subject in rows
            if _IS_CHANGE.match(str(action))
        ]
        return found[-MOST_AT_ONCE:]


def _sentence(action: str) -> str:
    return action[:1].upper() + action[1:]
