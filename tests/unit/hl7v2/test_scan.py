from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2 import scan as scan_module
from hl7console.hl7v2.layout import NOT_A_SEGMENT
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Segment
from hl7console.hl7v2.scan import Scan, scan

ORDER = (
    b"MSH|^~\\&|EHR^1|HOSP|PACS|RAD|20260105||OMI^O23^OMI_O23|C1|P^T|2.5.1^DEU|7||AL|NE||8859/1\r"
    b"PID|1||4711^^^HOSP^MR||DOE^JANE||1970\r"
    b"ORC|NW|P1^EHR|F1^RIS\r"
    b"OBR|1|P2|F2|CT^HEAD||||||||||||||A18\r"
    b"IPC|A1^RIS|RP1\r"
)


def msh(rest: str = "", type_: str = "ORM^O01") -> str:
    return f"MSH|^~\\&|EHR|HOSP|PACS|RAD|2026||{type_}|C1|P|2.5\r{rest}"


def test_what_an_acknowledgement_needs():
    found = scan(ORDER)
    assert found.field_sep == ord("|")
    assert found.msh_2 == b"^~\\&"
    assert (found.msh_3, found.msh_4) == (b"EHR^1", b"HOSP")
    assert (found.msh_5, found.msh_6) == (b"PACS", b"RAD")
    assert (found.msh_9, found.msh_10) == (b"OMI^O23^OMI_O23", b"C1")
    assert (found.msh_11, found.msh_12, found.msh_13) == (b"P^T", b"2.5.1^DEU", b"7")
    assert (found.msh_15, found.msh_16, found.msh_18) == (b"AL", b"NE", b"8859/1")
    assert found.is_readable
    assert found.problem == ""
    assert not found.is_batch
    assert not found.has_msa


def test_what_the_list_shows():
    found = scan(ORDER)
    assert (found.message_type, found.event, found.structure) == ("OMI", "O23", "OMI_O23")
    assert found.control_id == "C1"
    assert (found.sender, found.receiver) == ("EHR|HOSP", "PACS|RAD")
    assert (found.version, found.charset, found.flags) == ("2.5.1", "latin_1", "")
    assert (found.patient_id, found.patient_authority) == ("4711", "HOSP")
    assert found.patient_name == "DOE^JANE"
    assert (found.placer_order, found.filler_order, found.accession) == ("P1", "F1", "A1")


def test_an_empty_sender_is_empty():
    found = scan(b"MSH|^~\\&|||PACS||2026||ADT^A01|1|P|2.3\r")
    assert (found.sender, found.receiver) == ("", "PACS|")
    assert found.structure == "ADT_A01"


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"", "nothing in it"),
        (b" \r\n\x00", "nothing in it"),
        (b"PID|1||4711\r", "no MSH segment"),
        (b"hello", "no MSH segment"),
        (b"<ADT_A01/>", "XML"),
        (b"MSH", "separator"),
        (b"MSHA^~\\&", "separator"),
        (b"MSH|^~\\", "cut short"),
        (b"BHS|^~\\&|A\rBTS|0\r", "no message"),
    ],
)
def test_why_there_is_no_readable_header(raw, problem):
    found = scan(raw)
    assert problem in found.problem
    assert not found.is_readable
    assert found.control_id == ""


def test_the_patient_of_a_message_without_a_header_is_found_all_the_same():
    assert scan(b"PID|1||4711^^^H\rOBR|1|P\r").patient_id == "4711"


def test_a_batch_gives_the_first_message_in_it():
    found = scan(b"FHS|^~\\&|A\rBHS|^~\\&|A\r" + ORDER + b"BTS|1\rFTS|1\r")
    assert found.is_batch
    assert found.is_readable
    assert found.control_id == "C1"
    assert scan(b"BHS#^~\\&#A\rMSH|^~\\&|X|\rBTS#1").msh_3 == b"X"


