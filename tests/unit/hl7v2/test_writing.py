from __future__ import annotations

import codecs

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hl7console.hl7v2.charset import UnencodableTextError, codec_for
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.writing import EditError

ORDER = (
    b"MSH|^~\\&|EHR|HOSP|PACS|RAD|2026||ORM^O01|C1|P|2.5.1\r"
    b"PID|1||007^^^HOSP&1.2&ISO^MR~99^^^NAT^NI||DOE^JANE||1970\r"
    b"OBX|1|ST\rOBX|2|ST|||x\r"
)


@pytest.fixture
def order() -> Message:
    return Message.parse(ORDER)


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        ("MSH-10", "C2", b"|C1|", b"|C2|"),
        ("PID-3.1", "8", b"|007^", b"|8^"),
        ("PID-3[2].1", "8", b"~99^", b"~8^"),
        ("PID-3.4.2", "9", b"&1.2&", b"&9&"),
        ("PID-3[2]", "8", b"~99^^^NAT^NI", b"~8"),
        ("PID-5", "ROE^A", b"|DOE^JANE|", b"|ROE\\S\\A|"),
        ("PID-5.2", "", b"^JANE|", b"^|"),
        ("PID-5.4", "JR", b"^JANE|", b"^JANE^^JR|"),
        ("PID-5.2.3", "X", b"^JANE|", b"^JANE&&X|"),
        ("PID-3[4]", "8", b"^NI|", b"^NI~~8|"),
        ("PID-3[3].2", "8", b"^NI|", b"^NI~^8|"),
        ("PID-7.2", "D", b"|1970\r", b"|1970^D\r"),
        ("PID-10", "X", b"|1970\r", b"|1970|||X\r"),
        ("PID-9[2].2.2", "X", b"|1970\r", b"|1970||~^&X\r"),
        ("OBX[2]-5", "a|b\r\n", b"|x\r", b"|a\\F\\b\\X0D0A\\\r"),
        ("OBX-5", "y", b"OBX|1|ST\r", b"OBX|1|ST|||y\r"),
        ("MSH-18", "8859/1", b"|2.5.1\r", b"|2.5.1||||||8859/1\r"),
        ("PID-2", '""', b"|1||", b'|1|"\\X22\\|'),
    ],
)
def test_only_the_bytes_of_the_place_change(order, path, value, old, new):
    assert ORDER.count(old) == 1
    changed = order.with_value(path, value)
    assert changed.raw == ORDER.replace(old, new)
    assert changed.get(path) == value
    assert order.raw == ORDER


def test_null_is_written_as_null(order):
    changed = order.with_null("PID-7")
    assert b'|""\r' in changed.raw
    assert changed.state("PID-7").value == "null"


def test_raw_text_is_written_as_it_is(order):
    changed = order.with_raw("PID-5", "ROE^A&B\\T\\")
    assert b"|ROE^A&B\\T\\|" in changed.raw
    assert order.with_raw("OBX[2]", "NTE|1||x").raw.endswith(b"OBX|1|ST\rNTE|1||x\r")
    assert order.with_raw("MSH-2", "^~\\&#").delimiters.truncation == "#"
    assert order.with_value("MSH-2", "^~\\&#").delimiters.truncation == "#"


def test_nothing_is_made_for_an_empty_value(order):
    assert order.with_value("PID-30.2", "") is order
    assert order.with_raw("PID-3[9]", "") is order


def test_a_segment_without_fields_gets_them():
    changed = Message.parse(b"MSH|^~\\&|A\rPID\r").with_value("PID-2", "7")
    assert changed.raw == b"MSH|^~\\&|A\rPID||7\r"
    assert Message.parse(b"MSH|^~\\&").with_value("MSH-3", "A").raw == b"MSH|^~\\&|A"
    assert Message.parse(b"MSH|").with_value("MSH-3", "A").raw == b"MSH||A"
    assert Message.parse(b"MSH|^~\\&|A\rBHS").with_value("BHS-3", "A").raw.endswith(b"BHS||A")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("ZZZ-1", "no ZZZ segment"),
        ("OBX[3]-1", r"no OBX\[3\] segment"),
        ("MSH-1", "field separator"),
        ("PID", "needs a field"),
    ],
)
def test_what_cannot_be_written(order, path, words):
    with pytest.raises(EditError, match=words):
        order.with_value(path, "x")


