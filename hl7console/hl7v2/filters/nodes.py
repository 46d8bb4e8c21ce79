"""The parsed form of a filter: plain, comparable values.

The store compiles them to SQL, `hl7console.hl7v2.filters.evaluation` evaluates them one message
at a time; both must agree. Every node knows where it stands in the text, which takes no part in
comparisons. Search terms may name patients, so no ``repr`` shows them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hl7console.hl7v2.paths import FieldPath

Span = tuple[int, int]
"""First and last-plus-one character of a part of the filter's text."""

Operator = Literal["=", "!=", "~", ">", "<", ">=", "<="]
"""How a path compares."""

ColumnKey = Literal[
    "from", "to", "listener", "destination", "control", "patient", "accession", "order"
]
"""Keys that compare text."""


@dataclass(frozen=True, slots=True)
class TextMatch:
    """Words that follow each other somewhere in the message."""

    words: tuple[str, ...] = field(repr=False)
    """Normalised as the full text is: see `hl7console.hl7v2.filters.fulltext`."""
    is_prefix: bool
    """Whether the last word may go on; false for quoted phrases."""
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class TypeIs:
    """MSH-9; an empty part matches any. Upper case."""

    message_type: str
    event: str = ""
    structure: str = ""
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class ColumnIs:
    """A text column equals a value, letter case aside.

    ``listener`` is the interface of received messages, ``destination`` that of any delivery.
    ``from`` and ``to`` match application, facility, or both joined with ``|``; ``order`` matches
    placer or filler number; ``patient`` the id, or id and authority joined with ``^``.
    """

    key: ColumnKey
    value: str = field(repr=False)
    """As written; a `*` at its end was taken off and is `is_prefix`."""
    is_prefix: bool = False
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class StatusIs:
    """The processing result."""

    status: Literal["ok", "error", "rejected", "waiting", "duplicate"]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class OriginIs:
    """Where a message came from: any of these values of the column ``origin``."""

    origins: tuple[str, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class SizeIs:
    """The size of the message in bytes."""

    operator: Literal["=", ">", "<", ">=", "<="]
    size_bytes: int
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class ReceivedSince:
    """Received at this time or later."""

    at_us: int
    """UTC, microseconds since 1970."""
    is_relative: bool = False
    """Whether it was told as a distance from now, and so moves on."""
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class ReceivedUntil:
    """Received before this time."""

    before_us: int
    """UTC, microseconds since 1970; for a day without a time, the end of that day."""
    is_relative: bool = False
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class HandledIs:
    """Whether someone marked the message as handled."""

    handled: bool
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Has:
    """What a message has.

    ``problems``: an error text, or a status other than ok. ``parent``, ``children``: a message it
    was made from, or that was made from it. ``attachment``: an OBX of type ED or RP.
    ``note``: an NTE segment.
    """

    what: Literal["problems", "attachment", "children", "parent", "note"]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class PathMatch:
    """Any repetition of a field compares so with a value, letter case aside.

    The value is empty only with ``=`` (absent, empty or null) and ``!=`` (present).
    """

    path: FieldPath
    operator: Operator
    value: str = field(repr=False)
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class PathPresent:
    """Any repetition of a field, or a segment, is there and not empty."""

    path: FieldPath
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of these."""

    items: tuple[Node, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Or:
    """Any of these."""

    items: tuple[Node, ...]
    span: Span = field(default=(0, 0), compare=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Not this."""

    item: Node
    span: Span = field(default=(0, 0), compare=False)


Leaf = (
    TextMatch
    | TypeIs
    | ColumnIs
    | StatusIs
    | OriginIs
    | SizeIs
    | ReceivedSince
    | ReceivedUntil
    | HandledIs
    | Has
    | PathMatch
    | PathPresent
)
"""A condition."""

Node = Leaf | And | Or | Not
"""A condition, or conditions joined."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed filter."""

    text: str = field(repr=False, compare=False)
    """As the user wrote it."""
    root: Node | None
    """None matches every message."""

    @property
    def is_empty(self) -> bool:
        """Whether it matches every message."""
        return self.root is None

    @property
    def is_relative(self) -> bool:
        """Whether it holds a time relative to now, so that it must be parsed anew as time goes."""
        return any(
            isinstance(leaf, ReceivedSince | ReceivedUntil) and leaf.is_relative
            for leaf in leaves(self.root)
        )


def leaves(node: Node | None) -> tuple[Leaf, ...]:
    """Return all conditions below a node, in the order of the text."""
    if node is None:
        return ()
    if isinstance(node, And | Or):
        return tuple(leaf for item in node.items for leaf in leaves(item))
    if isinstance(node, Not):
        return leaves(node.item)
    return (node,)


def reads_message(leaf: Leaf) -> bool:
    """Return whether a condition needs the message's own bytes, not only columns and full text."""
    if isinstance(leaf, Has):
        return leaf.what in ("attachment", "note")
    return isinstance(leaf, PathMatch | PathPresent)
