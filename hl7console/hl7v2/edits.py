"""Edits as values: apply them, take them back, tell what they do.

An edit holds places and texts, never a message, so that a list of edits is an undo history that
can be kept, shown and applied to another message. What takes an edit back is the bytes that were
there before, so that undoing gives the very same message in every character set.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Segment
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.writing import EditError

_TERMINATORS = ("\r\n", "\r", "\n")


class Edit(Protocol):
    """A change of a message."""

    def apply(self, message: Message) -> Message:
        """Return the changed message.

        Raises:
            EditError: The message cannot be changed in this way.
            UnencodableTextError: The message's character set lacks a character.
        """

    def describe(self) -> str:
        """Return what it does, in a few words without content."""


@dataclass(frozen=True, slots=True)
class SetValue:
    """Writes a value, escaped."""

    path: FieldPath
    value: str = field(repr=False)

    def apply(self, message: Message) -> Message:
        """Return the message with the value."""
        return message.with_value(self.path, self.value)

    def describe(self) -> str:
        """Return which place is set."""
        return f"Set {self.path}" if self.value else f"Clear {self.path}"


@dataclass(frozen=True, slots=True)
class SetNull:
    """Writes an explicit null, which tells the receiver to delete what it has."""

    path: FieldPath

    def apply(self, message: Message) -> Message:
        """Return the message with the null."""
        return message.with_null(self.path)

    def describe(self) -> str:
        """Return which place becomes null."""
        return f"Set {self.path} to null"


@dataclass(frozen=True, slots=True)
class SetRaw:
    """Writes text as it is, separators and escape sequences included."""

    path: FieldPath
    text: str = field(repr=False)

    def apply(self, message: Message) -> Message:
        """Return the message with the text."""
        return message.with_raw(self.path, self.text)

    def describe(self) -> str:
        """Return which place is rewritten."""
        return f"Rewrite {self.path}"


@dataclass(frozen=True, slots=True)
class InsertSegment:
    """Inserts a line before another one, or after the last."""

    line: int
    """The line that it becomes, from 1; one more than there are puts it last."""
    text: str = field(repr=False)
    """The segment as written, without its terminator."""

    def apply(self, message: Message) -> Message:
        """Return the message with one line more."""
        if not self.text or "\r" in self.text or "\n" in self.text:
            raise EditError("A segment is one line of text.")
        segments = message.segments
        if not 1 <= self.line <= len(segments) + 1:
            raise EditError(f"The message has no line {self.line - 1} to insert after.")
        terminator = _terminator(message)
        if self.line <= len(segments):
            place = segments[self.line - 1].start
            return message.with_text(place, place, self.text + terminator)
        if not segments:
            return message.with_text(len(message.text), len(message.text), self.text)
        place = segments[-1].end
        return message.with_text(place, place, terminator + self.text)

    def describe(self) -> str:
        """Return which segment is inserted where."""
        return f"Insert {self.text[:3]} as line {self.line}"


@dataclass(frozen=True, slots=True)
class RemoveSegment:
    """Removes a segment with its terminator."""

    path: FieldPath
    """Names the segment; an open occurrence is the first."""

    def apply(self, message: Message) -> Message:
        """Return the message with one line less."""
        found = message.first(FieldPath(self.path.segment, self.path.segment_occurrence or 1))
        if not isinstance(found, Segment):
            raise EditError(f"The message has no {self.path} segment.")
        if found.start == message.header.start:
            raise EditError(f"A message cannot do without its first {found.id}.")
        segments = message.segments
        if found.line < len(segments):
            return message.with_text(found.start, segments[found.line].start, "")
        return message.with_text(segments[found.line - 2].end, found.end, "")

    def describe(self) -> str:
        """Return which segment is removed."""
        return f"Remove {self.path}"


@dataclass(frozen=True, slots=True)
class SwitchCharset:
    """Writes the whole message in another character set and names it in MSH-18."""

    msh_18: str

    def apply(self, message: Message) -> Message:
        """Return the message in the other character set."""
        return message.with_charset(self.msh_18)

    def describe(self) -> str:
        """Return which character set it becomes."""
        return f"Switch the character set to {self.msh_18}"


@dataclass(frozen=True, slots=True)
class ReplaceText:
    """Replaces characters of the text, as typing in the raw view does."""

    start: int
    """Offsets in `Message.text`."""
    end: int
    text: str = field(repr=False)

    def apply(self, message: Message) -> Message:
        """Return the message with the other text."""
        return message.with_text(self.start, self.end, self.text)

    def describe(self) -> str:
        """Return how much is replaced."""
        return f"Replace {self.end - self.start} by {len(self.text)} characters"


@dataclass(frozen=True, slots=True)
class RestoreBytes:
    """Puts bytes back; what `invert` gives."""

    start: int
    """Offsets in `Message.raw`."""
    end: int
    data: bytes = field(repr=False)
    undone: str = ""
    """Description of the edit that is taken back."""

    def apply(self, message: Message) -> Message:
        """Return the message with the bytes."""
        raw = message.raw[: self.start] + self.data + message.raw[self.end :]
        return Message.parse(
            raw, default_codec=message.default_codec, force_codec=message.force_codec
        )

    def describe(self) -> str:
        """Return what is taken back."""
        return f"Undo: {self.undone}"


def invert(edit: Edit, before: Message, after: Message) -> RestoreBytes:
    """Return what takes an edit back.

    Args:
        edit: The edit.
        before: The message it was applied to.
        after: The message it gave.
    """
    old, new = before.raw, after.raw
    shorter = min(len(old), len(new))
    head = _common(old, new, shorter, from_end=False)
    tail = _common(old, new, shorter - head, from_end=True)
    return RestoreBytes(head, len(new) - tail, old[head : len(old) - tail], undone=edit.describe())


def _common(one: bytes, other: bytes, limit: int, *, from_end: bool) -> int:
    """Return how many bytes two strings have in common at one end, by halving."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if from_end:
            is_same = one[len(one) - middle :] == other[len(other) - middle :]
        else:
            is_same = one[:middle] == other[:middle]
        low, high = (middle, high) if is_same else (low, middle - 1)
    return low


def _terminator(message: Message) -> str:
    """Return how the message ends its first line; CR where it has only one, unended."""
    for segment in message.segments[:1]:
        for terminator in _TERMINATORS:
            if message.text.startswith(terminator, segment.end):
                return terminator
    return "\r"
