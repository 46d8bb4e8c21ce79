"""A UTF-8 message that ends in the middle of a character: it broke off, or was cut by bytes.

References:
    RFC 3629 section 3 (UTF-8); the Unicode Standard, section 3.9 (U+FFFD for a maximal subpart).
"""

from __future__ import annotations

REPLACEMENT = "\ufffd"
"""Stands in the text for the bytes of the character that is not all there."""

_LINE_ENDS = b"\r\n"
_BLANK = bytes(range(0x21)) + b"\x7f"
_HEADERS = (b"MSH", b"FHS", b"BHS")
_MOST_BYTES = 3
"""Bytes of a character of which at least one is missing."""


def find_cut(raw: bytes) -> tuple[int, int] | None:
    """Return where the bytes of a cut last character begin and end; None when there is none.

    Line ends may follow. The rest must be UTF-8 beyond doubt, so at least one character of it is
    not ASCII: in an ASCII text the last byte may as well be a letter of another character set.
    Nor may the header be what is cut, since answers repeat its bytes.

    Args:
        raw: The message, which is not UTF-8 as a whole, without a byte order mark.
    """
    end = len(raw)
    while end and raw[end - 1] in _LINE_ENDS:
        end -= 1
    start = end - 1
    while start > end - _MOST_BYTES and start > 0 and 0x80 <= raw[start] <= 0xBF:
        start -= 1
    if start < 0 or not _is_begun(raw[start:end]):
        return None
    line = max(raw.rfind(b"\r", 0, start), raw.rfind(b"\n", 0, start)) + 1
    if not raw[:line].strip(_BLANK) or raw[line:start].lstrip(_BLANK).startswith(_HEADERS):
        return None
    head = raw[:start]
    return (start, end) if not head.isascii() and is_utf_8(head) else None


def _is_begun(data: bytes) -> bool:
    """Return whether bytes are the beginning of one character, and not all of it."""
    lead = data[0]
    if not 0xC2 <= lead <= 0xF4:
        return False
    missing = (2 if lead < 0xE0 else 3 if lead < 0xF0 else 4) - len(data)
    # Behind a lead byte alone there is always one that fits; behind others any does, or none.
    return missing > 0 and (len(data) == 1 or is_utf_8(data + b"\x80" * missing))


def is_utf_8(data: bytes) -> bool:
    """Return whether bytes are UTF-8 from the first to the last."""
    try:
        data.decode("utf_8")
    except UnicodeDecodeError:
        return False
    return True


def text_of_cut(raw: bytes, cut: tuple[int, int]) -> str:
    """Return the text of a message with a cut last character, which is one U+FFFD in it."""
    return raw[: cut[0]].decode("utf_8") + REPLACEMENT + raw[cut[1] :].decode("ascii")
