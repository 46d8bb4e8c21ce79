"""What is dragged between lists: numbers of messages or of deliveries, never content."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QMimeData

MESSAGES = "application/x-hl7console-messages"
"""Format of numbers of messages."""
DELIVERIES = "application/x-hl7console-deliveries"
"""Format of numbers of deliveries."""


def put_numbers(mime: QMimeData, kind: str, numbers: Sequence[int]) -> QMimeData:
    """Add numbers to what is dragged, and return that."""
    mime.setData(kind, json.dumps(list(numbers)).encode("ascii"))
    return mime


def numbers_of(mime: QMimeData, kind: str) -> list[int]:
    """Return the numbers of one kind; none where there are none or they are nonsense."""
    if not mime.hasFormat(kind):
        return []
    try:
        found = json.loads(bytes(mime.data(kind).data()))
    except ValueError:
        return []
    if not isinstance(found, list):
        return []
    return [number for number in found if type(number) is int and number > 0]


def can_take(mime: QMimeData) -> bool:
    """Return whether a queue can take what is dragged."""
    return mime.hasFormat(MESSAGES) or mime.hasFormat(DELIVERIES)