@pytest.mark.parametrize(
    ("raw", "flags"),
    [
        (msh().replace("\r", "\n").encode(), "lf_segments"),
        (msh().replace("\r", "\r\n").encode(), "crlf_segments"),
        (b" " + msh().encode(), "leading_noise"),
        (b"junk\r" + msh().encode(), "leading_noise"),
        (codecs.BOM_UTF8 + msh().encode(), "bom"),
        (codecs.BOM_UTF16_LE + msh().encode("utf_16_le"), "utf16 bom"),
        (msh("ZZZ|" + "é").encode("latin_1"), ""),
        (msh().replace("2.5\r", "2.5||||||UTF-8\rZZZ|é").encode("latin_1"), "charset_fallback"),
        (msh().replace("2.5\r", "2.5||||||CP1252\r").encode(), "nonstandard_charset"),
        (msh().replace("2.5\r", "2.5||||||XX\r").encode(), "unknown_charset"),
        (msh().replace("^~\\&", "^^\\&").encode(), "bad_msh2"),
        (msh("PID|1\nOBX|2\rZZZ|\r").encode(), "split_at_lf"),
        (msh("PID|a\nb\r").encode(), "lf_in_text"),
        (msh(msh()).encode(), "several_headers"),
        (b"<x/>", "xml_payload"),
    ],
)
def test_deviations_are_flagged(raw, flags):
    assert scan(raw).flags == flags


def test_an_acknowledgement_is_told_from_an_answer_with_content():
    assert scan(msh("MSA|AA|1\r", "ACK").encode()).has_msa
    assert not scan(msh("MSA|AA|1\r", "ACK").encode()).has_order_or_query
    assert scan(msh("MSA|AA|1\rORC|OK\r", "ORR^O02").encode()).has_order_or_query
    assert scan(msh("MSA|AA|1\rQPD|x\r", "RSP^K22").encode()).has_order_or_query


def test_bytes_of_the_header_can_stand_alone_in_every_character_set():
    text = "MSH|^~\\&|能|表|十|ソ|2026||ADT^A01|表1|P|2.5||||||ISO IR14\rPID|1||7||表^ソ\r"
    found = scan(text.encode("shift_jis"))
    assert found.charset == "shift_jis"
    assert found.msh_4 == "表".encode("shift_jis")
    assert found.msh_10 == "表1".encode("shift_jis")
    assert found.patient_name == "表^ソ"
    text = text.replace("ISO IR14", "~ISO IR87")
    found = scan(text.encode("iso2022_jp"))
    assert found.msh_4 == "表".encode("iso2022_jp")
    assert found.sender == "能|表"
    wide = scan(codecs.BOM_UTF16_LE + text.encode("utf_16_le"))
    assert (wide.charset, wide.msh_10) == ("utf_16_le", "表1".encode())


def test_the_codecs_of_the_connection():
    raw = msh("PID|1||7||Й\r").encode("cp1251")
    assert scan(raw, default_codec="cp1251").patient_name == "Й"
    assert scan(raw, force_codec="cp1251").patient_name == "Й"
    assert scan(raw).patient_name == "É"


def test_a_header_too_long_to_remember():
    long = "X" * 5000
    found = scan(msh().replace("EHR", long).encode())
    assert found.sender == f"{long[:1000]}|HOSP"
    assert found.msh_3 == long.encode()


def test_values_for_the_index_are_cut():
    for value in ("X" * 5000, "X y" * 5000, "X" * 5000 + "^H"):
        found = scan(msh(f"PID|1||{value}\rORC|NW|{value}\r").encode())
        assert found.patient_id == value[:1000]
        assert found.placer_order == value[:1000]


def test_the_repr_shows_nothing_of_the_patient():
    assert repr(scan(ORDER)) == "<Scan OMI^O23 C1>"


# What the tree says, in the words of the reference.


def expected(message: Message) -> dict[str, object]:
    def first(name: str) -> Segment | None:
        return next((s for s in message.segments_of(name) if len(s.fields)), None)

    def value(name: str, number: int, *deeper: int) -> str:
        segment = first(name)
        node = None if segment is None else segment.field(number)
        for place in deeper:
            node = None if node is None or place > len(node.children) else node.children[place - 1]
        return "" if node is None else node.value.strip()

    header = next((s for s in message.segments_of("MSH") if len(s.fields)), None)
    assert header is None or header.start == message.header.start
    type_, event = value("MSH", 9), value("MSH", 9, 1, 2)
    patient_id, authority = _identifier(first("PID"))
    placer = filler = ""
    if first("ORC") or first("OBR"):
        placer = value("ORC", 2) or value("OBR", 2)
        filler = value("ORC", 3) or value("OBR", 3)
    elif first("SCH"):
        placer, filler = value("SCH", 26), value("SCH", 27)
    elif first("TXA"):
        placer, filler = value("TXA", 14), value("TXA", 15)
    sender = (value("MSH", 3), value("MSH", 4))
    return {
        "charset": message.codec,
        "message_type": type_,
        "event": event,
        "control_id": value("MSH", 10),
        "version": value("MSH", 12),
        "sender": "|".join(sender) if any(sender) else "",
        "patient_id": patient_id,
        "patient_authority": authority,
        "placer_order": placer,
        "filler_order": filler,
        "accession": value("IPC", 1) or value("OBR", 18) or filler,
        "has_msa": first("MSA") is not None,
        "is_batch": message.header.is_batch,
        "flags": {flag for flag in message.flags if flag != NOT_A_SEGMENT},
    }


