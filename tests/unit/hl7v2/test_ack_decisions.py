"""Which code a message gets, by its header and the listener's rules."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.ack_decisions import (
    AckProblem,
    AckRules,
    decide,
    failure,
    failure_code,
    too_large,
)
from hl7console.hl7v2.scan import scan
from hl7console.settings import AckMode, ListenerSettings

HEADER = r"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||ORM^O01|C1|P|2.5.1"
ORDER = "\rPID|1||1^^^HOSP^MR\rORC|NW|P1\rOBR|1|P1\r"


def decided(header: str = HEADER, body: str = ORDER, **rules: object):
    return decide(scan((header + body).encode("latin_1")), AckRules(**rules))


def with_field(number: int, value: str) -> str:
    fields = HEADER.split("|")
    fields += [""] * (number - len(fields))
    fields[number - 1] = value
    return "|".join(fields)


def test_a_good_order_is_accepted():
    decision = decided()
    assert decision.code == "AA"
    assert decision.outcome == "accept"
    assert decision.problems == ()
    assert decision.text == ""


@pytest.mark.parametrize(
    ("number", "value", "code", "error", "location"),
    [
        (9, "", "AE", 101, "MSH^1^9"),
        (9, "XXX^O01", "AR", 200, "MSH^1^9^1^1"),
        (9, "ORM^X99", "AR", 201, "MSH^1^9^1^2"),
        (10, "", "AE", 101, "MSH^1^10"),
        (12, "1.0", "AR", 203, "MSH^1^12"),
        (12, "2.99", "AR", 203, "MSH^1^12"),
        (12, "3", "AR", 203, "MSH^1^12"),
        (2, "^^\\&", "AE", 102, "MSH^1^2"),
        (2, "^~\\\\&", "AE", 102, "MSH^1^2"),
        (2, "^~\\&#@", "AE", 102, "MSH^1^2"),
        (2, "", "AE", 101, "MSH^1^2"),
    ],
)
def test_a_faulty_header_is_refused(number, value, code, error, location):
    decision = decided(with_field(number, value))
    assert decision.code == code
    assert error in [problem.code for problem in decision.problems]
    assert location in [problem.location for problem in decision.problems]
    assert decision.text


@pytest.mark.parametrize(
    ("number", "value"),
    [
        (9, "ZZZ^Z01"),
        (9, "ORM^Z99"),
        (9, "oru^r01"),
        (9, "ORU"),
        (12, ""),
        (12, "2.3.2"),
        (12, "2.9"),
        (12, " 2.5 "),
        (11, ""),
        (2, "^~\\&#"),
        (2, "^~"),
        (3, ""),
    ],
)
def test_what_the_field_sends_is_accepted(number, value):
    assert decided(with_field(number, value)).code == "AA"


@pytest.mark.parametrize(
    ("accept", "application", "good", "bad"),
    [
        ("", "", "AA", "AR"),
        ("AL", "NE", "CA", "CR"),
        ("AL", "", "CA", "CR"),
        ("al", "", "CA", "CR"),
        ("YES", "", "CA", "CR"),
        ("SU", "NE", "CA", ""),
        ("ER", "NE", "", "CR"),
        ("NE", "NE", "", ""),
        ("NE", "", "", ""),
        ("NE", "AL", "AA", "AR"),
        ("", "AL", "AA", "AR"),
        ("", "SU", "AA", ""),
        ("", "ER", "", "AR"),
        (" ", " ", "AA", "AR"),
        ("AL", "AL", "CA", "CR"),
    ],
)
def test_msh_15_and_16_choose_the_mode(accept, application, good, bad):
    tail = f"|||{accept}|{application}"
    assert decided(HEADER + tail).code == good
    refused = decided(with_field(9, "XXX^O01") + tail)
    assert refused.code == bad
    assert refused.outcome == "reject"
    if not bad:
        assert refused.reason == "not_asked"


@pytest.mark.parametrize(
    ("mode", "tail", "code"),
    [
        (AckMode.ORIGINAL, "|||AL|NE", "AA"),
        (AckMode.ENHANCED, "", "CA"),
        (AckMode.ENHANCED, "|||NE|NE", ""),
        (AckMode.NONE, "", ""),
    ],
)
def test_a_listener_may_fix_the_mode(mode, tail, code):
    assert decided(HEADER + tail, mode=mode).code == code


def test_without_answers_the_outcome_is_still_told():
    decision = decided(with_field(9, "XXX^O01"), mode=AckMode.NONE)
    assert (decision.code, decision.outcome, decision.reason) == ("", "reject", "switched_off")


@pytest.mark.parametrize(
    ("allowed", "code"),
    [
        (("EHR",), "AA"),
        (("ehr",), "AA"),
        (("EHR|HOSP",), "AA"),
        (("RIS", "EHR"), "AA"),
        (("EHR|OTHER",), "AE"),
        (("RIS",), "AE"),
    ],
)
def test_senders_may_be_limited(allowed, code):
    decision = decided(allowed_senders=allowed)
    assert decision.code == code
    if code == "AE":
        assert decision.problems[0].code == 103
        assert decided(HEADER + "|||AL", allowed_senders=allowed).code == "CR"


def test_without_a_list_everybody_is_let_in():
    assert AckRules().lets_in("|")


def test_processing_ids_may_be_limited():
    assert decided(processing_ids=("P",)).code == "AA"
    assert decided(with_field(11, ""), processing_ids=("P",)).code == "AA"
    assert decided(with_field(11, "T^A"), processing_ids=("P",)).code == "AR"


@pytest.mark.parametrize(
    ("header", "body"),
    [
        (with_field(9, "ACK"), "\rMSA|AA|C0\r"),
        (with_field(9, "ACK^O01^ACK"), "\r"),
        (with_field(9, "ORR^O02"), "\rMSA|AA|C0\r"),
    ],
)
def test_an_acknowledgement_is_never_acknowledged(header, body):
    decision = decided(header, body)
    assert (decision.code, decision.reason) == ("", "unsolicited_ack")
    found = scan((header + body).encode())
    assert failure_code(found, AckRules()) == ""


def test_a_reply_with_an_order_is_acknowledged():
    assert decided(with_field(9, "ORR^O02"), "\rMSA|AA|C0\rORC|OK|P1\r").code == "AA"


def test_characters_of_another_set_are_accepted_with_a_warning():
    decision = decided(HEADER + "||||||UNICODE UTF-8", "\rPID|1||1||M\xfcller\r")
    assert decision.code == "AA"
    assert [(p.code, p.severity) for p in decision.problems] == [(102, "W")]


def test_batches_are_refused_unless_the_listener_takes_them():
    body = "\rMSH|^~\\&|A|B|C|D|20260102||ADT^A08|1|P|2.5\rEVN|A08\rBTS|1\r"
    assert decided("BHS|^~\\&|A", body).code == "AR"
    assert decided("BHS|^~\\&|A", body, accept_batch=True).code == "AA"


@pytest.mark.parametrize(
    ("raw", "code", "reason"),
    [
        (b"", "", "unreadable"),
        (b"hello", "", "unreadable"),
        (b"MSH|", "", "unreadable"),
        (b"<ORM_O01><MSH/></ORM_O01>", "AR", ""),
        (b"BHS|^~\\&|A\rBTS|0\r", "AR", ""),
    ],
)
def test_what_has_no_header(raw, code, reason):
    decision = decide(scan(raw), AckRules())
    assert (decision.code, decision.reason) == (code, reason)
    assert decision.outcome != "accept"
    assert failure(scan(raw), AckRules()).code == code


def test_a_failure_to_store_may_be_tried_again():
    found = scan((HEADER + ORDER).encode())
    assert failure_code(found, AckRules()) == "AR"
    assert failure(found, AckRules()).problems[0].code == 207
    assert failure(found, AckRules(), is_locked=True).problems[0].code == 206
    enhanced = scan((HEADER + "|||AL" + ORDER).encode())
    assert failure_code(enhanced, AckRules()) == "CR"


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (HEADER + ORDER, "AE"),
        (HEADER, "AE"),
        (HEADER + "|||AL" + ORDER, "CE"),
        (HEADER + "|||ER|NE" + ORDER, "CE"),
        (HEADER + "|||NE|NE" + ORDER, ""),
        (HEADER + "|||SU" + ORDER, ""),
        (HEADER.replace("ORM^O01", "ACK") + "\rMSA|AA|1\r", ""),
        ("no header", ""),
        ("<ORM_O01 xmlns='urn:hl7-org:v2xml'><MSH>", "AR"),
    ],
)
def test_what_is_too_large_is_to_be_changed_not_sent_again(raw: str, code: str):
    decision = too_large(scan(raw.encode()), AckRules(), "It is larger than 9 bytes.")
    assert decision.code == code
    assert decision.outcome != "accept"
    if code in ("AE", "CE"):
        assert decision.problems == (AckProblem(207, "", "It is larger than 9 bytes."),)


def test_rules_come_from_a_listeners_settings():
    settings = ListenerSettings(
        name="in", allowed_senders=("EHR",), ack_mode=AckMode.ENHANCED, accept_batch=True
    )
    rules = AckRules.of(settings)
    assert rules.lets_in("EHR|HOSP")
    assert not rules.lets_in("|")
    assert rules.mode == AckMode.ENHANCED
    assert rules.accept_batch


def test_a_problem_of_no_known_code_still_has_a_text():
    assert AckProblem(999, "", "x").standard_text == "Application error"
    assert AckProblem(101, "", "x").standard_text == "Required field missing"


@given(st.binary(max_size=300), st.sampled_from(list(AckMode)))
def test_any_bytes_get_a_decision(raw, mode):
    for start in (b"", b"MSH|", b"MSH|^~\\&|"):
        decision = decide(scan(start + raw), AckRules(mode=mode))
        assert decision.code in ("", "AA", "AE", "AR", "CA", "CE", "CR")
        assert decision.outcome in ("accept", "error", "reject")
