"""How many cells of a fixed-width grid each part of a text takes.

The raw view is a grid, as in a terminal: that makes the place of every character exact without
laying out a whole message, however large it is.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

COARSE_CHARS = 20_000
"""A line that is not ASCII and longer than this takes two cells for each of its characters."""

_WIDE = (
    "\u1100-\u115f\u231a-\u231b\u2329-\u232a\u23e9-\u23ec\u25fd-\u25fe\u2614-\u2615"
    "\u2648-\u2653\u267f\u2693\u26a1\u26aa-\u26ab\u26bd-\u26be\u26c4-\u26c5\u26ce\u26d4\u26ea"
    "\u26f2-\u26f3\u26f5\u26fa\u26fd\u2705\u270a-\u270b\u2728\u274c\u274e\u2753-\u2755\u2757"
    "\u2795-\u2797\u27b0\u27bf\u2b1b-\u2b1c\u2b50\u2b55\u2e80-\u303e\u3041-\u3096\u309b-\u33ff"
    "\u3400-\u4dbf\u4e00-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    "\uffe0-\uffe6\U0001f004\U0001f0cf\U0001f18e\U0001f191-\U0001f19a\U0001f200-\U0001f64f"
    "\U0001f680-\U0001f6ff\U0001f7e0-\U0001f7eb\U0001f900-\U0001f9ff\U0001fa70-\U0001faff"
    "\U00020000-\U0003fffd"
)
_MARKS = (
    "\u0300-\u036f\u0483-\u0489\u0591-\u05bd\u05bf\u05c1-\u05c2\u05c4-\u05c5\u05c7"
    "\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7-\u06e8\u06ea-\u06ed"
    "\u0900-\u0902\u093a\u093c\u0941-\u0948\u094d\u0e31\u0e34-\u0e3a\u0e47-\u0e4e"
    "\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u3099-\u309a\ufe00-\ufe0f\ufe20-\ufe2f"
)
_GROUPS = re.compile(
    f"(?P<cluster>[^\\x00-\\x1f\\x7f-\\x9f][{_MARKS}]+)"
    f"|(?P<wide>(?:[{_WIDE}](?![{_MARKS}]))+)"
    f"|(?P<one>(?:[^{_WIDE}](?![{_MARKS}]))+)"
    "|(?P<rest>.)",
    re.DOTALL,
)
_WIDE_CHAR = re.compile(f"[{_WIDE}]")
_WIDE_RUN = re.compile(f"[{_WIDE}]+")
_MARK = re.compile(f"[{_MARKS}]")

_HIDDEN = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "\u2421"}


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring characters that take the same room. A chip stands for all of its characters."""

    start: int
    """Offset of the first character in the text."""
    end: int
    """Offset after the last character; equal to `start` for a mark that is not in the text."""
    cells: int
    """Cells of one character; of the whole for a chip or a cluster."""
    is_whole: bool = False
    """One unbreakable thing: a chip, or a character with its combining marks."""
    label: str = ""
    """Text shown in place of the characters (chip)."""
    kind: str = ""
    """For a chip: ``fold``, ``unfold`` or ``ending``."""

    @property
    def count(self) -> int:
        """Number of units that can be told apart by their place."""
        return 1 if self.is_whole else self.end - self.start


def runs_of(text: str, start: int, end: int) -> list[Run]:
    """Return the runs of ``text[start:end]``, in order and without gaps. Any thread."""
    if end <= start:
        return []
    piece = text[start:end]
    if piece.isascii():
        return [Run(start, end, 1)]
    if len(piece) > COARSE_CHARS:
        return [Run(start, end, 2 if _WIDE_CHAR.search(piece) else 1)]
    found: list[Run] = []
    for match in _GROUPS.finditer(piece):
        first, last = start + match.start(), start + match.end()
        if match.lastgroup == "cluster":
            cells = 2 if _WIDE_CHAR.match(piece[match.start()]) else 1
            found.append(Run(first, last, cells, is_whole=True))
        else:
            found.append(Run(first, last, 2 if match.lastgroup == "wide" else 1))
    return found


def has_marks(text: str) -> bool:
    """Return whether any character of a text combines with the one before it."""
    return not text.isascii() and _MARK.search(text) is not None


def rows_of_plain(piece: str, columns: int) -> int:
    """Return how many rows a text without combining marks takes; as `runs_of` lays it out."""
    row = col = at = 0
    for match in _WIDE_RUN.finditer(piece):
        row, col = _after(row, col, match.start() - at, 1, columns)
        row, col = _after(row, col, match.end() - match.start(), 2, columns)
        at = match.end()
    row, _ = _after(row, col, len(piece) - at, 1, columns)
    return row + 1


def _after(row: int, col: int, count: int, cells: int, columns: int) -> tuple[int, int]:
    """Return row and column after so many characters of a width."""
    if not count:
        return row, col
    room = (columns - col) // cells
    if room <= 0:
        row, col, room = row + 1, 0, columns // cells
    if count <= room:
        return row, col + count * cells
    down, across = divmod(count - room - 1, columns // cells)
    return row + 1 + down, (across + 1) * cells


def shown(text: str) -> str:
    """Return `text` with every control and invisible character made visible, one for one.

    Direction marks and zero-width characters could otherwise make a value look like another one.
    """
    return _HIDDEN.sub(lambda m: picture(m.group()), text)


def picture(char: str) -> str:
    """Return the visible stand-in of a control or invisible character."""
    return _PICTURES.get(ord(char), "\u2423" if char == "\xad" else "\u25af")


def hidden_spans(text: str) -> list[tuple[int, int]]:
    """Return the ranges of `text` that `shown` replaces."""
    return [match.span() for match in re.finditer(f"(?:{_HIDDEN.pattern})+", text)]


def describe_hidden(char: str) -> str:
    """Return what an invisible character is, for a tool tip: ``U+0000 NULL``."""
    names = {0: "NULL", 9: "TAB", 10: "LINE FEED", 11: "VERTICAL TAB", 13: "CARRIAGE RETURN"}
    names |= {27: "ESCAPE", 28: "FILE SEPARATOR", 0x7F: "DELETE"}
    name = names.get(ord(char)) or unicodedata.name(char, "control character")
    return f"U+{ord(char):04X} {name}"
