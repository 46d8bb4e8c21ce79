"""Answers of others, and what they mean."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.replies import (
    MOST_WORDS,
    Ack,
    AckError,
    ReplyKind,
    classify_reply,
    describe_reply,
    named_cause,
    plain_acceptance,
    read_ack,
    receiver_words,
)

HEADER = "MSH|^~\\&|A|B|C|D|20260101||ACK|K1|P|2.5\r"


def reply(code: str = "AA", control_id: str = "C1", tail: str = "") -> bytes:
    return (HEADER + f"MSA|{code}|{control_id}{tail}\r").encode()


def test_a_plain_answer():
    ack = read_ack(reply())
    assert ack == Ack("AA", "C1", is_ack=True, is_readable=True)


@pytest.mark.parametrize(
    ("body", "code", "location", "path", "text"),
    [
        (
            "ERR||PID^1^3^2^4|101^Required field missing^HL70357|E||||No authority\r",
            "101",
            "PID^1^3^2^4",
            "PID-3[2].4",
            "No authority",
        ),
        ("ERR|||207^Busy^HL70357|E|||diagnostic\r", "207", "", "", "diagnostic"),
        ("ERR||OBX^2^5|102^Data type error|W\r", "102", "OBX^2^5", "OBX[2]-5", "Data type error"),
        ("ERR|PID^1^3^101&Missing&HL70357\r", "101", "PID^1^3", "PID-3", "Missing"),
        ("ERR|PID^1^3^101\r", "101", "PID^1^3", "PID-3", ""),
        ("ERR|PID\r", "", "PID", "PID", ""),
        ("ERR||PID^1^5^1^1^2|102\r", "102", "PID^1^5^1^1^2", "PID-5.1.2", ""),
    ],
)
def test_errors_of_every_layout(body, code, location, path, text):
    ack = read_ack(reply("AE") + body.encode())
    assert len(ack.errors) == 1
    error = ack.errors[0]
    assert (error.code, error.location, error.path, error.text) == (code, location, path, text)
    assert ack.text == text


def test_several_errors_in_one_segment():
    ack = read_ack(reply("AR") + b"ERR|MSH^1^9^200~MSH^1^12^203\r")
    assert [error.code for error in ack.errors] == ["200", "203"]


def test_the_condition_in_msa_6():
    ack = read_ack(reply("AE", tail="||||101^Field missing"))
    assert ack.errors == (AckError("101", "", "Field missing"),)
    assert ack.text == "Field missing"


def test_texts_are_read_without_escapes():
    assert read_ack(reply("AE", tail="|a\\F\\b\\.br\\c\\X41\\")).text == "a|b\nc\\X41\\"
    plain = b"MSH|^~|A\rMSA|AE|C1|a\\F\\b\r"
    assert read_ack(plain).text == "a\\F\\b"


@pytest.mark.parametrize(
    "raw",
    [b"", b"hello", b"MSH", b"MSHX", b"xMSH|^~\\&", b"<xml/>", b"MSH\rMSA|AA|1", b"\x06"],
)
def test_what_is_no_answer(raw):
    assert read_ack(raw) == Ack()
    assert classify_reply(raw, "C1") == ReplyKind.UNREADABLE


@pytest.mark.parametrize("start", ["", "\ufeff", "\r\n ", "\x0b"])
def test_what_may_stand_before_the_header(start):
    assert read_ack(start.encode() + reply()).code == "AA"


def test_line_feeds_are_taken():
    assert read_ack(reply().replace(b"\r", b"\n")).code == "AA"


def test_latin_1_is_taken():
    assert read_ack("MSH|^~\\&|\xc4\rMSA|AE|C1|\xdc\r".encode("latin_1")).text == "\xdc"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (reply("AA"), ReplyKind.ACCEPTED),
        (reply("aa"), ReplyKind.ACCEPTED),
        (reply("CA"), ReplyKind.COMMITTED),
        (reply("AE"), ReplyKind.CONTENT_REFUSED),
        (reply("CE"), ReplyKind.CONTENT_REFUSED),
        (reply("AR"), ReplyKind.TRY_AGAIN),
        (reply("CR"), ReplyKind.TRY_AGAIN),
        (reply("AR") + b"ERR|||207\r", ReplyKind.TRY_AGAIN),
        (reply("AR") + b"ERR|||206\r", ReplyKind.TRY_AGAIN),
        (reply("AR") + b"ERR|||200\r", ReplyKind.SETUP_REFUSED),
        (reply("CR") + b"ERR||MSH^1^5|103\r", ReplyKind.SETUP_REFUSED),
        (reply("AR") + b"ERR||PID^1^3|204\r", ReplyKind.CONTENT_REFUSED),
        (reply("AR") + b"ERR|||207\rERR|||0^fine|I\r", ReplyKind.TRY_AGAIN),
        (reply("AA", "C0"), ReplyKind.LATE),
        (reply("AA", "C9"), ReplyKind.WRONG_ID),
        (reply("AA", ""), ReplyKind.NO_ID),
        (reply("AA", " "), ReplyKind.NO_ID),
        (reply("XX"), ReplyKind.NO_CODE),
        (HEADER.encode(), ReplyKind.NO_CODE),
    ],
)
def test_what_an_answer_means(raw, kind):
    assert classify_reply(raw, "C1", {"C0"}) == kind
    assert classify_reply(read_ack(raw), b"C1", {"C0"}) == kind


def test_a_lenient_destination_takes_answers_without_an_id():
    assert classify_reply(reply("AE", ""), "C1", lenient=True) == ReplyKind.CONTENT_REFUSED
    assert classify_reply(reply("AA", "C9"), "C1", lenient=True) == ReplyKind.WRONG_ID
    assert classify_reply(reply("AA", ""), "", lenient=True) == ReplyKind.ACCEPTED
    assert classify_reply(reply("AA", ""), "") == ReplyKind.NO_ID


def test_sentences_name_codes_and_places_and_none_of_the_peers_texts():
    ack = read_ack(reply("AE") + b"ERR||PID^1^3|101^DOE^X|E||||DOE^JANE is unknown\r")
    text = describe_reply(ReplyKind.CONTENT_REFUSED, ack)
    assert "101 PID-3" in text
    assert "DOE" not in text
    for kind in ReplyKind:
        assert describe_reply(kind).endswith(".")
    hostile = Ack(errors=(AckError("<b>", "DOE JANE^1"),))
    assert describe_reply(ReplyKind.TRY_AGAIN, hostile) == describe_reply(ReplyKind.TRY_AGAIN)


@pytest.mark.parametrize(
    ("tail", "words"),
    [
        ("", ""),
        ("|PID-3 missing", "PID-3 missing"),
        ("|a\\.br\\b \x07 c", "a b \ufffd c"),
        ("\rERR||PID^1^3|101^Required field missing|E|||Log 7|No id", "No id"),
        ("\rERR||PID^1^3|101^Required field missing|E|||Log 7", "Log 7"),
        ("\rERR||PID^1^3|101^Required field missing|E", "Required field missing"),
        ("|Two faults\rERR|||101|E||||No id\rERR|||102|E||||No name", "Two faults; No id; No name"),
        ("|No id\rERR|||101|E||||No id", "No id"),
    ],
)
def test_the_receivers_words(tail, words):
    assert receiver_words(read_ack(reply("AE", tail=tail))) == words


def test_long_words_are_cut():
    words = receiver_words(read_ack(reply("AE", tail="|" + "word " * 5000)))
    assert len(words) <= MOST_WORDS
    assert words.endswith("word…")


def test_what_peers_say_is_not_in_a_repr():
    ack = read_ack(reply("AE", tail="|DOE") + b"ERR||PID^1^3|101|E||||DOE\r")
    assert "DOE" not in repr(ack)


@given(st.binary(max_size=300))
def test_any_bytes_can_be_read(raw):
    for start in (b"", b"MSH|^~\\&|A\r", b"MSH|^~\\&|A\rMSA|AE|1\rERR|", b"MSH0"):
        ack = read_ack(start + raw)
        describe_reply(classify_reply(ack, "1"), ack)


@given(
    st.sampled_from([b"AA", b"CA", b"AE", b"AR", b"aa", b""]),
    st.sampled_from([b"M1", b"M2", b" M1", b"", b"M\xc3\xa9"]),
    st.sampled_from([b"", b"|", b"|text", b"|||||101"]),
    st.sampled_from([b"\r", b"\n", b"\r\n", b"", b"\rERR|PID^1^3^101\r"]),
    st.sampled_from([b"|", b"^", b"#"]),
)
def test_the_quick_look_at_an_acceptance_says_what_the_whole_answer_says(
    code: bytes, named: bytes, more: bytes, end: bytes, separator: bytes
):
    raw = b"MSH|^~\\&|A|B|C|D|1||ACK|9|P|2.5\rMSA|" + code + b"|" + named + more + end
    raw = raw.replace(b"|", separator)
    quick = plain_acceptance(raw, b"M1")
    if quick is not None:
        assert quick == read_ack(raw)
        assert classify_reply(raw, "M1") in (ReplyKind.ACCEPTED, ReplyKind.COMMITTED)
    usual = (code, named, more, end) == (b"AA", b"M1", b"", b"\r")
    assert not usual or separator != b"|" or quick is not None


@pytest.mark.parametrize(
    ("code", "errors", "cause"),
    [
        ("AE", (), "AE"),
        ("AE", (AckError("101", "PID^1^3"),), "AE 101 PID-3"),
        ("AE", (AckError("0", "", severity="I"), AckError("101", "PID^1^3")), "AE 101 PID-3"),
        ("AE", (AckError("MARLOWE TESS", "PID^MARLOWE"),), "AE"),
        ("no code at all", (), ""),
        ("", (AckError("207", ""),), "207"),
    ],
)
def test_a_cause_names_code_and_place_and_none_of_the_peers_texts(code, errors, cause):
    assert named_cause(code, Ack("AE", "1", errors=errors, is_ack=True)) == cause
