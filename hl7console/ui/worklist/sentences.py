"""The sentences of rules, notes and flags, by their codes; and where values come from."""

from __future__ import annotations

from collections.abc import Mapping

from hl7console.ui.worklist.words import column_words, plain
from hl7console.worklist.lines import DESCRIPTIONS
from hl7console.worklist.turn import Note


def note_sentence(note: Note) -> str:
    """Return what a note says."""
    return _told(note.rule, note.args)


def rule_sentence(rule: str) -> str:
    """Return what a rule did, in a few words."""
    return plain(rule)


def flag_sentence(flag: str) -> str:
    """Return what a flag means."""
    return _told(flag, {})


def ask_sentence(note: Note) -> str:
    """Return what to ask the sender for; "" where there is nothing to ask."""
    del note
    return ""


def _told(code: str, args: Mapping[str, str]) -> str:
    values = ", ".join(value for value in args.values() if value)
    return f"{plain(code)}: {values}" if values else plain(code)


def where_from(column: str) -> str:
    """Return where a column's value should have come from, as a sentence; "" if not known."""
    about = DESCRIPTIONS.get(column)
    if about is None:
        return ""
    return f"The {column_words(column)} should have come from {about.wanted_from}."
