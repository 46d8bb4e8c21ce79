"""The places of a message that a path with open ends names."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

from hl7console.hl7v2 import writing
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath

Splice = tuple[int, int, str]
"""First character, the one after the last, and the text that takes their place."""


def places(
    message: Message, path: FieldPath, *, by_repetition: bool = False
) -> Iterator[FieldPath]:
    """Yield the places that a path names, none of them open in segment or repetition.

    A place need not be there yet, as long as its segment is. A path that ends with the field
    names the field as a whole.

    Args:
        message: Where they are.
        path: A path, all segments and repetitions where it has no index.
        by_repetition: Give each repetition of a field of its own, even where the path names no
            component.
    """
    for segment in occurrences(message, path):
        place = dataclasses.replace(path, segment_occurrence=segment)
        is_open = path.repetition is None and path.field is not None
        if not is_open or (path.component is None and not by_repetition):
            yield place
            continue
        count = repetition_count(message, place)
        for number in range(1, count + 1):
            yield dataclasses.replace(place, repetition=number)


def occurrences(message: Message, path: FieldPath) -> Iterable[int]:
    """Return which of the segments of its name a path means, from 1."""
    count = message.count(path.segment)
    if path.segment_occurrence is None:
        return range(1, count + 1)
    return (path.segment_occurrence,) if path.segment_occurrence <= count else ()


def repetition_count(message: Message, place: FieldPath) -> int:
    """Return how many repetitions the field of a place has; 1 where the field is missing."""
    field = FieldPath(place.segment, place.segment_occurrence, place.field)
    start, end, missing = writing.place(message, field)
    mark = message.delimiters.repetition
    return message.text.count(mark, start, end) + 1 if mark and not missing else 1


def leaf_of(place: FieldPath) -> FieldPath:
    """Return the first leaf of a place: what its value is."""
    return dataclasses.replace(
        place,
        repetition=place.repetition or 1,
        component=place.component or 1,
        subcomponent=place.subcomponent or 1,
    )


def splice_of(message: Message, place: FieldPath, written: str) -> Splice | None:
    """Return what writes text, as it is, at a place; None where that changes nothing.

    Raises:
        EditError: The message has no separator for the place.
    """
    start, end, missing = writing.place(message, place)
    if missing and not written:
        return None
    if not missing and message.text[start:end] == written:
        return None
    return start, end, missing + written
