"""Reads the answers of others: MSA and ERR of any version, and what a sender does next.

An answer is read from its bytes, without a tree and without trust: any bytes give an `Ack`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class AckError:
    """One error that an answer names."""

    code: str
    """Of table 0357 where the peer keeps to it; empty when it names none."""
    location: str
    """``PID^1^3^1^4``, with ``^`` whatever delimiters the peer used; empty for no place."""
    text: str = field(default="", repr=False)
    """What the peer says about it."""
    severity: str = "E"

    @property
    def path(self) -> str:
        """The place as a field path: ``PID-3.4``, ``OBX[2]-5``; empty for no place."""
        parts = [part.strip() for part in self.location.split("^")]
        parts += [""] * (6 - len(parts))
        segment, sequence, number, repetition, component, subcomponent = parts[:6]
        if not segment:
            return ""
        path = segment + (f"[{sequence}]" if sequence not in ("", "0", "1") else "")
        if not number:
            return path
        path += f"-{number}" + (f"[{repetition}]" if repetition not in ("", "0", "1") else "")
        if not component:
            return path
        path += f".{component}"
        return f"{path}.{subcomponent}" if subcomponent else path


@dataclass(frozen=True, slots=True)
class Ack:
    """An answer as it was read."""

    code: str = ""
    """MSA-1: ``AA AE AR CA CE CR`` or whatever is there."""
    control_id: str = ""
    """MSA-2 as written."""
    text: str = field(default="", repr=False)
    """MSA-3, else the first error's text."""
    errors: tuple[AckError, ...] = ()
    is_ack: bool = False
    """There is an MSH and an MSA segment."""
    is_readable: bool = False
    """There is an MSH segment."""


class ReplyKind(StrEnum):
    """What an answer means to the sender (reference: reaction to the reply)."""

    ACCEPTED = "accepted"
    """AA: processed."""
    COMMITTED = "committed"
    """CA: stored by the receiver; an application acknowledgement may follow."""
    CONTENT_REFUSED = "content_refused"
    """The content is wrong: no retry."""
    SETUP_REFUSED = "setup_refused"
    """Type, event, processing id, version or another part of MSH is not accepted: no retry."""
    TRY_AGAIN = "try_again"
    """The receiver could not at this moment: retry."""
    LATE = "late"
    """The answer to an earlier message that was given up: drop it and read on."""
    WRONG_ID = "wrong_id"
    """The answer names another message: unknown outcome, close the connection."""
    NO_ID = "no_id"
    """The answer names no message: unknown outcome unless the destination is lenient."""
    NO_CODE = "no_code"
    """No MSA segment, or an MSA-1 that isn't in table 0008: unknown outcome."""
    UNREADABLE = "unreadable"
    """Empty, or no HL7: unknown outcome."""


MOST_WORDS = 1000
"""Longest text of a peer that is shown, in characters; its answer is kept as it came."""

_CODES = {"AA", "AE", "AR", "CA", "CE", "CR"}
_SEGMENT_ENDS = re.compile(r"[\r\n]+")


def read_ack(raw: bytes) -> Ack:
    """Return what an answer says. Never raises, whatever the bytes are. Any thread.

    References:
        HL7 chapter 2, MSA and ERR of the versions 2.1 to 2.9.
    """
    text = _text_of(raw)
    start = text.find("MSH")
    if start < 0 or len(text) < start + 4 or text[:start].strip(" \t\r\n\x00\ufeff\x0b"):
        return Ack()
    separator = text[start + 3]
    if separator.isalnum() or separator in "\r\n":
        return Ack()
    lines = _SEGMENT_ENDS.split(text[start:])
    delimiters = lines[0].split(separator, 2)[1] + "\0\0\0\0"
    segments = [line.split(separator) for line in lines]
    msa = next((s for s in segments if s[0] == "MSA"), None)
    if msa is None:
        return Ack(is_readable=True)
    msa += [""] * 7
    shown = _unescaper(separator, delimiters)
    errors = [e for s in segments if s[0] == "ERR" for e in _read_err(s, delimiters, shown)]
    errors += _read_condition(msa[6], delimiters, shown) if not errors else []
    message = shown(msa[3]) or next((error.text for error in errors if error.text), "")
    return Ack(msa[1].strip(), msa[2], message, tuple(errors), is_ack=True, is_readable=True)


