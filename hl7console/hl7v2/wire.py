r"""What is sent over MLLP for a message that comes from a file.

Files hold messages in ways that MLLP cannot carry or that receivers refuse: byte order marks,
line feeds, UTF-16, bytes that are reserved for framing. A legal message is sent as it is; of any
other only what is not legal is changed, and each change is told.
"""

from __future__ import annotations

import codecs
import re

from hl7console.hl7v2.charset import UTF16, Decoded, decode
from hl7console.hl7v2.delimiters import is_usable

_LEAD = re.compile(rb"(?:\xef\xbb\xbf|[\x00-\x20])+")
_LF_BEFORE_SEGMENT = re.compile(rb"\n(?=[A-Z][A-Z0-9]{2}[!-/:-@\[-`{-~])")
_CR_LF = re.compile(rb"\r\n+")
_LITERAL_CR = re.compile(rb"\[CR\](?:\r\n|\r|\n)?")
_XML_ENCODING = re.compile(r"(<\?xml[^>]{0,200}encoding=[\"'])[A-Za-z0-9_-]+", re.ASCII)
_RESERVED = ((b"\x0b", b"X0B"), (b"\x1c", b"X1C"))
_MSH_18 = 17
_UTF_8_NAME = "UNICODE UTF-8"


def wire_form(raw: bytes, *, was_on_wire: bool = False) -> tuple[bytes, tuple[str, ...]]:
    """Return the bytes to send for a message, and a sentence for each change. Any thread.

    Never raises, whatever the bytes are. UTF-16 that is damaged is left as it is: MLLP cannot
    carry it, and nobody but its sender can mend it.

    Args:
        raw: The message.
        was_on_wire: Whether it came over MLLP. It is then sent as it came, line feeds and all;
            only bytes that would break its frame are changed.

    References:
        HL7 2.3.1 Implementation Guide, appendix C, section C.4.3 (MLLP content); HL7 chapter 2,
        2.7 (escape sequences), MSH-18; IHE ITI TF-2 C.2.1.
    """
    changes: list[str] = []
    if was_on_wire:
        return _without_reserved(raw, changes), tuple(changes)
    if _looks_wide(raw):
        decoded = decode(raw)
        if UTF16 in decoded.flags and decoded.bad_offset is not None:
            return raw, ()
        sent = _in_utf_8(decoded, changes) if UTF16 in decoded.flags else raw
    else:
        sent = raw
    sent = _without_lead(sent, changes)
    if not sent.startswith(b"<"):
        sent = _without_reserved(sent, changes)
        sent = _with_carriage_returns(sent, changes)
    return sent, tuple(changes)


def _looks_wide(raw: bytes) -> bool:
    """Return whether the bytes may be UTF-16 or UTF-32; `decode` tells."""
    return raw[:1] in (b"\xff", b"\xfe", b"\x00") or raw[1:2] == b"\0"


def _in_utf_8(decoded: Decoded, changes: list[str]) -> bytes:
    changes.append("Turned from UTF-16 or UTF-32 into UTF-8, and MSH-18 set to say so.")
    text = decoded.text.lstrip("\ufeff \t\r\n\0")
    return _with_charset(text).encode("utf_8", "surrogatepass")


def _without_lead(sent: bytes, changes: list[str]) -> bytes:
    """Return the message without what stands before it: byte order marks, blanks, controls."""
    lead = _LEAD.match(sent)
    size = lead.end() if lead else 0
    if codecs.BOM_UTF8 in sent[:size]:
        changes.append("Byte order mark left out.")
    if sent[:size].replace(codecs.BOM_UTF8, b""):
        changes.append("Blanks before the message left out.")
    return sent[size:]


def _with_charset(text: str) -> str:
    if text.startswith("<"):
        return _XML_ENCODING.sub(r"\1UTF-8", text, count=1)
    if not text.startswith("MSH") or not is_usable(text[3:4]):
        return text
    end = re.search(r"[\r\n]|\Z", text)
    at = end.start() if end else len(text)
    fields = text[:at].split(text[3])
    fields += [""] * (_MSH_18 + 1 - len(fields))
    fields[_MSH_18] = _UTF_8_NAME
    return text[3].join(fields) + text[at:]


def _with_carriage_returns(sent: bytes, changes: list[str]) -> bytes:
    if b"[CR]" in sent and b"\r" not in sent and b"\n" not in sent.replace(b"[CR]\n", b""):
        changes.append("The text [CR] at the ends of segments turned into CR.")
        return _LITERAL_CR.sub(b"\r", sent)
    if b"\n" not in sent:
        return sent
    if b"\r" not in sent:
        changes.append("LF at the ends of segments turned into CR.")
        return sent.replace(b"\n", b"\r")
    result = _CR_LF.sub(b"\r", sent)
    if len(result) != len(sent):
        changes.append("CR LF at the ends of segments turned into CR.")
    mended = _LF_BEFORE_SEGMENT.sub(b"\r", result)
    if mended != result:
        changes.append("LF before a segment turned into CR.")
    return mended


def _without_reserved(sent: bytes, changes: list[str]) -> bytes:
    """Return the message with the bytes that frame it in MLLP written as escape sequences."""
    for byte, code in _RESERVED:
        if byte in sent:
            escape = _escape_character(sent)
            name = f"0x{byte[0]:02X}"
            if escape:
                changes.append(f"The byte {name}, which MLLP reserves, written as an escape.")
            else:
                changes.append(f"The byte {name}, which MLLP reserves, left out.")
            sent = sent.replace(byte, escape + code + escape if escape else b"")
    return sent


def _escape_character(sent: bytes) -> bytes:
    """Return the escape character that the header names; empty when it names none."""
    header = _LEAD.sub(b"", sent[:64], count=1) if _LEAD.match(sent) else sent[:64]
    separator = header[3:4]
    if not header.startswith(b"MSH") or not separator:
        return b""
    escape = header[4:12].split(separator, 1)[0][2:3]
    return escape if escape and is_usable(escape.decode("latin_1")) else b""
