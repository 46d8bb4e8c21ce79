"""The sentences of rules, notes and flags, by their codes; and where values come from."""

from __future__ import annotations

from collections.abc import Mapping

from hl7console.store.worklist.records import LineRow
from hl7console.ui.worklist.words import column_words, state_name
from hl7console.worklist import wording
from hl7console.worklist.lines import DESCRIPTIONS
from hl7console.worklist.turn import Note


def note_sentence(note: Note) -> str:
    """Return what a note says."""
    return wording.sentence(note.rule, _worded(note.args))


def rule_sentence(rule: str) -> str:
    """Return what a rule did, without its full stop."""
    return wording.flag_sentence(rule).rstrip(".")


def flag_sentence(flag: str) -> str:
    """Return what a flag means."""
    return wording.flag_sentence(flag)


def ask_sentence(note: Note) -> str:
    """Return what to ask the sender for; "" where there is nothing to ask."""
    return wording.ask(note.rule, _worded(note.args))


def _worded(args: Mapping[str, str]) -> dict[str, str]:
    """Return a note's values with columns and states as people call them."""
    told = {}
    for name, value in args.items():
        if name in ("column", "columns"):
            value = ", ".join(column_words(part.strip()) for part in str(value).split(","))
        elif name in ("state", "was", "to", "wanted") and str(value).isupper():
            value = state_name(str(value))[0]
        told[name] = str(value)
    return told


def where_from(column: str) -> str:
    """Return where a column's value should have come from, as a sentence; "" if not known."""
    about = DESCRIPTIONS.get(column)
    if about is None:
        return ""
    return f"The {column_words(column)} should have come from {about.wanted_from}."


def line_sentences(line: LineRow) -> list[str]:
    """Return what is missing of a line and what its flags mean, a sentence each."""
    missing = [f"No {column_words(column)}. {where_from(column)}" for column in line.missing]
    return [*missing, *(flag_sentence(flag) for flag in line.flags)]
