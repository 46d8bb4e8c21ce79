"""Reads a message for the inspector, off the GUI thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.hl7v2 import validation
from hl7console.hl7v2.dictionary import Dictionary, load
from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.store.records import StoredMessage
from hl7console.ui.inspector.raw_view import Underline
from hl7console.ui.inspector.source import MessageSource

QUICK_BYTES = 64_000
"""Messages up to this size get their findings together with their tree; larger ones after it."""


@dataclass(slots=True)
class Reading:
    """One message, read. Made on a worker thread, then used by the GUI thread alone."""

    generation: int
    """Which call of `Inspector.show_message` this answers."""
    stored: StoredMessage
    message: Message = field(repr=False)
    dictionary: Dictionary = field(repr=False)
    source: MessageSource = field(repr=False)
    rows: Sequence[TreeRow] = field(repr=False)
    findings: list[Finding] | None = field(default=None, repr=False)
    """None while they are being looked for."""
    underlines: list[Underline] = field(default_factory=list, repr=False)


@dataclass(slots=True)
class Checked:
    """The findings of a large message, which come after its tree."""

    generation: int
    findings: list[Finding] = field(repr=False)
    underlines: list[Underline] = field(repr=False)
    rows: Sequence[TreeRow] = field(repr=False)


def parse(stored: StoredMessage) -> Message:
    """Return the message, read with the character set that the intake read it with. Any thread."""
    codec = stored.row.charset
    message = Message.parse(stored.raw, default_codec=codec or "cp1252")
    if codec and message.codec != codec:
        # The listener had a character set forced on it.
        message = Message.parse(stored.raw, force_codec=codec)
    return message


def read(stored: StoredMessage, generation: int) -> Reading:
    """Read a message: lines, segments and, where it is small, its findings. Any thread."""
    message = parse(stored)
    dictionary = load(stored.row.version)
    findings = validation.check(message) if len(stored.raw) <= QUICK_BYTES else None
    rows = tree.segments(message, dictionary, findings or (), show_empty=True)
    marks = underlines(message, findings or ())
    source = MessageSource(message)
    return Reading(generation, stored, message, dictionary, source, rows, findings, marks)


def check(stored: StoredMessage, generation: int) -> Checked:
    """Find what is wrong with a large message, in a reading of its own. Any thread."""
    message = parse(stored)
    findings = validation.check(message)
    rows = tree.segments(message, load(stored.row.version), findings, show_empty=True)
    return Checked(generation, findings, underlines(message, findings), rows)


def underlines(message: Message, findings: Sequence[Finding]) -> list[Underline]:
    """Return the characters that the findings are about."""
    at = message.offsets.char_at
    return [Underline(at(f.span[0]), at(f.span[1]), f.severity) for f in findings]
