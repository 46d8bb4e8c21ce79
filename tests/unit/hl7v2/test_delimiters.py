from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.delimiters import (
    DEFAULT,
    LONG_MSH2,
    MISSING_MSH2,
    NO_HEADER,
    REPEATED_DELIMITER,
    SHORT_MSH2,
    UNUSABLE_DELIMITER,
    Delimiters,
    encoding_characters,
    is_usable,
)


def test_the_usual_header():
    found = Delimiters.parse("MSH|^~\\&|EHR")
    assert found == DEFAULT
    assert found.problems == ()
    assert found.msh_2 == "^~\\&"


@pytest.mark.parametrize("name", ["MSH", "FHS", "BHS"])
def test_every_kind_of_header_and_any_characters(name):
    found = Delimiters.parse(f"{name}#!@%*#x")
    assert found == Delimiters("#", "!", "@", "%", "*")
    assert found.problems == ()


def test_a_fifth_character_is_the_truncation_character():
    found = Delimiters.parse("MSH|^~\\&#|x")
    assert found.truncation == "#"
    assert found.msh_2 == "^~\\&#"
    assert found.problems == ()


def test_another_order_of_characters():
    found = Delimiters.parse("MSH^~|\\&^x")
    assert (found.field, found.component, found.repetition) == ("^", "~", "|")


@pytest.mark.parametrize(
    ("header", "expected", "problems"),
    [
        ("MSH|^~|x", Delimiters("|", "^", "~", "", ""), (SHORT_MSH2,)),
        ("MSH|^~\\|x", Delimiters("|", "^", "~", "\\", ""), (SHORT_MSH2,)),
        ("MSH||x", Delimiters("|", "", "", "", ""), (MISSING_MSH2,)),
        ("MSH|", Delimiters("|", "", "", "", ""), (MISSING_MSH2,)),
        ("MSH|^~\\&#xx|", Delimiters("|", "^", "~", "\\", "&", "#"), (LONG_MSH2,)),
        ("MSH|^^\\&|x", Delimiters("|", "^", "", "\\", "&"), (REPEATED_DELIMITER,)),
        ("MSH|^~\\\\&|x", Delimiters("|", "^", "~", "\\", "", "&"), (REPEATED_DELIMITER,)),
        ("MSH|0000|x", Delimiters("|", "", "", "", ""), (UNUSABLE_DELIMITER,)),
        ("MSH|^~ é|x", Delimiters("|", "^", "~", "", ""), (UNUSABLE_DELIMITER,)),
    ],
)
def test_faults_are_told_and_the_role_is_disabled(header, expected, problems):
    found = Delimiters.parse(header)
    assert found == expected
    assert found.problems == problems


@pytest.mark.parametrize("header", ["", "MSH", "PID|1", "MSHA^~", "MSH\r", "MSH \\", "MSHé^~\\&é"])
def test_without_a_header_the_defaults_hold(header):
    found = Delimiters.parse(header)
    assert found == DEFAULT
    assert found.problems == (NO_HEADER,)


def test_msh_2_ends_with_the_line():
    assert encoding_characters("MSH|^~\\&\rPID|1") == "^~\\&"
    assert encoding_characters("MSH|^~\\&\nPID|1") == "^~\\&"


def test_msh_2_is_written_up_to_the_first_disabled_role():
    assert Delimiters("|", "^", "", "\\", "&").msh_2 == "^"


@given(st.text(max_size=12))
def test_no_header_text_raises_and_no_two_roles_share_a_character(rest):
    found = Delimiters.parse("MSH" + rest)
    roles = [
        found.field,
        found.component,
        found.repetition,
        found.escape,
        found.subcomponent,
        found.truncation,
    ]
    used = [character for character in roles if character]
    assert len(used) == len(set(used))
    assert all(is_usable(character) for character in used)
    assert found == Delimiters.of(found.field, found.msh_2) or "" in roles[1:5]