def _text_of(raw: bytes) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _unescaper(separator: str, delimiters: str) -> Callable[[str], str]:
    """Return a function that reads delimiter escapes; all others stay as they are written."""
    component, repetition, escape, subcomponent = tuple(delimiters[:4])
    names = {"F": separator, "S": component, "R": repetition, "E": escape, "T": subcomponent}
    if escape == "\0":
        return str.strip
    mark = re.escape(escape)
    sequence = re.compile(f"{mark}([FSRET]|\\.br){mark}")

    def unescape(text: str) -> str:
        return sequence.sub(lambda found: names.get(found[1], "\n"), text).strip()

    return unescape


def _read_err(err: list[str], delimiters: str, shown: Callable[[str], str]) -> list[AckError]:
    """Return the errors of one ERR segment: the layout from 2.5 on, else that of ERR-1."""
    component, repetition = tuple(delimiters[:2])
    err = err + [""] * (10 - len(err))
    if any(err[2:9]):
        code, text, *_ = [shown(part) for part in [*err[3].split(component), ""]]
        place = err[2].split(repetition)[0].replace(component, "^")
        words = shown(err[8]) or shown(err[7]) or text
        return [AckError(code, place.rstrip("^"), words, err[4].strip() or "E")]
    found = []
    for place in filter(None, err[1].split(repetition)):
        parts = [*place.split(component), "", "", "", ""]
        code, text, *_ = [shown(part) for part in [*parts[3].split(delimiters[3]), ""]]
        found.append(AckError(code, "^".join(parts[:3]).rstrip("^"), text or shown(parts[4])))
    return found


def _read_condition(condition: str, delimiters: str, shown: Callable[[str], str]) -> list[AckError]:
    """Return the error of MSA-6, the place before 2.5."""
    code, text, *_ = [shown(part) for part in [*condition.split(delimiters[0]), ""]]
    return [AckError(code, "", text)] if code or text else []


_ACCEPTING = {b"AA": "AA", b"CA": "CA"}


def plain_acceptance(raw: bytes, expected_control_id: bytes) -> Ack | None:
    """Return an answer that only says that this very message was accepted; None to read it whole.

    The quick way for the usual answer: what `read_ack` reads of it, and `classify_reply` takes for
    an acceptance. Any thread.

    Args:
        raw: The answer, without its MLLP frame.
        expected_control_id: MSH-10 of the message that waits, as written.
    """
    separator = raw[3:4]
    if raw[:3] != b"MSH" or not expected_control_id or not raw.isascii() or separator.isalnum():
        return None
    segments = raw.rstrip(b"\r").split(b"\r")
    if len(segments) != 2 or b"\n" in raw:
        return None
    msa = segments[1].split(separator)
    if len(msa) != 3 or msa[0] != b"MSA" or msa[2] != expected_control_id:
        return None
    code = _ACCEPTING.get(msa[1])
    if code is None:
        return None
    return Ack(code, msa[2].decode("ascii"), "", (), is_ack=True, is_readable=True)


def classify_reply(
    reply: bytes | Ack,
    expected_control_id: str | bytes,
    timed_out_ids: Collection[str] = (),
    lenient: bool = False,
) -> ReplyKind:
    """Return what an answer means for the message that waits for one. Any thread.

    Args:
        reply: The answer, without its MLLP frame.
        expected_control_id: MSH-10 of the message that waits, as written.
        timed_out_ids: MSH-10 of messages given up on this connection.
        lenient: Whether an answer without MSA-2 counts for the message that waits.

    References:
        HL7 chapter 2, 2.9.2; IHE ITI TF-2 appendix C.2.3.
    """
    ack = read_ack(reply) if isinstance(reply, bytes) else reply
    if not ack.is_readable:
        return ReplyKind.UNREADABLE
    if not ack.is_ack or ack.code.upper() not in _CODES:
        return ReplyKind.NO_CODE
    if isinstance(expected_control_id, bytes):
        expected_control_id = _text_of(expected_control_id)
    named = ack.control_id.strip()
    if named != expected_control_id.strip():
        if named in timed_out_ids:
            return ReplyKind.LATE
        return ReplyKind.WRONG_ID if named else _without_id(ack, lenient)
    if not named:
        return _without_id(ack, lenient)
    return _kind_of_code(ack)


