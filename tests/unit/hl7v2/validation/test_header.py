"""MSH."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check

LINE = r"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||ADT^A01^ADT_A01|C1|P|2.5.1"
FIELDS = LINE.split("|")
REST = "\rEVN||20260102\rPID|1||44||DOE||19700101|F\rPV1|1|I\r"


def header(changes: dict[int, str], rest: str = REST) -> bytes:
    fields = list(FIELDS)
    for number, value in changes.items():
        fields[number - 1] = value
    return ("|".join(fields) + rest).encode()


@pytest.mark.parametrize(
    ("changes", "code", "path", "severity", "words"),
    [
        ({2: ""}, "missing_msh2", "MSH-2", "error", "empty"),
        ({2: "^~"}, "short_msh2", "MSH-2", "warning", "fewer"),
        ({2: "^~\\&#@"}, "long_msh2", "MSH-2", "error", "more than five"),
        ({2: "^~\\\\&"}, "repeated_delimiter", "MSH-2", "error", "share"),
        ({2: "0~\\&"}, "unusable_delimiter", "MSH-2", "error", "cannot divide"),
        ({2: "^~\\&#"}, "truncation_before_2_7", "MSH-2", "warning", "v2.7"),
        ({2: "^~\\$"}, "unusual_delimiters", "MSH-1", "info", "Other delimiters"),
        ({3: ""}, "header_field_empty", "MSH-3", "info", "MSH-3 is empty."),
        ({4: "", 6: '""'}, "header_field_empty", "MSH-4", "info", "MSH-4, MSH-6 are empty."),
        ({3: "", 4: ""}, "header_field_empty", "MSH-3", "warning", "who sends it"),
        ({9: ""}, "no_message_type", "MSH-9", "error", "no message type"),
        ({9: "XXX^A01"}, "unknown_message_type", "MSH-9.1", "error", "XXX is no"),
        ({9: "X X^A01"}, "unknown_message_type", "MSH-9.1", "error", "This is no"),
        ({9: "ADT^A99"}, "unknown_event", "MSH-9.2", "error", "A99 is no"),
        ({9: "ADT^O01"}, "impossible_event", "MSH-9.2", "error", "ADT messages have no"),
        ({9: "ADT^A04^ADT_A04"}, "structure_name", "MSH-9.3", "info", "ADT_A01"),
        ({9: "ADT^A04^ADT_A05"}, "structure_mismatch", "MSH-9.3", "warning", "ADT_A05"),
        ({9: "ADT^A04^FOO"}, "unknown_structure", "MSH-9.3", "warning", "FOO"),
        ({10: ""}, "no_control_id", "MSH-10", "error", "no control id"),
        ({10: "x" * 21}, "too_long", "MSH-10", "warning", "21 characters; 20"),
        ({10: "x" * 200, 12: "2.8"}, "too_long", "MSH-10", "warning", "199"),
        ({11: ""}, "no_processing_id", "MSH-11", "warning", "P, T or D"),
        ({12: ""}, "no_version", "MSH-12", "warning", "2.5.1"),
        ({12: "1.0"}, "unknown_version", "MSH-12", "error", "no version"),
        ({12: "2.8.1000"}, "unknown_version", "MSH-12", "error", "no version"),
        ({12: "2.3.2"}, "unknown_version", "MSH-12", "warning", "never published"),
    ],
)
def test_faults(changes, code, path, severity, words):
    found = [f for f in check(Message.parse(header(changes))) if f.code == code]
    assert len(found) == 1, [f.code for f in check(Message.parse(header(changes)))]
    assert str(found[0].path) == path
    assert found[0].severity == severity
    assert words in found[0].text


@pytest.mark.parametrize(
    "changes",
    [
        {2: "^~\\&#", 12: "2.7"},
        {9: "ADT^A04"},
        {9: "ADT^A04^ADT_A01"},
        {9: "ADT^A40^ADT_A39"},
        {9: "ADT^Z99^ADT_A01"},
        {9: "ZZZ^A01"},
        {9: "ADT"},
        {9: "ADT^A01^ADT"},
        {9: "ADT^A01^ZDT_A01"},
        {9: "ACK^O01^ACK"},
        {10: "x" * 20},
        {10: "x" * 199, 12: "2.7"},
        {12: "2.5.1^DEU^2.5"},
        {11: "T^A"},
    ],
)
def test_what_is_fine(changes):
    codes = {f.code for f in check(Message.parse(header(changes)))}
    allowed = {"segment_missing", "segment_not_in_structure", "code_not_in_table"}
    assert codes <= allowed, codes


def test_a_second_header():
    raw = header({}, REST + "MSH|^~\\&|A\r")
    found = [f for f in check(Message.parse(raw)) if f.code == "several_headers"]
    assert [str(f.path) for f in found] == ["MSH[2]"]


def test_without_a_header():
    found = check(Message.parse(b"PID|1||44||DOE||19700101|F\r"))
    assert [(f.code, str(f.path)) for f in found] == [("no_header", "PID")]


def test_a_batch_header_is_no_fault_of_its_own():
    codes = {f.code for f in check(Message.parse(b"BHS|^~\\&|A\rPID|1||44||DOE\rBTS|1\r"))}
    assert "no_header" not in codes
