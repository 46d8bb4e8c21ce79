"""What `scan` learns from MSH, remembered by what senders repeat in every message.

All but time, control id and sequence number of a sender's headers is the same from message to
message; so it is worked out once for each such combination and looked up afterwards.

References:
    HL7 v2.5.1 chapter 2, section 2.15.9 (MSH).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from hl7console.hl7v2 import charset, layout
from hl7console.hl7v2.delimiters import Delimiters
from hl7console.hl7v2.escapes import unescape
from hl7console.hl7v2.structures import implied_structure

MSH_18: Final = 17
"""Position of MSH-18 when MSH is split at its separator."""

_CACHED_CHARS = 2000
"""Longest header that is remembered: what is remembered must stay small."""

LONGEST_VALUE: Final = 1000
"""Characters of a value that are kept: values of `scan` go into indexed columns."""

_NULL: Final = '""'


class HeaderFacts:
    """What follows from the parts of MSH that a sender repeats."""

    __slots__ = (
        "charset",
        "delimiters",
        "encode",
        "event",
        "field_sep",
        "flags",
        "message_type",
        "msh_2",
        "msh_3",
        "msh_4",
        "msh_5",
        "msh_6",
        "msh_9",
        "msh_11",
        "msh_12",
        "msh_15",
        "msh_16",
        "msh_18",
        "receiver",
        "sender",
        "structure",
        "version",
    )  # fmt: skip

    def __init__(self, parts: tuple[str, ...], codec: str, flags: tuple[str, ...]) -> None:
        separator, msh_2, *others = parts
        msh_2 = msh_2.partition("\n")[0]  # where a line ends, the delimiters end
        roles = self.delimiters = Delimiters.of(separator, msh_2)
        self.encode = _encoder(codec)
        if not codec:
            codec, found = charset.ascii_codec(parts[-1])
            flags = (*found, *flags)
        if roles.problems:
            flags = (*flags, layout.BAD_MSH2)
        self.flags = flags
        self.charset = codec
        self.field_sep = ord(separator)
        (
            self.msh_3, self.msh_4, self.msh_5, self.msh_6, self.msh_9, self.msh_11,
            self.msh_12, self.msh_15, self.msh_16, self.msh_18,
        ) = map(self.encode, others)  # fmt: skip
        self.msh_2 = self.encode(msh_2)
        values = [first_value(part, roles, codec) for part in others]
        self.sender = f"{values[0]}|{values[1]}" if values[0] or values[1] else ""
        self.receiver = f"{values[2]}|{values[3]}" if values[2] or values[3] else ""
        self.version = values[6]
        self._read_type(others[4])

    def _read_type(self, msh_9: str) -> None:
        roles = self.delimiters
        first = msh_9.split(roles.repetition, 1)[0] if roles.repetition else msh_9
        kind = first.split(roles.component) if roles.component else [first]
        kind += ["", ""]
        self.message_type, self.event, structure = (
            first_value(part, roles, self.charset) for part in kind[:3]
        )
        self.structure = structure or implied_structure(self.message_type, self.event)


def _encoder(codec: str) -> Callable[[str], bytes]:
    """Return what turns a field of the decoded header into bytes that can stand alone."""
    if codec in ("", "ascii", "utf_8") or codec.startswith(("utf_16", "utf_32")):
        return str.encode
    return partial(_encode, codec=codec)


def _encode(text: str, *, codec: str) -> bytes:
    try:
        return text.encode(codec)
    except UnicodeError:  # A few codecs cannot write all that they read.
        return text.encode()


_remembered = lru_cache(maxsize=1024)(HeaderFacts)


def header_facts(msh: list[str], separator: str, codec: str, flags: tuple[str, ...]) -> HeaderFacts:
    """Return what follows from a header.

    Args:
        msh: MSH split at its separator, at least 18 parts.
        separator: MSH-1.
        codec: The codec of the message; empty for ASCII bytes, whose codec MSH-18 says alone.
        flags: Those of the codec.
    """
    parts = (
        separator, msh[1], msh[2], msh[3], msh[4], msh[5], msh[8], msh[10], msh[11], msh[14],
        msh[15], msh[17],
    )  # fmt: skip
    if sum(map(len, parts)) > _CACHED_CHARS:
        return HeaderFacts(parts, codec, flags)
    return _remembered(parts, codec, flags)


def first_value(written: str, roles: Delimiters, codec: str) -> str:
    """Return the value of the first leaf of a written element, without blanks around it.

    At most `LONGEST_VALUE` characters of it.
    """
    mark = roles.component
    if mark and mark in written:
        written = written[: written.find(mark)]
        if written.isalnum():
            return written[:LONGEST_VALUE]
    mark = roles.repetition
    if mark and mark in written:
        written = written[: written.find(mark)]
    mark = roles.subcomponent
    if mark and mark in written:
        written = written[: written.find(mark)]
    if written == _NULL:
        return ""
    if roles.escape and roles.escape in written:
        written = unescape(written, roles, codec, formatted=False)
    return written.strip()[:LONGEST_VALUE]
