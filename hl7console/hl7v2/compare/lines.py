"""The segments and repetitions of a message as items that can be aligned."""

from __future__ import annotations

from collections.abc import Hashable

from hl7console.hl7v2.compare.alignment import Item, Rules
from hl7console.hl7v2.compare.contents import COMPONENT, FIELD, Contents, without_trailing
from hl7console.hl7v2.nodes import Field, Repetition, Segment

KEY_FIELDS: dict[str, tuple[int, ...]] = {
    "AIG": (3,),
    "AIL": (3,),
    "AIP": (3,),
    "AIS": (3,),
    "AL1": (3,),
    "ARQ": (1, 2),
    "DG1": (3,),
    "FT1": (2, 7),
    "GT1": (2, 3),
    "IAM": (3,),
    "IN1": (2, 3),
    "IPC": (1, 2, 3, 4),
    "MRG": (1,),
    "NK1": (2, 3),
    "OBR": (2, 3, 4),
    "OBX": (3, 4),
    "ORC": (2, 3),
    "PID": (3,),
    "PR1": (3,),
    "PRT": (4, 5),
    "ROL": (3, 4),
    "RXE": (2,),
    "RXO": (1,),
    "SCH": (1, 2),
    "SPM": (2,),
    "TXA": (2, 12),
    "ZDS": (1,),
}
"""Fields that tell which of the segments of a name it is, whatever else it says."""

_COUNTED = frozenset(
    (
        *("AIG", "AIL", "AIP", "AIS", "AL1", "DG1", "FT1", "GT1", "IAM", "IN1", "IN3", "NK1"),
        *("NTE", "OBR", "OBX", "PID", "PR1", "PV1", "RGS", "SPM", "TQ1", "TQ2", "UB1"),
    )
)
"""Segments whose first field counts them: another number says nothing else."""

_SAME_KEY, _SAME_FIELD = 40, 4


class Line:
    """A segment of a message, with what it is recognised by."""

    __slots__ = ("_about_key", "_fields", "_rest_key", "content", "segment", "text")

    def __init__(self, segment: Segment, contents: Contents) -> None:
        self.segment = segment
        self.text = segment.raw_text
        self.content = contents.of_segment(segment, self.text)
        self._fields: list[str] | None = None
        self._rest_key: str | None = None
        self._about_key: str | None = None

    @property
    def fields(self) -> list[str]:
        """Contents of its name and fields."""
        if self._fields is None:
            self._fields = self.content.split(FIELD)
        return self._fields

    def key(self, level: int) -> Hashable | None:
        """Return all that it says, that without its number, what it is about, or its name."""
        if level == 0:
            return self.content
        if level == 1:
            if self._rest_key is None:
                self._rest_key = self._made_rest_key()
            return self._rest_key or None
        if level == 2:
            if self._about_key is None:
                self._about_key = self._made_about_key()
            return self._about_key or None
        return self.segment.id

    # Keys are texts, which remember their hashes; the fields of most lines are not kept.

    def _made_rest_key(self) -> str:
        name = self.segment.id
        if name not in _COUNTED:
            return ""
        parts = self.content.split(FIELD, 2)
        # A content ends with no separator: where there is a rest, it says something.
        return name + FIELD + parts[2] if len(parts) > 2 else ""

    def _made_about_key(self) -> str:
        about = _about(self.segment.id, self._fields or self.content.split(FIELD))
        return FIELD.join((self.segment.id, *about)) if any(about) else ""

    @property
    def about(self) -> tuple[str, ...]:
        """Contents of its key fields; empty for segments without any."""
        return _about(self.segment.id, self.fields)


def _about(name: str, fields: list[str]) -> tuple[str, ...]:
    size = len(fields)
    return tuple([fields[n] if n < size else "" for n in KEY_FIELDS.get(name, ())])


def _likeness(one: Item, other: Item) -> int:
    if not isinstance(one, Line) or not isinstance(other, Line):
        return 0
    if one.segment.id != other.segment.id:
        return 0
    about = one.about
    same_key = _SAME_KEY if any(about) and about == other.about else 0
    pairs = zip(one.fields[1:], other.fields[1:], strict=False)
    return 1 + same_key + _SAME_FIELD * sum(1 for a, b in pairs if a and a == b)


SEGMENT_RULES = Rules(exact=2, levels=4, likeness=_likeness)
"""How segments are aligned."""


class Part:
    """A repetition of a field, with what it is recognised by."""

    __slots__ = ("components", "content", "repetition")

    def __init__(self, repetition: Repetition, contents: Contents) -> None:
        self.repetition = repetition
        field = repetition.field
        text = contents.of_text(repetition.raw_text, field.segment, field.number)
        self.content = without_trailing(text)
        self.components = self.content.split(COMPONENT)

    def key(self, level: int) -> Hashable | None:
        """Return all that it says, its first component, or what all have in common."""
        if level == 0:
            return self.content
        return self.components[0] or None if level == 1 else ""


def parts_of(field: Field, contents: Contents) -> list[Part]:
    """Return the repetitions of a field."""
    return [Part(repetition, contents) for repetition in field.repetitions]


def _likeness_of_parts(one: Item, other: Item) -> int:
    if not isinstance(one, Part) or not isinstance(other, Part):
        return 0
    pairs = zip(one.components, other.components, strict=False)
    return 1 + sum(1 for a, b in pairs if a and a == b)


PART_RULES = Rules(exact=1, levels=3, likeness=_likeness_of_parts)
"""How repetitions are aligned."""
