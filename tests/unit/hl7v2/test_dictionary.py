"""The dictionary's data and its look-ups."""

from __future__ import annotations

import pytest

from hl7console.hl7v2 import dictionary as d
from hl7console.hl7v2.dictionary import DICTIONARY_VERSIONS, load, nearest_version


@pytest.mark.parametrize("version", DICTIONARY_VERSIONS)
def test_every_version_is_whole(version):
    found = load(version)
    assert found.version == version
    names = list(found._data["segments"])
    assert {"MSH", "PID", "OBX", "ZDS"} <= set(names)
    for name in names:
        segment = found.segment(name)
        assert segment is not None
        assert segment.name
        for field in segment.fields:
            assert field.name
            assert field.repeat >= 0
            if field.table:
                assert len(field.table) == 4
    for name in found._data["datatypes"]:
        assert found.datatype(name) is not None
    for name in found._data["messages"]:
        structure = found.structure(name)
        assert structure is not None
        assert structure.nodes
    assert load(version) is found


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("2.5.1", "2.5.1"),
        ("2.3.2", "2.3.1"),
        ("2.5.2", "2.5.1"),
        ("2.9", "2.8.2"),
        ("2", "2.1"),
        ("2.0D", "2.1"),
        ("", "2.5.1"),
        ("1.0", "2.5.1"),
        ("nonsense", "2.5.1"),
        (" 2.4 ", "2.4"),
    ],
)
def test_the_nearest_version_is_taken(asked, given):
    assert nearest_version(asked) == given
    assert load(asked).version == given


def test_a_field():
    field = load("2.5.1").field("PID", 3)
    assert field is not None
    assert field.name == "Patient Identifier List"
    assert (field.type, field.required, field.repeat, field.length) == ("CX", True, 0, 250)
    assert not field.withdrawn


def test_withdrawn_fields_keep_their_old_names():
    field = load("2.8.2").field("PID", 2)
    assert field is not None
    assert field.withdrawn
    assert field.name == "Patient ID"
    assert load("2.8.2").component(field.type, 4) is not None


def test_components():
    component = load("2.5.1").component("CX", 5)
    assert component is not None
    assert component.name == "Identifier Type Code"
    assert component.table == "0203"
    assert load("2.8").component("PT", 1).table == "0103"


@pytest.mark.parametrize(("segment", "number"), [("PID", 0), ("PID", 99), ("QQQ", 1)])
def test_fields_that_are_not_there(segment, number):
    assert load().field(segment, number) is None


@pytest.mark.parametrize(("type_", "number"), [("CX", 0), ("CX", 99), ("QQ", 1), ("ST", 1)])
def test_components_that_are_not_there(type_, number):
    assert load().component(type_, number) is None


def test_structures():
    found = load("2.5.1")
    order = found.structure("ORM_O01")
    assert order is not None
    assert order.nodes[0].names == ("MSH",)
    assert order.nodes[0].minimum == 1
    group = next(node for node in order.nodes if node.group)
    assert group.names == ("PATIENT",)
    choice = load("2.3").structure("ORM_O01")
    assert any(len(n.names) > 1 for g in choice.nodes for i in g.group for n in (i, *i.group))
    assert found.structure("QQQ_Q99") is None


@pytest.mark.parametrize(
    ("message_type", "event", "named", "expected"),
    [
        ("ADT", "A04", "ADT_A01", "ADT_A04"),
        ("ORU", "R01", "", "ORU_R01"),
        ("XYZ", "R01", "ORU_R01", "ORU_R01"),
        ("ACK", "", "", "ACK"),
        ("ORM", "", "", None),
        ("QQQ", "Q99", "", None),
    ],
)
def test_the_structure_of_a_message(message_type, event, named, expected):
    found = load("2.5.1").structure_for(message_type, event, named)
    assert (found.id if found else None) == expected


def test_the_structure_that_an_event_implies():
    assert load("2.8").structure_for("ADT", "A04").id == "ADT_A01"


def test_tables():
    found = load()
    assert found.table_value("0001", "F") == "Female"
    assert found.table_value("HL70203", "MR") == "Medical record number"
    assert found.table_value("1", "M") == "Male"
    assert found.table_value("0001", "?") is None
    assert found.table_value("9998", "?") is None
    assert found.table("0074").values["MR"].startswith("Magnetic")
    assert found.table("0104").values["2.5.1"] == "Release 2.5.1"
    assert found.table("nothing") is None


def test_events():
    assert load().event_name("A04") == "Register a patient"
    assert load().event_name("X99") == ""


def test_what_another_version_knows():
    segment, version = d.segment_elsewhere("IPC")
    assert (segment.id, version) == ("IPC", "2.5.1")
    assert d.segment_elsewhere("ZZZ") is None
    field, version = d.field_elsewhere("PID", 39)
    assert (field.name, version) == ("Tribal Citizenship", "2.5.1")
    assert d.field_elsewhere("PID", 99) is None


@pytest.mark.parametrize(
    ("version", "segment", "number", "lines"),
    [
        (
            "2.5.1",
            "PID",
            3,
            [
                "Type CX (Extended Composite ID with Check Digit)",
                "Required, may repeat, up to 250 characters",
            ],
        ),
        (
            "2.5.1",
            "PID",
            8,
            [
                "Type IS (Coded value for user-defined tables)",
                "Optional, up to 1 character",
                "Table 0001 (Administrative Sex)",
            ],
        ),
        ("2.8.2", "EVN", 1, ["Withdrawn"]),
        ("2.3", "OBR", 28, ["may repeat 5 times"]),
        ("2.5.1", "PID", 15, ["Table 0296 (defined by the sites)"]),
        ("2.7", "OBR", 25, ["Conditional, up to 1 character"]),
    ],
)
def test_definitions_are_described(version, segment, number, lines):
    found = load(version)
    text = "\n".join(d.describe_definition(found.field(segment, number), found))
    for line in lines:
        assert line in text


def test_codes_are_listed_on_demand():
    found = load()
    lines = d.describe_definition(found.field("PID", 8), found, table_codes=2)
    assert lines[-3:] == ["  A · Ambiguous", "  F · Female", "  and 4 more"]
    lines = d.describe_definition(found.field("PID", 8), found, table_codes=99)
    assert lines[-1] == "  U · Unknown"


def test_a_definition_of_no_type():
    assert d.describe_definition(d.FieldDefinition("x", ""), load()) == ["Optional"]
    assert d.describe_definition(d.FieldDefinition("x", "QQ"), load())[0] == "Type QQ"
