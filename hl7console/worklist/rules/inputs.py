"""Which rules an input of the journal is for, other than a message."""

from __future__ import annotations

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.profiles.book import ProfileBook
from hl7console.worklist.rules import mpps, operator, served, tables
from hl7console.worklist.turn import Severity, Turn


def apply(turn: Turn, entry: InputEntry, book: ProfileBook) -> None:
    """Apply an input by the rules of its kind."""
    if entry.kind == "profile":
        book.put_in_force(turn, entry)
    elif entry.kind == "mpps":
        mpps.apply(turn, entry)
    elif entry.kind == "operator":
        operator.apply(turn, entry)
    elif entry.kind in ("codes", "crossref"):
        tables.apply(turn, entry)
    elif entry.kind == "served":
        served.apply(turn, entry)
    else:
        turn.note("unknown_input", None, Severity.ERROR, kind=entry.kind)
