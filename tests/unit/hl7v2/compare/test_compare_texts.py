"""A comparison as text."""

from __future__ import annotations

from hl7console.hl7v2.compare import compare, format_text, format_value, shown_place
from hl7console.hl7v2.compare.comparison import Comparison, Difference, DifferenceKind
from hl7console.hl7v2.compare.texts import kind_sign, kind_word

LEFT = b"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5.1\rPID|1||5||DOE^JOHN\rNK1|1|X\r"
RIGHT = b'MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5.1\rPID|1||5||DOE^""|\rZZ1|new\r'


def test_each_difference_has_its_place_name_and_both_values():
    text = format_text(compare(LEFT, RIGHT), left="a.hl7", right="b.hl7")
    assert text.split("\n") == [
        "--- a.hl7",
        "+++ b.hl7",
        "~ PID-5.2  Patient Name · Given Name  (changed)",
        "  - JOHN",
        '  + "" (null)',
        "- NK1  Next of Kin/Associated Parties  (removed)",
        "  - NK1|1|X",
        "+ ZZ1  (added)",
        "  + ZZ1|new",
        "",
    ]


def test_only_some_are_told_on_wish():
    text = format_text(compare(LEFT, RIGHT), most=1)
    assert "and 2 more" in text
    assert "NK1" not in text


def test_the_same_is_said_in_words():
    assert format_text(Comparison()) == "The messages are the same.\n"


def test_values_stay_on_one_line_and_short():
    assert format_value(None) == "nothing"
    assert format_value("a\nb\u2028") == "a␊b<2028>"
    assert format_value("x" * 300).startswith("x" * 200 + "…")
    assert "300 characters" in format_value("x" * 300)


def test_places_that_differ_are_both_shown():
    moved = compare(
        LEFT.replace(b"NK1|1|X", b"NTE|1|a\rNTE|2|b"), LEFT.replace(b"NK1|1|X", b"NTE|2|b")
    ).differences
    assert [shown_place(d) for d in moved] == ["NTE[1]"]
    line = Difference(DifferenceKind.TRAILING, None, None, "Line Ends", "CR", "LF", (0, 0), (0, 0))
    assert shown_place(line) == "Line Ends"


def test_every_kind_has_a_word_and_a_sign_of_its_own():
    assert len({kind_sign(kind) for kind in DifferenceKind}) == len(DifferenceKind)
    assert all(kind_word(kind) for kind in DifferenceKind)


def test_mirroring_twice_gives_the_same():
    for one in compare(LEFT, RIGHT).differences:
        assert one.mirrored().mirrored() == one
        assert (one.mirrored().left, one.mirrored().right) == (one.right, one.left)
