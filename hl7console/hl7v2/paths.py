"""Field paths: how people name a place in a message.

``PID-3[2].4.1`` is the fourth component's first subcomponent of the second repetition of PID-3.
All numbers count from 1. ``PID.3.1`` and ``PID-3(1).1`` are read as well; text is always written
in the first form. Nothing here looks into a message.

References:
    HL7 v2.5.1 chapter 2, section 2.4 (fields, components, repetitions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from hl7console.errors import UsageError

_PATH = re.compile(
    r"""
    (?P<segment>[A-Z][A-Z0-9]{2})
    (?:\[(?P<occurrence>\d{1,9})\]|\((?P<occurrence_2>\d{1,9})\))?
    (?:[-.](?P<field>\d{1,9})
        (?:\[(?P<repetition>\d{1,9})\]|\((?P<repetition_2>\d{1,9})\))?
        (?:[-.](?P<component>\d{1,9})
            (?:[-.](?P<subcomponent>\d{1,9}))?
        )?
    )?
    """,
    re.VERBOSE | re.ASCII,
)


class PathError(UsageError):
    """A text is no field path.

    Args:
        text: What is wrong.
        position: Offset of the first character that does not fit, from 0.
    """

    def __init__(self, text: str, *, position: int = 0) -> None:
        super().__init__(text, hint="A path looks like PID-3, PID-3[2].4 or OBX[2]-5.1.1.")
        self.position = position


@dataclass(frozen=True, slots=True)
class FieldPath:
    """A place in a message. None means *any* when reading and *the first* when writing."""

    segment: str
    """Three characters; empty only for lines of a message that are no segment."""
    segment_occurrence: int | None = None
    """Which of the segments of this name, from 1."""
    field: int | None = None
    repetition: int | None = None
    component: int | None = None
    subcomponent: int | None = None

    @classmethod
    def parse(cls, text: str) -> FieldPath:
        """Read a path; letter case and blanks around it don't matter.

        Raises:
            PathError: The text is no path; `PathError.position` says from where on.
        """
        return _parse(text)

    def __str__(self) -> str:
        """Return the path in its usual form, such as ``OBX[2]-5[1].1.1``."""
        parts = [self.segment]
        if self.segment_occurrence is not None:
            parts.append(f"[{self.segment_occurrence}]")
        if self.field is not None:
            parts.append(f"-{self.field}")
            if self.repetition is not None:
                parts.append(f"[{self.repetition}]")
            if self.component is not None:
                parts.append(f".{self.component}")
                if self.subcomponent is not None:
                    parts.append(f".{self.subcomponent}")
        return "".join(parts)

    def generic(self) -> FieldPath:
        """Return the path without occurrence and repetition: the place in the definition."""
        return FieldPath(self.segment, None, self.field, None, self.component, self.subcomponent)


@lru_cache(maxsize=1024)
def _parse(text: str) -> FieldPath:
    stripped = text.strip().upper()
    lead = len(text) - len(text.lstrip())
    match = _PATH.match(stripped)
    if match is None:
        raise PathError("A path begins with a segment name of three characters.", position=lead)
    if match.end() != len(stripped):
        raise PathError(
            f"The path is not understood from character {match.end() + 1} on.",
            position=lead + match.end(),
        )
    numbers = [
        _number(match, "occurrence", "occurrence_2", lead=lead),
        _number(match, "field", lead=lead),
        _number(match, "repetition", "repetition_2", lead=lead),
        _number(match, "component", lead=lead),
        _number(match, "subcomponent", lead=lead),
    ]
    return FieldPath(match["segment"], *numbers)


def _number(match: re.Match[str], *names: str, lead: int) -> int | None:
    for name in names:
        if match[name] is not None:
            number = int(match[name])
            if number == 0:
                raise PathError(
                    "Numbers in a path count from 1.", position=lead + match.start(name)
                )
            return number
    return None
