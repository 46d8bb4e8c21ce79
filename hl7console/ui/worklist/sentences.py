"""The sentences of rules, notes and flags, by their codes."""

from __future__ import annotations

from hl7console.ui.worklist.words import plain
from hl7console.worklist.turn import Note


def note_sentence(note: Note) -> str:
    """Return what a note says."""
    values = ", ".join(value for value in note.args.values() if value)
    return f"{plain(note.rule)}: {values}" if values else plain(note.rule)


def rule_sentence(rule: str) -> str:
    """Return what a rule did, in a few words."""
    return plain(rule)


def ask_sentence(note: Note) -> str:
    """Return what to ask the sender for; "" where there is nothing to ask."""
    del note
    return ""


def where_from(column: str) -> str:
    """Return where a column's value should have come from, as a sentence; "" if not known."""
    del column
    return ""
