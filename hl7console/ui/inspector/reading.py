"""Reads a message for the inspector, off the GUI thread."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.engine.route_trial import dry_run
from hl7console.engine.routes import Decision
from hl7console.hl7v2 import validation
from hl7console.hl7v2.dictionary import Dictionary, load
from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.message import Message
from hl7console.settings import RouteSettings
from hl7console.store.records import Origin, StoredMessage
from hl7console.ui.inspector.raw_paper import Underline
from hl7console.ui.inspector.rows import SegmentRows
from hl7console.ui.inspector.source import MessageSource

QUICK_BYTES = 64_000
"""Messages up to this size get their findings together with their tree; larger ones after it."""

_SHORT_TURN_S = 0.0002


@dataclass(slots=True)
class Reading:
    """One message, read. Made on a worker thread, then used by the GUI thread alone."""

    generation: int
    """Which call of `Inspector.show_message` this answers."""
    stored: StoredMessage
    message: Message = field(repr=False)
    dictionary: Dictionary = field(repr=False)
    source: MessageSource = field(repr=False)
    rows: SegmentRows = field(repr=False)
    findings: list[Finding] | None = field(default=None, repr=False)
    """None while they are being looked for."""
    underlines: list[Underline] = field(default_factory=list, repr=False)
    would: Decision | None = None
    """Where the routes would send a message that was not received; None where none was asked."""


@dataclass(slots=True)
class Checked:
    """The findings of a large message, which come after its tree."""

    generation: int
    findings: list[Finding] = field(repr=False)
    underlines: list[Underline] = field(repr=False)
    rows: SegmentRows = field(repr=False)


def parse(stored: StoredMessage) -> Message:
    """Return the message, read with the character set that the intake read it with. Any thread."""
    codec = stored.row.charset
    message = Message.parse(stored.raw, default_codec=codec or "cp1252")
    if codec and message.codec != codec:
        # The listener had a character set forced on it.
        message = Message.parse(stored.raw, force_codec=codec)
    return message


def read(stored: StoredMessage, generation: int, routes: Sequence[RouteSettings] = ()) -> Reading:
    """Read a message: lines, segments and, where it is small, its findings. Any thread.

    Args:
        stored: The message.
        generation: See `Reading`.
        routes: The routes in force, tried on a message that was not received.
    """
    message = parse(stored)
    dictionary = load(stored.row.version)
    findings = validation.check(message) if len(stored.raw) <= QUICK_BYTES else None
    rows = SegmentRows(message, dictionary, findings or ())
    rows.prepare()
    marks = underlines(message, findings or ())
    source = MessageSource(message, rows)
    would = None
    if routes and stored.row.origin != Origin.RECEIVED:
        would = dry_run(routes, stored.row, stored.raw)
    return Reading(generation, stored, message, dictionary, source, rows, findings, marks, would)


def check(stored: StoredMessage, generation: int) -> Checked:
    """Find what is wrong with a large message, in a reading of its own. Any thread.

    It may take a second of pure computing. Python's threads take turns of 5 ms, and the GUI thread
    gives its turn away hundreds of times while it paints: turns are made short for so long.
    """
    turn_s = sys.getswitchinterval()
    sys.setswitchinterval(_SHORT_TURN_S)
    try:
        message = parse(stored)
        findings = validation.check(message)
        rows = SegmentRows(message, load(stored.row.version), findings)
        return Checked(generation, findings, underlines(message, findings), rows)
    finally:
        sys.setswitchinterval(turn_s)


def underlines(message: Message, findings: Sequence[Finding]) -> list[Underline]:
    """Return the characters that the findings are about."""
    at = message.offsets.char_at
    return [Underline(at(f.span[0]), at(f.span[1]), f.severity) for f in findings]
