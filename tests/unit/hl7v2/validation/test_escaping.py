r"""Escape sequences that are none."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check
from hl7console.hl7v2.validation.encoding import LOOKED_AT
from hl7console.hl7v2.validation.escaping import _MOST

MSH = r"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||ADT^A01|C1|P|2.5.1"
BODY = "EVN||20260102\rPID|1||44||DOE\rPV1|1|I\r"
CODES = ("bad_escape", "bad_hex", "charset_switch", "format_in_plain_text")


def found(line: str, header: str = MSH):
    raw = f"{header}\r{BODY}{line}\r".encode()
    marked = []
    for finding in check(Message.parse(raw)):
        if finding.code in CODES:
            start, end = finding.span
            marked.append((finding.code, str(finding.path), raw[start:end].decode()))
    return marked


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"NTE|1||C:\temp", [("bad_escape", "NTE-3", "\\")]),
        (r"NTE|1||a^b&C:\temp~x", [("bad_escape", "NTE-3", "\\")]),
        (r"NTE|1||100\ % \x", [("bad_escape", "NTE-3", "\\"), ("bad_escape", "NTE-3", "\\")]),
        (r"NTE|1||\XZZ\x", [("bad_hex", "NTE-3", r"\XZZ" + "\\")]),
        (r"NTE|1||\C2842\x", [("charset_switch", "NTE-3", r"\C2842" + "\\")]),
        (r"PV1|1|I||||\.br\x", [("format_in_plain_text", "PV1[2]-6", r"\.br" + "\\")]),
        (r"NTE|1||\.br\ \F\ \H\bold\N\ \X41\ \Zlocal\x", []),
        (r"OBX|1|FT|x||\.br\x", []),
        (r"OBX|1|ST|x||\.br\x", [("format_in_plain_text", "OBX-5", r"\.br" + "\\")]),
        (r"ZQQ|1|\.br\x", []),
        (r"junk\line", []),
    ],
)
def test_faults(line, expected):
    assert found(line) == expected


def test_in_the_header():
    header = MSH + r"||||||||||||^IPv6\r" + '"'
    assert found("NTE|1", header) == [("bad_escape", "MSH-24", "\\")]


def test_without_an_escape_character():
    assert found(r"NTE|1||C:\temp", MSH.replace("^~\\&", "^~")) == []


def test_without_other_delimiters():
    header = r"MSH|~^\&|EHR".replace("~^\\&", "")
    assert found(r"NTE|1||C:\temp", header) == []


def test_only_the_escape_role_is_left():
    from hl7console.hl7v2.delimiters import Delimiters
    from hl7console.hl7v2.validation.escaping import _leaves
    from hl7console.hl7v2.validation.subject import Subject

    message = Message.parse(MSH.encode())
    subject = Subject(message, None)
    subject.delimiters = Delimiters("|", "", "", "\\", "")
    assert list(_leaves(subject, "a^b")) == [(0, "a^b")]


def test_messages_without_a_header_are_looked_at():
    raw = rb"PID|1||44||C:\temp" + b"\r"
    codes = [f.code for f in check(Message.parse(raw))]
    assert "bad_escape" in codes


def test_only_so_many_are_looked_at():
    raw = f"{MSH}\r{BODY}NTE|1||{chr(92) * 1000}\r".encode()
    counts = [f.count for f in check(Message.parse(raw)) if f.code == "bad_escape"]
    assert sum(counts) == LOOKED_AT
    lines = "".join(f"NTE|{chr(92)}|{chr(92)}\r" for _ in range(_MOST))
    raw = f"{MSH}\r{BODY}{lines}".encode()
    counts = [f.count for f in check(Message.parse(raw)) if f.code == "bad_escape"]
    assert sum(counts) == _MOST


@pytest.mark.parametrize(
    ("charset", "name", "is_half"),
    [("", b"\x95\\", True), ("8859/1", b"\xe4\\", False), ("", b"A\\", False)],
)
def test_an_escape_character_may_be_half_of_another(charset, name, is_half):
    header = rf"MSH|^~\&|A|B|C|D|2026||ADT^A08|1|P|2.5||||||{charset}".encode()
    raw = header + b"\rPID|1||44||" + name + b" X\r"
    (found,) = [f for f in check(Message.parse(raw)) if f.code == "bad_escape"]
    assert ("Shift-JIS" in found.text) == is_half
