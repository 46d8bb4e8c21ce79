"""Texts as DICOM takes them: no separators, no control characters, no longer than allowed."""

from __future__ import annotations

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.profiles.columns import MOST

NULL = '""'
"""A value that says: delete what is stored."""


def one_line(text: str) -> str:
    """Return a text without line ends, control characters and backslashes, blanks collapsed."""
    text = text.strip()
    if text.isprintable() and "\\" not in text and "  " not in text:
        return text
    plain = "".join([c if c.isprintable() and c != "\\" else " " for c in text])
    return " ".join(plain.split())


def several_lines(text: str) -> str:
    """Return a text with its line ends as LF and without other control characters."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    if text.isprintable():
        return text
    return "".join([c if c.isprintable() or c in "\n\t" else " " for c in text])


def fitted(out: Mapped, column: str, text: str, vr: str, path: str = "") -> str:
    """Return a text cut to what its value representation takes; what is cut is flagged.

    The conversions of a profile's fields need not tell the path: it is known by what they read.
    """
    most = MOST.get(vr, 64)
    if len(text) <= most:
        return text
    out.flag("text_cut_" + column if column in _IMPORTANT else "text_cut", path)
    return text[:most].rstrip()


_IMPORTANT = frozenset({"station_name", "sps_location"})
"""Columns with short values, whose cut has a flag of its own."""
