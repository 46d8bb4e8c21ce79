"""A message in pieces, and where findings are put."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.validation.subject import LISTED, LISTED_REMARKS, MOST, Subject

RAW = b"MSH|^~\\&|A|B|C|D|2026||ADT^A01^ADT_A01|1|P|2.5\rPID|1||44^^^H&1~45||D\\T\\E\rPID|2\rjunk\r"


def subject_of(raw: bytes = RAW) -> Subject:
    return Subject(Message.parse(raw), load("2.5"))


def test_pieces():
    subject = subject_of()
    assert [s.id for s in subject.segments] == ["MSH", "PID", "PID", ""]
    assert [str(s.path()) for s in subject.segments] == ["MSH", "PID[1]", "PID[2]", "[1]"]
    header = subject.header
    assert header.written(1) == "|"
    assert header.written(2) == "^~\\&"
    assert header.written(3) == "A"
    assert header.written(99) == ""
    assert (subject.message_type, subject.event, subject.structure_named) == (
        "ADT",
        "A01",
        "ADT_A01",
    )
    pid = subject.segments[1]
    assert subject.first_part(pid.written(3)) == "44"
    assert subject.first_part(pid.written(5)) == "D&E"
    assert subject.plain('""') == ""
    assert subject.subcomponents("H&1") == ["H", "1"]
    assert "44" not in repr(pid)


def test_without_a_header():
    subject = subject_of(b"PID|1\r")
    assert subject.header is None
    assert (subject.message_type, subject.event) == ("", "")


def test_undivided():
    subject = subject_of(b"MSH||A\rPID|a^b~c&d\r")
    written = subject.segments[1].written(1)
    assert subject.repetitions(written) == [written]
    assert subject.components(written) == [written]
    assert subject.subcomponents(written) == [written]


@pytest.mark.parametrize(
    ("path", "marked"),
    [
        ("PID[1]-3[1].1", b"44"),
        ("PID[1]-3[2].1", b"45"),
        ("PID[1]-3[1].4.2", b"1"),
        ("PID[1]-3[1].4.9", b""),
        ("PID[1]-3[1].9", b""),
        ("PID[1]-9", b""),
        ("PID[2]-9.1.1", b""),
        ("NTE-1", b""),
        ("NTE", b""),
    ],
)
def test_places(path, marked):
    subject = subject_of()
    subject.report(FieldPath.parse(path), Severity.INFO, "x", "x")
    start, end = subject.sorted_findings()[0].span
    assert RAW[start:end] == marked


def test_what_is_missing_is_placed_at_the_end_of_what_should_hold_it():
    subject = subject_of()
    subject.report(FieldPath.parse("PID[1]-3[1].9"), Severity.INFO, "x", "x")
    start, _ = subject.sorted_findings()[0].span
    assert RAW[:start].endswith(b"PID|1||44^^^H&1")


def test_places_can_be_given():
    subject = subject_of("MSH|^~\\&|\xe9\xe9|B\r".encode())
    subject.report(FieldPath("MSH"), Severity.INFO, "a", "a", chars=(9, 11))
    subject.report(FieldPath("MSH"), Severity.INFO, "b", "b", span=(1, 2))
    assert [f.span for f in subject.sorted_findings()] == [(1, 2), (9, 13)]


@pytest.mark.parametrize(
    ("severity", "listed"),
    [(Severity.ERROR, LISTED), (Severity.WARNING, LISTED), (Severity.INFO, LISTED_REMARKS)],
)
def test_counting(severity, listed):
    subject = subject_of()
    for _ in range(listed + 3):
        subject.report(FieldPath.parse("PID[1]-3"), severity, "x", "Bad.")
    subject.report(FieldPath.parse("PID[1]-4"), severity, "x", "Bad.")
    found = subject.sorted_findings()
    assert len(found) == listed + 1
    assert sum(f.count for f in found) == listed + 4
    assert "Bad. 3 more places have the same fault." in [f.text for f in found]


def test_the_worst_comes_first_at_one_place():
    subject = subject_of()
    for code, severity in (("a", Severity.INFO), ("b", Severity.ERROR), ("c", Severity.WARNING)):
        subject.report(FieldPath.parse("PID[1]-3"), severity, code, "x")
    assert [f.code for f in subject.sorted_findings()] == ["b", "c", "a"]


def test_one_fault_everywhere_is_no_flood():
    subject = subject_of()
    for number in range(1, MOST + 50):
        subject.report(FieldPath("PID", 1, number), Severity.INFO, "x", "Bad.")
    found = subject.sorted_findings()
    assert len(found) == MOST
    assert sum(f.count for f in found) == MOST + 49
