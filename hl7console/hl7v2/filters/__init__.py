"""The one filter language: message list, history, alerts, routes and the command line.

Why the words of the full text are defined here and not in the store: index, search box and plain
evaluation must agree on what a word is, or a search would find other messages before and after
the index has caught up.
"""

from __future__ import annotations

from hl7console.hl7v2.filters.keys import KEYS, FilterError, Key
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
    leaves,
    reads_message,
)
from hl7console.hl7v2.filters.parser import parse

__all__ = [
    "KEYS",
    "And",
    "ColumnIs",
    "FilterError",
    "HandledIs",
    "Has",
    "Key",
    "Leaf",
    "Node",
    "Not",
    "Or",
    "OriginIs",
    "PathMatch",
    "PathPresent",
    "Query",
    "ReceivedSince",
    "ReceivedUntil",
    "SizeIs",
    "StatusIs",
    "TextMatch",
    "TypeIs",
    "leaves",
    "parse",
    "reads_message",
]
