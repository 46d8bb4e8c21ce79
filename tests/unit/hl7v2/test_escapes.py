from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.delimiters import DEFAULT, Delimiters
from hl7console.hl7v2.escapes import (
    BAD_ESCAPE,
    BAD_HEX,
    CHARSET_SWITCH,
    FORMAT_IN_PLAIN_TEXT,
    EscapeKind,
    escape,
    is_writable,
    tokens,
    unescape,
)

PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"


@st.composite
def delimiter_sets(draw):
    marks = draw(st.permutations(PUNCTUATION))
    truncation = marks[5] if draw(st.booleans()) else ""
    present = [mark if draw(st.booleans()) else "" for mark in (marks[1], marks[2], marks[4])]
    return Delimiters(marks[0], present[0], present[1], marks[3], present[2], truncation)


texts = st.text(st.characters(exclude_categories=["Cs"])) | st.text(PUNCTUATION + "\r\n\x00aFXE0 ")


@given(texts, delimiter_sets())
def test_writing_and_reading_give_the_same_text(text, roles):
    written = escape(text, roles)
    assert unescape(written, roles) == text
    assert unescape(written, roles, formatted=False) == text
    for mark in (roles.field, roles.component, roles.repetition, roles.subcomponent):
        assert not mark or mark not in written
    assert "\r" not in written
    assert "\n" not in written


@given(texts, delimiter_sets(), st.booleans())
def test_tokens_follow_each_other_without_gaps(text, roles, formatted):
    position = 0
    for token in tokens(text, roles, formatted=formatted):
        assert token.start == position
        assert token.end > token.start
        position = token.end
    assert position == len(text)


PLAIN = r"\F\ \X41\ \XC3\ \XA9\ \X \.br\ .br \.sp2\ \.sp \H \Z \C2842\ \M24\ F X41 P"
SEQUENCES = st.lists(st.sampled_from([*PLAIN.split(" "), "\\", "a", " "])).map("".join)


@given(SEQUENCES | texts, delimiter_sets() | st.just(DEFAULT), st.booleans())
def test_the_quick_way_to_the_value_agrees_with_the_tokens(text, roles, formatted):
    slow = "".join(token.text for token in tokens(text, roles, formatted=formatted))
    assert unescape(text, roles, formatted=formatted) == slow


@pytest.mark.parametrize(
    ("written", "value"),
    [
        (r"A\F\B\S\C\T\D\R\E\E\F", "A|B^C&D~E\\F"),
        (r"\X0D0A\x", "\r\nx"),
        (r"\XC3A9\ ", "é "),
        (r"\XC3\\XA9\!", "é!"),
        (r"\XC3\é", r"\XC3\é"),
        (r"\XC3\\X41\\XA9\ ", r"\XC3\A\XA9\ "),
        (r"\X0\ \X\ \Xzz\ ", r"\X0\ \X\ \Xzz\ "),
        (r"a\.br\b\.sp\c\.sp2\d\.sp+2\e", "a\nb\nc\n\nd\n\ne"),
        (r"a\.sk 3\b\.in+2\c\.ti-2\d\.fi\\.nf\e\.ce\f", "a   b  cde\nf"),
        (r"\H\loud\N\ ", "loud "),
        (r"C:\temp\x", r"C:\temp\x"),
        (r"100\ % \T\ done", r"100\ % & done"),
        (r"\unknown\F\ ", r"\unknown| "),
        ("end\\", "end\\"),
        ("\\", "\\"),
        ("\\\\", "\\\\"),
        (r"\Zlocal\ \Z\ ", r"\Zlocal\ \Z\ "),
        (r"\C2842\ \M2442\ \M244200\ ", r"\C2842\ \M2442\ \M244200\ "),
        (r"\.brx\ \.sp9999\ \f\ ", r"\.brx\ \.sp9999\ \f\ "),
        (r"\P\ ", r"\P\ "),
        (r"\Zx\F\ ", r"\Zx\F\ "),
        (r"\X41\\", "A\\"),
        (r"\X41\\X42", "A\\X42"),
    ],
)
def test_reading(written, value):
    assert unescape(written) == value
    assert "".join(token.text for token in tokens(written)) == value


def test_the_truncation_character_has_its_own_letter():
    roles = Delimiters(truncation="#")
    assert escape("5#", roles) == r"5\P\ ".strip()
    assert unescape(r"5\P\ ", roles) == "5# "


def test_formatting_is_kept_as_written_where_the_type_has_none():
    assert unescape(r"a\.br\b\T\c", formatted=False) == r"a\.br\b&c"
    (token,) = tokens(r"\.br\ ".strip(), formatted=False)
    assert token.problem == FORMAT_IN_PLAIN_TEXT


@pytest.mark.parametrize(
    ("written", "kind", "problem"),
    [
        (r"\F\ ", EscapeKind.DELIMITER, ""),
        (r"\X41\ ", EscapeKind.HEX, ""),
        (r"\XFF\ ", EscapeKind.HEX, BAD_HEX),
        (r"\.br\ ", EscapeKind.FORMAT, ""),
        (r"\H\ ", EscapeKind.HIGHLIGHT, ""),
        (r"\C2842\ ", EscapeKind.CHARSET, CHARSET_SWITCH),
        (r"\Z9\ ", EscapeKind.LOCAL, ""),
        (r"\? ", EscapeKind.BAD, BAD_ESCAPE),
    ],
)
def test_kinds_for_display(written, kind, problem):
    first = next(iter(tokens(written)))
    assert (first.kind, first.problem) == (kind, problem)


def test_hex_bytes_are_of_the_message_codec():
    assert unescape(r"\XC7\\XC3\ ", codec="latin_1") == "ÇÃ "
    assert unescape(r"\X8E52\ ", codec="shift_jis") == "山 "
    assert unescape(r"\XC3A9\ ", codec="utf_16_le") == "é "
    assert escape("\r", codec="utf_16_le") == r"\X0D\ ".strip()


def test_tabs_and_letters_stay_as_they_are():
    assert escape("a\tb é 山") == "a\tb é 山"


def test_control_characters_are_written_as_one_sequence():
    assert escape("a\r\nb\x7f") == r"a\X0D0A\b\X7F\ ".strip()


def test_without_an_escape_character_reading_changes_nothing():
    roles = Delimiters(escape="")
    assert unescape(r"a\F\b", roles) == r"a\F\b"
    assert [token.text for token in tokens(r"a\F\b", roles)] == [r"a\F\b"]
    assert list(tokens("", roles)) == []


def test_without_an_escape_character_writing_falls_back_and_loses_nothing():
    roles = Delimiters(escape="")
    assert not is_writable("a|b", roles)
    assert is_writable(r"a\b", roles)
    assert escape("a|b\r", roles) == r"a\F\b\X0D\ ".strip()
    taken = Delimiters(component="\\", escape="")
    assert escape("a|b\\c\r", taken) == "a|b\\c<0D>"
    assert is_writable("a|b", DEFAULT)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("\\" * 300_000, 300_000),
        (r"\X41" * 100_000, 200_000),
        (r"\x\F" * 100_000, 200_002),
        ("\\XF0\\" * 60_000, 300_000),
        ("\\X41\\" * 60_000, 60_000),
    ],
)
def test_hostile_text_is_read_in_linear_time(text, size):
    assert len(unescape(text)) == size


def test_content_is_not_in_the_repr():
    (token,) = tokens("DOE")
    assert "DOE" not in repr(token)
