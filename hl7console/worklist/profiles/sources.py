"""Where a column's value may come from, as a profile writes it: ``OBR-18``, ``ORC-7.4``."""

from __future__ import annotations

import re
from typing import NamedTuple

_FORM = re.compile(r"([A-Z][A-Z0-9]{2})-(\d{1,3})(?:\.(\d{1,2}))?(?:\.(\d{1,2}))?", re.ASCII)


class FieldSource(NamedTuple):
    """A place in a message."""

    segment: str
    field: int
    component: int
    """0: the whole field."""
    subcomponent: int
    path: str
    """As it is written, for provenance."""
    rule: str
    """``fallback`` where it stands in for one before it."""


def parse_source(text: str, *, is_first: bool) -> FieldSource:
    """Return the place that a text names.

    Raises:
        ValueError: It is no field path.
    """
    found = _FORM.fullmatch(text)
    if found is None or not int(found[2]):
        raise ValueError(text)
    return FieldSource(
        found[1], int(found[2]), int(found[3] or 0), int(found[4] or 0), text,
        "" if is_first else "fallback",
    )  # fmt: skip
