"""The bytes of acknowledgements."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.acks import AckProblem, AckRules, build_ack, decide, read_ack
from hl7console.hl7v2.scan import scan

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone(timedelta(hours=1)))
MISSING = AckProblem(101, "PID^1^3^1^4", "PID-3 has no assigning authority.")
WARNING = AckProblem(102, "MSH^1^18", "Another character set was used.", "W")
BUSY = AckProblem(207, "", "Not stored.")


def built(
    raw: str | bytes, code: str = "AA", problems: tuple[AckProblem, ...] = (), **more
) -> bytes:
    data = raw if isinstance(raw, bytes) else raw.encode("latin_1")
    return build_ack(scan(data), code, problems, control_id="K1", now=NOW, **more)


def order(version: str = "2.5.1", kind: str = "ORM^O01", msh_2: str = "^~\\&") -> str:
    return f"MSH|{msh_2}|EHR^1.2^ISO|HOSP|PACS|RAD|20260101||{kind}|C 1|T^A|{version}\rPID|1\r"


def test_the_answer_swaps_the_parties_and_names_the_message():
    assert built(order()) == (
        b"MSH|^~\\&|PACS|RAD|EHR^1.2^ISO|HOSP|20260102030405+0100||ACK^O01^ACK|K1|T^A|2.5.1\r"
        b"MSA|AA|C 1\r"
    )


@pytest.mark.parametrize(
    ("version", "kind", "stamp"),
    [
        ("2.1", b"ACK", b"20260102030405"),
        ("2.2", b"ACK", b"20260102030405"),
        ("2.3", b"ACK^O01", b"20260102030405+0100"),
        ("2.3.1", b"ACK^O01^ACK", b"20260102030405+0100"),
        ("2.5.1^DEU", b"ACK^O01^ACK", b"20260102030405+0100"),
        ("2.8.2", b"ACK^O01^ACK", b"20260102030405+0100"),
        ("2.3.2", b"ACK^O01^ACK", b"20260102030405+0100"),
        ("9", b"ACK^O01^ACK", b"20260102030405+0100"),
    ],
)
def test_the_header_follows_the_version(version, kind, stamp):
    fields = built(order(version)).split(b"\r")[0].split(b"|")
    assert fields[8] == kind
    assert fields[6] == stamp
    assert fields[11] == version.split("^")[0].encode()


def test_blank_fields_of_the_header():
    raw = "MSH|^~\\&|||||||ORU|||\r"
    assert built(raw, "AE").split(b"\r")[0] == (b"MSH|^~\\&|||||20260102030405+0100||ACK|K1|P|2.4")
    assert built(raw, default_version="2.5").endswith(b"|2.5\rMSA|AA|\r")


@pytest.mark.parametrize("event", ["O01\\F\\", "\xf601"])
def test_an_event_that_is_none_is_not_repeated(event):
    assert b"|ACK|K1" in built(order(kind=f"ORM^{event}"))


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("2.2", b"MSA|AE|C 1|PID-3 has no assigning authority.\rERR|PID^1^3^101~^^^207\r"),
        (
            "2.4",
            b"MSA|AE|C 1|PID-3 has no assigning authority.\r"
            b"ERR|PID^1^3^101&Required field missing&HL70357"
            b"~^^^207&Application internal error&HL70357\r",
        ),
        (
            "2.5",
            b"MSA|AE|C 1\r"
            b"ERR||PID^1^3^1^4|101^Required field missing^HL70357|E||||"
            b"PID-3 has no assigning authority.\r"
            b"ERR||MSH^1^18|102^Data type error^HL70357|W||||Another character set was used.\r"
            b"ERR|||207^Application internal error^HL70357|E||||Not stored.\r",
        ),
    ],
)
def test_errors_have_the_layout_of_the_version(version, expected):
    ack = built(order(version), "AE", (MISSING, WARNING, BUSY))
    assert ack.partition(b"\r")[2] == expected


def test_a_warning_is_not_told_to_peers_that_have_no_place_for_it():
    assert built(order("2.3.1"), "AA", (WARNING,)).endswith(b"MSA|AA|C 1\r")


def test_other_delimiters_are_kept():
    raw = "MSH!*%$@!A*1!B!C!D!20260101!!ADT*A08!7!P!2.5\rEVN!A08\r"
    ack = built(raw, "AE", (AckProblem(101, "PID^1^3", "Yes! *5 $."),))
    header, answer, error = ack.rstrip(b"\r").split(b"\r")
    assert header.startswith(b"MSH!*%$@!C!D!A*1!B!")
    assert b"!ACK*A08*ACK!" in header
    assert answer == b"MSA!AE!7"
    assert error == (b"ERR!!PID*1*3!101*Required field missing*HL70357!E!!!!Yes$F$ $S$5 $E$.")
    assert read_ack(ack).text == "Yes! *5 $."


@pytest.mark.parametrize(
    ("msh_2", "shown"),
    [("^~\\\\&", b"^~\\&"), ("0000", b"^~\\&"), ("", b"^~\\&"), ("^~", b"^~"), ("^", b"^")],
)
def test_unusable_delimiters_are_replaced(msh_2, shown):
    ack = built(order(msh_2=msh_2), "AE", (MISSING,))
    assert ack.startswith(b"MSH|" + shown + b"|")
    assert read_ack(ack).code == "AE"


@pytest.mark.parametrize("version", ["2.2", "2.4", "2.5"])
def test_errors_where_levels_are_switched_off(version):
    text = AckProblem(101, "PID^1^3", "No ^ here | at all.")
    for msh_2 in ("^", "^~", "^~\\"):
        read = read_ack(built(order(version, msh_2=msh_2), "AE", (text, BUSY)))
        assert read.errors[0].code == "101"
        assert "here" in read.text


def test_a_field_separator_that_is_a_usual_delimiter():
    raw = "MSH^~|\\&^A^B^C^D^20260101^^ADT~A24^7^P^2.4\r"
    assert built(raw).startswith(b"MSH^~|\\&^C^D^A^B^")
    undivided = "MSH^^A^B^C^D^20260101^^ADT~A24^7^P^2.5\r"
    header, _, error = built(undivided, "AE", (MISSING,)).split(b"\r")[:3]
    assert header.startswith(b"MSH^^C^D^A^B^")
    assert error.startswith(b"ERR^^PID^101^E^")


@pytest.mark.parametrize(
    ("tail", "name", "charset"),
    [
        ("||||||8859/1", "B\xe4r".encode("latin_1"), b"8859/1"),
        ("||||||UNICODE UTF-8~8859/1", "B\xe4r".encode(), b"UNICODE UTF-8"),
        ("", "B\xe4r".encode(), b"UNICODE UTF-8"),
        ("", "B\xe4r".encode("latin_1"), b""),
        ("||||||~ISO IR87", "\u5c71".encode("iso2022_jp"), b"~ISO IR87"),
        ("||||||8859/1", b"Bear", b""),
    ],
)
def test_msh_18_is_what_was_really_used(tail, name, charset):
    raw = b"MSH|^~\\&|" + name + b"|B|C|D|20260101||ADT^A08|7|P|2.5" + tail.encode() + b"\rEVN|\r"
    header = built(raw).split(b"\r")[0].split(b"|")
    assert header[4] == name
    assert (header[17] if len(header) > 17 else b"") == charset


def test_the_listener_may_name_the_character_set():
    raw = "MSH|^~\\&|B\xe4r|B|C|D|20260101||ADT^A08|7|P|2.5\r".encode("latin_1")
    assert built(raw, charset=b"8859/1").split(b"\r")[0].endswith(b"|2.5||||||8859/1")


def test_framing_bytes_never_get_into_an_answer():
    raw = b"MSH|^~\\&|A\x0b|B|C|D|20260101||ADT^A08|7\x1c\nEVN|A08\n"
    ack = built(raw)
    assert b"\x1c" not in ack
    assert b"\x0b" not in ack


def test_xml_is_answered_with_delimiters():
    found = scan(b"<ORM_O01><MSH/></ORM_O01>")
    decision = decide(found, AckRules())
    ack = build_ack(found, decision.code, decision.problems, control_id="K1", now=NOW)
    assert read_ack(ack).code == "AR"
    assert "XML" in read_ack(ack).text


def test_seconds_are_written_in_the_zone_of_the_machine():
    second = NOW.timestamp()
    found = scan(order().encode())
    local = NOW.astimezone().strftime("%Y%m%d%H%M%S%z").encode()
    for _ in range(2):
        ack = build_ack(found, "AA", control_id=b"K2", now=second + 0.7)
        assert ack.split(b"|")[6] == local
    plain = build_ack(scan(order("2.2").encode()), "AA", control_id=b"K2", now=second)
    assert plain.split(b"|")[6] == local[:14]


def test_zones_west_of_greenwich(monkeypatch):
    from hl7console.hl7v2 import acks

    class Local:
        tm_gmtoff = -12600

    monkeypatch.setattr(acks.time, "localtime", lambda _: Local())
    monkeypatch.setattr(acks.time, "strftime", lambda *_: "20260102030405")
    ack = build_ack(scan(order().encode()), "AA", control_id="K", now=123.0)
    assert ack.split(b"|")[6] == b"20260102030405-0330"


@given(st.binary(max_size=200), st.sampled_from(["AA", "AE", "CR"]))
def test_any_readable_message_gets_an_answer_that_can_be_read(raw, code):
    for start in (b"MSH|", b"MSH|^~\\&|", b"MSH!", b"MSH^~"):
        found = scan(start + raw)
        if found.is_readable:
            ack = build_ack(found, code, (MISSING,), control_id="K1", now=NOW)
            read = read_ack(ack)
            assert read.is_readable
            assert ack.endswith(b"\r")
            assert ack.count(b"\x1c") == 0
