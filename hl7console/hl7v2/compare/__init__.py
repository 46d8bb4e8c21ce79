"""Compares messages field by field: what was added, removed, changed or moved, and where.

What messages *say* is compared, not how it is written: values are read without escapes and in
their own character set, so that the same message with other delimiters is the same. How it is
written is told apart (`DifferenceKind.ENCODING`, `DifferenceKind.TRAILING`).
"""

from __future__ import annotations

from hl7console.hl7v2.compare.acknowledgement import compare_acknowledgement
from hl7console.hl7v2.compare.comparing import compare, compare_messages
from hl7console.hl7v2.compare.comparison import Comparison, Difference, DifferenceKind
from hl7console.hl7v2.compare.options import USUALLY_IGNORED, CompareOptions, read_ignored
from hl7console.hl7v2.compare.texts import format_text, format_value, kind_word, shown_place

__all__ = [
    "USUALLY_IGNORED",
    "CompareOptions",
    "Comparison",
    "Difference",
    "DifferenceKind",
    "compare",
    "compare_acknowledgement",
    "compare_messages",
    "format_text",
    "format_value",
    "kind_word",
    "read_ignored",
    "shown_place",
]
