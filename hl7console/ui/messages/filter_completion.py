"""What the search box offers to complete what is being typed."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hl7console.hl7v2.filters import KEYS

_MOST = 12
_WORD = re.compile(r'[^\s()"]*$')


@dataclass(frozen=True, slots=True)
class Offer:
    """One way to go on."""

    start: int
    end: int
    """The characters it replaces."""
    text: str
    title: str


def offers(text: str, cursor: int, values: dict[str, list[str]]) -> list[Offer]:
    """Return ways to go on at a cursor; none inside quotes or after a blank."""
    before = text[:cursor]
    found = _WORD.search(before)
    if before.count('"') % 2 or found is None or not found[0].lstrip("-"):
        return []
    start = found.start() + (1 if found[0].startswith("-") else 0)
    word = before[start:]
    key, colon, typed = word.partition(":")
    if colon:
        return _of_values(key.casefold(), typed, start + len(key) + 1, cursor, values)
    return [
        Offer(start, cursor, f"{name}:", f"{name + ':':<14}{entry.help}")
        for name, entry in KEYS.items()
        if name.startswith(word.casefold())
    ]


def _of_values(
    key: str, typed: str, start: int, cursor: int, values: dict[str, list[str]]
) -> list[Offer]:
    entry = KEYS.get(key)
    if entry is None:
        return []
    known = [*values.get(key, []), *entry.values]
    fitting = [v for v in known if v.casefold().startswith(typed.casefold()) and v != typed]
    return [Offer(start, cursor, quoted(value), value) for value in fitting[:_MOST]]


def quoted(value: str) -> str:
    """Return a value as it is written in a filter, in quotes where it needs them."""
    if value and not re.search(r'[\s()"]', value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
