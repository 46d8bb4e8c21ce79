"""The sentences for the codes of notes, flags and rules, and what to ask the sender for.

They stand in ``resources/worklist_wording``, a file an area. A code is ``code = "Sentence."``, or
has ``code.text``, and ``code.ask`` or ``code.flag``. Sentences name their values as ``{column}``;
``flag`` says the same without values, for where only the code is known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache

from hl7console import assets

AREAS: tuple[str, ...] = ("mapping", "persons", "orders", "results", "dicom", "store")
"""The files, each without its ending; one that is not there is passed over."""


_NOTHING = ("", "", "")


class _Values(dict[str, str]):
    """Values of a sentence; one that is missing is said to be unknown."""

    def __missing__(self, key: str) -> str:
        """Return what stands for a value that nobody gave."""
        return "(unknown)"


@lru_cache(maxsize=1)
def _sentences() -> dict[str, tuple[str, str, str]]:
    """Return sentence, question and the sentence without values of each code."""
    found: dict[str, tuple[str, str, str]] = {}
    for area in AREAS:
        try:
            text = assets.read_text(f"worklist_wording/{area}.toml")
        except FileNotFoundError:
            continue
        _take(tomllib.loads(text), found)
    return found


def _take(table: Mapping[str, object], found: dict[str, tuple[str, str, str]]) -> None:
    for code, value in table.items():
        if isinstance(value, str):
            found[code] = (value, *found.get(code, _NOTHING)[1:])
        elif isinstance(value, Mapping):
            text = value.get("text")
            if isinstance(text, str):
                found[code] = (text, str(value.get("ask", "")), str(value.get("flag", "")))
            else:
                _take(value, found)


def codes() -> frozenset[str]:
    """Return all codes that have a sentence."""
    return frozenset(_sentences())


def sentence(code: str, args: Mapping[str, str] | None = None) -> str:
    """Return what a code means, as a sentence; the code itself where there is none."""
    text = _sentences().get(code, _NOTHING)[0]
    return text.format_map(_Values(args or {})) if text else f"{code.replace('_', ' ')}."


def flag_sentence(code: str) -> str:
    """Return what a code means where its values are not known: of a flag, a rule or a conflict."""
    return _sentences().get(code, _NOTHING)[2] or sentence(code)


def ask(code: str, args: Mapping[str, str] | None = None) -> str:
    """Return what to ask the sender for; "" where there is nothing to ask."""
    text = _sentences().get(code, _NOTHING)[1]
    return text.format_map(_Values(args or {}))
