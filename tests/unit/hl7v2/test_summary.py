from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.summary import MAX_NOTE, note_for


def note(type_: str, *segments: str) -> str:
    lines = [f"MSH|^~\\&|EHR|HOSP|PACS|RAD|2026||{type_}|C1|P|2.5", *segments]
    return note_for("\r".join(lines).encode())


OBR = "OBR|1|P|F|CT^CT head"


@pytest.mark.parametrize(
    ("type_", "segments", "expected"),
    [
        ("ORM^O01", ["ORC|NW|P", OBR], "CT head"),
        ("ORM^O01", ["ORC|NW|P|||||^^^^^S", OBR], "STAT CT head"),
        ("ORM^O01", ["ORC|NW|P", OBR + "|STAT"], "STAT CT head"),
        ("OMI^O23", ["ORC|NW|P", "TQ1|1||||||||S", OBR], "STAT CT head"),
        ("ORM^O01", ["ORC|NW|P|||||^^^^^A", OBR], "ASAP CT head"),
        ("ORM^O01", ["ORC|NW|P", OBR + "|asap"], "ASAP CT head"),
        ("ORM^O01", ["ORC|NW|P|||||^^^^^A", OBR + "|S"], "STAT CT head"),
        ("ORM^O01", ["ORC|NW|P|||||^^^^^R", OBR], "CT head"),
        ("ORM^O01", ["ORC|CA|P", OBR], "cancel: CT head"),
        (
            "ORM^O01",
            ["ORC|CA|P" + "|" * 14 + "^patient left", OBR],
            "cancel: CT head, patient left",
        ),
        ("ORM^O01", ["ORC|CA|P"], "cancel"),
        ("ORM^O01", ["ORC|SC|P|||IP", OBR], "in progress: CT head"),
        ("ORM^O01", ["ORC|SC|P", OBR], "status: CT head"),
        ("ORM^O01", ["ORC|NW", OBR, OBR, OBR], "CT head (+2)"),
        ("ORM^O01", ["ORC|NW", "OBR|1|||CT^^L^X^Thorax"], "Thorax"),
        ("ORM^O01", ["ORC|NW", "OBR|1|||CT"], "CT"),
        ("ORM^O01", [], ""),
        ("RDE^O11", ["RXE||A^Aspirin"], "Aspirin"),
        ("ORU^R01", [OBR + "|" * 21 + "F"], "final: CT head"),
        ("ORU^R01", [OBR + "|" * 21 + "p"], "preliminary: CT head"),
        ("ORU^R01", [OBR + "|" * 21 + "C", "OBX|1|TX|X"], "corrected: CT head"),
        ("ORU^R01", [OBR + "|" * 21 + "Q"], "CT head"),
        ("ORU^R01", ["OBR|1|P|F|" + "|" * 21 + "F"], "final"),
        ("ORU^R01", ["OBR|1|P|F|" + "|" * 21 + "F", "OBX|1|ST|X^Weight"], "final: Weight"),
        ("ORU^R01", [OBR + "|" * 21 + "F"] * 2, "final: CT head (+1)"),
        (
            "ORU^R01",
            [OBR + "|" * 21 + "F", OBR + "|" * 21 + "P"],
            "final, preliminary: CT head (+1)",
        ),
        ("ORU^R01", [OBR], "CT head"),
        ("ORU^R01", ["OBX|1|ST|X^Weight"], "Weight"),
        ("MDM^T02", ["TXA|1|DS"], "discharge summary"),
        ("MDM^T02", ["TXA|1|11^Letter"], "Letter"),
        ("MDM^T10", ["TXA|1|99"], "99, replaced"),
        ("MDM^T02", ["TXA|1|", "OBX|1|TX|X^Report"], "Report"),
        ("SIU^S12", ["SCH|1||||||X^MR knee left"], "MR knee left"),
        ("SIU^S13", ["SCH|1||||||X^MR knee left"], "rescheduled: MR knee left"),
        ("SIU^S15", ["SCH|1"], "cancelled"),
        ("SIU^S12", ["SCH|1|||||why"], "why"),
        ("SIU^S12", ["SCH|1", "AIS|1||US^US neck"], "US neck"),
        ("ADT^A01", ["PID|1||7"], "admitted"),
        ("ADT^A08", ["PID|1||7"], "updated"),
        ("ADT^Z99", ["PID|1||7"], ""),
        ("ADT^A40", ["PID|1||7", "MRG|8"], "merge 8 into 7"),
        ("ADT^A41", ["PID|1||7" + "|" * 15 + "A1", "MRG|||A2"], "merge A2 into A1"),
        ("ADT^A40", ["PID|1", "MRG|"], "merge"),
        ("ADT^A44", ["PID|1||7", "MRG|8"], "move 8 into 7"),
        ("ACK^A01", ["MSA|AA|C0"], "accepted"),
        ("ACK", ["MSA|AE|C0|PID-3 missing"], "error: PID-3 missing"),
        ("ACK", ["MSA|AE|C0", "ERR|||101^Required field missing"], "error: Required field missing"),
        ("ACK", ["MSA|AE|C0", "ERR|||101||||| No id"], "error: No id"),
        ("ACK", ["MSA|XX|C0"], "XX"),
        ("ORR^O02", ["MSA|AR|C0"], "rejected"),
        ("DFT^P03", ["FT1|1||||||X^Chest"], "charge: Chest"),
        ("DFT^P03", [], "charge"),
        ("VXU^V04", ["RXA|0|1|||08^Hep B"], "Hep B"),
        ("MFN^M02", ["MFI|PRA^Practitioners"], "master file Practitioners"),
        ("MFN^M02", [], ""),
        ("REF^I12", [OBR], "CT head"),
        ("ORM^O01", ["ORC|NW", "OBR|1|||X^a\\X0D0A\\  b"], "a b"),
    ],
)
def test_notes(type_, segments, expected):
    assert note(type_, *segments) == expected


def test_long_notes_are_cut():
    cut = note("ORM^O01", "OBR|1|||X^" + "long " * 100)
    assert len(cut) <= MAX_NOTE
    assert cut.endswith("long…")


def test_a_message_or_its_bytes():
    raw = b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.3\r"
    assert note_for(raw) == note_for(Message.parse(raw)) == "admitted"
    assert note_for(b"") == ""
    assert note_for(b"PID|1") == ""


@given(st.binary(max_size=200))
def test_any_bytes_have_a_note(raw):
    for type_ in (b"ORM^O01", b"SIU^S12", b"ACK", b"ADT^A40", b""):
        text = note_for(b"MSH|^~\\&|A|B|C|D|2026||" + type_ + b"|1\r" + raw)
        assert len(text) <= MAX_NOTE
