"""What is wrong with a message, at its place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hl7console.hl7v2.paths import FieldPath


class Severity(StrEnum):
    """How bad a finding is."""

    ERROR = "error"
    """The message breaks the standard so that a receiver may refuse or misread it."""
    WARNING = "warning"
    """Against the standard, and commonly got away with."""
    INFO = "info"
    """Worth knowing."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with, or odd about, a message."""

    path: FieldPath
    """The place; its segment is empty for a line that is no segment."""
    severity: Severity
    code: str
    """Names the rule's case, for filters and tests: ``bad_escape``."""
    text: str
    """One sentence. It may quote codes and names of segments, never a patient's data."""
    span: tuple[int, int]
    """First byte and the one after the last, in the message's bytes."""
    count: int = 1
    """How many places have the same fault; the path and span are those of the first."""


SEVERITIES = (Severity.ERROR, Severity.WARNING, Severity.INFO)
"""From the worst down."""


def worst(findings: Iterable[Finding]) -> Severity | None:
    """Return the worst severity among findings; None when there are none."""
    return min((f.severity for f in findings), key=SEVERITIES.index, default=None)


def depth_of(path: FieldPath) -> int:
    """Return how far below its segment a place is: 1 for a field, 3 for a subcomponent."""
    parts = (path.field, path.component, path.subcomponent)
    return sum(part is not None for part in parts)


def covers(outer: FieldPath, inner: FieldPath) -> bool:
    """Return whether an element of the same segment is another one, or holds it."""
    if outer.field is None:
        return True
    if outer.field != inner.field:
        return False
    if outer.repetition is not None and outer.repetition != (inner.repetition or 1):
        return False
    if outer.component is None:
        return True
    if outer.component != inner.component:
        return False
    return outer.subcomponent is None or outer.subcomponent == inner.subcomponent