def _identifier(segment: Segment | None) -> tuple[str, str]:
    field = None if segment is None else segment.field(3)
    if field is None:
        return "", ""

    def part(repetition, number: int) -> str:
        component = repetition.component(number)
        return "" if component is None else component.value.strip()

    valued = [r for r in field.repetitions if part(r, 1) or part(r, 2)]
    chosen = next((r for r in valued if part(r, 5) == "MR"), None)
    chosen = chosen or next((r for r in valued if part(r, 5) == "PI"), None)
    chosen = chosen or (valued[0] if valued else None)
    if chosen is None or not part(chosen, 1):
        return "", ""
    authority = chosen.component(4)
    if authority is None:
        return part(chosen, 1), ""
    names = [sub.value.strip() for sub in authority.subcomponents][:2]
    return part(chosen, 1), next((name for name in names if name), "")


def actual(found: Scan, wanted: dict[str, object]) -> dict[str, object]:
    values = {name: getattr(found, name) for name in wanted}
    values["flags"] = set(found.flags.split())
    return values


PLAIN = (
    r"MSH PID ORC OBR IPC SCH TXA MSA OBX | || |||||||||||||||||| ^ ~ & \T\ \ MR PI 7 UTF-8 BIG-5"
)
ODD = ("a b", " ", "\r", "\n", "\r\n", "\r\r", "\x00", "é", '""', "\x1b$B", "\nX", "ADT^A01")
SEGMENTS = (
    "\rPID|1||",
    "\rORC|NW|",
    "\rOBR|1|P|F|",
    "\rIPC|",
    "\rMSA|",
    "\rSCH|",
    "\rMSH|^~\\&|B|",
)
MORE = ("\nPID|1||", "\nOBR|1|P|F|", "~8^^^I^PI", "~9^^^J^MR", "^^^H&1^MR", "^^^&1^MR", "^^^H^MR~")
PIECES = st.lists(
    st.sampled_from([*PLAIN.split(), *ODD, *SEGMENTS, *MORE]),
    max_size=40,
).map("".join)


@given(PIECES, st.sampled_from(["MSH|^~\\&|", "MSH|^~\\&|A|B|C|D|2026||", "", " ", "BHS|^~\\&|\r"]))
def test_scan_and_tree_agree(text, start):
    for codec in ("utf_8", "latin_1", "utf_16_le"):
        raw = (start + text).encode(codec)
        message = Message.parse(raw)
        wanted = expected(message)
        assert actual(scan(raw), wanted) == wanted


@given(st.binary(max_size=300), st.sampled_from([b"", b"MSH|^~\\&|", b"MSH|^~\\&|A|B|C|D|2026||"]))
def test_any_bytes_are_scanned_as_the_tree_reads_them(raw, start):
    message = Message.parse(start + raw)
    wanted = expected(message)
    assert actual(scan(start + raw), wanted) == wanted


def test_scan_and_tree_agree_on_the_corpus(corpus):
    for file in sorted(corpus.rglob("*")):
        if file.is_file():
            raw = file.read_bytes()
            wanted = expected(Message.parse(raw))
            assert actual(scan(raw), wanted) == wanted, file.name


@given(PIECES)
def test_searching_a_long_message_finds_the_same_segments(text):
    raw = ("MSH|^~\\&|A|B|C|D|2026||" + text).encode()
    short = scan(raw)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scan_module, "_SPLIT_LIMIT", 0)
        long = scan(raw)
    for name in Scan.__slots__:
        assert getattr(short, name) == getattr(long, name), name


def test_hostile_messages_take_their_bytes_and_no_more():
    for body in (b"\r" * 3_000_000, b"~" * 3_000_000, b"A\r" * 500_000, b"^" * 3_000_000):
        found = scan(b"MSH|^~\\&|A|B|C|D|2026||ADT^A01|1|P|2.5\rPID|1||" + body)
        assert found.is_readable
    assert scan(b"MSH|^~\\&|" + b"x" * 10_000_000).is_readable
