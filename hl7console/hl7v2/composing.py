"""From text that somebody typed to the bytes of a message, and back."""

from __future__ import annotations

import re

from hl7console.errors import UsageError
from hl7console.hl7v2.charset import declared_charset, encode
from hl7console.hl7v2.charset_names import codec_for
from hl7console.hl7v2.message import Message

_LINE_ENDS = re.compile(r"\r\n|\r|\n")


def composed(text: str) -> bytes:
    """Return the bytes of a message that was typed, one segment a line. Any thread.

    Lines end with CR, the last one too; blank lines are left out. The text is written in the
    character set that MSH-18 names, and in UTF-8 where it names none.

    Raises:
        UsageError: There is no message in the text.
        UnencodableTextError: The character set lacks a character.
    """
    lines = [line for line in _LINE_ENDS.split(text) if line.strip()]
    if not lines or not lines[0].lstrip("\ufeff \t").startswith("MSH"):
        raise UsageError("A message begins with MSH.", hint="Type or paste one, or take a sample.")
    lines[0] = lines[0].lstrip("\ufeff \t")
    whole = "\r".join(lines) + "\r"
    if whole.isascii():
        return whole.encode("ascii")
    declared = declared_charset(whole.encode("utf-8"))
    codec = codec_for(declared).codec if declared else "utf_8"
    return encode(whole, codec or "utf_8")


def shown(raw: bytes) -> str:
    """Return a message as text, one segment a line, to be typed on. Any thread."""
    text = Message.parse(raw).text
    return "\n".join(line for line in _LINE_ENDS.split(text) if line)
