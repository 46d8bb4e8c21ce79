"""What a word is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.delimiters import Delimiters
from hl7console.hl7v2.escapes import escape
from hl7console.hl7v2.filters.fulltext import certain_words, message_words, words

HEADER = "MSH|^~\\&|RIS\r"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("SMITH^JOHN  Q.", ["smith", "john", "q"]),
        ("Grün Strasse STRAßE", ["grun", "strasse", "strasse"]),
        ("Éric e\u0301ric", ["eric", "eric"]),
        ("a_b-c", ["a", "b", "c"]),
        ("山田^太郎", ["山田", "太郎"]),
        ("\uff21\uff22\uff11", ["ab1"]),
        ("x" * 64 + " " + "y" * 65, ["x" * 64]),
    ],
)
def test_words(text, expected):
    assert words(text) == expected


def test_escapes_are_resolved():
    text = HEADER + "OBX|1|TX|a||CT \\T\\ MR\\.br\\next \\X4865\\llo|x"
    assert message_words(text) == words("MSH RIS OBX 1 TX a CT MR next Hello x")


def test_an_escape_character_belongs_to_its_leaf():
    text = HEADER + "OBX|a\\|\\F\\b\\X41\\"
    assert message_words(text)[-3:] == ["obx", "a", "ba"]


def test_without_an_escape_character_nothing_is_resolved():
    delimiters = Delimiters(escape="")
    assert message_words("MSH|^~|RIS\rOBX|\\T\\", delimiters) == ["msh", "ris", "obx", "t"]
    assert message_words("no header at all \\F\\") == ["no", "header", "at", "all"]


def test_base64_is_left_out():
    text = HEADER + "OBX|1|ED|^application^pdf^Base64^" + "QUJD/+" * 500 + "|F\r"
    assert message_words(text)[-3:] == ["pdf", "base64", "f"]


@given(values=st.lists(st.text(alphabet="abÄß |^&~\\+/'12", max_size=8), max_size=6))
def test_certain_words_are_in_the_message(values):
    text = HEADER + "OBX|" + "|".join(escape(value) for value in values)
    found = set(message_words(text))
    for value in values:
        assert found.issuperset(certain_words(value, is_whole=True))
        for start in range(len(value)):
            for end in range(start, len(value)):
                assert found.issuperset(certain_words(value[start:end], is_whole=False))


def test_certain_words():
    assert certain_words("CT of Head", is_whole=True) == ("ct", "of", "head")
    assert certain_words("CT of Head", is_whole=False) == ("of",)
    assert certain_words("a+b/c d", is_whole=True) == ("d",)
    assert certain_words("a\\b c", is_whole=True) == ()
    assert certain_words("x" * 65 + " ß", is_whole=True) == ("ss",)
