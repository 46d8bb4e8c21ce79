"""Rules on bytes and characters: character sets, marks, control characters, line ends."""

from __future__ import annotations

import re
from itertools import islice

from hl7console.hl7v2 import charset, layout
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.validation.subject import Subject, rule

LOOKED_AT = 200
"""How many characters of one fault are looked at."""

_CONTROL = re.compile("[\x00-\x08\x0b-\x0c\x0e-\x1f\x7f]")
_NOT_ASCII = re.compile("[^\x00-\x7f]")
_NOT_LATIN_1 = re.compile("[^\x00-\xff]")
_SINGLE_BYTE = ("latin_1", "cp125", "iso8859_", "koi8")
_CODEC_NAMES = {
    "ascii": "ASCII",
    "utf_8": "UTF-8",
    "latin_1": "ISO 8859-1",
    "cp1252": "Windows-1252",
    "shift_jis": "Shift-JIS",
    "cp932": "Shift-JIS",
    "iso2022_jp": "ISO-2022-JP",
    "euc_kr": "EUC-KR",
    "cp950": "Big5",
    "gb18030": "GB 18030",
}


def codec_name(codec: str) -> str:
    """Return a codec's name as people write it."""
    if codec.startswith("iso8859_"):
        return f"ISO 8859-{codec[8:]}"
    return _CODEC_NAMES.get(codec, codec)


def place_at(subject: Subject, char: int) -> FieldPath:
    """Return the path of the smallest element around a character."""
    node = subject.message.at_char(char)
    return node.path if node is not None else first_place(subject)


def first_place(subject: Subject) -> FieldPath:
    """Return the path for what concerns the message as a whole: its first segment."""
    header = subject.header
    if header is not None:
        return header.path()
    return subject.segments[0].path() if subject.segments else FieldPath("")


@rule
def characters_fit_their_set(subject: Subject) -> None:
    """Report the first byte that isn't of the character set that MSH-18 names, or implies.

    References: HL7 v2.5.1 chapter 2, 2.15.9.18 (MSH-18), table 0211.
    """
    message = subject.message
    bad = message.bad_offset
    if charset.CHARSET_FALLBACK not in message.flags or bad is None:
        return
    declared = message.declared_charset.strip()
    misfit = (
        f"does not fit the character set of MSH-18 ({declared[:20]})"
        if declared
        else (
            f"fits neither UTF-8 nor {codec_name(message.default_codec)},"
            " which is taken where MSH-18 is empty"
        )
    )
    if _is_cut(message.raw, bad):
        text = "The text ends in the middle of a character"
        code = "truncated_character"
    else:
        text = f"Byte {message.raw[bad]:02X} at offset {bad:,} {misfit}"
        code = "charset_fallback"
    path = place_at(subject, message.offsets.char_at(bad))
    subject.report(
        path,
        Severity.WARNING,
        code,
        f"{text}; the message is read as {codec_name(message.codec)}.",
        span=(bad, bad + 1),
    )


def _is_cut(raw: bytes, bad: int) -> bool:
    """Return whether the bytes from an offset to the next separator are a cut UTF-8 character."""
    head = raw[bad : bad + 4]
    lead = head[0] if head else 0
    length = 2 if 0xC2 <= lead <= 0xDF else 3 if 0xE0 <= lead <= 0xEF else 4
    if not 0xC2 <= lead <= 0xF4:
        return False
    followers = [byte for byte in head[1:length] if 0x80 <= byte <= 0xBF]
    at_end = bad + 1 + len(followers) >= len(raw.rstrip(b"\r\n"))
    return at_end and len(followers) < length - 1 and charset.is_utf_8(raw[:bad])


@rule
def last_character_is_whole(subject: Subject) -> None:
    """Report UTF-8 that ends in the middle of a character. References: RFC 3629 section 3."""
    message = subject.message
    if message.cut is None:
        return
    start, end = message.cut
    shown = message.raw[start:end].hex(" ").upper()
    text = (
        f"The text ends in the middle of a character ({shown} at offset {start:,});"
        " the rest is read as UTF-8."
    )
    path = place_at(subject, message.offsets.char_at(start))
    subject.report(path, Severity.WARNING, "truncated_character", text, span=message.cut)


@rule
def text_is_not_utf_8_in_disguise(subject: Subject) -> None:
    """Report UTF-8 bytes in a message that says it is written in a set of single bytes."""
    message = subject.message
    found = None if message.text.isascii() else _NOT_ASCII.search(message.text)
    is_single = message.codec.startswith(_SINGLE_BYTE)
    if found is None or not is_single or not charset.is_utf_8(message.raw):
        return
    named = message.declared_charset.strip()[:20]
    text = f"The bytes are UTF-8, though MSH-18 says {named}; characters show wrong."
    path = place_at(subject, found.start())
    subject.report(path, Severity.WARNING, "utf8_not_declared", text, chars=found.span())


