from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.editing.completion import OfferKind, codes_of, offers_at, segment_names
from hl7console.hl7v2.message import Message

TEXT = (
    "MSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5.1\r"
    "PID|1||7^^^H^MR~8||DOE^J||19680412|F\r"
    "P\r"
    "\r"
    "PV1|1|I\r"
)
DICTIONARY = load("2.5.1")


def offers(text: str, at: int):
    return offers_at(Message.parse(text.encode()), at, DICTIONARY)


def after(needle: str) -> int:
    return TEXT.index(needle) + len(needle)


@pytest.mark.parametrize(
    ("needle", "title", "meaning", "replaced"),
    [
        ("19680412|", "F", "Female", "F"),
        ("19680412|F", "F", "Female", "F"),
        ("H^M", "MR", "Medical record number", "MR"),
        ("|P|2.5.1\rPID|1||7^^^H^", "MC", "Patient's Medicare number", "MR"),
        ("PV1|1|", "I", "Inpatient", "I"),
    ],
)
def test_codes_of_the_place(needle, title, meaning, replaced):
    found = offers(TEXT, after(needle))
    assert TEXT[found.start : found.end] == replaced
    assert (title, meaning) in [(o.title, o.meaning) for o in found.offers]
    assert all(o.kind is OfferKind.CODE and o.text == o.title for o in found.offers)


def test_codes_are_found_by_what_they_mean():
    text = TEXT.replace("|F\r", "|fem\r")
    found = offers(text, text.index("fem") + 3)
    assert [o.title for o in found.offers] == ["F"]


@pytest.mark.parametrize(("at", "written"), [(after("F\rP"), "P"), (after("P\r"), "")])
def test_names_of_segments_at_the_beginning_of_a_line(at, written):
    found = offers(TEXT, at)
    assert TEXT[found.start : found.end] == written
    titles = [o.title for o in found.offers]
    assert all(t.startswith(written) for t in titles)
    assert "MSH" not in titles
    assert {"PV1", "PD1"} <= set(titles)
    assert found.offers[0].text == f"{titles[0]}|"


def test_a_name_that_has_its_separator_gets_no_other():
    text = TEXT.replace("PV1|", "PV|")
    found = offers(text, text.index("PV|") + 2)
    assert "PV1" in [o.text for o in found.offers]
    assert text[found.start : found.end] == "PV"


def test_fields_where_there_are_no_codes():
    found = offers(TEXT, after("DOE"))
    fields = {o.title: o for o in found.offers}
    assert fields["PID-5"].meaning == "Patient Name"
    assert str(fields["PID-11"].path) == "PID-11"
    assert "MSH-1" not in {o.title for o in offers(TEXT, after("|^~\\&|A")).offers}


def test_segments_of_the_structure_come_first():
    names = [name for name, _ in segment_names(Message.parse(TEXT.encode()), DICTIONARY)]
    assert names.index("PV1") < names.index("ABS")
    assert len(names) == len(set(names)) > 100
    assert ("PV1", "Patient Visit") in segment_names(Message.parse(b""), DICTIONARY)


def test_codes_of_a_table_or_of_the_first_component():
    assert ("F", "Female") in codes_of("0001", "IS", DICTIONARY)
    assert codes_of("", "ST", DICTIONARY) == ()
    assert codes_of("9999", "ID", DICTIONARY) == ()


@given(st.text(alphabet="MSHPID1|^~\\&\r\nA ", max_size=40), st.integers(0, 40))
def test_any_place_of_any_text(text, at):
    message = Message.parse(text.encode())
    at = min(at, len(message.text))
    found = offers_at(message, at, DICTIONARY)
    assert 0 <= found.start <= at
    assert found.start <= found.end <= len(message.text)
