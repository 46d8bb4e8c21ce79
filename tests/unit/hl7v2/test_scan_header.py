from __future__ import annotations

from hl7console.hl7v2.delimiters import DEFAULT, Delimiters
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.scan import scan
from hl7console.hl7v2.scan_header import HeaderFacts, first_value, header_facts

MSH = ["MSH", "^~\\&", "EHR", "HOSP", "PACS", "RAD", "2026", "", "ADT^A08~X^Y", "C1", "P", "2.5"]
MSH += ["", "", "AL", "NE", "", "8859/1"]


def test_a_header_seen_before_is_not_worked_out_again():
    first = header_facts(MSH, "|", "", ())
    other_time = [*MSH[:6], "2027", *MSH[7:9], "C2", *MSH[10:]]
    assert header_facts(other_time, "|", "", ()) is first
    assert header_facts(MSH, "|", "utf_8", ()) is not first
    assert (first.message_type, first.event, first.structure) == ("ADT", "A08", "ADT_A01")
    assert first.charset == "latin_1"


def test_long_headers_are_not_kept():
    long = [*MSH[:3], "X" * 3000, *MSH[4:]]
    assert header_facts(long, "|", "", ()) is not header_facts(long, "|", "", ())


def test_a_character_that_the_codec_reads_but_cannot_write():
    facts = HeaderFacts(("|", "^~\\&", *MSH[2:6], "ADT", "P", "2.5", "", "", ""), "latin_1", ())
    assert facts.encode("é") == b"\xe9"
    assert facts.encode("山") == "山".encode()


def test_the_first_leaf():
    assert first_value(" a & b ~c^d", DEFAULT, "ascii") == "a"
    assert first_value('""', DEFAULT, "ascii") == ""
    assert first_value("\\T\\~x", DEFAULT, "ascii") == "&"
    assert first_value("a^b", Delimiters(component="", escape=""), "ascii") == "a^b"


def test_delimiters_end_where_a_line_does_also_where_a_line_feed_is_text():
    raw = b"MSH|\n^~\\&|A^B|C|D|E|2026||ADT^A08|N1^X|P|2.5\rPID|1\r"
    found, message = scan(raw), Message.parse(raw)
    assert found.msh_2 == b""
    assert found.control_id == message.get("MSH-10") == "N1^X"
