"""Which Python codec a message is read with, and reading it without losing a byte.

MSH-18 is often wrong and more often empty. The ladder: the declared codec, UTF-8, cp1252,
latin_1; each step strictly, so that text and bytes always stand for each other. A step down is a
flag with the offset of the first byte that did not fit; ``errors="replace"`` is used nowhere. Only
a last character of UTF-8 that is cut does not cost the others their reading: it is told apart.

References:
    HL7 table 0211; HL7 v2.5.1 chapter 2, section 2.15.9.18 (MSH-18); IHE ITI TF-2 C.2.2.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass, field

from hl7console.errors import UsageError
from hl7console.hl7v2 import layout
from hl7console.hl7v2.charset_names import (
    NONSTANDARD_CHARSET,
    UNKNOWN_CHARSET,
    CharsetChoice,
    codec_for,
    is_multibyte,
    is_stateful,
    normal_codec,
)
from hl7console.hl7v2.cut_character import find_cut, is_utf_8, text_of_cut

__all__ = [
    "BOM",
    "CHARSET_FALLBACK",
    "CHARSET_MISMATCH",
    "NONSTANDARD_CHARSET",
    "TRUNCATED_CHARACTER",
    "UNKNOWN_CHARSET",
    "UTF16",
    "CharsetChoice",
    "Decoded",
    "UnencodableTextError",
    "ascii_codec",
    "codec_for",
    "declared_charset",
    "decode",
    "encode",
    "first_bad_offset",
    "is_multibyte",
    "is_stateful",
    "is_utf_8",
    "normal_codec",
]

CHARSET_FALLBACK = "charset_fallback"
"""Flag: the bytes do not fit the declared (or default) character set."""
CHARSET_MISMATCH = "charset_mismatch"
"""Flag: a byte order mark says UTF-8, MSH-18 something else."""
TRUNCATED_CHARACTER = "truncated_character"
"""Flag: UTF-8 that ends in the middle of a character."""
BOM = "bom"
"""Flag: the bytes begin with a byte order mark."""
UTF16 = "utf16"
"""Flag: UTF-16 or UTF-32, which MLLP cannot carry."""

_TOLERANT: dict[str, str] = {
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "cp950": "big5hkscs",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
}
"""The larger set that senders of the smaller one really use; taking it is no fault."""

_BLANK = bytes(range(0x21)) + b"\x7f"
_C1 = bytes(range(0x80, 0xA0))
_WIDE_STARTS = (
    (codecs.BOM_UTF32_LE, "utf_32_le", 4),
    (codecs.BOM_UTF32_BE, "utf_32_be", 4),
    (codecs.BOM_UTF16_LE, "utf_16_le", 2),
    (codecs.BOM_UTF16_BE, "utf_16_be", 2),
    (b"M\0S\0H\0", "utf_16_le", 0),
    (b"\0M\0S\0H", "utf_16_be", 0),
)
_HEADER = re.compile(rb"(?:\A[\x00-\x20\x7f]*|[\r\n])(MSH[!-/:-@\[-`{-~])")
_LONGEST_HEADER = 16_384
"""Bytes of MSH in which MSH-18 is looked for, where characters may hold a separator."""
_CHARSET_FIELD = 17
"""Position of MSH-18 when MSH is split at its separator."""


class UnencodableTextError(UsageError):
    """A text holds a character that the message's character set does not have."""

    def __init__(self, codec: str, position: int) -> None:
        super().__init__(
            f"The character set of the message ({codec}) has no character {position + 1} "
            "of the text.",
            hint="Switch the message to UNICODE UTF-8 first.",
        )
        self.codec = codec
        self.position = position
        """Offset of the first character that cannot be written."""


@dataclass(slots=True)
class Decoded:
    """The text of a message, and how it was read. Not frozen only because that takes longer."""

    text: str = field(repr=False)
    """Without a byte order mark."""
    codec: str
    """The codec that reads and writes exactly these bytes."""
    declared: str
    """MSH-18 as written."""
    flags: tuple[str, ...] = ()
    bad_offset: int | None = None
    """Byte offset of the first byte that did not fit the codec that should have been."""
    bom_size: int = 0
    """Bytes in front of the text: the byte order mark."""
    cut: tuple[int, int] | None = None
    """Where the bytes of the last character lie when it is not all there; U+FFFD in the text."""


