"""The order of segments."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check

CODES = {
    "segment_missing",
    "segment_repeated",
    "segment_out_of_order",
    "segment_not_in_structure",
    "content_differs",
}


def found(kind: str, *segments: str, version: str = "2.5.1"):
    header = rf"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||{kind}|C1|P|{version}"
    raw = "\r".join((header, *segments, "")).encode()
    return [f for f in check(Message.parse(raw)) if f.code in CODES]


def codes(kind: str, *segments: str, version: str = "2.5.1") -> list[tuple[str, str, str]]:
    return [(f.code, str(f.path), f.severity) for f in found(kind, *segments, version=version)]


@pytest.mark.parametrize(
    ("kind", "segments"),
    [
        ("ADT^A01", ("EVN", "PID", "PV1")),
        ("ADT^A01", ("SFT", "EVN", "PID", "NK1", "NK1", "PV1", "PV2", "OBX", "AL1", "AL1", "DG1")),
        ("ADT^A01", ("EVN", "PID", "PV1", "IN1", "IN2", "IN1", "ZZZ", "NTE")),
        ("ADT^A40", ("EVN", "PID", "MRG", "PID", "MRG", "PV1")),
        ("ORM^O01", ("PID", "PV1", "ORC", "OBR", "NTE", "OBX", "NTE", "ORC", "OBR", "ORC", "OBR")),
        ("ORU^R01", ("PID", "OBR", "OBX", "OBX", "NTE", "OBX", "OBR", "OBX", "SPM", "OBR", "NTE")),
        ("ORU^R01", ("PID", "OBR", "OBX", "PID", "OBR", "OBX")),
        ("SIU^S12", ("SCH", "NTE", "PID", "PV1", "RGS", "AIS", "AIG", "AIL", "RGS", "AIS", "AIP")),
        ("OMI^O23", ("PID", "PV1", "ORC", "TQ1", "OBR", "IPC", "IPC", "ORC", "OBR", "IPC", "ZDS")),
        ("MDM^T02", ("EVN", "PID", "PV1", "TXA", "OBX", "NTE", "OBX")),
        ("OML^O21", ("PID", "PV1", "ORC", "OBR", "OBX", "SPM", "ORC", "OBR", "OBX", "SPM", "OBX")),
        ("OML^O21", ("PID", "ORC", "OBR", "OBX", "PID", "PV1", "ORC", "OBR", "OBX", "ORC", "OBR")),
        ("SIU^S12", ("SCH", "PID", "NTE", "PV1", "RGS", "AIS", "AIP")),
        ("MDM^T02", ("EVN", "PID", "PV1", "TXA", "NTE", "OBX")),
        ("ERP^Z99^ERP_R09", ("MSA", "PID", "OBR", "OBX")),
        ("ACK", ("MSA", "ERR", "ERR")),
        ("ZZZ^Z01", ("QQQ", "PID")),
        ("ADT", ("PID",)),
    ],
)
def test_messages_that_follow_their_structure(kind, segments):
    assert codes(kind, *segments) == []


@pytest.mark.parametrize(
    ("kind", "segments", "expected"),
    [
        (
            "ADT^A01",
            ("PID", "PV1"),
            [("segment_missing", "MSH-9", "error", "segment EVN is missing; ADT^A01")],
        ),
        (
            "OMI^O23",
            ("PID", "ORC", "OBR"),
            [("segment_missing", "MSH-9", "error", "IPC is missing in the group ORDER")],
        ),
        (
            "ORM^O01",
            ("PID",),
            [("segment_missing", "MSH-9", "warning", "ORC is missing in the group ORDER")],
        ),
        (
            "ADT^A01",
            ("EVN", "PID", "PID", "PV1"),
            [("segment_repeated", "PID[2]", "warning", "has one PID; this is number 2")],
        ),
        (
            "ADT^A01",
            ("EVN", "PV1", "PID"),
            [("segment_out_of_order", "PID", "warning", "the order")],
        ),
        (
            "ADT^A01",
            ("EVN", "PID", "PV1", "NK1", "NK1", "NK1"),
            [("segment_out_of_order", "NK1[1]", "warning", "NK1 stands")],
        ),
        (
            "ADT^A01",
            ("EVN", "PID", "PV1", "SCH"),
            [("segment_not_in_structure", "SCH", "info", "has no segment SCH")],
        ),
        (
            "ADT^A01",
            ("EVN", "PID", "IN1", "PV1", "IN1"),
            [("segment_out_of_order", "PV1", "warning", "PV1 stands")],
        ),
        (
            "ADT^A17",
            ("EVN", "PID", "PV1"),
            [
                ("segment_missing", "MSH-9", "error", "segment PID is missing; ADT^A17"),
                ("segment_missing", "MSH-9", "error", "segment PV1 is missing; ADT^A17"),
            ],
        ),
        (
            "ADT^A17",
            ("EVN",),
            [
                ("segment_missing", "MSH-9", "error", "PID is missing (2 times); ADT^A17"),
                ("segment_missing", "MSH-9", "error", "PV1 is missing (2 times); ADT^A17"),
            ],
        ),
        (
            "ORM^O01",
            ("PID", "OBR", "NTE"),
            [("segment_missing", "MSH-9", "error", "ORC is missing in the group ORDER")],
        ),
        (
            "ADT^A60",
            ("EVN", "PID", "SCH", "RGS", "AIS", "AIS", "AIP"),
            [("content_differs", "MSH-9", "warning", "has no SCH, RGS, AIS, AIP: MSH-9 may")],
        ),
    ],
)
def test_messages_that_do_not(kind, segments, expected):
    reported = found(kind, *segments)
    assert [(f.code, str(f.path), f.severity) for f in reported] == [e[:3] for e in expected]
    for finding, (*_, words) in zip(reported, expected, strict=True):
        assert words in finding.text


def test_groups_that_a_version_has_just_once_may_be_left_out_and_come_again():
    order = ("ORC", "TQ1", "OBR", "OBX")
    specimen = ("SPM", "SAC", "OBX")
    assert codes("OML^O21", "PID", *order, *specimen, *specimen, *order, version="2.6") == []


def test_groups_are_named_without_their_message():
    (missing,) = found("ORU^R01", "PID", "OBX", version="2.8.2")
    assert "in the group ORDER_OBSERVATION;" in missing.text


def test_choices_of_segments():
    assert codes("ORM^O01", "PID", "ORC", "RXO", "ORC", "OBR", version="2.3") == []


def test_only_the_first_of_several_messages_is_laid_out():
    again = r"MSH|^~\&|EHR|HOSP|PACS|RAD|2026||ADT^A01|C2|P|2.5.1"
    assert codes("ADT^A01", "EVN", "PID", "PV1", again, "EVN", "PID", "PV1") == []


def test_lines_that_are_no_segments_are_passed_over():
    assert codes("ADT^A01", "EVN", "junk", "PID", "junk", "PV1") == []


def test_a_segment_that_has_several_places_and_fits_none():
    segments = ("EVN", "PID", "PV1", "ACC", "ROL", "UB1", "ROL")
    expected = [("segment_out_of_order", f"ROL[{n}]", "warning") for n in (1, 2)]
    assert codes("ADT^A01", *segments) == expected


def test_structures_that_say_nothing():
    assert codes("QBP^Q11", "QPD", "RCP", version="2.7") == []
    assert codes("RSP^K11", "MSA", "QAK", "QPD", "PID", version="2.8.2") == []
