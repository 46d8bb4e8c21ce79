"""What a stretch of a message says, as a text that is the same for all ways to write it.

Separators become characters that no decoded text can hold (lone surrogates), and leaves lose their
escapes, so that two contents are equal exactly when two elements say the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from hl7console.hl7v2.compare.options import CompareOptions
from hl7console.hl7v2.escapes import unescape
from hl7console.hl7v2.message import Message, is_formatted
from hl7console.hl7v2.nodes import NULL_TEXT, Field, Segment
from hl7console.hl7v2.paths import FieldPath

FIELD, REPETITION, COMPONENT, SUBCOMPONENT = "\ud800", "\ud801", "\ud802", "\ud803"
"""Separators in contents."""

_QUOTES = '\ud804""'
"""A value that is two quotes, written with escapes; unlike null."""

_LEAF_ENDS = re.compile("([\ud800-\ud803])")
_HAS_TRAILING = re.compile(
    "[\ud800-\ud803]\\Z|\ud803[\ud800-\ud802]|\ud802[\ud800\ud801]|\ud801\ud800"
)
_TRAILING = (
    re.compile("(?<!\ud803)\ud803++(?=[\ud800-\ud802]|\\Z)"),
    re.compile("(?<!\ud802)\ud802++(?=[\ud800\ud801]|\\Z)"),
    re.compile("(?<!\ud801)\ud801++(?=\ud800|\\Z)"),
)
_CHARSET_FIELD = 18


def without_trailing(content: str) -> str:
    """Return a content without the separators that nothing follows."""
    if _HAS_TRAILING.search(content) is None:
        return content
    for pattern in _TRAILING:
        content = pattern.sub("", content)
    return content.rstrip(FIELD)


class Contents:
    """The contents of one message's elements.

    Args:
        message: The message.
        options: Which places are left out.
    """

    def __init__(self, message: Message, options: CompareOptions) -> None:
        self.message = message
        roles = message.delimiters
        self._roles = roles
        self._escape = roles.escape
        self._marks = [
            (mark, content)
            for mark, content in (
                (roles.field, FIELD),
                (roles.repetition, REPETITION),
                (roles.component, COMPONENT),
                (roles.subcomponent, SUBCOMPONENT),
            )
            if mark
        ]
        self._ignored: dict[str, list[FieldPath]] = {}
        for path in options.ignored:
            self._ignored.setdefault(path.segment, []).append(path)

    def is_ignored(self, segment: Segment) -> bool:
        """Return whether a whole segment is left out."""
        return bool(self._ignored) and any(
            path.field is None and path.segment_occurrence in (None, segment.index)
            for path in self._ignored.get(segment.id, ())
        )

    def of_segment(self, segment: Segment, text: str) -> str:
        """Return what a segment says, without what is left out and without its delimiters."""
        if not segment.id:
            return text
        if not segment.is_header and segment.id not in self._ignored:
            content = self._with_marks(text)
            if self._escape and self._escape in text:
                content = self._unescaped(content, segment)
            return without_trailing(content)
        written = text.split(self._roles.field)
        first = 2 if segment.is_header else 1
        fields = [segment.id]
        fields += [
            self._of_field(segment, number, part) for number, part in enumerate(written[1:], first)
        ]
        return without_trailing(FIELD.join(fields))

    def _unescaped(self, content: str, segment: Segment) -> str:
        """Return what a segment with separators for its delimiters says: leaves lose escapes."""
        fields = content.split(FIELD)
        for number, field in enumerate(fields):
            if number and self._escape in field:
                fields[number] = self._without_escapes(field, segment, number)
        return FIELD.join(fields)

    def _of_field(self, segment: Segment, number: int, text: str) -> str:
        if segment.is_header and (number == 2 or (number == _CHARSET_FIELD and segment.index == 1)):
            return ""
        if not text:
            return ""
        content = self.of_text(text, segment, number)
        for path in self._ignored.get(segment.id, ()):
            if path.field == number and path.segment_occurrence in (None, segment.index):
                content = _without(content, path)
        return content

    def of_field(self, field: Field) -> str:
        """Return what a field says, without what is left out, with trailing separators."""
        return self._of_field(field.segment, field.number, field.raw_text)

    def of_text(self, text: str, segment: Segment, number: int) -> str:
        """Return what written text of a field says, with trailing separators.

        Args:
            text: The field, or an element of it.
            segment: Where it stands.
            number: Of the field.
        """
        content = self._with_marks(text)
        if not self._escape or self._escape not in text:
            return content
        return self._without_escapes(content, segment, number)

    def _without_escapes(self, content: str, segment: Segment, number: int) -> str:
        formatted = is_formatted(segment, number)
        return "".join(
            [self._leaf(part, formatted=formatted) for part in _LEAF_ENDS.split(content)]
        )

    def _leaf(self, text: str, *, formatted: bool) -> str:
        if self._escape not in text:
            return text
        value = unescape(text, self._roles, self.message.codec, formatted=formatted)
        return _QUOTES if value == NULL_TEXT else value

    def _with_marks(self, text: str) -> str:
        for mark, content in self._marks:
            text = text.replace(mark, content)
        return text


def _without(content: str, path: FieldPath) -> str:
    """Return a field's content with the elements at a path made empty."""
    numbers = (path.repetition, path.component, path.subcomponent)
    last = max((n for n, number in enumerate(numbers) if number is not None), default=-1)
    marks = (REPETITION, COMPONENT, SUBCOMPONENT)
    return _blanked(content, list(zip(marks, numbers, strict=True))[: last + 1])


def _blanked(content: str, steps: Iterable[tuple[str, int | None]]) -> str:
    steps = list(steps)
    if not steps:
        return ""
    mark, number = steps[0]
    parts = content.split(mark)
    return mark.join(
        _blanked(part, steps[1:]) if number is None or n == number else part
        for n, part in enumerate(parts, 1)
    )
