"""The grammar of filters, and errors that point at the character."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.errors import UsageError
from hl7console.hl7v2.filters.keys import KEYS, FilterError
from hl7console.hl7v2.filters.nodes import (
    And,
    ColumnIs,
    HandledIs,
    Has,
    Not,
    Or,
    OriginIs,
    PathMatch,
    PathPresent,
    ReceivedSince,
    SizeIs,
    StatusIs,
    TextMatch,
    TypeIs,
    leaves,
    reads_message,
)
from hl7console.hl7v2.filters.parser import DEEPEST_NESTING, LONGEST_TEXT, parse
from hl7console.hl7v2.paths import FieldPath

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def root(text):
    return parse(text, now=NOW).root


def word(text, *, prefix=True):
    return TextMatch(tuple(text.split()), prefix)


def path(text, operator, value):
    return PathMatch(FieldPath.parse(text), operator, value)


def present(text):
    return PathPresent(FieldPath.parse(text))


def test_the_example_of_the_manual():
    text = 'type:ORM^O01 status:error since:2h PID-3.1=12345 OBR-4.2~"ct head" "smith" -from:LAB'
    assert root(text) == And(
        (
            TypeIs("ORM", "O01"),
            StatusIs("error"),
            ReceivedSince(1767607200_000_000, is_relative=True),
            path("PID-3.1", "=", "12345"),
            path("OBR-4.2", "~", "ct head"),
            word("smith", prefix=False),
            Not(ColumnIs("from", "LAB")),
        )
    )


@pytest.mark.parametrize("text", ["", "  ", "\t\n"])
def test_a_blank_filter_matches_everything(text):
    query = parse(text)
    assert query.root is None
    assert query.is_empty
    assert not query.is_relative


@pytest.mark.parametrize(
    ("text", "node"),
    [
        # joining
        ("a b", And((word("a"), word("b")))),
        ("a and b", And((word("a"), word("b")))),
        ("a AND b Or c", Or((And((word("a"), word("b"))), word("c")))),
        ("a or b c", Or((word("a"), And((word("b"), word("c")))))),
        ("(a or b) c", And((Or((word("a"), word("b"))), word("c")))),
        ("((a))", word("a")),
        ("( a )( b )", And((word("a"), word("b")))),
        ("not a b", And((Not(word("a")), word("b")))),
        ("not not a", Not(Not(word("a")))),
        ("-(a or b)", Not(Or((word("a"), word("b"))))),
        ("--a", Not(Not(word("a")))),
        ('-"a b"', Not(word("a b", prefix=False))),
        ("not(a)", Not(word("a"))),
        # words
        ("Smith-Jones", word("smith jones")),
        ("MÜLLER", word("muller")),
        ("a(b)c", word("a b c")),
        ('a"b"', And((word("a"), word("b", prefix=False)))),
        ('"or"', word("or", prefix=False)),
        ("order android notes", And((word("order"), word("android"), word("notes")))),
        ("2026-01-05", word("2026 01 05")),
        # keys
        ("TYPE:orm", TypeIs("ORM")),
        ("type:^A08", TypeIs("", "A08")),
        ("type:a08", TypeIs("", "A08")),
        ("type:ADT^A01^ADT_A01", TypeIs("ADT", "A01", "ADT_A01")),
        ("from: RIS", ColumnIs("from", "RIS")),
        ('to:"MAIN PACS"', ColumnIs("to", "MAIN PACS")),
        ("control:MSG*", ColumnIs("control", "MSG", is_prefix=True)),
        ("control:*", ColumnIs("control", "*")),
        ("patient:(7)", ColumnIs("patient", "(7)")),
        ("(order:P1)", ColumnIs("order", "P1")),
        ("status: Duplicate", StatusIs("duplicate")),
        ("direction:out", OriginIs(("sent", "edited"))),
        ("direction:sample", OriginIs(("sample",))),
        ("handled:YES", HandledIs(True)),
        ("handled:false", HandledIs(False)),
        ("has:attachment", Has("attachment")),
        ("size:>100k", SizeIs(">", 102_400)),
        ("size:<=1.5MB", SizeIs("<=", 1_572_864)),
        ("size:512", SizeIs("=", 512)),
        # paths
        ("PID-3.1=12345", path("PID-3.1", "=", "12345")),
        ("pid.3(2).4.1 != x", path("PID-3[2].4.1", "!=", "x")),
        ("OBX[2]-5 >= 7", path("OBX[2]-5", ">=", "7")),
        ("OBX-5>7", path("OBX-5", ">", "7")),
        ("OBX-5<=7", path("OBX-5", "<=", "7")),
        ("XYZ-999=1", path("XYZ-999", "=", "1")),
        ('PID-8=""', path("PID-8", "=", "")),
        ('PID-5~"a \\" b \\\\ c \\T\\ d"', path("PID-5", "~", 'a " b \\ c \\T\\ d')),
        ('PID-5=a"b', path("PID-5", "=", 'a"b')),
        ("PID-3[2].4.1", present("PID-3[2].4.1")),
        ("PID-3(1)", present("PID-3[1]")),
        ("OBX[2]", present("OBX[2]")),
        ("QQQ[2]-5", present("QQQ[2]-5")),
        ("ZDS-1", present("ZDS-1")),
        ("-ZDS-1", Not(present("ZDS-1"))),
        # what only looks like a path
        ("ACC-1234", word("acc 1234")),
        ("lab-5", word("lab 5")),
        ("zds", word("zds")),
        ("PID-3.", word("pid 3")),
        ("PID-x", word("pid x")),
    ],
)
def test_texts_become_nodes(text, node):
    assert root(text) == node


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("foo:1", 0),
        ("a foo:1", 2),
        ("a = b", 2),
        ("ab=c", 2),
        ("a (PID=3)", 6),
        ("PID-3=", 6),
        ("PID-3= ", 6),
        ("PID-3>", 6),
        ('PID-3~""', 6),
        ("PID-0=1", 4),
        ("PID-3[x]=1", 5),
        ("x PID-3[0]", 8),
        ("type:", 5),
        ('from:""', 5),
        ("(from:)", 6),
        ("type:^", 5),
        ("type:A^B^C^D", 5),
        ("status:fine", 7),
        ("has: everything", 5),
        ("direction:up", 10),
        ("handled:maybe", 8),
        ("size:big", 5),
        ("since:whenever", 6),
        ("until:2026-13-01", 6),
        ("since:2026-01-05T25:00", 6),
        ("((a)", 0),
        ("(a", 0),
        ("()", 1),
        ("a)", 1),
        ("a ) b", 2),
        ("or a", 0),
        ("a or", 4),
        ("a or or b", 5),
        ("a and", 5),
        ("not", 3),
        ("a -", 2),
        ("- a", 0),
        ('a "b', 2),
        ('PID-5="b', 6),
        ("***", 0),
        ('""', 0),
        ("(" * 60 + "a", DEEPEST_NESTING),
        ("-" * 60 + "a", DEEPEST_NESTING),
        ("a" * (LONGEST_TEXT + 1), LONGEST_TEXT),
    ],
)
def test_errors_point_at_the_character(text, position):
    with pytest.raises(FilterError) as caught:
        parse(text)
    assert caught.value.position == position
    assert isinstance(caught.value, UsageError)
    assert caught.value.text.endswith(".")


def test_errors_name_what_can_be_written():
    with pytest.raises(FilterError) as caught:
        parse("status:fine")
    assert "duplicate" in caught.value.hint


def test_nodes_know_where_they_stand():
    text = "  type:ORM (a or -PID-3.1=5 ) "
    query = parse(text)
    (first, group) = query.root.items
    assert text[slice(*first.span)] == "type:ORM"
    assert text[slice(*group.span)] == "a or -PID-3.1=5"
    assert text[slice(*group.items[1].span)] == "-PID-3.1=5"
    assert text[slice(*group.items[1].item.span)] == "PID-3.1=5"
    assert query.root.span == (2, 29)


def test_leaves_come_in_order():
    query = parse("a (type:ORM or -PID-3=1) has:note has:parent ZDS-1", now=NOW)
    found = leaves(query.root)
    assert [type(leaf).__name__ for leaf in found] == [
        "TextMatch",
        "TypeIs",
        "PathMatch",
        "Has",
        "Has",
        "PathPresent",
    ]
    assert [reads_message(leaf) for leaf in found] == [False, False, True, True, False, True]
    assert leaves(None) == ()


def test_relative_times_make_a_filter_relative():
    assert parse("a or -since:2h").is_relative
    assert parse("until:today").is_relative
    assert not parse("a since:2026-01-05").is_relative


def test_search_terms_stay_out_of_reprs():
    text = 'smith PID-5=smith patient:smith "smith"'
    assert "smith" not in repr(parse(text)).casefold()


def test_every_key_explains_itself_with_an_example_that_works():
    for key in KEYS.values():
        assert key.help
        assert parse(key.example).root is not None
        for value in key.values:
            parse(f"{key.name}:{value}")


def root_or_position(text):
    """Return the parsed filter, or where the error is."""
    try:
        return parse(text).root
    except FilterError as error:
        return error.position


@given(text=st.text(max_size=60))
def test_any_text_gives_a_filter_or_an_error_inside_it(text):
    found = root_or_position(text)
    assert not isinstance(found, int) or 0 <= found <= len(text)


TERMS = st.sampled_from(
    ["a", '"b c"', "type:ORM", "PID-3=1", "-", "not ", "(", ")", " or ", " and ", " ", "has:note"]
)


@given(text=st.lists(TERMS, max_size=15).map("".join))
def test_any_joining_gives_a_filter_or_an_error_inside_it(text):
    found = root_or_position(text)
    if isinstance(found, int):
        assert 0 <= found <= len(text)
    else:
        for leaf in leaves(found):
            assert parse(text[slice(*leaf.span)]).root == leaf
