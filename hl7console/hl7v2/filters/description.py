"""A filter in words, for titles, alerts and assistive technology."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any

from hl7console.hl7v2.filters.nodes import (
    And,
    ColumnIs,
    HandledIs,
    Has,
    Leaf,
    Node,
    Not,
    Or,
    OriginIs,
    PathMatch,
    PathPresent,
    Query,
    ReceivedSince,
    ReceivedUntil,
    SizeIs,
    StatusIs,
    TextMatch,
    TypeIs,
)

_COLUMN_NAMES = {
    "from": "sender",
    "to": "receiver",
    "listener": "listener",
    "destination": "destination",
    "control": "control id",
    "patient": "patient id",
    "accession": "accession number",
    "order": "order number",
}
_OPERATORS = {
    "=": "is",
    "!=": "is not",
    "~": "contains",
    ">": "is above",
    "<": "is below",
    ">=": "is at least",
    "<=": "is at most",
}
_HAS = {
    "problems": "has problems",
    "attachment": "has an attachment",
    "children": "was edited or sent on",
    "parent": "was made from another message",
    "note": "has a note",
}


def describe(query: Query, *, zone: tzinfo | None = None) -> str:
    """Return a filter as a phrase; it holds the search terms, so it is not for logs. Any thread.

    Args:
        query: The filter.
        zone: Zone of the times; None is that of this machine.
    """
    return "all messages" if query.root is None else _of(query.root, zone)


def _of(node: Node, zone: tzinfo | None) -> str:
    if isinstance(node, And):
        return " and ".join(_bracketed(item, zone) for item in node.items)
    if isinstance(node, Or):
        return " or ".join(_of(item, zone) for item in node.items)
    if isinstance(node, Not):
        return f"not ({_of(node.item, zone)})"
    if isinstance(node, ReceivedSince):
        return f"received since {_time(node.at_us, zone)}"
    if isinstance(node, ReceivedUntil):
        return f"received before {_time(node.before_us, zone)}"
    return _LEAVES[type(node)](node)


def _bracketed(item: Node, zone: tzinfo | None) -> str:
    return f"({_of(item, zone)})" if isinstance(item, Or) else _of(item, zone)


def _time(at_us: int, zone: tzinfo | None) -> str:
    moment = datetime.fromtimestamp(at_us / 1_000_000, UTC).astimezone(zone)
    return f"{moment:%Y-%m-%d %H:%M:%S}" if moment.second else f"{moment:%Y-%m-%d %H:%M}"


def _text(node: TextMatch) -> str:
    return f"text “{' '.join(node.words)}{'…' if node.is_prefix else ''}”"


def _type(node: TypeIs) -> str:
    parts = (node.message_type, node.event, node.structure)
    return "type is " + "^".join(part or "any" for part in parts[: 3 if node.structure else 2])


def _column(node: ColumnIs) -> str:
    verb = "begins with" if node.is_prefix else "is"
    return f"{_COLUMN_NAMES[node.key]} {verb} {node.value}"


def _path(node: PathMatch) -> str:
    if not node.value:
        return f"{node.path} is {'empty' if node.operator == '=' else 'not empty'}"
    return f"{node.path} {_OPERATORS[node.operator]} {node.value}"


_LEAVES: dict[type[Leaf], Callable[[Any], str]] = {
    TextMatch: _text,
    TypeIs: _type,
    ColumnIs: _column,
    StatusIs: lambda node: f"status is {node.status}",
    OriginIs: lambda node: f"origin is {' or '.join(node.origins)}",
    SizeIs: lambda node: f"size {_OPERATORS[node.operator]} {node.size_bytes:,} bytes",
    HandledIs: lambda node: "is handled" if node.handled else "is not handled",
    Has: lambda node: _HAS[node.what],
    PathMatch: _path,
    PathPresent: lambda node: f"{node.path} is there",
}