def declared_charset(raw: bytes) -> str:
    """Return MSH-18 as written, from the bytes alone; empty when there is none.

    In Shift-JIS, Big5, GB 18030 and ISO-2022-JP a character may hold the separator as a byte, so
    that counting separators can miss. When MSH is not plain ASCII, each field that names such a
    character set is tried: it is MSH-18 when it stands at that place once the segment is decoded.
    """
    start = 0
    if not raw.startswith(b"MSH|"):
        match = _HEADER.search(raw)
        if match is None:
            return ""
        start = match.start(1)
    line = _header_line(raw, start)
    separator = line[3:4]
    parts = line.split(separator, _CHARSET_FIELD + 1)
    counted = parts[_CHARSET_FIELD].decode("latin_1") if len(parts) > _CHARSET_FIELD else ""
    if line.isascii() and b"\x1b" not in line:
        return counted
    return _declared_when_not_ascii(line, separator, counted)


def _header_line(raw: bytes, start: int) -> bytes:
    """Return MSH without what ends it, by the rules of `layout`."""
    end = raw.find(b"\r", start)
    line = raw[start:end] if end >= 0 else raw[start:]
    if b"\n" not in line:
        return line
    if end < 0 and b"\r" not in raw.lstrip(_BLANK):
        return line[: line.find(b"\n")]
    text = line.decode("latin_1") + "\r"
    normal, _ = layout.normalise(text, text[3])
    return normal.split("\r", 1)[0].encode("latin_1")


def _declared_when_not_ascii(line: bytes, separator: bytes, counted: str) -> str:
    names = [counted]
    names += [part.decode("latin_1") for part in line.split(separator, 60)[10:60]]
    for name in names:
        codec = codec_for(name).codec if name else ""
        if not codec or codec == "ascii":
            continue
        try:
            # Only the beginning, which may end within a character: any bytes may come.
            begin = codecs.getincrementaldecoder(codec)().decode(line[:_LONGEST_HEADER])
        except UnicodeError:
            continue
        fields = begin.split(separator.decode("ascii"), _CHARSET_FIELD + 1)
        if len(fields) > _CHARSET_FIELD and fields[_CHARSET_FIELD] == name:
            return name
    return counted


def decode(raw: bytes, *, default_codec: str = "cp1252", force_codec: str = "") -> Decoded:
    """Read the bytes of a message as text; never raises for any bytes.

    Args:
        raw: The message as it was on the wire or in a file.
        default_codec: For messages that declare nothing, hold bytes beyond ASCII and are not
            UTF-8.
        force_codec: Beats MSH-18 and every guess, as long as the bytes fit it.

    References:
        IHE ITI TF-2 C.2.2.2 (character sets); HL7 table 0211.
    """
    if not raw.startswith(b"MSH"):
        for mark, codec, size in _WIDE_STARTS:
            if raw.startswith(mark):
                return _decode_wide(raw, codec, size)
        if raw.startswith(codecs.BOM_UTF8):
            return _decode_with_bom(raw)
    declared = declared_charset(raw)
    forced = normal_codec(force_codec)
    if forced and not _is_wide(forced):
        return _down_the_ladder(raw, forced, declared, ())
    choice = codec_for(declared)
    if choice.codec in ("", "ascii") or _is_wide(choice.codec):
        return _decode_undeclared(raw, declared, choice, normal_codec(default_codec))
    return _down_the_ladder(raw, choice.codec, declared, choice.flags)


def _is_wide(codec: str) -> bool:
    """Return whether a codec cannot be meant, since the bytes do not look like it."""
    return codec.startswith(("utf_16", "utf_32"))


def _decode_wide(raw: bytes, codec: str, bom_size: int) -> Decoded:
    flags = (UTF16, BOM) if bom_size else (UTF16,)
    try:
        text = raw[bom_size:].decode(codec)
    except UnicodeDecodeError as fault:
        bad = fault.start + bom_size
        text = raw.decode("latin_1")
        return Decoded(text, "latin_1", "", (*flags, CHARSET_FALLBACK), bad)
    return Decoded(text, codec, _declared_in_text(text), flags, None, bom_size)


def _declared_in_text(text: str) -> str:
    header = layout.find_header(text)
    if not header.has_msh:
        return ""
    separator = header.delimiters.field
    normal, _ = layout.normalise(text[header.start :], separator)
    parts = normal.split("\r", 1)[0].split(separator, _CHARSET_FIELD + 1)
    return parts[_CHARSET_FIELD] if len(parts) > _CHARSET_FIELD else ""


