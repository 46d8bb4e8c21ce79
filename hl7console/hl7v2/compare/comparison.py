"""What a comparison found, as values."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from hl7console.hl7v2.paths import FieldPath


class DifferenceKind(StrEnum):
    """In which way two messages differ at a place."""

    ADDED = "added"
    """The right one says something where the left one says nothing."""
    REMOVED = "removed"
    """The left one says something where the right one says nothing."""
    CHANGED = "changed"
    """Both say something, not the same. An explicit null says something."""
    MOVED = "moved"
    """The same segment or repetition stands elsewhere."""
    TRAILING = "trailing"
    """They say the same; trailing delimiters or line ends differ."""
    ENCODING = "encoding"
    """They are written in other delimiters or another character set."""


_MIRRORED = {
    DifferenceKind.ADDED: DifferenceKind.REMOVED,
    DifferenceKind.REMOVED: DifferenceKind.ADDED,
}


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two messages."""

    kind: DifferenceKind
    path_left: FieldPath | None
    """Place in the left message, also where it only could be; None for a segment that is not
    there."""
    path_right: FieldPath | None
    name: str
    """Name of the place by the dictionary, or what differs; empty where it has none."""
    left: str | None = field(repr=False)
    """What the left message says: a value without escapes; what is divided as it is written.
    Null is ``""`` with its quotes; None where nothing is there."""
    right: str | None = field(repr=False)
    span_left: tuple[int, int]
    """Offsets of the place in the left message's bytes; empty where nothing is there."""
    span_right: tuple[int, int]
    is_segment: bool = False
    """Whether a whole segment is meant."""

    @property
    def path(self) -> FieldPath:
        """The place in the left message, else in the right one."""
        return self.path_left or self.path_right or FieldPath("")

    def mirrored(self) -> Difference:
        """Return the difference with the sides exchanged."""
        return replace(
            self,
            kind=_MIRRORED.get(self.kind, self.kind),
            path_left=self.path_right,
            path_right=self.path_left,
            left=self.right,
            right=self.left,
            span_left=self.span_right,
            span_right=self.span_left,
        )


@dataclass(frozen=True, slots=True)
class Comparison:
    """The outcome of a comparison."""

    differences: tuple[Difference, ...] = ()
    """In the order of the messages; those of the encoding first."""
    is_coarse: bool = False
    """Whether there were so many that some segments are told as a whole."""
    pairs: tuple[tuple[int, int], ...] = field(default=(), repr=False, compare=False)
    """Which lines belong together, from 1, by the left one; none where the bytes are the same."""

    @property
    def is_same(self) -> bool:
        """Whether nothing differs."""
        return not self.differences
