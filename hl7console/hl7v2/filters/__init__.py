"""The one filter language: message list, history, alerts, routes and the command line.

Why the words of the full text are defined here and not in the store: index, search box and plain
evaluation must agree on what a word is, or a search would find other messages before and after
the index has caught up.
"""

from __future__ import annotations

from hl7console.hl7v2.filters.arrival import parse_for_arrival
from hl7console.hl7v2.filters.completion import Completion, complete
from hl7console.hl7v2.filters.content import Content
from hl7console.hl7v2.filters.description import describe
from hl7console.hl7v2.filters.evaluation import (
    Facts,
    RowLike,
    content_matches,
    evaluate,
    path_matches,
    required_words,
)
from hl7console.hl7v2.filters.fulltext import message_words, words
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
    "Completion",
    "Content",
    "Facts",
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
    "RowLike",
    "SizeIs",
    "StatusIs",
    "TextMatch",
    "TypeIs",
    "complete",
    "content_matches",
    "describe",
    "evaluate",
    "leaves",
    "message_words",
    "parse",
    "parse_for_arrival",
    "path_matches",
    "reads_message",
    "required_words",
    "words",
]
