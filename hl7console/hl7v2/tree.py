"""What all elements of a message have in common.

References:
    HL7 v2.5.1 chapter 2, section 2.5.3 (null and absent values).
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar, overload

from hl7console.hl7v2.paths import FieldPath

if TYPE_CHECKING:
    from hl7console.hl7v2.message import Message

NULL_TEXT = '""'
"""How an element that is to be deleted is written."""


class ValueState(StrEnum):
    """Whether an element says something."""

    ABSENT = "absent"
    """The message does not go that far."""
    EMPTY = "empty"
    """Nothing between the separators, or separators only: not provided, keep what is stored."""
    NULL = "null"
    """``""``: delete what is stored."""
    VALUED = "valued"


class Node:
    """An element of a message. Two nodes are equal when they are the same place of one message."""

    __slots__ = ("end", "message", "start")

    message: Message
    start: int
    """Offset of the first character in the message's text."""
    end: int

    def __init__(self, message: Message, start: int, end: int) -> None:
        self.message = message
        self.start = start
        self.end = end

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Node)
            and type(self) is type(other)
            and self.message is other.message
            and self.char_span == other.char_span
        )

    def __hash__(self) -> int:
        return hash((type(self), self.start, self.end))

    def __repr__(self) -> str:
        """Return the place only: no content."""
        return f"<{type(self).__name__} {self.path}>"

    @property
    def char_span(self) -> tuple[int, int]:
        """Offsets of its characters in `Message.text`."""
        return self.start, self.end

    @property
    def span(self) -> tuple[int, int]:
        """Offsets of its bytes in `Message.raw`, shift sequences included."""
        offsets = self.message.offsets
        return offsets.byte_start(self.start), offsets.byte_end(self.end)

    @property
    def raw_text(self) -> str:
        """The element as written."""
        return self.message.text[self.start : self.end]

    @property
    def path(self) -> FieldPath:
        """Its place, with occurrence and repetition where the message has more than one."""
        raise NotImplementedError

    @property
    def children(self) -> Children[Node]:
        """The next smaller elements."""
        raise NotImplementedError

    @property
    def is_divided(self) -> bool:
        """Whether there is more than one child."""
        return len(self.children) > 1

    def child_around(self, char: int) -> Node | None:
        """Return the child that a character of the text belongs to; a separator ends a child."""
        raise NotImplementedError

    @property
    def state(self) -> ValueState:
        """Whether it says something; never ABSENT."""
        if self.is_literal:
            return ValueState.VALUED if self.start < self.end else ValueState.EMPTY
        return self.message.state_of_span(self.start, self.end)

    @property
    def is_literal(self) -> bool:
        """Whether it names the delimiters (MSH-1, MSH-2): neither divided nor escaped."""
        return False

    @property
    def value(self) -> str:
        """Value of its first leaf, without escapes; empty for null."""
        raise NotImplementedError


_Child_co = TypeVar("_Child_co", bound=Node, covariant=True)


class Children(Sequence[_Child_co]):
    """The children of a node, each made when it is asked for.

    Args:
        starts: Offset of the first character of each.
        stop: Offset of the end of the last one.
        make: Makes a child from its number (from 1) and its offsets.
    """

    __slots__ = ("_make", "_starts", "_stop")

    def __init__(
        self, starts: array[int], stop: int, make: Callable[[int, int, int], _Child_co]
    ) -> None:
        self._starts = starts
        self._stop = stop
        self._make = make

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> _Child_co: ...
    @overload
    def __getitem__(self, index: slice) -> list[_Child_co]: ...
    def __getitem__(self, index: int | slice) -> _Child_co | list[_Child_co]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        start = self._starts[index]
        if index < 0:
            index += len(self._starts)
        following = index + 1
        end = self._stop if following == len(self._starts) else self._starts[following] - 1
        return self._make(following, start, end)