@rule
def text_is_not_windows_1252_in_disguise(subject: Subject) -> None:
    """Report bytes 80 to 9F in a message that says it is ISO 8859-1, where they are no letters."""
    message = subject.message
    if message.codec != "cp1252" or charset.CHARSET_FALLBACK in message.flags:
        return
    if charset.codec_for(message.declared_charset).codec != "latin_1":
        return
    found = _NOT_LATIN_1.search(message.text)
    if found is None or charset.is_utf_8(message.raw):
        return
    byte = message.raw[message.offsets.byte_start(found.start())]
    text = (
        f"Byte {byte:02X} is a character of Windows-1252, not of"
        f" {message.declared_charset.strip()[:20]} that MSH-18 names; it was read as Windows-1252."
    )
    path = place_at(subject, found.start())
    subject.report(path, Severity.WARNING, "windows_1252", text, chars=found.span())


@rule
def character_set_is_named(subject: Subject) -> None:
    """Report an MSH-18 that is missing, unknown, not of the standard, or belied by a mark."""
    message = subject.message
    header = subject.header
    if header is None:
        return
    path = header.path(18)
    name = message.declared_charset.strip()[:30]
    if charset.UNKNOWN_CHARSET in message.flags:
        text = f"The character set {name} cannot be read; {codec_name(message.codec)} was used."
        subject.report(path, Severity.ERROR, "unknown_charset", text)
    elif charset.NONSTANDARD_CHARSET in message.flags:
        text = f"{name} is no character set name of HL7 table 0211."
        subject.report(path, Severity.INFO, "nonstandard_charset", text)
    elif not name and charset.CHARSET_FALLBACK not in message.flags:
        found = None if message.text.isascii() else _NOT_ASCII.search(message.text)
        if found is not None:
            is_certain = message.codec == "utf_8"
            text = "MSH-18 is empty though the text is not plain ASCII; " + (
                "it is UTF-8."
                if is_certain
                else f"it was read as {codec_name(message.codec)}, which is a guess."
            )
            subject.report(
                place_at(subject, found.start()),
                Severity.INFO if is_certain else Severity.WARNING,
                "charset_not_named",
                text,
                chars=found.span(),
            )
    if charset.CHARSET_MISMATCH in message.flags:
        text = f"The byte order mark says UTF-8, MSH-18 says {name}."
        subject.report(path, Severity.WARNING, "charset_mismatch", text)


@rule
def no_marks(subject: Subject) -> None:
    """Report byte order marks, UTF-16, and what stands in front of the header."""
    message = subject.message
    path = first_place(subject)
    if charset.UTF16 in message.flags:
        text = "The text is UTF-16 or UTF-32, which MLLP cannot carry; it is sent as UTF-8."
        subject.report(path, Severity.WARNING, "utf16", text, span=(0, min(4, len(message.raw))))
    elif charset.BOM in message.flags:
        text = "A byte order mark stands in front of MSH; it is not sent."
        subject.report(path, Severity.INFO, "bom", text, span=(0, 3))
    if layout.LEADING_NOISE in message.flags and message.header.start > 0:
        count = message.header.start
        text = f"{count:,} character{'s' if count > 1 else ''} before the header."
        chars = (0, message.header.start)
        subject.report(path, Severity.WARNING, "leading_noise", text, chars=chars)


@rule
def no_control_characters(subject: Subject) -> None:
    """Report characters that may not be in a message, or that stand for a lost one.

    References: MLLP release 1 (0x0B and 0x1C frame a message); HL7 v2.5.1 chapter 2, 2.7.
    """
    message = subject.message
    if not message.text.isprintable():
        start = max(0, message.header.start)
        for found in islice(_CONTROL.finditer(message.text, start), LOOKED_AT):
            code = ord(found[0])
            is_framing = code in (0x0B, 0x1C)
            text = (
                f"Control character {code:02X} in the text; it must be escaped as \\X{code:02X}\\."
            )
            subject.report(
                place_at(subject, found.start()),
                Severity.ERROR if is_framing or not code else Severity.WARNING,
                "control_character",
                text,
                chars=found.span(),
            )
    last = len(message.text) if message.cut is None else message.offsets.char_at(message.cut[0])
    lost = message.text.find("\ufffd", 0, last)
    if lost >= 0:
        text = "U+FFFD stands for a character that was lost before the message was sent."
        chars = (lost, lost + 1)
        path = place_at(subject, lost)
        subject.report(path, Severity.WARNING, "lost_character", text, chars=chars)


_LINE_ENDS = {
    layout.LF_SEGMENTS: (Severity.INFO, "Segments end with LF, not CR."),
    layout.CRLF_SEGMENTS: (Severity.INFO, "Segments end with CR LF, not CR alone."),
    layout.SPLIT_AT_LF: (Severity.WARNING, "Some segments end with LF, others with CR."),
    layout.LF_IN_TEXT: (Severity.WARNING, "A line feed within a field; it must be escaped."),
}


@rule
def segments_end_with_cr(subject: Subject) -> None:
    """Report other line ends. References: HL7 v2.5.1 chapter 2, 2.5.4."""
    message = subject.message
    for flag, (severity, text) in _LINE_ENDS.items():
        if flag in message.flags:
            at = message.text.find("\r\n" if flag == layout.CRLF_SEGMENTS else "\n")
            chars = (at, at + 1)
            is_inside = flag == layout.LF_IN_TEXT
            path = place_at(subject, at) if is_inside else first_place(subject)
            subject.report(path, severity, flag, text, chars=chars)
