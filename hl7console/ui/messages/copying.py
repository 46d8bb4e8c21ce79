"""Messages as text for the clipboard and as bytes for files."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from hl7console.hl7v2.message import Message
from hl7console.store.records import StoredMessage

_LINE_ENDS = re.compile("\r\n|\r|\n")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def raw_text(stored: StoredMessage) -> str:
    """Return a message as it was, decoded, its segments ended as they were."""
    return _parsed(stored).text


def lines_text(stored: StoredMessage) -> str:
    """Return a message with a line for each segment."""
    return "\n".join(_LINE_ENDS.split(raw_text(stored).rstrip("\r\n")))


def fields_json(stored: StoredMessage) -> str:
    """Return the fields that hold something as JSON: path to text as written."""
    message = _parsed(stored)
    found: dict[str, str] = {}
    for segment in message.segments:
        for node in segment.fields:
            if node.raw_text:
                found[str(node.path)] = node.raw_text
    return json.dumps(found, ensure_ascii=False, indent=2)


def file_name(stored: StoredMessage) -> str:
    """Return a file name that tells messages apart and holds no patient data."""
    row = stored.row
    parts = [row.message_type, row.event, row.control_id or str(row.id)]
    stem = "_".join(_UNSAFE.sub("-", part).strip("-.") for part in parts if part)
    return f"{stem[:80] or row.id}.hl7"


def file_bytes(raws: Iterable[bytes]) -> bytes:
    """Return messages one after the other, each as it was and ended by a segment end."""
    return b"".join(raw if raw.endswith((b"\r", b"\n")) else raw + b"\r" for raw in raws)


def _parsed(stored: StoredMessage) -> Message:
    return Message.parse(stored.raw, force_codec=stored.row.charset)
