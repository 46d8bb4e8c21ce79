"""Moves dates and times, as written, by a stretch of time.

Precision and zone stay as they are. A value stands for the whole stretch that it names: it moves
forward from its beginning and back from its end, so that what is shorter than its precision does
not move it (a date without a time stays the same day when it is moved by an hour).

References:
    HL7 v2.5.1 chapter 2A, 2.A.21 (DT), 2.A.22 (DTM), 2.A.75 (TM), 2.A.77 (TS).
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import date

from hl7console.hl7v2.datetimes import date_problem
from hl7console.hl7v2.dictionary import DATE_TYPES, Dictionary
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Component, Repetition, Segment
from hl7console.hl7v2.nodes import Node as Element

DAY_S = 86_400

BIRTH_DATES = frozenset({
    ("PID", 7), ("NK1", 16), ("GT1", 8), ("IN1", 18), ("IN2", 44), ("STF", 6), ("CTD", 0),
})  # fmt: skip
"""Fields that say who somebody is and not when something was: ``all`` leaves them alone."""

_VALUE = re.compile(r"(\d{4,14})(\.\d{1,4})?([+-]\d{4})?", re.ASCII)
_TIME = re.compile(r"(\d{2,6})(\.\d{1,4})?([+-]\d{4})?", re.ASCII)
_LAST_YEAR = 9999


class OutOfRangeError(ValueError):
    """A date would move out of the years 1 to 9999."""


def shifted(value: str, seconds: int, *, is_time: bool = False) -> str:
    """Return a date or time as it is that many seconds later; what is none stays as it is.

    Args:
        value: As written.
        seconds: How far; less than 0 moves back.
        is_time: The value is a time of day without a date; it goes round at midnight.

    Raises:
        OutOfRangeError: The year would not be one of four digits.
    """
    if date_problem(value, "TM" if is_time else "DTM"):
        return value
    found = (_TIME if is_time else _VALUE).fullmatch(value)
    if found is None:
        return value
    digits = found[1]
    moved = _moved_time(digits, seconds) if is_time else _moved(digits, seconds)
    return moved + value[len(digits) :]


def _moved_time(digits: str, seconds: int) -> str:
    size = {2: 3_600, 4: 60}.get(len(digits), 1)
    begin = _clock(digits)
    moved = begin + seconds if seconds >= 0 else begin + size - 1 + seconds
    return _clock_digits(moved % DAY_S)[: len(digits)]


def _moved(digits: str, seconds: int) -> str:
    begin, end = _stretch(digits)
    moved = begin + seconds if seconds >= 0 else end + seconds
    days, clock = divmod(moved, DAY_S)
    try:
        day = date.fromordinal(days)
    except (ValueError, OverflowError):
        raise OutOfRangeError from None
    return f"{day.year:04d}{day.month:02d}{day.day:02d}{_clock_digits(clock)}"[: len(digits)]


def _stretch(digits: str) -> tuple[int, int]:
    """Return the first and last second that a value names."""
    year = int(digits[:4])
    month, last_month = (int(digits[4:6]),) * 2 if len(digits) >= 6 else (1, 12)
    if len(digits) >= 8:
        day = last_day = int(digits[6:8])
    else:
        day, last_day = 1, calendar.monthrange(year, last_month)[1]
    clock = _clock(digits[8:])
    size = {0: DAY_S, 2: 3_600, 4: 60}.get(len(digits) - 8, 1) if len(digits) >= 8 else DAY_S
    begin = date(year, month, day).toordinal() * DAY_S + clock
    return begin, date(year, last_month, last_day).toordinal() * DAY_S + clock + size - 1


def _clock(digits: str) -> int:
    parts = [int(digits[at : at + 2]) for at in range(0, len(digits), 2)]
    return sum(part * size for part, size in zip(parts, (3_600, 60, 1), strict=False))


def _clock_digits(seconds: int) -> str:
    return f"{seconds // 3_600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"


def date_leaves(message: Message, dictionary: Dictionary) -> Iterator[tuple[Element, bool]]:
    """Yield every leaf that holds a date or a time by its definition, but for birth dates.

    Each comes with whether it is a time of day alone.
    """
    for segment in message.segments:
        if segment.id:
            yield from _in_segment(segment, dictionary)


def _in_segment(segment: Segment, dictionary: Dictionary) -> Iterator[tuple[Element, bool]]:
    definition = dictionary.segment(segment.id)
    if definition is None:
        return
    for number, field in enumerate(segment.fields, 1):
        if field.is_literal or field.start == field.end or number > len(definition.fields):
            continue
        if (segment.id, number) in BIRTH_DATES:
            continue
        type_ = definition.fields[number - 1].type
        if (segment.id, number) == ("OBX", 5):
            kind = segment.field(2)
            type_ = kind.value if kind is not None else ""
        for repetition in field.repetitions:
            yield from _in_repetition(repetition, type_, dictionary)


def _in_repetition(
    repetition: Repetition, type_: str, dictionary: Dictionary
) -> Iterator[tuple[Element, bool]]:
    if type_ in DATE_TYPES:
        yield repetition.components[0].subcomponents[0], type_ == "TM"
        return
    datatype = dictionary.datatype(type_)
    if datatype is None or not datatype.components:
        return
    for definition, component in zip(datatype.components, repetition.components, strict=False):
        if component.start < component.end:
            yield from _in_component(component, definition.type, dictionary)


def _in_component(
    component: Component, type_: str, dictionary: Dictionary
) -> Iterator[tuple[Element, bool]]:
    if type_ in DATE_TYPES:
        yield component.subcomponents[0], type_ == "TM"
        return
    datatype = dictionary.datatype(type_)
    if datatype is None or not datatype.components:
        return
    for definition, leaf in zip(datatype.components, component.subcomponents, strict=False):
        if definition.type in DATE_TYPES and leaf.start < leaf.end:
            yield leaf, definition.type == "TM"
