"""What elements say, whatever way they are written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.compare.contents import (
    COMPONENT,
    FIELD,
    REPETITION,
    SUBCOMPONENT,
    Contents,
    without_trailing,
)
from hl7console.hl7v2.compare.lines import Line
from hl7console.hl7v2.compare.names import Names
from hl7console.hl7v2.compare.options import CompareOptions, is_within, read_ignored
from hl7console.hl7v2.compare.values import full_path, shown_value
from hl7console.hl7v2.compare.written import written_differences
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath

HEAD = "MSH|^~\\&|A|B|C|D|2026||ORU^R01|1|P|2.5.1\r"


def content(line: str, ignored: str = "", head: str = HEAD) -> str:
    message = Message.parse((head + line).encode())
    contents = Contents(message, CompareOptions(read_ignored(ignored)))
    segment = message.segments[1]
    return contents.of_segment(segment, segment.raw_text)


def test_trailing_separators_say_nothing():
    plain = f"PID{FIELD}1{FIELD}a{COMPONENT}b"
    assert content("PID|1|a^b") == content("PID|1|a^b&^~||") == plain
    assert content("PID|1||") == f"PID{FIELD}1"
    assert content("PID|^b") != content("PID|b")


def test_escapes_are_read_by_leaf():
    assert content("NTE|a\\T\\b") == f"NTE{FIELD}a&b"
    assert content("NTE|a&b") == f"NTE{FIELD}a{SUBCOMPONENT}b"
    assert content("NTE|C:\\T|D\\N\\") == f"NTE{FIELD}C:\\T{FIELD}D"
    assert content('NTE|""') != content("NTE|\\X2222\\")


def test_what_is_ignored_is_empty():
    assert content("PID|1|a^b~c^d|x", "PID-2.1") == content("PID|1|z^b~q^d|x", "PID-2.1")
    assert content("PID|1|a^b~c^d", "PID-2[2]") == content("PID|1|a^b~c^e", "PID-2[2]")
    assert content("PID|1|a^b~c^d", "PID-2[2]") != content("PID|1|x^b~c^d", "PID-2[2]")
    assert content("PID|1|a&b", "PID-2.1.2") == content("PID|1|a&c", "PID-2.1.2")
    assert content("PID|1|a", "PID[2]-2") != content("PID|1|b", "PID[2]-2")


@given(st.text(alphabet=FIELD + REPETITION + COMPONENT + SUBCOMPONENT + "ab", max_size=12))
def test_taking_trailing_separators_away_twice_changes_nothing(text):
    once = without_trailing(text)
    assert without_trailing(once) == once
    assert once.translate(dict.fromkeys(range(0xD800, 0xD804))) == "".join(
        c for c in text if c in "ab"
    )


def test_a_line_is_known_by_what_it_is_about():
    message = Message.parse((HEAD + "OBX|1|NM|A^x||5\rOBX|2|NM|A^x||5\rOBX|3|NM|A^x||6").encode())
    contents = Contents(message, CompareOptions())
    one, two, three = [Line(segment, contents) for segment in list(message.segments)[1:]]
    assert one.key(0) != two.key(0)
    assert one.key(1) == two.key(1) != three.key(1)
    assert one.key(2) == three.key(2)
    assert one.key(3) == "OBX"


def test_ignored_paths_hold_for_what_is_below():
    assert is_within(FieldPath("PID", 1, 5, 1, 2), FieldPath("PID", None, 5))
    assert is_within(FieldPath("PID", 1, 5), FieldPath("PID"))
    assert not is_within(FieldPath("PID", 1, 5), FieldPath("PID", None, 5, None, 2))
    assert not is_within(FieldPath("PID", 2, 5), FieldPath("PID", 1, 5))
    assert read_ignored("msh-7, PID-3.1;ZPI msh-7") == (
        FieldPath("MSH", None, 7), FieldPath("PID", None, 3, None, 1), FieldPath("ZPI"),
    )  # fmt: skip


def test_names_go_down_to_the_subcomponent_and_know_what_obx_2_says():
    names = Names(Message.parse(HEAD.encode()))
    assert names.of(FieldPath("PID", 2, 3, 4, 4, 1)).startswith("Patient Identifier List · ")
    assert names.of(FieldPath("OBX", 1, 5, None, 2), "CE") == "Observation Value · Text"
    assert names.of(FieldPath("ZZZ", 1, 1)) == ""
    assert names.of(FieldPath("", 1)) == ""


def test_values_are_shown_without_escapes_where_they_are_leaves():
    message = Message.parse((HEAD + 'PID|a\\T\\b|c\\T\\d^e|""|').encode())
    contents = Contents(message, CompareOptions())
    shown = [shown_value(message.first(f"PID-{n}"), contents) for n in range(1, 6)]
    assert shown == ["a&b", "c\\T\\d^e", '""', None, None]
    node = message.first("PID-2.2")
    assert node is not None
    assert str(full_path(node)) == "PID[1]-2[1].2"


def test_a_byte_order_mark_is_told():
    raw = HEAD.replace("|A|", "|é|").encode()
    found = list(
        written_differences(
            Message.parse(raw), Message.parse(b"\xef\xbb\xbf" + raw), CompareOptions()
        )
    )
    assert [d.name for d in found] == ["Character Set"]
    assert found[0].right == "read as utf_8, byte order mark"