def _decode_with_bom(raw: bytes) -> Decoded:
    size = len(codecs.BOM_UTF8)
    declared = declared_charset(raw[size:])
    flags = [BOM]
    if declared and codec_for(declared).codec != "utf_8":
        flags.append(CHARSET_MISMATCH)
    found = _down_the_ladder(raw[size:], "utf_8", declared, tuple(flags))
    bad = None if found.bad_offset is None else found.bad_offset + size
    cut = None if found.cut is None else (found.cut[0] + size, found.cut[1] + size)
    return Decoded(found.text, found.codec, declared, found.flags, bad, size, cut)


def ascii_codec(declared: str) -> tuple[str, tuple[str, ...]]:
    """Return codec and flags of a message of ASCII bytes without shift sequences."""
    choice = codec_for(declared)
    if _is_wide(choice.codec):
        return "ascii", (CHARSET_FALLBACK,)
    return choice.codec or "ascii", choice.flags


def _decode_undeclared(
    raw: bytes, declared: str, choice: CharsetChoice, default_codec: str
) -> Decoded:
    """Decode what declares ASCII, nothing, or a set that is not known or cannot be."""
    is_ascii = raw.isascii()
    shifted = is_ascii and b"\x1b" in raw and is_stateful(default_codec)
    if is_ascii and not shifted:
        codec, flags = ascii_codec(declared)
        bad = 0 if CHARSET_FALLBACK in flags else None
        return Decoded(raw.decode("ascii"), codec, declared, flags, bad)
    flags = choice.flags
    bad = None
    if declared:
        flags = (*flags, CHARSET_FALLBACK)
        bad = first_bad_offset(raw, "ascii")
    text = None if shifted else _strictly(raw, "utf_8")
    if text is not None:
        return Decoded(text, "utf_8", declared, flags, bad)
    found = None
    if not shifted and (not is_multibyte(default_codec) or _strictly(raw, default_codec) is None):
        found = _with_cut(raw, declared, flags)
    if found is None:
        found = _down_the_ladder(raw, default_codec, declared, flags)
    if bad is not None:
        found.bad_offset = bad
    return found


def _down_the_ladder(raw: bytes, codec: str, declared: str, flags: tuple[str, ...]) -> Decoded:
    first, second = codec, _TOLERANT.get(codec, "")
    if codec == "latin_1" and len(raw.translate(None, _C1)) < len(raw):
        first, second = "cp1252", "latin_1"
    for candidate in (first, second):
        text = _strictly(raw, candidate)
        if text is not None:
            return Decoded(text, candidate, declared, flags)
    if codec == "utf_8" and (found := _with_cut(raw, declared, flags)) is not None:
        return found
    bad = first_bad_offset(raw, codec)
    fallen = tuple(dict.fromkeys((*flags, CHARSET_FALLBACK)))
    for candidate in ("utf_8", "cp1252"):
        text = _strictly(raw, candidate)
        if text is not None:
            return Decoded(text, candidate, declared, fallen, bad)
    return Decoded(raw.decode("latin_1"), "latin_1", declared, fallen, bad)


def _with_cut(raw: bytes, declared: str, flags: tuple[str, ...]) -> Decoded | None:
    """Decode UTF-8 whose last character is cut; None where that is not what is wrong."""
    cut = find_cut(raw)
    if cut is None:
        return None
    flags = (*flags, TRUNCATED_CHARACTER)
    return Decoded(text_of_cut(raw, cut), "utf_8", declared, flags, cut[0], cut=cut)


def _strictly(raw: bytes, codec: str) -> str | None:
    if not codec:
        return None
    try:
        return raw.decode(codec)
    except (UnicodeError, LookupError):
        return None


def first_bad_offset(raw: bytes, codec: str) -> int | None:
    """Return the offset of the first byte that does not fit a codec; None when all do."""
    try:
        raw.decode(codec)
    except UnicodeDecodeError as fault:
        return fault.start
    except (UnicodeError, LookupError):
        return 0
    return None


def encode(text: str, codec: str) -> bytes:
    """Write text in the character set of a message, without a byte order mark.

    Raises:
        UnencodableTextError: The character set has no such character.
    """
    try:
        return text.encode(codec)
    except UnicodeEncodeError as fault:
        raise UnencodableTextError(codec, fault.start) from None
