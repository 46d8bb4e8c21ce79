"""Messages from files in the form that goes over MLLP."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.wire import wire_form

HEADER = "MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ORM^O01|1|P|2.5.1"
LEGAL = (HEADER + "\rPID|||1\r").encode()


def test_a_legal_message_is_unchanged():
    assert wire_form(LEGAL) == (LEGAL, ())
    assert wire_form(LEGAL[:-1]) == (LEGAL[:-1], ())


@pytest.mark.parametrize(
    ("raw", "sent", "count"),
    [
        (b"\xef\xbb\xbf" + LEGAL, LEGAL, 1),
        (LEGAL.replace(b"\r", b"\n"), LEGAL, 1),
        (LEGAL.replace(b"\r", b"\r\n"), LEGAL, 1),
        (b"\r\n \x00" + LEGAL, LEGAL, 1),
        (b"\xef\xbb\xbf\n" + LEGAL.replace(b"\r", b"\n"), LEGAL, 3),
        (b"\n\xef\xbb\xbf\xef\xbb\xbf\x1c\r" + LEGAL, LEGAL, 2),
        (LEGAL + b"NTE|||a\nb\r", LEGAL + b"NTE|||a\nb\r", 0),
        (LEGAL + b"NTE|||a\nOBX|1\r", LEGAL + b"NTE|||a\rOBX|1\r", 1),
        (LEGAL.replace(b"\r", b"[CR]"), LEGAL, 1),
        (LEGAL.replace(b"\r", b"[CR]\n"), LEGAL, 1),
        (LEGAL + b"NTE|||[CR]\r", LEGAL + b"NTE|||[CR]\r", 0),
        (LEGAL + b"NTE|||a\x0bb\x1cc\r", LEGAL + b"NTE|||a\\X0B\\b\\X1C\\c\r", 2),
        (b"MSH|^~|A\rNTE|||a\x0bb\x1cc\r", b"MSH|^~|A\rNTE|||abc\r", 2),
        (b"a\x1cb", b"ab", 1),
        (b"MSH\x0b", b"MSH", 1),
        (LEGAL + b"NTE|||a\r\n\nb\r", LEGAL + b"NTE|||a\rb\r", 1),
        (b"MSH|^~|A\rNTE|a\n\x1cOBX|1", b"MSH|^~|A\rNTE|a\rOBX|1", 2),
        (b"<ORU_R01>\n\x0b</ORU_R01>", b"<ORU_R01>\n\x0b</ORU_R01>", 0),
        (b"", b"", 0),
    ],
)
def test_what_is_not_legal_is_changed_and_told(raw, sent, count):
    got, changes = wire_form(raw)
    assert got == sent
    assert len(changes) == count


def test_what_came_over_mllp_goes_out_as_it_came():
    raw = b"\xef\xbb\xbf\r\n" + LEGAL.replace(b"\r", b"\r\n") + b"[CR]"
    assert wire_form(raw, was_on_wire=True) == (raw, ())
    sent, changes = wire_form(b"\xef\xbb\xbf" + LEGAL + b"NTE|||a\x1cb\r", was_on_wire=True)
    assert sent == b"\xef\xbb\xbf" + LEGAL + b"NTE|||a\\X1C\\b\r"
    assert len(changes) == 1


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_utf_16_becomes_declared_utf_8(codec):
    raw = (HEADER + "\r\nPID|||1||Grün^Änne\r\n").encode(codec)
    sent, changes = wire_form(raw)
    assert sent == (HEADER + "||||||UNICODE UTF-8\rPID|||1||Grün^Änne\r").encode()
    assert len(changes) == 2


def test_msh_18_is_replaced_in_place():
    raw = (HEADER + "||||||8859/1||x").encode("utf-16")
    assert wire_form(raw)[0] == (HEADER + "||||||UNICODE UTF-8||x").encode()


def test_utf_16_that_is_no_er7_is_only_encoded_anew():
    xml = '<?xml version="1.0" encoding="UTF-16"?><ADT_A01/>'
    assert wire_form(xml.encode("utf-16"))[0] == xml.replace("UTF-16", "UTF-8").encode()
    assert wire_form("PID|1".encode("utf-16"))[0] == b"PID|1"
    assert wire_form("MSH".encode("utf-16"))[0] == b"MSH"


def test_broken_utf_16_is_left_alone():
    raw = HEADER.encode("utf-16") + b"\x00"
    sent, _ = wire_form(raw)
    assert sent == raw


@given(raw=st.binary())
def test_the_wire_form_of_a_wire_form_is_itself(raw):
    sent, _ = wire_form(b"MSH|^~\\&|" + raw)
    again, changes = wire_form(sent)
    assert (again, changes) == (sent, ())
    assert b"\x0b" not in sent
    assert b"\x1c" not in sent


@given(raw=st.binary())
def test_any_bytes_have_a_wire_form(raw):
    wire_form(raw)
