"""The tree of a message: names, values, meanings, problems, and what opens."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.findings import Finding, Severity
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import ValueState
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.tree_rows import LONGEST_VALUE

ORDER = "\r".join(
    [
        r"MSH|^~\&|EHR|HOSP|PACS|RAD|20261124140211||ORM^O01|C1|P|2.5.1",
        'PID|1||44^^^HOSP&1.2.3&ISO^MR~99^^^X^SS||DOE^JANE^^^||19700101|F||2106-3^^HL70005|""',
        "ORC|NW|PL1|FL1||SC||1^^^202611241415^^S",
        "OBR|1|PL1|FL1|CTHEAD^CT HEAD W/O^L|S|||||||||||||CT260481|RP1|SPS1||||CT",
        "OBX|1|CE|x^Result||POS^^HL70078",
        "OBX|2|NM|2345-7^Glucose^LN||182|mg/dl|70-105|H|||F|^",
        "OBX|3|FT|n^Note||one\\.br\\two",
        "OBX|4||n^Note||plain",
        "ZZ1|1|foo|bar^x&y",
        "QQ9|1",
        "GARBAGE line",
    ]
)


def rows_of(text: str = ORDER, findings=(), *, show_empty: bool = False, version: str = "2.5.1"):
    return tree.segments(
        Message.parse(text.encode()), load(version), findings, show_empty=show_empty
    )


def row_for(path: str, rows=None) -> tree.TreeRow:
    found = tree.row_at(rows or rows_of(), FieldPath.parse(path))
    assert str(found[-1].path).replace("[1]", "") == path.replace("[1]", ""), path
    return found[-1]


def test_the_top_rows_are_the_segments():
    rows = rows_of()
    assert [row.label for row in rows] == [
        *("MSH", "PID", "ORC", "OBR", "OBX", "OBX[2]", "OBX[3]", "OBX[4]", "ZZ1", "QQ9", "?"),
    ]
    assert [row.name for row in rows][:5] == [
        "Message Header",
        "Patient Identification",
        "Common Order",
        "Observation Request",
        "Observation/Result",
    ]
    assert [row.name for row in rows][8:] == ["Local segment", "Unknown segment", "Not a segment"]
    assert [row.has_children for row in rows] == [True] * 10 + [False]
    assert rows[0].value == "ORM^O01 · 2.5.1"
    assert rows[1].value == "DOE^JANE · 1970-01-01 · F · Female"
    assert rows[-1].value == "GARBAGE line"
    assert rows[0].meaning == ""
    assert rows[0].position == 0
    assert all(row.is_segment and row.parent is None for row in rows)


@pytest.mark.parametrize(
    ("path", "name", "display", "type_", "table"),
    [
        ("MSH-1", "Field Separator", "|", "ST", ""),
        ("MSH-2", "Encoding Characters", "^~\\&", "ST", ""),
        ("MSH-7", "Date/Time Of Message", "2026-11-24 14:02:11", "TS", ""),
        (
            "MSH-9",
            "Message Type",
            "ORM^O01 · Order message (also RDE, RDS, RGV, RAS)",
            "MSG",
            "",
        ),
        ("PID-3[1].1", "ID Number", "44", "ST", ""),
        ("PID-3[1].4", "Assigning Authority", "HOSP&1.2.3&ISO", "HD", "0363"),
        ("PID-3[1].4.2", "Universal ID", "1.2.3", "ST", ""),
        ("PID-3[1].4.3", "Universal ID Type", "ISO · An International Standards", "ID", "0301"),
        ("PID-3[2].5", "Identifier Type Code", "SS · Social Security number", "ID", "0203"),
        ("PID-7", "Date/Time of Birth", "1970-01-01", "TS", ""),
        ("PID-8", "Administrative Sex", "F · Female", "IS", "0001"),
        ("PID-10", "Race", "2106-3^^HL70005 · White", "CE", "0005"),
        ("PID-10.1", "Identifier", "2106-3 · White", "ST", "0005"),
        ("PID-11", "Patient Address", '"" · null: delete the stored value', "XAD", ""),
        ("ORC-1", "Order Control", "NW · New order/service", "ID", "0119"),
        ("ORC-7", "Quantity/Timing", "1^^^202611241415^^S", "TQ", ""),
        ("ORC-7.4", "Start Date/Time", "2026-11-24 14:15", "TS", ""),
        ("OBR-4", "Universal Service Identifier", "CTHEAD^CT HEAD W/O^L", "CE", ""),
        ("OBR-18", "Accession Number (Placer Field 1)", "CT260481", "ST", ""),
        ("OBX[1]-5", "Observation Value", "POS^^HL70078 · ", "CE", ""),
        ("OBX[1]-5.1", "Identifier", "POS · ", "ST", "0078"),
        ("OBX[2]-5", "Observation Value", "182", "NM", ""),
        ("OBX[3]-5", "Observation Value", "one ⏎ two", "FT", ""),
        ("OBX[4]-5", "Observation Value", "plain", "VARIES", ""),
        ("ZZ1-2", "Field 2", "foo", "", ""),
        ("ZZ1-3", "Field 3", "bar^x&y", "", ""),
        ("ZZ1-3.2", "Component 2", "x&y", "", ""),
        ("ZZ1-3.2.2", "Subcomponent 2", "y", "", ""),
        ("QQ9-1", "Field 1", "1", "", ""),
    ],
)
def test_rows_below(path, name, display, type_, table):
    row = row_for(path)
    assert row.name == name
    assert row.display.startswith(display.removesuffix(" · "))
    assert (row.type, row.table) == (type_, table)
    assert row.state in (ValueState.VALUED, ValueState.NULL)
    start, end = row.span
    assert row.view.message.raw[start:end].decode() == row.node.raw_text
    assert row.char_span == row.node.char_span


def test_labels():
    pid = rows_of()[1]
    identifiers = next(row for row in pid.children if row.path.field == 3)
    assert identifiers.label == "PID-3"
    assert [row.label for row in identifiers.children] == ["PID-3[1]", "PID-3[2]"]
    assert [row.name for row in identifiers.children] == ["Repetition 1", "Repetition 2"]
    assert [row.label for row in identifiers.children[1].children] == [
        "PID-3[2].1",
        "PID-3[2].4",
        "PID-3[2].5",
    ]
    assert row_for("OBX[2]-5").label == "OBX-5"


def test_empty_elements_are_shown_on_demand():
    assert row_for("PID-8").length == 1
    assert row_for("ZZ1-2").length == 0
    few = [row.label for row in rows_of()[1].children]
    assert few == ["PID-1", "PID-3", "PID-5", "PID-7", "PID-8", "PID-10", "PID-11"]
    many = rows_of(show_empty=True)[1].children
    assert [row.path.field for row in many] == list(range(1, 12))
    assert many[1].value == ""
    assert many[1].state == ValueState.EMPTY
    name = next(row for row in many if row.path.field == 5)
    assert len(name.children) == 5
    assert not [row for row in rows_of()[5].children if row.path.field == 12]


def test_children_are_made_once():
    row = rows_of()[1]
    assert tree.children(row) is tree.children(row)
    assert [child.position for child in row.children] == list(range(len(row.children)))
    assert all(child.parent is row for child in row.children)


def test_coded_components_of_components():
    rows = rows_of("MSH|^~\\&|A\rOBX|1|CE|x\rPID|||1^^^^^^^^F&&HL70001&x\r")
    assert row_for("PID-3.9.1", rows).display == "F · Female"
    assert row_for("OBX-3", rows).display == "x"


def test_record_keys_are_of_the_type_that_the_segment_names():
    rows = rows_of("MSH|^~\\&|A\rMFE|MAD|1|2026|K^Key|CE\rMFE|MAD|1|2026|K\r")
    assert row_for("MFE[1]-4", rows).type == "CE"
    assert row_for("MFE[2]-4", rows).type == "VARIES"


def test_leaves_do_not_open():
    assert not row_for("MSH-2").has_children
    assert not row_for("PID-8").has_children
    assert row_for("PID-8").children == []
    assert row_for("PID-5").has_children


def test_fields_that_another_version_knows():
    rows = rows_of("MSH|^~\\&|A|B|C|D|20260101||ADT^A08|1|P|2.3\rPID|1||1||A^B" + "|" * 34 + "x\r")
    row = tree.row_at(rows, FieldPath.parse("PID-39"))[-1]
    assert row.name == "Tribal Citizenship"
    older = rows_of("MSH|^~\\&|A\rIPC|A1\r", version="2.3.1")
    assert older[1].name == "Imaging Procedure Control Segment (HL7 2.5.1)"


def test_imaging_names_are_for_imaging():
    plain = rows_of("MSH|^~\\&|A\rOBR|1" + "|" * 17 + "X\r")
    assert row_for("OBR-18", plain).name == "Placer Field 1"
    for extra in ("ZDS|1.2\r", "IPC|A\r"):
        rows = rows_of("MSH|^~\\&|A\rOBR|1" + "|" * 17 + "X\r" + extra)
        assert row_for("OBR-18", rows).name.startswith("Accession Number")


def finding(path: str, severity: Severity = Severity.ERROR, span=(70, 70)) -> Finding:
    return Finding(FieldPath.parse(path), severity, "code", f"About {path}.", span)


def test_problems_are_shown_at_their_row_and_above():
    rows = rows_of(
        findings=[finding("PID-3[2].5"), finding("PID-8", Severity.INFO), finding("PID")]
    )
    pid = rows[1]
    assert len(pid.problems) == 3
    assert len(pid.own_problems) == 1
    assert len(row_for("PID-3", rows).problems) == 1
    assert row_for("PID-3", rows).own_problems == ()
    assert len(row_for("PID-3[2]", rows).problems) == 1
    assert row_for("PID-3[1]", rows).problems == ()
    assert len(row_for("PID-3[2].5", rows).own_problems) == 1
    assert rows[0].problems == ()


@pytest.mark.parametrize("path", ["PID-6", "PID-20", "PID-8.2", "PID-3[1].9", "PID-3[1].4.9"])
def test_what_is_missing_has_a_row_of_its_own(path):
    rows = rows_of(findings=[finding(path)])
    found = tree.row_at(rows, FieldPath.parse(path))[-1]
    assert found.path == FieldPath.parse(path)
    assert found.state in (ValueState.ABSENT, ValueState.EMPTY)
    assert found.display == ""
    assert found.meaning == ""
    assert found.children == []
    assert not found.has_children
    assert found.length >= 0
    assert tree.hover(found).endswith(f"Error: About {path}.")
    assert found.span[0] <= found.span[1]
    assert found.char_span[0] <= found.char_span[1]


def test_a_missing_component_of_a_field_that_repeats_stays_with_the_field():
    rows = rows_of(findings=[finding("PID-3.9")])
    identifiers = row_for("PID-3", rows)
    assert [row.label for row in identifiers.children] == ["PID-3[1]", "PID-3[2]"]
    assert len(identifiers.children[0].problems) == 1


def test_the_way_down_to_a_byte():
    rows = rows_of()
    raw = ORDER.encode()
    labels = [row.label for row in tree.trail(rows, raw.index(b"1.2.3"))]
    assert labels == ["PID", "PID-3", "PID-3[1]", "PID-3.4", "PID-3.4.2"]
    assert [row.label for row in tree.trail(rows, raw.index(b"CT260481"))] == ["OBR", "OBR-18"]
    assert [row.label for row in tree.trail(rows, raw.index(b"GARB"))] == ["?"]
    assert [row.label for row in tree.trail(rows, 0)] == ["MSH"]
    assert tree.trail([], 5) == []
    assert tree.trail(rows_of("   MSH|^~\\&|A\r"), 0) == []


def test_the_way_down_skips_what_is_missing():
    end = ORDER.encode().index(b"\rORC")
    rows = rows_of(findings=[finding("PID-20", span=(end, end))])
    assert [row.label for row in rows[1].children][-1] == "PID-20"
    assert [row.label for row in tree.trail(rows, end)] == ["PID", "PID-11"]


def test_the_way_down_to_a_path():
    rows = rows_of()
    assert tree.row_at(rows, FieldPath.parse("NTE-1")) == []
    assert [r.label for r in tree.row_at(rows, FieldPath.parse("PID-2"))] == ["PID"]
    assert [r.label for r in tree.row_at(rows, FieldPath.parse("OBX[9]-1"))] == []
    assert [r.label for r in tree.row_at(rows, FieldPath.parse("PID-8.1"))] == ["PID", "PID-8"]


def test_hovering():
    rows = rows_of(findings=[finding("PID-8", Severity.WARNING)])
    assert tree.hover(row_for("PID-8", rows)).splitlines() == [
        "PID-8  Administrative Sex",
        "Type IS (Coded value for user-defined tables)",
        "Optional, up to 1 character",
        "Table 0001 (Administrative Sex)",
        "F · Female",
        "Warning: About PID-8.",
    ]
    assert tree.hover(rows[1]).splitlines()[0] == "PID  Patient Identification"
    assert tree.hover(row_for("PID-7", rows)).splitlines()[-1] == "1970-01-01"
    assert "Sent as NM" in tree.hover(row_for("OBX[2]-5", rows))
    assert tree.hover(row_for("ZZ1-2", rows)) == "ZZ1-2  Field 2"


def test_long_values_are_cut_in_the_row_only():
    rows = rows_of("MSH|^~\\&|A\rOBX|1|ED|d||^pdf^^Base64^" + "QUJD" * 5000 + "\r")
    data = row_for("OBX-5.5", rows)
    assert len(data.value) == LONGEST_VALUE
    assert data.value.endswith("…")
    assert len(data.node.value) == 20_000


def test_a_date_that_is_none_is_shown_as_it_is():
    rows = rows_of("MSH|^~\\&|A\rPID|||||||Aug 15, 1942\r")
    assert row_for("PID-7", rows).display == "Aug 15, 1942"


@given(st.text(alphabet='MSHPIDOBX|^~\\&\r\n0123456789"', max_size=120))
def test_any_text_can_be_opened(text):
    message = Message.parse(("MSH|^~\\&|A\r" + text).encode())
    todo = tree.segments(message, load("2.5.1"), show_empty=True)
    while todo:
        row = todo.pop()
        assert row.name
        tree.hover(row)
        start, end = row.span
        if row.parent is not None:
            assert row.parent.span[0] <= start <= end <= row.parent.span[1]
        todo += row.children
