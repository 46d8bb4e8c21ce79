"""The sentences for the codes of notes, flags and rules, and what to ask the sender for.

They stand in ``resources/worklist_wording``, a file an area. A code is ``code = "Sentence."``, or
has ``code.text`` and ``code.ask``. Sentences name their values as ``{column}``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache

from hl7console import assets

AREAS: tuple[str, ...] = ("mapping", "persons", "orders", "results", "dicom", "store")
"""The files, each without its ending; one that is not there is passed over."""


class _Values(dict[str, str]):
    """Values of a sentence; one that is missing is said to be unknown."""

    def __missing__(self, key: str) -> str:
        """Return what stands for a value that nobody gave."""
        return "(unknown)"


@lru_cache(maxsize=1)
def _sentences() -> dict[str, tuple[str, str]]:
    """Return sentence and question of each code."""
    found: dict[str, tuple[str, str]] = {}
    for area in AREAS:
        try:
            text = assets.read_text(f"worklist_wording/{area}.toml")
        except FileNotFoundError:
            continue
        _take(tomllib.loads(text), found)
    return found


def _take(table: Mapping[str, object], found: dict[str, tuple[str, str]]) -> None:
    for code, value in table.items():
        if isinstance(value, str):
            found[code] = (value, found.get(code, ("", ""))[1])
        elif isinstance(value, Mapping):
            text = value.get("text")
            if isinstance(text, str):
                found[code] = (text, str(value.get("ask", "")))
            else:
                _take(value, found)


def codes() -> frozenset[str]:
    """Return all codes that have a sentence."""
    return frozenset(_sentences())


def sentence(code: str, args: Mapping[str, str] | None = None) -> str:
    """Return what a code means, as a sentence; the code itself where there is none."""
    text = _sentences().get(code, ("", ""))[0]
    return text.format_map(_Values(args or {})) if text else f"{code.replace('_', ' ')}."


def ask(code: str, args: Mapping[str, str] | None = None) -> str:
    """Return what to ask the sender for; "" where there is nothing to ask."""
    text = _sentences().get(code, ("", ""))[1]
    return text.format_map(_Values(args or {}))