def _without_id(ack: Ack, lenient: bool) -> ReplyKind:
    return _kind_of_code(ack) if lenient else ReplyKind.NO_ID


def _kind_of_code(ack: Ack) -> ReplyKind:
    code = ack.code.upper()
    if code == "AA":
        return ReplyKind.ACCEPTED
    if code == "CA":
        return ReplyKind.COMMITTED
    if code in ("AE", "CE"):
        return ReplyKind.CONTENT_REFUSED
    errors = [error for error in ack.errors if error.severity != "I"]
    if any(e.code in _SETUP_CODES or e.location.startswith("MSH") for e in errors):
        return ReplyKind.SETUP_REFUSED
    if all(error.code in ("", "206", "207") for error in errors):
        return ReplyKind.TRY_AGAIN
    return ReplyKind.CONTENT_REFUSED


_SETUP_CODES = {"200", "201", "202", "203"}

_SENTENCES = {
    ReplyKind.ACCEPTED: "Accepted.",
    ReplyKind.COMMITTED: "Stored by the receiver, not yet processed.",
    ReplyKind.CONTENT_REFUSED: "Refused because of its content; correct it before sending again.",
    ReplyKind.SETUP_REFUSED: "Refused because of its header; the receiver's setup must change.",
    ReplyKind.TRY_AGAIN: "The receiver could not take it at this moment; it may be sent again.",
    ReplyKind.LATE: "A late answer to an earlier message.",
    ReplyKind.WRONG_ID: "The answer names another message (MSA-2); what became of this is unknown.",
    ReplyKind.NO_ID: "The answer names no message (MSA-2 is blank); what became of it is unknown.",
    ReplyKind.NO_CODE: "The answer has no valid acknowledgement code; the outcome is unknown.",
    ReplyKind.UNREADABLE: "The answer is no HL7 message; what became of it is unknown.",
}


def describe_reply(kind: ReplyKind, ack: Ack | None = None) -> str:
    """Return a sentence on what an answer means: code and places, none of the peer's texts."""
    if ack is None or not ack.errors:
        return _SENTENCES[kind]
    places = dict.fromkeys(
        " ".join(part for part in (_number(error.code), _place(error)) if part)
        for error in ack.errors
    )
    named = ", ".join([place for place in places if place][:5])
    return f"{_SENTENCES[kind]} Named by the receiver: {named}." if named else _SENTENCES[kind]


def named_cause(code: str, ack: Ack | None) -> str:
    """Return what a failure is grouped by: ``AE 101 PID-3``, none of the peer's texts.

    Args:
        code: The acknowledgement code, or a word in its place; what is no code is left out.
        ack: The answer; its first error that is no mere information names number and place.
    """
    error = next((e for e in ack.errors if e.severity != "I"), None) if ack is not None else None
    parts = [_number(code)]
    if error is not None:
        parts += [_number(error.code), _place(error)]
    return " ".join(part for part in parts if part)


def receiver_words(ack: Ack) -> str:
    """Return what the peer itself says: MSA-3, then ERR-8 or ERR-7 of each error, once each.

    On one line and without control characters; it may hold patient data, and never goes into logs.
    """
    texts = (" ".join(text.split()) for text in (ack.text, *(e.text for e in ack.errors)))
    said = "; ".join(dict.fromkeys(text for text in texts if text))
    said = "".join(character if character.isprintable() else "\ufffd" for character in said)
    return said if len(said) <= MOST_WORDS else said[: MOST_WORDS - 1].rstrip() + "…"


def _number(code: str) -> str:
    return code if re.fullmatch(r"[A-Za-z0-9_-]{1,20}", code) else ""


def _place(error: AckError) -> str:
    path = error.path
    return path if re.fullmatch(r"[A-Z][A-Z0-9]{2}[\][0-9.-]{0,40}", path) else ""
