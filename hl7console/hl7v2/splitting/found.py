"""What splitting gives: messages with their place, and what was left out and why."""

from __future__ import annotations

from dataclasses import dataclass, field

XML_PAYLOAD = "xml_payload"
"""Flag: HL7 v2 in XML."""
BATCH = "batch"
"""Flag: the message stood in an FHS/BHS batch."""
TRUNCATED = "truncated"
"""Flag: the MLLP frame of the message has no end."""
LITERAL_FRAMING = "literal_framing"
"""Flag: the message stood between the texts ``[SOM]`` and ``[EOM]``."""


@dataclass(frozen=True, slots=True)
class FoundMessage:
    """One message; `raw` is exactly ``data[start:end]``."""

    start: int
    end: int
    raw: bytes = field(repr=False)
    flags: tuple[str, ...] = ()


_KEPT = ("batch_count", "batch_trailer", "cut_frame", "frame_end", "literal_framing")
"""Codes of what is odd about messages that were found all the same."""


@dataclass(frozen=True, slots=True)
class SplitProblem:
    """Something that no message was made of, or that is odd about the messages found."""

    offset: int
    """Byte offset from the start of the data."""
    text: str
    """One sentence without content."""
    code: str
    """``empty``, ``no_hl7``, ``no_msh``, ``binary``, ``no_v2_xml``, ``other_text``,
    ``no_hl7_frame``, ``too_large``; where nothing is left out ``cut_frame``, ``frame_end``,
    ``literal_framing``, ``batch_count``, ``batch_trailer``."""

    @property
    def is_left_out(self) -> bool:
        """Whether there are bytes that no message was made of."""
        return self.code not in _KEPT


@dataclass(frozen=True, slots=True)
class SplitResult:
    """All messages of a file or a pasted text, and all that is to be said about it."""

    messages: tuple[FoundMessage, ...]
    problems: tuple[SplitProblem, ...]


def count_text(number: int, what: str) -> str:
    """Return ``1 byte`` or ``2 bytes``."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"
