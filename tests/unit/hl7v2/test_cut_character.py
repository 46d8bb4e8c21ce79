"""UTF-8 that ends in the middle of a character: read as UTF-8, kept to the byte."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.ack_decisions import AckRules, decide
from hl7console.hl7v2.charset import CHARSET_FALLBACK, TRUNCATED_CHARACTER, decode
from hl7console.hl7v2.cut_character import find_cut
from hl7console.hl7v2.edits import SetValue, invert
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Node
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.scan import scan
from hl7console.hl7v2.validation import check
from hl7console.hl7v2.writing import EditError

BARE = "MSH|^~\\&|EHR|HOSP|PACS|RAD|2026||ADT^A08|C1|P|2.5.1"
UTF = BARE + "||||||UNICODE UTF-8"
PID = "\rPID|1||7||Müller^Zoë\rNTE|1||caf"
TAILS = [b"\xc3", b"\xe5", b"\xe5\xb1", b"\xf0", b"\xf0\x9f", b"\xf0\x9f\x98"]
ENDS = [b"", b"\r", b"\n", b"\r\n", b"\r\r"]


def cut(tail: bytes = b"\xc3", end: bytes = b"\r", header: str = UTF) -> bytes:
    return (header + PID).encode() + tail + end


@pytest.mark.parametrize("header", [UTF, BARE])
@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("tail", TAILS)
def test_the_rest_is_read_as_utf_8(tail: bytes, end: bytes, header: str):
    raw = cut(tail, end, header)
    found = decode(raw)
    assert (found.codec, found.flags) == ("utf_8", (TRUNCATED_CHARACTER,))
    assert found.text == header + PID + "\ufffd" + end.decode()
    assert found.bad_offset == raw.index(tail, len(raw) - 6)
    assert found.cut == (found.bad_offset, found.bad_offset + len(tail))
    message = Message.parse(raw)
    assert message.raw == raw
    assert message.get("PID-5.1") == "Müller"
    assert message.get("NTE-3") == "caf\ufffd"
    (node,) = message.find("NTE-3")
    assert raw[slice(*node.span)] == b"caf" + tail
    for at in range(*found.cut):
        assert message.at(at) == node
    assert scan(raw).patient_name == "Müller^Zoë"
    assert TRUNCATED_CHARACTER in scan(raw).flags.split()


def test_a_byte_order_mark_and_a_forced_codec():
    raw = codecs.BOM_UTF8 + cut()
    found = decode(raw)
    assert found.cut == (len(raw) - 2, len(raw) - 1)
    assert Message.parse(raw).find("NTE-3")[0].span == (len(raw) - 5, len(raw) - 1)
    latin = cut(header=BARE + "||||||8859/1")
    assert decode(latin).codec == "latin_1" or decode(latin).cut is None
    assert decode(latin, force_codec="utf_8").cut == (len(latin) - 2, len(latin) - 1)


@pytest.mark.parametrize(
    "raw",
    [
        (UTF + "\rPID|1||7||CAF").encode() + b"\xc9\r",  # may as well be É of Windows-1252
        (UTF + PID).encode() + b"\xc3 \r",
        (UTF + PID).encode() + b"\xc3|\r",
        (UTF + PID).encode() + b"\xc3\rZZZ|\r",
        (UTF + PID).encode() + b"\xa9",
        (UTF + PID).encode() + b"\xff",
        (UTF + PID).encode() + b"\xc0",
        (UTF + PID).encode() + b"\xe0\x80",
        (UTF + PID).encode() + b"\xed\xa0",
        (UTF + PID).encode() + b"\xf5",
        (UTF + PID).encode() + b"\xe9 \xc3",
        (UTF + "|é").encode() + b"\xc3\r",  # in the header itself
        (UTF + "é\rBHS|a").encode() + b"\xc3\r",
        "\r\rMSH|é".encode() + b"\xc3",
        b"\xc3",
        b"\r\xc3\r",
    ],
)
def test_what_is_not_beyond_doubt_is_read_as_before(raw: bytes):
    found = decode(raw)
    assert found.cut is None
    assert TRUNCATED_CHARACTER not in found.flags
    assert found.codec != "utf_8"
    assert raw.decode(found.codec) == found.text


def test_a_listeners_set_of_several_bytes_comes_first_where_it_fits():
    raw = (BARE + "\rPID|1||7||").encode() + "联通来".encode("gb18030")[:-1] + b"\xc5\xc2"
    fits = (BARE + "\rPID|1||").encode() + b"\xc2\xa2\xc2\xa2" + b"\xc4\xe3"
    assert find_cut(raw) is None or decode(raw, default_codec="gb18030").cut is None
    assert decode(fits, default_codec="gb18030").codec == "gb18030"
    tail = (BARE + "\rPID|1||").encode() + b"\xc2\xa2\xc2\xa2" + b"\xe3\x81"
    assert decode(tail).cut is not None
    assert decode(tail, default_codec="gb18030").codec == "gb18030"
    assert decode(tail[:-1], default_codec="gb18030").cut is not None


def test_it_is_found_and_told_at_its_byte():
    raw = cut(b"\xe5\xb1")
    found = check(Message.parse(raw))
    (finding,) = [f for f in found if f.code == "truncated_character"]
    assert str(finding.path) == "NTE-3"
    assert raw[slice(*finding.span)] == b"\xe5\xb1"
    assert f"E5 B1 at offset {len(raw) - 3}" in finding.text
    assert not {f.code for f in found} & {"lost_character", CHARSET_FALLBACK}
    lost = Message.parse((UTF + PID).encode() + "\ufffd".encode() + b"x\xc3")
    assert {"lost_character", "truncated_character"} <= {f.code for f in check(lost)}


def test_the_sender_is_warned():
    decision = decide(scan(cut()), AckRules())
    assert decision.code == "AA"
    assert [(p.code, p.severity) for p in decision.problems] == [(102, "W")]
    assert "middle of a character" in decision.text


WORDS = st.text("ab|^~é山𠀀\ufffd ", max_size=8)


@st.composite
def cut_messages(draw: st.DrawFn) -> bytes:
    lines = draw(st.lists(WORDS, max_size=3))
    text = "".join(f"\rOBX|{line}" for line in [*lines, draw(st.sampled_from(["", "é|"]))])
    mark = draw(st.sampled_from([b"", codecs.BOM_UTF8]))
    pad = "x" * draw(st.sampled_from([0, 0, 2000, 2047, 2048, 5000]))
    whole = mark + (UTF + "\rPID|1||Zoë|" + pad + text).encode()
    return whole + draw(st.sampled_from(TAILS)) + draw(st.sampled_from(ENDS))


def all_nodes(message: Message) -> list[Node]:
    nodes: list[Node] = list(message.segments)
    for node in nodes:
        nodes.extend(node.children)
    return nodes


@given(cut_messages())
def test_every_byte_belongs_to_its_character(raw: bytes):
    message = Message.parse(raw)
    assert message.cut is not None
    first = 3 if raw.startswith(codecs.BOM_UTF8) else 0
    assert raw[first:].decode("utf_8", "replace") == message.text
    offsets, at = message.offsets, first
    for char, written in enumerate(message.text):
        is_cut = offsets.char_at(message.cut[0]) == char
        size = message.cut[1] - message.cut[0] if is_cut else len(written.encode())
        assert (offsets.byte_start(char), offsets.byte_end(char)) == (at, at)
        assert {offsets.char_at(byte) for byte in range(at, at + size)} == {char}
        at += size
    assert at == offsets.byte_end(len(message.text)) == len(raw)
    assert offsets.char_at(at) == offsets.char_at(at + 9) == len(message.text)
    for node in all_nodes(message):
        assert raw[slice(*node.span)].decode("utf_8", "replace") == node.raw_text


@given(cut_messages(), st.text("ab|é山\\", max_size=5), st.data())
def test_an_edit_changes_only_its_own_span(raw: bytes, value: str, data: st.DataObject):
    message = Message.parse(raw)
    nodes = [n for n in all_nodes(message) if n.path.segment in ("PID", "OBX") and n.path.field]
    node = data.draw(st.sampled_from(nodes))
    assert message.with_raw(node.path, node.raw_text).raw == raw
    first, last = node.span
    changed = message.with_value(node.path, value)
    assert changed.raw[:first] == raw[:first]
    assert changed.raw[len(changed.raw) - (len(raw) - last) :] == raw[last:]
    assert changed.get(node.path) == value
    assert changed.codec == "utf_8" or changed.raw.isascii() or "Zoë" not in changed.text
    edit = SetValue(node.path, value)
    assert invert(edit, message, changed).apply(changed).raw == raw


def test_an_edit_leaves_the_cut_character_cut_or_replaces_it():
    message = Message.parse(cut(b"\xe5\xb1"))
    changed = message.with_value("PID-5.1", "Möller")
    assert changed.cut is not None
    assert changed.raw == cut(b"\xe5\xb1").replace("Müller".encode(), "Möller".encode())
    mended = message.with_value("NTE-3", "café")
    assert (mended.cut, mended.flags) == (None, ())
    assert mended.raw == (UTF + PID + "é\r").encode()


@pytest.mark.parametrize("end", [b"", b"\r"])
def test_nothing_is_written_behind_it(end: bytes):
    message = Message.parse(cut(end=end))
    for path in ("NTE-4", "NTE-3.2", "NTE-3[2]"):
        with pytest.raises(EditError, match="last character of the message is cut") as told:
            message.with_value(FieldPath.parse(path), "x")
        assert "Replace the cut character first" in told.value.hint
    size = len(message.text)
    with pytest.raises(EditError):
        message.with_text(size, size, "\rZZZ|1")
    assert message.with_text(size, size, "\r").raw == message.raw + b"\r"
