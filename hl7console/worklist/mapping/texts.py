"""Texts of messages within the limits of DICOM's value representations.

References:
    DICOM PS3.5 section 6.2; HL7 v2.5.1 chapter 2.A, CE and CWE.
"""

from __future__ import annotations

from hl7console.worklist.reading import Seg, View

LIMITS = {"SH": 16, "LO": 64, "AE": 16, "CS": 16, "ST": 1024, "LT": 10240, "PN": 64, "UI": 64}
"""Most characters by value representation."""

_AE_BAD = frozenset("\\\r\n\t\x1b")


def cut(text: str, vr: str) -> tuple[str, bool]:
    """Return a text within its limit, blanks at the ends removed, and whether it was cut."""
    text = text.strip()
    limit = LIMITS[vr]
    if vr in ("SH", "LO") and "\\" in text:
        text = text.replace("\\", " ")
    return (text, False) if len(text) <= limit else (text[:limit].rstrip(), True)


def is_ae_title(text: str) -> bool:
    """Return whether a text can be an AE title: 1 to 16 printable ASCII characters, no backslash."""
    return (
        0 < len(text) <= LIMITS["AE"]
        and text.isascii()
        and text.isprintable()
        and (not _AE_BAD.intersection(text) and bool(text.strip()))
    )


def code_string(text: str) -> str:
    """Return a CS value: in capitals; "" where a character does not fit one."""
    text = text.strip().upper()
    fits = all(c.isascii() and (c.isalnum() or c in " _") for c in text)
    return text if fits and len(text) <= LIMITS["CS"] else ""


def coded_text(view: View, written: str, first: int = 1) -> str:
    """Return the text of a coded element: its text, alternate text, original text, or code."""
    parts = view.components(written)
    for place in (first + 1, first + 4, 9, first):
        if place <= len(parts) and (text := view.part(parts[place - 1])):
            return text
    return ""


def coded(view: View, written: str, first: int = 1) -> list[str]:
    """Return code, meaning and scheme of a coded element; empty where one of them is missing."""
    parts = view.components(written)
    if len(parts) < first + 2:
        return []
    code = view.part(parts[first - 1]).strip()
    meaning = view.part(parts[first]).strip()
    scheme = view.part(parts[first + 1]).strip()
    return [code, meaning, scheme] if code and meaning and scheme else []


def note_lines(notes: list[Seg]) -> str:
    """Return the comments of NTE segments, a line for each repetition."""
    return "\n".join(
        note.view.clean(line) for note in notes for line in note.repetitions(3) if line
    )
