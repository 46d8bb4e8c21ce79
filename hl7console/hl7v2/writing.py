"""Writing into a message: where a value goes, and which bytes become other ones.

Only the bytes of the place change, in every character set: new text is written in the codec that
the message is read with, shift states of ISO-2022 at both ends are kept, and the result is read
back before it is given out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hl7console.errors import UsageError
from hl7console.hl7v2 import charset
from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.escapes import escape, is_writable
from hl7console.hl7v2.parts import nth_part
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.tree import NULL_TEXT

if TYPE_CHECKING:
    from hl7console.hl7v2.message import Message

_TO_ASCII = b"\x1b(B"
_DESIGNATION = re.compile(rb"\x1b(?:\([\x30-\x7e]|\$\(?[\x40-\x7e])")
"""Escape sequences that say which set the following bytes are of (G0 of ISO 2022)."""


class EditError(UsageError):
    """The message cannot be changed in this way."""


def with_value(message: Message, path: FieldPath | str, value: str) -> Message:
    """Return the message with a value written at a path; see `Message.with_value`."""
    path = FieldPath.parse(path) if isinstance(path, str) else path
    return with_raw(message, path, written_value(message, path, value))


def written_value(message: Message, path: FieldPath, value: str) -> str:
    """Return how a value is written at a path of a message: escaped, and never as a null.

    Raises:
        EditError: The path names a segment, or the message has no way to escape the value.
        UnencodableTextError: The character set of the message lacks a character.
    """
    if path.field is None:
        raise EditError(f"{path} names a segment; a value needs a field, such as {path}-1.")
    if _is_literal(path):
        return value
    charset.encode(value, message.codec)
    mark = message.delimiters.escape
    if not mark and (value == NULL_TEXT or not is_writable(value, message.delimiters)):
        raise EditError(
            f"{path} cannot take this text: the message names no escape character in MSH-2.",
            hint="Give MSH-2 an escape character, or write the field as raw text.",
        )
    written = escape(value, message.delimiters, message.codec)
    if written == NULL_TEXT:
        written = f'"{mark}X22{mark}'  # Two quotes as text must not be taken for null.
    return written


def with_raw(message: Message, path: FieldPath | str, text: str) -> Message:
    """Return the message with text written at a path; see `Message.with_raw`."""
    path = FieldPath.parse(path) if isinstance(path, str) else path
    if path.field == 1 and path.segment in HEADER_IDS:
        raise EditError(
            f"{path} is the field separator; changing it alone would break the message.",
            hint="Change it in the raw text, everywhere at once.",
        )
    start, end, missing = place(message, path)
    if missing and not text:
        return message
    return spliced(message, start, end, missing + text)


def _is_literal(path: FieldPath) -> bool:
    return path.segment in HEADER_IDS and path.field is not None and path.field <= 2


def place(message: Message, path: FieldPath) -> tuple[int, int, str]:
    """Return the offsets of a place and the separators that are missing in front of it.

    Raises:
        EditError: The segment is missing, or the message has no separator for the place.
    """
    segment = message.first(FieldPath(path.segment, path.segment_occurrence or 1))
    if segment is None:
        name = FieldPath(path.segment, path.segment_occurrence)
        raise EditError(f"The message has no {name} segment.", hint="Insert the segment first.")
    start, end, missing = segment.start, segment.end, ""
    if path.field is None:
        return start, end, missing
    roles = message.delimiters
    # In a header the separator itself is field 1, so that its parts count one further.
    first_part = path.field if path.segment in HEADER_IDS else path.field + 1
    levels = [("field", roles.field, first_part)]
    if not _is_literal(path):
        levels += _levels_within_field(path, message)
    for role, mark, number in levels:
        if missing:
            found = None
            count = 1
        else:
            found = nth_part(message.text, start, end, mark, number)
            count = message.text.count(mark, start, end) + 1 if mark else 1
        if found is not None:
            start, end = found
        elif number > 1:
            if not mark:
                raise EditError(f"{path} cannot be written: MSH-2 names no {role} separator.")
            start = end
            missing += mark * (number - count)
    return start, end, missing


def _levels_within_field(path: FieldPath, message: Message) -> list[tuple[str, str, int]]:
    roles = message.delimiters
    levels: list[tuple[str, str, int]] = []
    if path.repetition is not None or path.component is not None:
        levels.append(("repetition", roles.repetition, path.repetition or 1))
    if path.component is not None:
        levels.append(("component", roles.component, path.component))
    if path.subcomponent is not None:
        levels.append(("subcomponent", roles.subcomponent, path.subcomponent))
    return levels


def spliced(message: Message, start: int, end: int, text: str) -> Message:
    """Return the message with other text between two characters; see `Message.with_text`."""
    if text == message.text[start:end]:
        return message  # also where its bytes are more than it takes, as with idle shifts
    first, last = message.offsets.byte_start(start), message.offsets.byte_end(end)
    if message.cut is not None and first >= message.cut[1] and text.strip("\r\n"):
        raise EditError(
            "The last character of the message is cut; with text behind it the rest could not be"
            " read any more.",
            hint="Replace the cut character first.",
        )
    written = charset.encode(text, message.codec)
    if charset.is_stateful(message.codec):
        written = _with_shifts(message.raw, first, last, written)
    raw = message.raw[:first] + written + message.raw[last:]
    made = type(message).parse(
        raw, default_codec=message.default_codec, force_codec=message.force_codec
    )
    if made.text != message.text[:start] + text + message.text[end:]:
        _check_reading(message, made, written, text)
    return made


def spliced_all(message: Message, splices: Sequence[tuple[int, int, str]]) -> Message:
    """Return the message with other text at several places, in one go.

    Args:
        message: The message.
        splices: Start, end and new text of each, in order and apart from each other.

    Raises:
        EditError: The bytes could not be told apart from another character set afterwards.
        UnencodableTextError: The character set of the message lacks a character.
    """
    due = [s for s in splices if s[2] != message.text[s[0] : s[1]]]
    if len(due) > 1 and message.cut is None:
        made = _all_at_once(message, due)
        if made is not None:
            return made
    for start, end, text in reversed(due):
        message = spliced(message, start, end, text)
    return message


def _all_at_once(message: Message, splices: list[tuple[int, int, str]]) -> Message | None:
    """Return the message with all the texts; None when it reads otherwise than was asked."""
    has_shifts = charset.is_stateful(message.codec)
    parts: list[bytes] = []
    texts: list[str] = []
    byte_at = char_at = 0
    for start, end, text in splices:
        first, last = message.offsets.byte_start(start), message.offsets.byte_end(end)
        written = charset.encode(text, message.codec)
        if has_shifts:
            written = _with_shifts(message.raw, first, last, written)
        parts += (message.raw[byte_at:first], written)
        texts += (message.text[char_at:start], text)
        byte_at, char_at = last, end
    raw = b"".join((*parts, message.raw[byte_at:]))
    made = type(message).parse(
        raw, default_codec=message.default_codec, force_codec=message.force_codec
    )
    return made if made.text == "".join((*texts, message.text[char_at:])) else None


def _with_shifts(raw: bytes, first: int, last: int, written: bytes) -> bytes:
    """Return the bytes between two others such that these keep their meaning."""
    before, after = _designation_at(raw, first), _designation_at(raw, last)
    if before != _TO_ASCII:
        written = _TO_ASCII + written
    return written if after == _TO_ASCII else written + after


def _designation_at(raw: bytes, offset: int) -> bytes:
    """Return the escape sequence that holds for a byte."""
    end = offset
    while (found := raw.rfind(b"\x1b", 0, end)) >= 0:
        match = _DESIGNATION.match(raw, found, offset)
        if match is not None:
            return match[0]
        end = found
    return _TO_ASCII


def _check_reading(message: Message, made: Message, written: bytes, text: str) -> None:
    """Raise when the new bytes would not be read as the new text."""
    if made.declared_charset != message.declared_charset:
        return  # MSH-18 was edited: from now on the bytes mean something else, as asked.
    if made.codec != message.codec and _reads_as(written, made.codec, text):
        return  # The rest is read otherwise now, from the same bytes: its last misfit is gone.
    raise EditError(
        "With this change the character set could no longer be told from the bytes.",
        hint="Name the character set in MSH-18 first, or switch the message to UNICODE UTF-8.",
    )


def _reads_as(written: bytes, codec: str, text: str) -> bool:
    try:
        return written.decode(codec) == text
    except UnicodeError:
        return False


def with_charset(message: Message, msh_18: str) -> Message:
    """Return the message in another character set; see `Message.with_charset`."""
    choice = charset.codec_for(msh_18)
    if not choice.codec or choice.codec.startswith(("utf_16", "utf_32")):
        raise EditError("Messages cannot be written in this character set.")
    if not message.header.has_msh:
        raise EditError("The message has no MSH segment to name a character set in.")
    start, end, missing = place(message, FieldPath("MSH", 1, 18))
    text = message.text[:start] + missing + msh_18 + message.text[end:]
    raw = charset.encode(text, choice.codec)
    return type(message).parse(raw, default_codec=message.default_codec)
