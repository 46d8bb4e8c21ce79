"""Fields and their values."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check
from hl7console.hl7v2.validation.values import Fault

BODY = {"EVN": "EVN||20260102", "PID": "PID|1||44||DOE", "PV1": "PV1|1|I"}


def findings(segment: str, version: str = "2.5.1"):
    header = rf"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||ADT^A01|C1|P|{version}"
    body = {**BODY, segment[:3]: segment}
    raw = "\r".join((header, *body.values(), "")).encode()
    found = check(Message.parse(raw))
    return raw, [f for f in found if f.code != "patient_matching"]


def codes(segment: str, version: str = "2.5.1") -> list[tuple[str, str, str]]:
    return [(f.code, str(f.path), f.severity) for f in findings(segment, version)[1]]


@pytest.mark.parametrize(
    ("segment", "code", "path", "severity", "marked"),
    [
        # required
        ("PID|1||||DOE", "required_field_missing", "PID-3", "error", ""),
        ("PID|1||44", "required_field_missing", "PID-5", "error", ""),
        ("PV1|1", "required_field_missing", "PV1-2", "error", ""),
        ("PV1|1| ", "required_field_missing", "PV1-2", "error", " "),
        # beyond the definition
        ("EVN||2026||||||x|y", "field_beyond_definition", "EVN-8", "info", "x"),
        ("EVN||2026|||||||||y", "field_beyond_definition", "EVN-11", "info", "y"),
        # repetitions
        ("PID|1||44||DOE||||||||||||||1~2", "too_many_repetitions", "PID-19", "warning", "1~2"),
        # dates
        ("EVN||20261301", "bad_date", "EVN-2", "error", "20261301"),
        ("PID|1||44||DOE||Aug 15, 1942", "bad_date", "PID-7", "error", "Aug 15, 1942"),
        ("PID|1||44^^^^^^20269999||DOE", "bad_date", "PID-3.7", "warning", "20269999"),
        ("PID|1||1~44^^^^^^x||DOE", "bad_date", "PID-3[2].7", "warning", "x"),
        ("PID|1||44||DOE^^^^^^^^^x&20260101", "bad_date", "PID-5.10.1", "warning", "x"),
        ("AL1|1||x|||2026^D", "not_divided", "AL1-6.2", "warning", "D"),
        # numbers
        ("PID|x||44||DOE", "bad_number", "PID-1", "warning", "x"),
        ("PID|1||44||DOE||||||||||||||||||||-1a", "bad_number", "PID-25", "warning", "-1a"),
        ("PV2||||||||||x", "bad_number", "PV2-10", "warning", "x"),
        # codes
        ("PID|1||44||DOE|||X", "code_not_in_table", "PID-8", "warning", "X"),
        ("PV1|1|InvalidClass", "code_not_in_table", "PV1-2", "warning", "InvalidClass"),
        ("PID|1||44||DOE^J^^^^^QQ", "code_not_in_table", "PID-5.7", "warning", "QQ"),
        ("PID|1||44||DOE^J^^^^^L^QQ", "code_not_in_table", "PID-5.8", "info", "QQ"),
        # length
        ("PID|1||44||DOE||||||||||||||" + "1" * 17, "too_long", "PID-19", "info", "1" * 17),
        ("PID|1||44||DOE^" + "J" * 31, "too_long", "PID-5.2", "info", "J" * 31),
        ("PID|1||44||" + "D" * 51, "too_long", "PID-5", "info", "D" * 51),
        ("PID|1||44||D&" + "D" * 21, "too_long", "PID-5.1.2", "info", "D" * 21),
    ],
)
def test_faults(segment, code, path, severity, marked):
    raw, reported = findings(segment)
    found = [f for f in reported if f.code == code]
    assert [(str(f.path), f.severity) for f in found] == [(path, severity)]
    assert raw[found[0].span[0] : found[0].span[1]].decode() == marked


@pytest.mark.parametrize(
    "segment",
    [
        'PID|1||44||DOE||""|""',
        'PID|1||""||""',
        "PID|1||44~45||DOE~DEER",
        "PID|1||44||DOE||19700101^D|F",
        "PID|1||44||DOE|||F^x",
        "PID|1||44|^^^" + "x" * 30 + "|DOE",
        "PID|1||44^^^^MR~~45||DOE^^^&x",
        "PID|1||44||DOE" + "|" * 40,
        "PV1|1|I|" + "x" * 90,
        "OBX|1|ST|a^b||" + "x" * 300 + "||||||F",
        "OBX|1|NM|a^b||-1.5||||||F",
        "OBX|1|NM|a^b||.5~+3.||||||F",
        "OBX|1|nm|a^b||5||||||F",
        "OBX|1|TS|a^b||20260101||||||F",
        "OBX|1|CE|a^b||x^y^L||||||F",
        "OBX|1|SI|a^b||0012||||||F",
        "OBX|1|TX|a^b||\\.br\\||||||F",
        "PID|1||44||DOE^" + "\\F\\" * 29,
        "GT1|1||DOE^^^^^^\\X4C\\",
    ],
)
def test_what_is_fine(segment):
    assert codes(segment) == []


def test_withdrawn_fields_have_no_rules():
    assert codes("PID|1|" + "9" * 90 + "|44||DOE", version="2.8.2") == []


def test_limits_of_some_versions():
    found = findings("OBR|1|||x" + "|" * 24 + "a~b~c~d~e~f", "2.3")[1]
    assert [f.text for f in found if f.code == "too_many_repetitions"] == [
        "OBR-28 (Result Copies To) may be there 5 times in v2.3, not 6 times."
    ]
    assert not [
        f for f in findings("OBR|1|||x" + "|" * 24 + "a~b~c", "2.3")[1] if "times" in f.text
    ]


def test_varying_values_are_checked_as_their_type():
    assert ("bad_number", "OBX-5", "warning") in codes("OBX|1|NM|a^b||<5||||||F")
    assert ("bad_date", "OBX-5", "error") in codes("OBX|1|DT|a^b||yesterday||||||F")
    assert ("bad_number", "OBX-5", "warning") in codes("OBX|1|SI|a^b||1.5||||||F")


def test_blank_values_are_left_to_other_rules():
    assert "bad_date" not in [c for c, *_ in codes("PID|1||44||DOE|| ")]
    assert "bad_number" not in [c for c, *_ in codes("PID| ||44||DOE")]
    assert "code_not_in_table" not in [c for c, *_ in codes("PID|1||44||DOE||| ")]


def test_long_codes_are_not_quoted():
    found = findings("PID|1||44||DOE|||JANE")[1]
    assert "JANE" not in found[0].text
    assert "holds X that" in findings("PID|1||44||DOE|||X")[1][0].text


def test_long_fields_are_checked_each_time():
    segment = "OBX|1|NM|a^b||" + "x" * 300 + "||||||F"
    assert ("bad_number", "OBX-5", "warning") in codes(segment)


def test_faults_are_values():
    assert Fault("info", "c", "t") == Fault("info", "c", "t", None, None, None)


def test_codes_of_either_table_of_actions_are_known():
    assert codes("ROL|1|AD|AD|1^DOC", version="2.8.2") == []
    expected = [("code_not_in_table", "ROL-2", "info")]
    assert codes("ROL|1|QQ|AD|1^DOC", version="2.8.2") == expected


def test_what_one_version_alone_requires_is_not_missing():
    assert findings("OBX|1|NM|a^b||5||||||F", version="2.8")[1] == []


def test_a_component_is_named():
    found = findings("PID|1||44||DOE^J^^^^^QQ||19700101|F")[1]
    assert found[0].text.startswith("PID-5.7 (Patient Name, Name Type Code) holds QQ that")
