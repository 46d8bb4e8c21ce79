"""Looks into a recording: what it is, and its first messages."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from hl7console.engine.recordings.format import (
    RecordedMessage,
    RecordingEnd,
    RecordingHeader,
    RecordingReader,
)
from hl7console.errors import UsageError
from hl7console.hl7v2.scan import scan

MOST_LISTED = 2_000
"""Messages that a look lists; all are counted."""


@dataclass(frozen=True, slots=True)
class RecordedLine:
    """One message of a recording, as a line."""

    at_us: int
    message_type: str
    control_id: str
    interface: str
    ack_code: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RecordingLook:
    """What a recording holds."""

    header: RecordingHeader
    end: RecordingEnd
    first_us: int
    last_us: int
    lines: tuple[RecordedLine, ...] = field(repr=False)

    @property
    def span_s(self) -> float:
        """How long it took when it was recorded, in seconds."""
        return max(0.0, (self.last_us - self.first_us) / 1_000_000)


def look_into(path: Path) -> RecordingLook:
    """Return what a recording holds. Reads the whole file; not for the GUI thread.

    Raises:
        UsageError: It cannot be read, or is no recording.
    """
    lines: list[RecordedLine] = []
    first_us = last_us = 0
    try:
        with path.open("rb") as file:
            reader = RecordingReader(file)
            for message in reader.messages():
                first_us = first_us or message.at_us
                last_us = max(last_us, message.at_us)
                if len(lines) < MOST_LISTED:
                    lines.append(_line(message))
    except OSError as fault:
        raise UsageError(
            f"The recording cannot be read: {fault.strerror or 'no access'}."
        ) from fault
    return RecordingLook(reader.header, reader.end, first_us, last_us, tuple(lines))


def _line(message: RecordedMessage) -> RecordedLine:
    seen = scan(message.raw)
    kind = f"{seen.message_type}^{seen.event}" if seen.event else seen.message_type
    return RecordedLine(
        message.at_us,
        kind,
        seen.control_id,
        message.interface,
        message.ack_code,
        len(message.raw),
    )
