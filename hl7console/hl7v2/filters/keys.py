"""The keys of the filter language, and how each reads its value."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from hl7console.errors import UsageError
from hl7console.hl7v2.filters.nodes import (
    ColumnIs,
    ColumnKey,
    HandledIs,
    Has,
    Leaf,
    OriginIs,
    ReceivedSince,
    ReceivedUntil,
    SizeIs,
    Span,
    StatusIs,
    TypeIs,
)
from hl7console.hl7v2.filters.times import read_time


class FilterError(UsageError):
    """A filter that cannot be understood.

    Args:
        text: What is wrong, as one sentence.
        position: Offset of the character in question, from 0; the text's length for its end.
        hint: What to write instead.
    """

    def __init__(self, text: str, *, position: int, hint: str = "") -> None:
        super().__init__(text, hint=hint)
        self.position = position


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the filter language."""

    name: str
    help: str
    """What it finds, as a phrase."""
    example: str
    values: tuple[str, ...] = ()
    """All values that it takes, or the usual ones; empty where they come from the data."""


_KEYS = (
    Key("type", "message type and event (MSH-9)", "type:ORM^O01",
        ("ADT^A01", "ADT^A04", "ADT^A08", "ADT^A40", "ORM^O01", "OMI^O23", "ORU^R01",
         "SIU^S12", "MDM^T02", "ACK")),
    Key("from", "sending application or facility (MSH-3, MSH-4)", "from:RIS"),
    Key("to", "receiving application or facility (MSH-5, MSH-6)", "to:PACS"),
    Key("status", "processing result", "status:error",
        ("ok", "error", "rejected", "waiting", "duplicate")),
    Key("direction", "in or out, or the origin itself", "direction:in",
        ("in", "out", "received", "imported", "edited", "sent", "sample")),
    Key("listener", "listener that received it", "listener:RIS-orders"),
    Key("destination", "destination that it was sent to", "destination:PACS"),
    Key("control", "message control id (MSH-10)", "control:MSG00042"),
    Key("patient", "patient id, or id^authority", "patient:4711"),
    Key("accession", "accession number", "accession:A2026-17"),
    Key("order", "placer or filler order number", "order:P1234"),
    Key("size", "size in bytes, with k and M", "size:>100k", (">10k", ">1M", "<1k")),
    Key("since", "received at that time or later", "since:2h",
        ("15m", "1h", "24h", "7d", "today", "yesterday")),
    Key("until", "received before that time, or up to the end of that day", "until:2026-01-05",
        ("now", "1h", "today", "yesterday")),
    Key("handled", "marked as handled", "handled:no", ("yes", "no")),
    Key("has", "what the message has", "has:problems",
        ("problems", "attachment", "children", "parent", "note")),
)  # fmt: skip

KEYS: dict[str, Key] = {key.name: key for key in _KEYS}
"""The keys by name, in the order of the help."""

ORIGINS = {
    "in": ("received", "imported", "sample"),
    "out": ("sent", "edited"),
    "received": ("received",),
    "imported": ("imported",),
    "edited": ("edited",),
    "sent": ("sent",),
    "sample": ("sample",),
}
"""What the values of ``direction:`` stand for."""

_SIZE = re.compile(r"(>=|<=|>|<|=)?\s*(\d{1,12}(?:\.\d{1,6})?)\s*([kmg]?)(?:i?b)?", re.IGNORECASE)
_SIZE_UNITS = {"": 1, "k": 1024, "m": 1024**2, "g": 1024**3}
_EVENT = re.compile(r"[A-Z]\d\d")
_HANDLED = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


def read_value(key: str, value: str, *, at: int, span: Span, now: datetime) -> Leaf:
    """Return the condition that ``key:value`` stands for.

    Args:
        key: A key of `KEYS`.
        value: Its value, without quotes.
        at: Where the value stands in the text.
        span: Where the whole condition stands.
        now: The present, for times.

    Raises:
        FilterError: The key does not take this value.
    """
    reader = _READERS.get(key)
    if reader is not None:
        return reader(value, at, span)
    if key in ("since", "until"):
        return _read_moment(key, value, at, span, now)
    is_prefix = value.endswith("*") and len(value) > 1
    return ColumnIs(cast("ColumnKey", key), value[:-1] if is_prefix else value, is_prefix, span)


def _read_moment(key: str, value: str, at: int, span: Span, now: datetime) -> Leaf:
    time = read_time(value, now)
    if time is None:
        raise FilterError(
            f"{key}: takes a time.",
            position=at,
            hint="Write 2h, 30m, 7d, today, 2026-01-05 or 2026-01-05T10:00.",
        )
    if key == "since":
        return ReceivedSince(time.at_us, time.is_relative, span)
    return ReceivedUntil(time.end_us, time.is_relative, span)


def _read_type(value: str, at: int, span: Span) -> Leaf:
    parts = value.upper().split("^")
    if len(parts) == 1 and _EVENT.fullmatch(parts[0]):
        return TypeIs("", parts[0], "", span)
    if len(parts) > 3 or not any(parts):
        raise FilterError(
            "type: takes a message type and an event.",
            position=at,
            hint="Write type:ORM, type:ORM^O01 or type:^A08.",
        )
    message_type, event, structure = [*parts, "", ""][:3]
    return TypeIs(message_type, event, structure, span)


def _read_choice(key: str, value: str, at: int) -> str:
    word = value.lower()
    if word not in KEYS[key].values:
        raise FilterError(
            f"{key}: does not take this value.",
            position=at,
            hint=f"Write one of {', '.join(KEYS[key].values)}.",
        )
    return word


def _read_status(value: str, at: int, span: Span) -> Leaf:
    return StatusIs(_read_choice("status", value, at), span)  # type: ignore[arg-type]


def _read_direction(value: str, at: int, span: Span) -> Leaf:
    return OriginIs(ORIGINS[_read_choice("direction", value, at)], span)


def _read_has(value: str, at: int, span: Span) -> Leaf:
    return Has(_read_choice("has", value, at), span)  # type: ignore[arg-type]


def _read_handled(value: str, at: int, span: Span) -> Leaf:
    handled = _HANDLED.get(value.lower())
    if handled is None:
        raise FilterError("handled: takes yes or no.", position=at, hint="Write handled:no.")
    return HandledIs(handled, span)


def _read_size(value: str, at: int, span: Span) -> Leaf:
    found = _SIZE.fullmatch(value)
    if found is None:
        raise FilterError(
            "size: takes a number of bytes.",
            position=at,
            hint="Write size:>100k, size:<2M or size:512.",
        )
    size_bytes = round(float(found[2]) * _SIZE_UNITS[found[3].lower()])
    return SizeIs(found[1] or "=", size_bytes, span)  # type: ignore[arg-type]


_READERS: dict[str, Callable[[str, int, Span], Leaf]] = {
    "type": _read_type,
    "status": _read_status,
    "direction": _read_direction,
    "has": _read_has,
    "handled": _read_handled,
    "size": _read_size,
}
