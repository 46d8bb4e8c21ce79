"""Oddities of files that are not in the test corpus, in messages of our own with the same shape."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_kit import running_engine

from hl7console.engine.console import ImportFiles, JobReport
from hl7console.engine.supervisor import Engine
from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check

PID = b"PID|1||77001^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
ORDER = b"ORC|NW|P1|||SC\rOBR|1|P1||CTHEAD^CT HEAD\r"
NUL = b"\x00"


def header(kind: bytes, version: bytes = b"2.5.1", charset: bytes = b"") -> bytes:
    return (
        b"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105093012||%b|C1|P|%b||||||%b"
        % (kind, version, charset)
    ).rstrip(b"|") + b"\r"


def adt(*segments: bytes, event: bytes = b"A01", charset: bytes = b"") -> bytes:
    start = header(b"ADT^" + event, charset=charset)
    return start + b"EVN||20260105093012\r" + b"".join(segments) + b"PV1|1|I\r"


REPORT = header(b"ORU^R01^ORU_R01") + PID + b"OBR|1|P1|F1|CTHEAD^CT HEAD\r"
DOCUMENT = b"OBX|1|ED|PDF^Report||^application^pdf^Base64^JVBERi0xLjMNCiX"
TWO_PATIENTS = PID + b"PID|2||77002^^^NORTH^MR||QUILL^ANNA||19710101|F\r"

ODD = {
    "an order that says it is an imaging order": (
        header(b"OMI^O23^OMI_O23") + PID + ORDER + b"ZDS|1.2.3.4^REGRIS^Application^DICOM\r",
        [("MSH-9", "segment_missing", b"OMI^O23^OMI_O23")],
    ),
    "a dash of UTF-8 in what says it is Latin-1": (
        header(b"ORM^O01", charset=b"8859/1")
        + PID
        + ORDER[:-1]
        + "||||||||||||X\u2013Y\r".encode(),
        [("OBR-16", "utf8_not_declared", b"\xe2")],
    ),
    "base64 that a line end has broken": (
        REPORT + DOCUMENT + b"\rA0KJSVFT0YNCg==||||||F\r",
        [
            ("OBX-5.5", "bad_document", b"JVBERi0xLjMNCiX"),
            ("[1]", "not_a_segment", b"A0KJSVFT0YNCg==||||||F"),
        ],
    ),
    "a base64 document that is empty": (
        REPORT + b"OBX|1|ED|PDF^Report||^application^pdf^Base64^||||||F\r",
        [("OBX-5.5", "empty_document", b"")],
    ),
    "an appointment without its SCH, and a note glued to the one before": (
        header(b"SIU^S12^SIU_S12") + PID + b"NTE|1||one.NTE|2||two\rRGS|1\rAIP|1||9^DOC|D\r",
        [("MSH-9", "segment_missing", b"SIU^S12^SIU_S12"), ("NTE-3", "glued_segment", b"NTE")],
    ),
    "a blank in place of the last field": (
        adt(PID[:-1] + b"| \r"),
        [("PID-9", "trailing_blank", b" ")],
    ),
    "an event that admissions do not have": (
        header(b"ADT^O01", b"2.3") + PID,
        [("MSH-9.2", "impossible_event", b"O01")],
    ),
    "the escape character twice, and line ends as text": (
        (adt(PID[:-1] + b"\\r\r")).replace(b"^~\\&", b"^~\\\\&"),
        [("MSH-2", "repeated_delimiter", b"^~\\\\&"), ("PID-8", "literal_line_end", b"\\r")],
    ),
    "NUL in the text": (
        adt(PID.replace(b"TESS", b"TE" + NUL + b"S")),
        [("PID-5.2", "control_character", NUL)],
    ),
    "NUL before the header": (
        NUL + NUL + b"\x02" + adt(PID),
        [("MSH", "leading_noise", b"\0\0\2")],
    ),
    "an MLLP byte in the text": (
        adt(PID.replace(b"TESS", b"TE\x1cS")),
        [("PID-5.2", "control_character", b"\x1c")],
    ),
    "digits for delimiters": (
        b"MSH|0000|||||||000|||2.8\r",
        [
            ("MSH-2", "unusable_delimiter", b"0000"),
            ("MSH-9.1", "unknown_message_type", b"000"),
            ("MSH-10", "no_control_id", b""),
        ],
    ),
    "no delimiters": (b"MSH||||||||ADT^A01|1|P|2.5\r", [("MSH-2", "missing_msh2", b"")]),
    "a header cut short": (b"MSH|^~", [("MSH-2", "short_msh2", b"^~")]),
    "a version nobody published": (
        header(b"ADT^A01", b"2.8." + b"1" + b"0" * 40),
        [("MSH-12", "unknown_version", b"2.8." + b"1" + b"0" * 40)],
    ),
    "bytes beyond ASCII among the delimiters": (
        b"MSH|^\xfd\xa0&|A|B|C|D|2026||ADT^A17|1|P|2.7\r",
        [("MSH-2", "unusable_delimiter", b"^\xfd\xa0&")],
    ),
    "a date of birth for people": (
        adt(PID.replace(b"19680412", b"Aug 15, 1942")),
        [("PID-7", "bad_date", b"Aug 15, 1942")],
    ),
    "an admission without PV1": (
        header(b"ADT^A01") + b"EVN||2026\r" + PID,
        [("MSH-9", "segment_missing", b"ADT^A01")],
    ),
    "a patient without date of birth and sex": (
        adt(b"PID|1||77001||MARLOWE^TESS\r"),
        [("PID-7", "patient_matching", b"")],
    ),
    "codes that the tables don't have": (
        adt(PID[:-2] + b"Q\r"),
        [("PID-8", "code_not_in_table", b"Q")],
    ),
    "Japanese in UTF-8 that nobody declared": (
        adt(PID.replace(b"MARLOWE", "\u5c71\u7530".encode())),
        [("PID-5.1", "charset_not_named", "\u5c71".encode())],
    ),
    "values that are too long": (
        adt(PID.replace(b"MARLOWE", b"M" * 194)),
        [("PID-5.1", "too_long", b"M" * 194)],
    ),
    "blanks around values": (
        adt(b"PID|1 |  77001|77001||MARLOWE||19680412|F\r"),
        [("PID-1", "blank_around_value", b"1 ")],
    ),
    "an XML attack": (
        b'<?xml version="1.0"?><!DOCTYPE a [ <!ENTITY x SYSTEM "file:///etc/passwd"> ]>'
        b"<ADT_A01><MSH>&x;</MSH></ADT_A01>",
        [("", "xml_entities", b"<!ENTITY")],
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_is_shown_at_its_place(name: str) -> None:
    raw, expected = ODD[name]
    found = check(Message.parse(raw))
    shown = [(str(f.path), f.code, raw[slice(*f.span)]) for f in found]
    for wanted in expected:
        assert wanted in shown, shown


SOUND = {
    "two patients, where the event is of two": (
        header(b"ADT^A24", b"2.4") + b"EVN||20260105093012\r" + TWO_PATIENTS
    ),
    "two patients and a local segment": (
        header(b"ADT^A37", b"2.3") + b"EVN|A37|20260105093012\r" + TWO_PATIENTS + b"ZZ0|1\r"
    ),
    "bytes of Latin-1 in hexadecimal": (
        adt(PID.replace(b"MARLOWE", b"FUN\\XC7\\\\XC3\\O"), charset=b"8859/1")
    ),
    "an order of laboratories with two specimens and two orders": (
        header(b"OML^O21", b"2.6")
        + PID
        + (b"ORC|NW|P1\rTQ1|1\rOBR|1|P1||GLU^GLUCOSE\r" + b"SPM|1|||BLD\r" * 2) * 2
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SOUND)
def test_what_is_sound_raises_no_alarm(name: str) -> None:
    found: list[Finding] = check(Message.parse(SOUND[name]))
    assert [(str(f.path), f.code, f.text) for f in found if f.code != "structure_name"] == []


def test_hexadecimal_escapes_are_read_in_the_character_set_of_the_message() -> None:
    message = Message.parse(SOUND["bytes of Latin-1 in hexadecimal"])
    assert message.get("PID-5.1") == "FUN\u00c7\u00c3O"


DEEP = [
    b"MSH|0000|||||||00|||2.8.1\rIN2" + b"|" * 28 + b"0",
    b"MSH|0000|||||||00|||2.8.1\rOBX||PTA|||0",
    b"MSH|0~00||0|||||000|||2.8.1" + b"0" * 50 + b"\rOBX||RMC|||~",
    b"MSH|^|||||||^A|||2.2\r^AA",
    b"MSH|^~\\&|||||||ADT^A40|||2.4||\n^0|0\r\x10\x00||0||0|||^E\\0|0E0\r",
    b"MSH" + b"|" * 257,
    b"MSH|^\x01\\0|||||0||ACK^\\|||2.2^0\r0|0|2^V~\\\r0|0|00\r0)0",
    b"MSH|^~\\&|" + b"&" * 5000 + b"|" + b"^" * 5000 + b"|" + b"~" * 5000,
    b"MSH|^~\\&|" + b"\\" * 5001,
]


@pytest.mark.parametrize("raw", DEEP, ids=range(len(DEEP)))
def test_what_hung_or_overflowed_elsewhere_is_read(raw: bytes) -> None:
    message = Message.parse(raw)
    assert message.raw == raw
    assert check(message)
    assert "".join(s.raw_text for s in message.segments)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with running_engine(tmp_path_factory.mktemp("lookalikes")) as running:
        yield running


def taken(engine: Engine, content: bytes, folder: Path) -> tuple[JobReport, list[bytes], list[str]]:
    path = folder / "file.txt"
    path.write_bytes(content)
    report = engine.submit(ImportFiles((path,))).result(20)
    ids = range(report.first_message_id, report.last_message_id + 1) if report.messages else ()
    reader = engine.open_reader()
    raws = [reader.raw(number) or b"" for number in ids]
    flags = [row.flags for row in reader.rows(list(ids))]
    reader.close()
    return report, raws, flags


ONE, TWO = adt(PID), adt(PID, event=b"A08")

FILES = [
    # content, messages, not taken, noticed: where, and words of the sentence
    (b"[SOM]" + ONE[:-1] + b"[EOM][CR]", [ONE[:-1]], [], [(0, "[SOM] and [EOM]")]),
    (ONE + b"\r\r" + TWO + b"\r\r", [ONE, TWO], [], []),
    (b"FHS|^~\\&|\rBHS|^~\\&|\r" + ONE, [ONE], [], [(10, "no BTS"), (0, "no FTS")]),
    (b"BHS|^~\\&|\r" + ONE + b"BTS|7\r", [ONE], [], [(None, "7 messages; there are 1.")]),
    (b"BHS|^~\\&|\r" + ONE + b"BTS|1\rbye\r", [ONE], [(None, "3 bytes of other text")], []),
    (b"\x0b" + ONE + b"\x1c\x0b" + TWO + b"\x1c", [ONE, TWO], [], [(None, "without the CR")]),
    (b"junk\x0b" + ONE + b"\x1c\r", [ONE], [(0, "4 bytes outside")], []),
    (PID, [], [(0, "no MSH segment; the first segment is PID")], []),
    (b"BADHEADER|^~\\&|A|B\r" + PID, [], [(0, "no line begins with MSH")], []),
    (b"MSHH0\r", [], [(0, "no line begins with MSH")], []),
    (b"", [], [(0, "nothing in it")], []),
    (b"<ConformanceMessage/>", [], [(0, "XML, but no HL7 v2")], []),
    (b'<Any xmlns="urn:hl7-org:v2xml"/>', [b'<Any xmlns="urn:hl7-org:v2xml"/>'], [], []),
    (b"<HL7Message><MSH/></HL7Message>", [b"<HL7Message><MSH/></HL7Message>"], [], []),
]


@pytest.mark.parametrize(
    ("content", "messages", "not_taken", "noticed"), FILES, ids=range(len(FILES))
)
def test_odd_files(
    engine: Engine,
    tmp_path: Path,
    content: bytes,
    messages: list[bytes],
    not_taken: list[tuple[int | None, str]],
    noticed: list[tuple[int | None, str]],
) -> None:
    report, raws, flags = taken(engine, content, tmp_path)
    assert raws == messages
    left_out = [(p.source, p.offset_bytes, p.reason) for p in report.not_taken]
    odd = [(p.source, p.offset_bytes, p.text) for p in report.noticed]
    for told, wanted in ((left_out, not_taken), (odd, noticed)):
        assert len(told) == len(wanted)
        for (source, offset, text), (at, words) in zip(told, wanted, strict=True):
            assert source == "file.txt"
            assert at in (None, offset)
            assert words in text
    if content.startswith(b"[SOM]"):
        assert flags == ["literal_framing"]
    if content.startswith(b"<") and raws:
        assert flags == ["xml_payload"]