def test_roles_that_are_disabled():
    message = Message.parse(b"MSH|^|A\rPID|1\r")
    with pytest.raises(EditError, match="no subcomponent separator"):
        message.with_value("PID-1.1.2", "x")
    with pytest.raises(EditError, match="no repetition separator"):
        message.with_value("PID-1[2]", "x")
    assert message.with_value("PID-1[1].1.1", "x").raw == b"MSH|^|A\rPID|x\r"
    with pytest.raises(EditError, match="no escape character"):
        message.with_value("PID-1", "a^b")
    assert message.with_raw("PID-1", "a^b").get("PID-1.2") == "b"
    assert message.with_value("PID-1", "a&b").get("PID-1") == "a&b"
    with pytest.raises(EditError, match="no escape character"):
        message.with_value("PID-1", '""')


def test_a_character_that_the_set_lacks_is_refused(order):
    with pytest.raises(UnencodableTextError) as told:
        order.with_value("PID-5", "|M\xfcller")
    assert told.value.position == 2
    with pytest.raises(UnencodableTextError):
        order.with_raw("PID-5", "M\xfcller")


def test_switching_the_character_set_writes_every_character_anew():
    raw = b"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\rPID|1||7||M\xfcller\r"
    changed = Message.parse(raw).with_charset("UNICODE UTF-8")
    assert changed.codec == "utf_8"
    assert changed.get("MSH-18") == "UNICODE UTF-8"
    assert changed.get("PID-5") == "M\xfcller"
    assert "M\xfcller".encode() in changed.raw
    back = changed.with_charset("8859/1")
    assert back.raw == raw.replace(b"|2.5\r", b"|2.5||||||8859/1\r")
    wide = Message.parse(codecs.BOM_UTF16_LE + raw.decode("cp1252").encode("utf_16_le"))
    assert wide.with_charset("UNICODE UTF-8").raw == changed.raw


@pytest.mark.parametrize("name", ["nonsense", "UNICODE UTF-16"])
def test_sets_that_cannot_be_written(order, name):
    with pytest.raises(EditError):
        order.with_charset(name)


def test_switching_needs_a_header_and_every_character():
    with pytest.raises(EditError):
        Message.parse(b"PID|1\r").with_charset("8859/1")
    message = Message.parse("MSH|^~\\&|A|||||||||||||||UTF-8\rPID|Ж\r".encode())
    with pytest.raises(UnencodableTextError):
        message.with_charset("8859/1")


def test_an_edit_that_would_be_misread_is_refused():
    # Nothing declared, not UTF-8, so read with the connection's codec; with the only byte that
    # says so gone, what was typed would be taken for UTF-8.
    message = Message.parse(b"MSH|^~\\&|A\rPID|\xe9\r")
    assert message.codec == "cp1252"
    with pytest.raises(EditError, match="could no longer be told"):
        message.with_value("PID-1", "Ã©")
    assert message.with_value("PID-1", "e").codec == "ascii"
    message = Message.parse(b"MSH|^~\\&|A\rPID|x\xa9\r")
    start = message.text.index("x")
    with pytest.raises(EditError):
        message.with_text(start, start + 1, "Ã")  # C3, and the A9 behind it make one character


def test_text_inside_a_shift_sequence_cannot_be_cut():
    raw = b"MSH|^~\\+ACY-|A\rPID|+AOkA/A|b\r"
    message = Message.parse(raw, force_codec="utf_7")
    assert message.get("PID-1") == "éü"
    start = message.text.index("é")
    with pytest.raises(EditError):
        message.with_text(start, start + 1, "x")


def test_the_last_bad_byte_may_go():
    raw = "MSH|^~\\&|A|||||||||||||||UTF-8\rPID|é|".encode() + b"\xff\r"
    message = Message.parse(raw)
    assert message.codec == "cp1252"
    assert message.get("PID-1") == "Ã©"
    mended = message.with_value("PID-2", "")
    assert mended.codec == "utf_8"
    assert mended.get("PID-1") == "é"
    with pytest.raises(EditError):
        message.with_value("PID-2", "Ã©")
    assert message.with_value("PID-2", "ÿ").codec == "cp1252"


def test_declaring_another_set_is_taken_as_asked():
    message = Message.parse("MSH|^~\\&|A|||||||||||||||UTF-8\rPID|é\r".encode())
    assert message.with_value("MSH-18", "8859/1").get("PID-1") == "Ã©"


