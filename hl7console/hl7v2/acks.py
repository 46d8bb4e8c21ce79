"""The bytes of an acknowledgement, for every version of HL7 v2 and any delimiters.

Which code is due is decided in `ack_decisions`, and the answers of others are read in `replies`;
their names are offered here as well. Nothing here stores or sends.

Why bytes and not text: an answer repeats raw fields of the message (MSH-3 to MSH-6, MSH-10),
whatever their character set, and it is made for every message that comes in.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from hl7console.hl7v2.ack_decisions import (
    STANDARD_MSH_2,
    AckDecision,
    AckProblem,
    AckRules,
    decide,
    failure,
    failure_code,
    too_large,
)
from hl7console.hl7v2.replies import (
    Ack,
    AckError,
    ReplyKind,
    classify_reply,
    describe_reply,
    read_ack,
)
from hl7console.hl7v2.vocabulary import (
    VERSIONS,
    version_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hl7console.hl7v2.scan import Scan

__all__ = [
    "Ack",
    "AckDecision",
    "AckError",
    "AckProblem",
    "AckRules",
    "ReplyKind",
    "build_ack",
    "classify_reply",
    "decide",
    "describe_reply",
    "failure",
    "failure_code",
    "read_ack",
    "too_large",
]


def build_ack(
    scan: Scan,
    code: str,
    problems: Sequence[AckProblem] = (),
    *,
    control_id: str | bytes,
    now: datetime | float,
    charset: bytes = b"",
    default_version: str = "2.4",
) -> bytes:
    """Return the bytes of an acknowledgement, without its MLLP frame. Any thread.

    Args:
        scan: The message that is answered.
        code: MSA-1, as `decide` gave it.
        problems: One ERR segment, or repetition of ERR-1, is made of each.
        control_id: MSH-10 of the answer: unique, 20 characters at most, plain ASCII.
        now: Time of the answer: an aware datetime, written in its own zone, or seconds since
            1970, written in the zone of this machine.
        charset: MSH-18 of the answer where it isn't plain ASCII; the message's own by default.
        default_version: MSH-12 of the answer when the message has none.

    References:
        HL7 chapter 2, 2.9.2 and 2.14 (MSH, MSA, ERR of each version); IHE ITI TF-2 appendix C.2.
    """
    separator = scan.field_sep
    msh_2 = scan.msh_2
    if msh_2 not in STANDARD_MSH_2 or separator != 124:
        separator, msh_2 = _usable_delimiters(separator, msh_2)
    field = b"|" if separator == 124 else bytes((separator,))
    version = scan.msh_12
    if msh_2 and msh_2[:1] in version:
        version = version.partition(msh_2[:1])[0]
    if not version.strip():
        version = default_version.encode("ascii")
    layout = _LAYOUTS.get(version) or _layout(version)
    fields = [
        b"MSH",
        msh_2,
        scan.msh_5,
        scan.msh_6,
        scan.msh_3,
        scan.msh_4,
        _timestamp(now, layout),
        b"",
        _type_field(scan.event, layout, msh_2),
        control_id if isinstance(control_id, bytes) else control_id.encode("ascii", "replace"),
        scan.msh_11 or b"P",
        version,
    ]
    answer = field.join((b"MSA", code.encode("ascii"), scan.msh_10))
    if problems:
        answer += _problem_segments(problems, layout, field, msh_2)
    header = field.join(fields)
    ack = b"%b\r%b\r" % (header, answer)
    if ack.isascii() and b"\x1b" not in ack and b"\x1c" not in ack and b"\x0b" not in ack:
        return ack
    return _with_charset(header, answer, field, charset or _charset_of(scan, ack, msh_2))


_OLDEST, _MIDDLE, _NEWEST = 1, 2, 3
"""ERR layouts: up to 2.2, 2.3 to 2.4, from 2.5."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """What differs between the versions of an answer."""

    err: int
    has_event: bool
    """MSH-9 has the trigger event (2.3 and later)."""
    has_structure: bool
    """MSH-9 has the structure (2.3.1 and later)."""
    has_zone: bool


def _make_layout(version: str) -> _Layout:
    minor, patch = version_key(version) or (4, 0)
    err = _OLDEST if minor < 3 else _MIDDLE if minor < 5 else _NEWEST
    return _Layout(err, minor >= 3, (minor, patch) >= (3, 1), minor >= 3)


_LAYOUTS: dict[bytes, _Layout] = {version.encode(): _make_layout(version) for version in VERSIONS}


def _layout(version: bytes) -> _Layout:
    return _make_layout(version.decode("latin_1"))


def _usable_delimiters(separator: int, msh_2: bytes) -> tuple[int, bytes]:
    """Return delimiters that the answer can be read with; those of the message where they hold."""
    is_sound = bool(msh_2) and len(set(msh_2)) == len(msh_2) and separator not in msh_2
    if is_sound or separator in b"^~\\&":
        return separator, msh_2
    return separator, b"^~\\&"


_stamp: tuple[int, bytes, bytes] = (-1, b"", b"")
"""The last second that was written out, with and without its zone. Replaced as a whole."""


def _timestamp(now: datetime | float, layout: _Layout) -> bytes:
    global _stamp
    if isinstance(now, datetime):
        return now.strftime("%Y%m%d%H%M%S%z" if layout.has_zone else "%Y%m%d%H%M%S").encode()
    second = int(now)
    stamp = _stamp
    if stamp[0] != second:
        plain = time.strftime("%Y%m%d%H%M%S", local := time.localtime(second))
        minutes = local.tm_gmtoff // 60
        zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
        _stamp = stamp = (second, plain.encode(), (plain + zone).encode())
    return stamp[2] if layout.has_zone else stamp[1]


def _type_field(event: str, layout: _Layout, msh_2: bytes) -> bytes:
    is_plain = event.isalnum() and event.isascii()
    if not msh_2 or not layout.has_event or not is_plain:
        return b"ACK"
    if layout.has_structure:
        return b"ACK%b%b%bACK" % (msh_2[:1], event.encode(), msh_2[:1])
    return b"ACK%b%b" % (msh_2[:1], event.encode())


def _problem_segments(
    problems: Sequence[AckProblem], layout: _Layout, field: bytes, msh_2: bytes
) -> bytes:
    component, repetition = msh_2[0:1] or b" ", msh_2[1:2]
    if layout.err == _NEWEST:
        return b"".join(b"\r" + _err_segment(problem, field, msh_2) for problem in problems)
    errors = [problem for problem in problems if problem.severity == "E"]
    if not errors:
        return b""
    text = field + _escaped(errors[0].text[:80], field, msh_2)
    places = []
    for problem in errors if repetition else errors[:1]:
        place = [part.encode() for part in problem.location.split("^")[:3]]
        place += [b""] * (3 - len(place))
        places.append(component.join([*place, _condition_code(problem, layout, field, msh_2)]))
    return text + b"\rERR" + field + repetition.join(places)


def _condition_code(problem: AckProblem, layout: _Layout, field: bytes, msh_2: bytes) -> bytes:
    code = b"%d" % problem.code
    subcomponent = msh_2[3:4]
    if layout.err == _OLDEST or not subcomponent:
        return code
    text = _escaped(problem.standard_text, field, msh_2)
    return subcomponent.join((code, text, b"HL70357"))


def _err_segment(problem: AckProblem, field: bytes, msh_2: bytes) -> bytes:
    component = msh_2[0:1]
    location = problem.location.encode()
    place = location.replace(b"^", component) if component else location.partition(b"^")[0]
    code = b"%d" % problem.code
    if component:
        text = _escaped(problem.standard_text, field, msh_2)
        code = component.join((code, text, b"HL70357"))
    parts = (b"ERR", b"", place, code, problem.severity.encode(), b"", b"", b"")
    return field.join((*parts, _escaped(problem.text[:250], field, msh_2)))


def _escaped(text: str, field: bytes, msh_2: bytes) -> bytes:
    """Return a text of ours with its delimiters escaped, or blanked where there is no escape."""
    escape = msh_2[2:3].decode("latin_1")
    delimiters = field.decode("latin_1") + msh_2.decode("latin_1")
    names = dict(zip(delimiters, "FSRETP", strict=False))
    table = {ord(c): f"{escape}{name}{escape}" if escape else " " for c, name in names.items()}
    return text.translate(table).encode("ascii", "replace")


def _charset_of(scan: Scan, ack: bytes, msh_2: bytes) -> bytes:
    declared = scan.msh_18
    repetition = msh_2[1:2]
    if declared.strip():
        is_switching = b"\x1b" in ack  # ISO 2022 needs all the repetitions
        return declared.partition(repetition)[0] if repetition and not is_switching else declared
    try:
        ack.decode("utf-8")
    except UnicodeDecodeError:
        return b""
    return b"" if ack.isascii() else b"UNICODE UTF-8"


def _with_charset(header: bytes, answer: bytes, field: bytes, charset: bytes) -> bytes:
    if charset:
        header += field * 6 + charset
    return (header + b"\r" + answer + b"\r").translate(None, b"\x0b\x1c")
