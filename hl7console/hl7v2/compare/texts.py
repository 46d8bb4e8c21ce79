"""A comparison as text: a line for each difference, what was and what is below it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from types import MappingProxyType

from hl7console.hl7v2.compare.comparison import Comparison, Difference, DifferenceKind
from hl7console.hl7v2.paths import FieldPath

LONGEST_VALUE = 200
"""Characters of a value that are shown."""

_WORDS = MappingProxyType(
    {
        DifferenceKind.ADDED: "added",
        DifferenceKind.REMOVED: "removed",
        DifferenceKind.CHANGED: "changed",
        DifferenceKind.MOVED: "moved",
        DifferenceKind.TRAILING: "trailing",
        DifferenceKind.ENCODING: "encoding",
    }
)
_SIGNS = MappingProxyType(
    {
        DifferenceKind.ADDED: "+",
        DifferenceKind.REMOVED: "-",
        DifferenceKind.CHANGED: "~",
        DifferenceKind.MOVED: ">",
        DifferenceKind.TRAILING: ".",
        DifferenceKind.ENCODING: "=",
    }
)


def kind_word(kind: DifferenceKind) -> str:
    """Return the word for a kind of difference."""
    return _WORDS[kind]


def kind_sign(kind: DifferenceKind) -> str:
    """Return the one-character sign for a kind of difference."""
    return _SIGNS[kind]


def shown_place(difference: Difference) -> str:
    """Return the place: one path, or both where the sides have it at different ones."""
    left, right = difference.path_left, difference.path_right
    if left is None and right is None:
        return difference.name
    here, there = (_path_text(path) for path in (left, right))
    if not here or not there or here == there:
        return here or there
    return f"{here} → {there}"


def _path_text(path: FieldPath | None) -> str:
    if path is None:
        return ""
    return str(path) if path.segment else f"line {path.segment_occurrence or 1}"


def format_value(value: str | None, longest: int = LONGEST_VALUE) -> str:
    """Return a value for people, on one line: nothing, null, or the text, cut when very long."""
    if value is None:
        return "nothing"
    if value == '""':
        return '"" (null)'
    cut = value[:longest]
    text = cut if cut.isprintable() else "".join(map(_visible, cut))
    if len(value) > longest:
        text += f"… ({len(value):,} characters)"
    return text


def _visible(character: str) -> str:
    if ord(character) < 0x20:
        return chr(0x2400 + ord(character))
    if unicodedata.category(character) in ("Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"):
        return f"<{ord(character):04X}>"
    return character


def format_text(
    comparison: Comparison, *, left: str = "left", right: str = "right", most: int = 0
) -> str:
    """Return a comparison as text, one difference after another.

    Args:
        comparison: The outcome.
        left: What the left message is called.
        right: What the right message is called.
        most: Differences told at most; 0 for all.
    """
    if comparison.is_same:
        return "The messages are the same.\n"
    lines = [f"--- {left}", f"+++ {right}"]
    shown = comparison.differences[:most] if most else comparison.differences
    for difference in shown:
        lines += _lines(difference)
    rest = len(comparison.differences) - len(shown)
    if rest:
        lines.append(f"and {rest:,} more")
    if comparison.is_coarse:
        lines.append("There are so many differences that some segments are told as a whole.")
    return "\n".join(lines) + "\n"


def _lines(difference: Difference) -> Iterator[str]:
    place = shown_place(difference)
    named = difference.name and difference.name != place
    title = f"{place}  {difference.name}" if named else place
    yield f"{kind_sign(difference.kind)} {title}  ({kind_word(difference.kind)})"
    if difference.kind is DifferenceKind.MOVED:
        yield f"    {format_value(difference.left)}"
        return
    if difference.left is not None or difference.kind is not DifferenceKind.ADDED:
        yield f"  - {format_value(difference.left)}"
    if difference.right is not None or difference.kind is not DifferenceKind.REMOVED:
        yield f"  + {format_value(difference.right)}"
