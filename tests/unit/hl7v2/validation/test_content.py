"""What messages say."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check

MSH = r"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||{0}|C1|P|2.5.1"
PID = "PID|1||44||DOE||19700101|F"
OBR = "OBR|1|P1|F1|CT"


def found(kind: str, *segments: str):
    raw = "\r".join((MSH.format(kind), *segments, "")).encode()
    return [(f.code, str(f.path), f.severity) for f in check(Message.parse(raw))]


def test_events_that_differ():
    body = ("EVN|A08|20260102", PID, "PV1|1|I")
    assert found("ADT^A01", *body) == [("event_differs", "EVN-1", "warning")]
    assert found("ADT^A08", *body) == []


@pytest.mark.parametrize(
    ("obx", "code", "path", "severity"),
    [
        ("OBX|1||a^b||x||||||F", "no_value_type", "OBX-2", "warning"),
        ("OBX|1|QQ|a^b||x||||||F", "code_not_in_table", "OBX-2", "warning"),
        ("OBX|1|ED|a^b||^application^pdf^Base64^||||||F", "empty_document", "OBX-5.5", "warning"),
        ("OBX|1|ED|a^b||^application^pdf||||||F", "empty_document", "OBX-5.5", "warning"),
        (
            "OBX|1|ED|a^b||^x^y^Base64^QUJD~^x^y^Base64^||||||F",
            "empty_document",
            "OBX-5[2].5",
            "warning",
        ),
        ("OBX|1|ED|a^b||^application^pdf^Base64^QUJ||||||F", "bad_document", "OBX-5.5", "error"),
        ("OBX|1|ED|a^b||^application^pdf^Base64^Q_JD||||||F", "bad_document", "OBX-5.5", "error"),
        ("OBX|1|ED|a^b||^application^pdf^Hex^4X||||||F", "bad_document", "OBX-5.5", "error"),
    ],
)
def test_observations(obx, code, path, severity):
    assert found("ORU^R01", PID, OBR, obx) == [(code, path, severity)]


@pytest.mark.parametrize(
    "obx",
    [
        "OBX|1||a^b||||||||F",
        "OBX|1|ED|a^b||||||||F",
        "OBX|1|ED|a^b||^application^pdf^Base64^QUJDRA==||||||F",
        "OBX|1|ED|a^b||^application^pdf^Base64^QUJD\\X0D0A\\QUJD||||||F",
        "OBX|1|ED|a^b||^application^pdf^Hex^4A4b||||||F",
        "OBX|1|ED|a^b||^text^plain^A^any thing||||||F",
    ],
)
def test_good_documents(obx):
    assert found("ORU^R01", PID, OBR, obx) == []


@pytest.mark.parametrize(
    ("segments", "expected"),
    [
        (("ORC|NW|P1|F1", "OBR|1|P1|F1|CT"), []),
        (("ORC|NW|P1^A|F1", "OBR|1|P1^B||CT"), []),
        (("ORC|NW|P2|F1", "OBR|1|P1|F1|CT"), ["OBR-2"]),
        (("ORC|NW|P1|F1", "OBR|1|P1|F2|CT"), ["OBR-3"]),
        (("ORC|NW|P1", "OBR|1|P1||CT", "OBR|2|P9||CT"), []),
        (("OBR|1|P1||CT",), []),
    ],
)
def test_order_numbers(segments, expected):
    reported = found("ORM^O01", PID, *segments)
    assert [path for code, path, _ in reported if code == "order_numbers_differ"] == expected


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ("ZDS|1.2.840.10008.1^RIS^Application^DICOM", []),
        ("ZDS|1.2.840.010", ["bad_uid"]),
        ("ZDS|1.2." + "1" * 64, ["bad_uid"]),
        ("ZDS|12", ["bad_uid"]),
        ("ZDS|abc", ["bad_uid"]),
        ("IPC|A1|RP1|1.2.3|S1", []),
        ("IPC|A1|RP1|x|S1", ["bad_uid"]),
        ("IPC|" + "A" * 17 + "|RP1|1.2.3|S1", ["accession_too_long"]),
    ],
)
def test_imaging_identifiers(segment, expected):
    reported = found("OMI^O23^OMI_O23", PID, "ORC|NW", "OBR|1|||CT", "IPC|A|R|1.2|S", segment)
    assert [code for code, *_ in reported if code in ("bad_uid", "accession_too_long")] == expected