def test_shift_states_around_an_edit_are_kept():
    header = b"MSH|^~\\&|A|||||||||||||||ISO IR87\r"
    # JIS X 0201 Roman holds from the first field on and is never taken back.
    raw = header + b"PID|\x1b(Ja\\|b^\x1b$B;3\x1b(J|c\\d\r"
    message = Message.parse(raw)
    assert message.codec == "iso2022_jp"
    assert message.text.endswith("PID|a¥|b^山|c¥d\r")
    changed = message.with_value("PID-2.2", "田")
    assert changed.text.endswith("PID|a¥|b^田|c¥d\r")
    changed = message.with_value("PID-2", "plain")
    assert changed.text.endswith("PID|a¥|plain|c¥d\r")
    head, tail = b"PID|\x1b(Ja\\|", b"|c\\d\r"
    assert changed.raw.startswith(header + head)
    assert changed.raw.endswith(tail)


def test_text_after_shifted_text():
    header = b"MSH|^~\\&|A|||||||||||||||ISO IR87\r"
    message = Message.parse(header + b"PID|\x1b$B;3\x1b(B|x\r")
    changed = message.with_value("PID-2", "田")
    assert changed.text.endswith("PID|山|田\r")
    assert changed.raw.startswith(header + b"PID|\x1b$B;3\x1b(B|")


def test_another_kind_of_shift():
    raw = "MSH|^~\\&|A\rPID|홍|x|길\r".encode("iso2022_kr")
    message = Message.parse(raw, force_codec="iso2022_kr")
    changed = message.with_value("PID-2", "동")
    assert [changed.get(f"PID-{n}") for n in (1, 2, 3)] == ["홍", "동", "길"]
    assert changed.raw.endswith(raw[raw.index(b"|x|") + 2 :])


SETS = {
    "UNICODE UTF-8": "山表é𠀀",
    "ISO IR87": "山表能",
    "ISO IR159": "山丂",
    "ISO IR14": "表能ソ十",
    "BIG-5": "功許蓋",
    "GB 18030-2000": "臸芕渱𠀀é",
    "KS X 1001": "홍길동",
    "8859/15": "é€œ",
}


@st.composite
def edits(draw):
    name = draw(st.sampled_from(sorted(SETS)))
    letters = SETS[name] + "ab "
    written = st.text(letters + "^~&", max_size=6)
    fields = draw(st.lists(written, min_size=1, max_size=5))
    value = draw(st.text(letters + '|^~\\&\r\n"', max_size=6))
    numbers = [draw(st.integers(1, n)) for n in (7, 3, 3, 3)]
    path = FieldPath("PID", 1, *numbers[: draw(st.integers(1, 4))])
    header = f"MSH|^~\\&|{draw(written)}|B|C|D|2026||ADT^A08|1|P|2.5||||||{name}\r"
    wide = draw(st.booleans()) and name == "UNICODE UTF-8"
    codec = "utf_16_le" if wide else codec_for(name).codec
    text = header + "PID|" + "|".join(fields) + "\rZZZ|" + draw(written) + "\r"
    return (codecs.BOM_UTF16_LE if wide else b"") + text.encode(codec), path, value


@given(edits())
def test_an_edit_changes_only_its_own_span_in_every_character_set(edit):
    raw, path, value = edit
    message = Message.parse(raw)
    node = message.first(path)
    changed = message.with_value(path, value)
    if node is None and not value:
        assert changed is message
        return
    assert changed.get(path) == value
    if node is not None:
        first, last = node.span
    else:
        parent = message.first(FieldPath("PID", 1))
        assert parent is not None
        first, last = parent.span
    kept = len(raw) - last
    assert changed.raw[:first] == raw[:first]
    assert kept == 0 or changed.raw[-kept:] == raw[-kept:]
    assert changed.codec == message.codec
    assert changed.get("ZZZ-1") == message.get("ZZZ-1")


@given(st.binary(max_size=120), st.text(max_size=8), st.integers(1, 5))
def test_any_bytes_around_an_edit_stay(body, value, number):
    raw = b"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\rPID|1|2|3|4|5\rZZZ|" + body
    message = Message.parse(raw)
    try:
        changed = message.with_value(FieldPath("PID", 1, number), value)
    except (EditError, UnencodableTextError):
        assume(False)
        return
    node = message.first(FieldPath("PID", 1, number))
    assert node is not None
    first, last = node.span
    assert changed.raw[:first] == raw[:first]
    assert changed.raw[len(changed.raw) - (len(raw) - last) :] == raw[last:]


def test_writing_what_is_there_changes_nothing_not_even_idle_shifts():
    raw = b"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5||||||~ISO IR87\rPID|1||7||DOE\x1b(B^J\r"
    message = Message.parse(raw)
    assert message.codec == "iso2022_jp"
    assert message.with_raw("PID-5.1", "DOE").raw == raw
