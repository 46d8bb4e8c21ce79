"""Files and pasted text, split into messages."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.splitting import FoundMessage, iter_messages, split_messages

A = b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ADT^A01|1|P|2.5\rPID|||1\r"
B = b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ADT^A08|2|P|2.5\rPID|||2\rPV1||I\r"
LOG = b"2026-01-05 10:00:00 INFO connection from 10.0.0.1\n"


def lf(data):
    return data.replace(b"\r", b"\n")


def crlf(data):
    return data.replace(b"\r", b"\r\n")


def raws(data):
    return [message.raw for message in split_messages(data).messages]


def codes(data):
    return [problem.code for problem in split_messages(data).problems]


@pytest.mark.parametrize(
    "data",
    [
        A,
        A[:-1],
        lf(A),
        crlf(A),
        A + b"\r\n \n",
        b"\r\n " + A,
        b"\x00\x02" + A,
        b"\xef\xbb\xbf" + A,
        b"\xef\xbb\xbf\r\n" + lf(A),
        A + b"OBX|1|ED|||^^^^QUJD\rREVG\r",
        A + b"OBX|1|TX|||a text\nbroken over lines\r",
        A + b"OBX|1|TX|||a text\n\nafter a blank line\r",
        A + b"NTE|1||MSH-9 is wrong; MSH was not\r",
        A + b"NTE|1||the header MSH|^~\\&|X was quoted\r",
        b"MSH|",
        b"MSH||",
        b"MSH|^~\\&|A" + b"\x00\xff" * 20,
        b"MSH#!@%*#A#B\rPID#1\r",
        b"MSH^~|\\&^A^B\rPID^1\r",
    ],
)
def test_a_file_of_one_message_is_that_message(data):
    assert raws(data) == [data]
    assert codes(data) == []


@pytest.mark.parametrize(
    ("form", "gap"),
    [
        (bytes, b""),
        (bytes, b"\r\r"),
        (bytes, b" \r \n"),
        (lf, b""),
        (lf, b"\n\n"),
        (lf, b"\r \r"),
        (crlf, b""),
        (crlf, b"\r\n"),
        (crlf, b" \t\r\n\x00"),
    ],
)
def test_several_messages_without_headers(form, gap):
    data = form(A) + gap + form(B) + gap
    assert raws(data) == [form(A), form(B)]
    assert codes(data) == []


def test_mixed_line_ends():
    data = A.replace(b"\r", b"\n", 1) + crlf(B)
    assert raws(data) == [A.replace(b"\r", b"\n", 1), crlf(B)]


def test_a_message_without_a_last_line_end():
    assert raws(A + B[:-1]) == [A, B[:-1]]


def test_marks_of_joined_files_stay_with_their_messages():
    mark = b"\xef\xbb\xbf"
    assert raws(mark + A + mark + B) == [mark + A, mark + B]


def test_text_broken_over_lines_stays_with_its_message():
    first = A + b"OBX|1|ED|||^^^^" + b"QUJD" * 10 + b"\r" + b"REVG" * 10 + b"\r"
    second = B + b"OBX|1|TX|||a text\rbroken over lines\r"
    assert raws(first + second) == [first, second]


# Logs and other text.


def test_lines_of_a_log_are_left_out():
    data = LOG + lf(A) + LOG + b"\tat some.Class\n" + LOG + lf(B) + b"bye\n"
    result = split_messages(data)
    assert [m.raw for m in result.messages] == [lf(A), lf(B)]
    assert [p.code for p in result.problems] == ["other_text"] * 3
    assert [p.offset for p in result.problems] == [
        0,
        len(LOG + lf(A)),
        len(data) - len(b"bye\n"),
    ]
    assert result.problems[2].text == "3 bytes of other text left out."


def test_a_log_that_begins_with_a_message():
    data = lf(A) + LOG + lf(B) + LOG
    assert raws(data) == [lf(A), lf(B)]
    assert codes(data) == ["other_text", "other_text"]


def test_one_message_and_a_line_of_a_log():
    assert raws(lf(A) + LOG) == [lf(A)]
    assert codes(lf(A) + LOG) == ["other_text"]
    assert raws(b"\xef\xbb\xbf" + lf(A) + LOG) == [b"\xef\xbb\xbf" + lf(A)]


def test_rules_and_remarks_between_messages():
    data = A + b"-----\r" + B + b"\rthe second one\r"
    assert raws(data) == [A, B]
    assert codes(data) == ["other_text", "other_text"]


def test_base64_is_no_remark():
    broken = A + b"OBX|1|ED|||^^^^QUJD\r" + b"REVG" * 8 + b"\r"
    assert raws(b"first:\r" + broken + b"\r\r" + B) == [broken, B]


def test_a_header_after_other_text_in_its_line():
    data = b"10:00:00 received " + lf(A) + b"10:00:01 sent MSH|^~\\&|PACS\nMSA|AA|1\n"
    assert raws(data) == [lf(A), b"MSH|^~\\&|PACS\nMSA|AA|1\n"]
    assert codes(data) == ["other_text", "other_text"]


def test_text_about_headers_is_no_message():
    assert codes(b"MSH-9 must not be empty.\nMSH:9 neither.\nMSH\n") == ["no_hl7"]
    assert raws(b"see MSH-9\n" + lf(A) + b"see MSH-10\n") == [lf(A)]


# Literal framing.


def test_literal_framing():
    data = b"[SOM]" + A[:-1] + b"[EOM][CR]\r\n[SOM]" + B[:-1] + b"[EOM][CR]"
    result = split_messages(data)
    assert [m.raw for m in result.messages] == [A[:-1], B[:-1]]
    assert [m.flags for m in result.messages] == [("literal_framing",)] * 2
    assert [(p.offset, p.code) for p in result.problems] == [(0, "literal_framing")]
    assert raws(b"[SOM]" + A[:-1] + b"[EOM][CR]") == [A[:-1]]
    assert raws(b"[SOM]" + A) == [A]


# MLLP.


def frame(data):
    return b"\x0b" + data + b"\x1c\r"


def test_frames():
    data = frame(A) + frame(B)
    result = split_messages(data)
    assert [(m.start, m.end) for m in result.messages] == [
        (1, 1 + len(A)),
        (len(A) + 4, len(A) + 4 + len(B)),
    ]
    assert result.problems == ()


@pytest.mark.parametrize(
    ("data", "found", "problems"),
    [
        (frame(A)[:-1], [A], ["frame_end"]),
        (frame(A) + b"\n" + frame(B), [A, B], []),
        (frame(A)[:-1] + frame(B), [A, B], ["frame_end"]),
        (frame(A)[:-1] * 3, [A] * 3, ["frame_end"]),
        (frame(A + b"\x1cx"), [A + b"\x1cx"], []),
        (b"hello" + frame(A) + b"\r\n\x0b\x1c\r" + frame(B), [A, B], ["other_text"]),
        (frame(A) + b"bye", [A], ["other_text"]),
        (frame(A) + b"\x0b" + B, [A, B], ["cut_frame"]),
        (b"\x0b" + A + frame(B), [A, B], ["cut_frame"]),
        (frame(A) + B + frame(A), [A, B, A], []),
        (frame(A) + frame(b"MSH is missing"), [A], ["no_hl7_frame"]),
        (frame(A + B), [A, B], []),
        (frame(b"\xef\xbb\xbf" + A), [b"\xef\xbb\xbf" + A], []),
        (frame(b"<ADT_A01/>") + frame(A), [b"<ADT_A01/>", A], []),
    ],
)
def test_captures(data, found, problems):
    assert raws(data) == found
    assert codes(data) == problems


@pytest.mark.parametrize(
    ("data", "is_left_out"),
    [
        (frame(A)[:-1], False),
        (b"\x0b" + A, False),
        (b"BHS|^~\\&|\r" + A + b"BTS|2\r", False),
        (A + b"BTS|2\r", False),
        (b"[SOM]" + A + b"[EOM]", False),
        (frame(A) + b"bye", True),
        (frame(A) + frame(b"bye"), True),
        (b"", True),
        (b"bye", True),
        (b"\x00" * 40, True),
        (b"PID|1||44\r", True),
        (b"<html/>", True),
    ],
)
def test_what_is_left_out_is_told_from_what_is_odd(data, is_left_out):
    (problem,) = split_messages(data).problems
    assert problem.is_left_out == is_left_out


def test_a_cut_frame_is_flagged():
    (message,) = split_messages(b"\x0b" + A).messages
    assert message.flags == ("truncated",)
    assert raws(b"\x0b" + A + B) == [A, B]


def test_a_start_block_within_a_message_is_no_frame():
    assert raws(A + b"NTE|||a\x0bb\r") == [A + b"NTE|||a\x0bb\r"]


# Batches.


def batch(*messages, bts=None, fts=1):
    count = len(messages) if bts is None else bts
    return b"FHS|^~\\&|RIS\rBHS|^~\\&|RIS\r%bBTS|%b\rFTS|%b\r" % (
        b"".join(messages),
        str(count).encode(),
        str(fts).encode(),
    )


@pytest.mark.parametrize("form", [bytes, lf, crlf])
def test_a_batch(form):
    result = split_messages(form(batch(A, B)))
    assert [m.raw for m in result.messages] == [form(A), form(B)]
    assert [m.flags for m in result.messages] == [("batch",), ("batch",)]
    assert result.problems == ()


def test_wrong_counts_are_told_at_their_place():
    data = batch(A, bts=2, fts=3)
    first, second = split_messages(data).problems
    assert (first.code, first.offset) == ("batch_count", data.index(b"BTS"))
    assert first.text == "BTS-1 says 2 messages; there are 1."
    assert (second.code, second.offset) == ("batch_count", data.index(b"FTS"))
    assert second.text == "FTS-1 says 3 batches; there are 1."


def test_a_batch_in_a_frame():
    assert raws(frame(batch(A, B))) == [A, B]


def test_an_empty_batch():
    assert codes(batch()) == []
    assert raws(batch()) == []


def test_text_in_a_batch_is_left_out():
    assert codes(b"BHS|^~\\&\rhello\r" + A + b"BTS|1\rbye") == ["other_text", "other_text"]


# UTF-16 and UTF-32.


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("name", ["Jones", "Müller 山田 \U0001d4b3"])
def test_wide_text(codec, name):
    first = f"{A.decode()}NTE|||{name}\r"
    second = f"{B.decode()}NTE|||{name}\r"
    assert raws(first.encode(codec)) == [first.encode(codec)]
    data = (first + second).encode(codec)
    result = split_messages(data)
    assert b"".join(m.raw for m in result.messages) == data
    assert len(result.messages) == 2
    assert result.problems == ()


def test_wide_text_of_other_kinds():
    assert codes("nothing here".encode("utf-16")) == ["no_hl7"]
    assert raws("<ADT_A01/>".encode("utf-16")) == ["<ADT_A01/>".encode("utf-16")]
    assert raws("<?xml?><ADT_A01/>".encode("utf-16-le")) == [
        "<?xml?><ADT_A01/>".encode("utf-16-le")
    ]
    odd = A.decode().encode("utf-16") + b"\x00"
    assert raws(odd) == [odd]


# What is no message.


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b" \r\n\x00", "empty"),
        (b"\xef\xbb\xbf", "empty"),
        (b"PID|1||2\rPV1||I\r", "no_msh"),
        (b"\xef\xbb\xbf\nPID|1||2", "no_msh"),
        (b"ORU^R01\nMSH MSH:9\n", "no_hl7"),
        (b"hello", "no_hl7"),
        (b"MSH", "no_hl7"),
        (b"\x89PNG\x00\x01", "binary"),
        (b"<html><body/></html>", "no_v2_xml"),
        (b"<!-- MSH| -->", "no_v2_xml"),
    ],
)
def test_what_is_no_message(data, code):
    result = split_messages(data)
    assert result.messages == ()
    (problem,) = result.problems
    assert problem.code == code
    assert problem.text


def test_problems_quote_no_content():
    result = split_messages(b"PID|||||SMITH^JOHN\r")
    assert "SMITH" not in repr(result)
    assert "SMITH" not in repr(split_messages(A + b"NTE|||SMITH"))


def test_xml_is_one_message():
    data = (
        b'\xef\xbb\xbf<?xml version="1.0"?>\n<ORU_R01 xmlns="urn:hl7-org:v2xml">\nMSH|\n</ORU_R01>'
    )
    (message,) = split_messages(data).messages
    assert message.raw == data
    assert message.flags == ("xml_payload",)


# The corpus.


def test_the_corpus_has_as_many_messages_as_its_authors_say(corpus):
    found = {}
    for path in sorted(p for p in corpus.rglob("*") if p.is_file() and p.parent != corpus):
        data = path.read_bytes()
        result = split_messages(data)
        assert result.messages or result.problems
        for message in result.messages:
            assert data[message.start : message.end] == message.raw
        source = path.relative_to(corpus).parts[0]
        found[source] = found.get(source, 0) + len(result.messages)
    assert found == {
        "derived-own": 25,
        "fhir-converter": 143,
        "linuxforhealth": 4,
        "prime-reportstream": 62,
        "rethinkhealth": 20,
    }


# Any bytes, any size.

PIECES = st.sampled_from(
    [A, B, lf(A), crlf(B), LOG, b"\r", b"\n\n", b"\x0b", b"\x1c\r", b"\x1c", b"x", b"BHS|^~\\&\r",
     b"BTS|1\r", b"FHS|\r", b"FTS|9\r", b"\xef\xbb\xbf", b"[SOM]", b"[EOM]", b"[CR]", b"MSH", b"|",
     b"MSH#", b"<", b"ADT_A01>", b"\x00", b"MSH|^~\\&|", b"---\n", b"QUJDREVGQUJDREVG\r", b"PID|1"]
)  # fmt: skip
FILES = st.lists(PIECES, max_size=10).map(b"".join)


@given(data=st.one_of(st.binary(max_size=200), FILES))
def test_messages_are_places_in_the_data_in_order(data):
    result = split_messages(data)
    last = 0
    for message in result.messages:
        assert last <= message.start <= message.end <= len(data)
        assert message.raw == data[message.start : message.end]
        assert b"MSH" in message.raw or "xml_payload" in message.flags
        last = message.end
    assert all(0 <= problem.offset <= len(data) for problem in result.problems)
    assert result.messages or result.problems or b"HS|" in data


@given(data=FILES)
def test_small_files_are_split_as_a_whole(data):
    result = split_messages(data)
    found = list(iter_messages(io.BytesIO(data), block_bytes=7))
    assert [f for f in found if isinstance(f, FoundMessage)] == list(result.messages)
    assert [f for f in found if not isinstance(f, FoundMessage)] == list(result.problems)


@given(
    messages=st.lists(
        st.sampled_from([A, B, B + b"NTE|||" + b"x" * 100 + b"\r"]), min_size=2, max_size=8
    ),
    block=st.integers(1, 200),
    shape=st.sampled_from(["plain", "frames", "log", "batch", "utf-16"]),
)
def test_large_files_are_split_piece_by_piece(messages, block, shape):
    data = {
        "plain": b"".join(messages),
        "frames": b"".join(frame(m) for m in messages),
        "log": b"".join(LOG + lf(m) for m in messages),
        "batch": batch(*messages),
        "utf-16": b"".join(messages).decode().encode("utf-16"),
    }[shape]
    result = split_messages(data)
    found = list(iter_messages(io.BytesIO(data), whole_bytes=100, block_bytes=block))
    assert [f for f in found if isinstance(f, FoundMessage)] == list(result.messages)
    assert [f for f in found if not isinstance(f, FoundMessage)] == list(result.problems)
    assert len(result.messages) == len(messages)


def test_what_has_no_header_for_long_is_left_out():
    stream = io.BytesIO(A + b"x" * 5000 + b"\r" + B + B)
    found = list(iter_messages(stream, whole_bytes=100, block_bytes=64, largest_message_bytes=1000))
    assert [f.raw for f in found if isinstance(f, FoundMessage)] == [B, B]
    assert {f.code for f in found if not isinstance(f, FoundMessage)} == {"too_large", "other_text"}


def test_a_large_file_of_nothing():
    stream = io.BytesIO(b"\n" * 500)
    found = list(iter_messages(stream, whole_bytes=100, block_bytes=50, largest_message_bytes=100))
    assert {f.code for f in found} == {"too_large"}


def test_large_files_need_little_memory():
    class Endless:
        def __init__(self):
            self.left = 200

        def read(self, size):
            self.left -= 1
            return A * (size // len(A)) if self.left else b""

    largest = 0
    count = 0
    for message in iter_messages(Endless(), whole_bytes=1000, block_bytes=10_000):
        count += 1
        largest = max(largest, len(message.raw))
    assert count == 199 * (10_000 // len(A))
    assert largest == len(A)
