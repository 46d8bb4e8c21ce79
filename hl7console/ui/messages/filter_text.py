"""Writes conditions of the filter language."""

from __future__ import annotations

import re


def quoted(value: str) -> str:
    """Return a value as it is written in a filter, in quotes where it needs them."""
    if value and not re.search(r'[\s()"]', value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
