"""What a comparison leaves out of account."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from hl7console.hl7v2.paths import FieldPath

USUALLY_IGNORED = (FieldPath.parse("MSH-7"), FieldPath.parse("MSH-10"))
"""What differs between any two messages that say the same: time and control id."""

_BETWEEN = re.compile(r"[\s,;]+")


@dataclass(frozen=True, slots=True)
class CompareOptions:
    """How two messages are compared."""

    ignored: tuple[FieldPath, ...] = ()
    """Places that may differ, with all below them; a path of a segment alone ignores all of it.
    An occurrence or repetition that is left open means each."""
    any_order: bool = False
    """Whether segments of a name, and repetitions of a field, may stand in any order."""
    trailing: bool = False
    """Whether trailing delimiters and line ends are compared too."""
    encoding: bool = True
    """Whether delimiters and character set are compared."""


def read_ignored(text: str | Iterable[str]) -> tuple[FieldPath, ...]:
    """Read a list of places, divided by blanks, commas or semicolons.

    Raises:
        PathError: One of them is no path.
    """
    texts = [text] if isinstance(text, str) else list(text)
    written = [part for one in texts for part in _BETWEEN.split(one) if part]
    return tuple(dict.fromkeys(FieldPath.parse(part) for part in written))


def is_within(place: FieldPath, ignored: FieldPath) -> bool:
    """Return whether a place is what an ignored path names, or below it.

    Args:
        place: With all its numbers down to what it is.
        ignored: The place that is left out; an open number means each.
    """
    if place.segment != ignored.segment:
        return False
    pairs = (
        (place.segment_occurrence or 1, ignored.segment_occurrence),
        (place.field, ignored.field),
        (place.repetition, ignored.repetition),
        (place.component, ignored.component),
        (place.subcomponent, ignored.subcomponent),
    )
    return all(wanted is None or number == wanted for number, wanted in pairs)
