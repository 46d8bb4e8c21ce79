"""Splits files and pasted text into messages, byte for byte.

Why heuristics at all: files of messages come from logs, captures, exports and editors, and most
hold exactly one message. Such a file is its message as a whole. Where a file holds more, a
message reaches from its MSH to the end of its last line; what is left out in between is reported
with its place, never dropped in silence.
"""

from __future__ import annotations

from hl7console.hl7v2.splitting.found import FoundMessage, SplitProblem, SplitResult
from hl7console.hl7v2.splitting.streams import iter_messages, split_messages

__all__ = ["FoundMessage", "SplitProblem", "SplitResult", "iter_messages", "split_messages"]
