"""Filters that decide about a message at the moment it arrives: those of routes.

What only time tells (where it was sent, whether somebody handled it) cannot be asked then, and a
condition that is always or never true is a mistake of the person who wrote it: both are told,
pointing at the character. What is left is put in such an order that conditions on columns come
first, so that a message is only taken apart where they don't settle it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from hl7console.hl7v2.filters.keys import KEYS, FilterError, read_value
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
    Query,
    ReceivedSince,
    ReceivedUntil,
    StatusIs,
    TextMatch,
    leaves,
    reads_message,
)
from hl7console.hl7v2.filters.parser import parse

_ONLY_ACCEPTED = "Only messages that were received and accepted are routed; leave it out."
_LATER = "It is not known yet when a message arrives; leave it out."
_DATE = "2026-01-05"
_NOW = datetime(2026, 1, 5, tzinfo=UTC)
"""Any moment: whether a time may be asked for doesn't hang on it."""


def parse_for_arrival(text: str, *, now: datetime | None = None) -> Query:
    """Return a filter whose conditions are all known when a message arrives. Any thread.

    Args:
        text: The filter as the user wrote it; a blank one takes every message.
        now: See `parse`.

    Raises:
        FilterError: The text is not understood, or asks for what is not known; its `position`
            says where.
    """
    query = parse(text, now=now)
    for leaf in leaves(query.root):
        hint = _objection(leaf)
        if hint:
            start, end = leaf.span
            raise FilterError(
                f"A route cannot ask for {text[start:end]}.", position=start, hint=hint
            )
    return Query(text, None if query.root is None else _cheap_first(query.root))


def _objection(leaf: Leaf) -> str:
    """Return why a condition cannot stand in a route; empty when it can."""
    if isinstance(leaf, StatusIs):
        is_late = leaf.status in ("waiting", "duplicate")
        return _LATER if is_late else _ONLY_ACCEPTED
    if isinstance(leaf, OriginIs):
        return _ONLY_ACCEPTED
    if isinstance(leaf, HandledIs) or (isinstance(leaf, ColumnIs) and leaf.key == "destination"):
        return _LATER
    if isinstance(leaf, Has) and leaf.what not in ("attachment", "note"):
        return _ONLY_ACCEPTED if leaf.what == "problems" else _LATER
    if isinstance(leaf, ReceivedSince | ReceivedUntil) and leaf.is_relative:
        return "A route looks at each message as it arrives; name a date, or leave it out."
    return ""


def is_known_on_arrival(key: str, value: str = "") -> bool:
    """Return whether a route can ask for ``key:value``. Any thread.

    Args:
        key: A key of `KEYS`.
        value: A value; empty asks whether there is any.
    """
    if not value:
        named = (*KEYS[key].values, KEYS[key].example.partition(":")[2], _DATE)
        return any(is_known_on_arrival(key, one) for one in named)
    try:
        leaf = read_value(key, value, at=0, span=(0, 0), now=_NOW)
    except FilterError:
        return False
    return not _objection(leaf)


def needs_content(node: Node) -> bool:
    """Return whether a message has to be taken apart to decide this."""
    return any(isinstance(leaf, TextMatch) or reads_message(leaf) for leaf in leaves(node))


def _cheap_first(node: Node) -> Node:
    if isinstance(node, And | Or):
        items = sorted(map(_cheap_first, node.items), key=needs_content)
        return type(node)(tuple(items), node.span)
    if isinstance(node, Not):
        return Not(_cheap_first(node.item), node.span)
    return node
