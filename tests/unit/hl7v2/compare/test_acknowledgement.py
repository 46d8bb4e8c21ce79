"""What an acknowledgement has to echo."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.compare import compare_acknowledgement

SENT = (
    b"MSH|^~\\&|RIS^1.2^ISO|NORTH|PACS|SOUTH|20260101||ORM^O01|A\\T\\1|P^T|2.5.1^USA|||AL|NE\r"
    b"PID|1\r"
)
ACK = b"MSH|^~\\&|PACS|SOUTH|RIS^1.2^ISO|NORTH|20260102||ACK^O01^ACK|99|P^T|2.5.1\rMSA|CA|A\\T\\1\r"


def told(sent: bytes, ack: bytes) -> list[tuple[str, str, str]]:
    found = compare_acknowledgement(sent, ack).differences
    return [(str(d.kind), str(d.path_left), str(d.path_right)) for d in found]


def test_a_right_one_has_no_difference():
    assert told(SENT, ACK) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"MSA|CA|A\\T\\1", b"MSA|CA|A&1", ("changed", "MSH-10", "MSA-2")),
        (b"MSA|CA|A\\T\\1", b"MSA|CA|A\\T\\1 ", ("changed", "MSH-10", "MSA-2")),
        (b"MSA|CA|A\\T\\1\r", b"", ("removed", "MSH-10", "MSA-2")),
        (b"RIS^1.2^ISO", b"RIS", ("changed", "MSH-3", "MSH-5")),
        (b"|NORTH|2026", b"||2026", ("removed", "MSH-4", "MSH-6")),
        (b"|PACS|", b"|OTHER|", ("changed", "MSH-5", "MSH-3")),
        (b"|SOUTH|", b"|EAST|", ("changed", "MSH-6", "MSH-4")),
        (b"P^T", b"T", ("changed", "MSH-11", "MSH-11")),
        (b"|2.5.1", b"|2.3", ("changed", "MSH-12.1", "MSH-12.1")),
        (b"|2.5.1", b"|2.5.1|||AL", ("added", "MSH-15", "MSH-15")),
    ],
)
def test_what_is_not_echoed_is_told(old, new, expected):
    assert told(SENT, ACK.replace(old, new, 1)) == [expected]


def test_other_delimiters_are_told_once():
    found = told(SENT, ACK.replace(b"|", b"#"))
    assert found == [("encoding", "MSH-2", "MSH-2")]


def test_blanks_have_their_defaults():
    sent = b"MSH|^~\\&|A|B|C|D|2026||ORM^O01|1\r"
    ack = b"MSH|^~\\&|C|D|A|B|2026||ACK|2|P|2.4\rMSA|AA|1\r"
    assert told(sent, ack) == []


def test_a_character_set_matters_only_where_it_is_used():
    sent = SENT.replace(b"|AL|NE", b"|AL|NE||8859/1")
    assert told(sent, ACK) == []
    wide = ACK.replace(b"|2.5.1", b"|2.5.1||||||UNICODE UTF-8") + "TXT|é\r".encode()
    assert told(sent, wide) == [("encoding", "MSH-18", "MSH-18")]


def test_bytes_that_are_no_message_are_told_too():
    assert ("removed", "MSH-10", "MSA-2") in told(SENT, b"<xml/>")
    assert told(b"\x00", b"") is not None
