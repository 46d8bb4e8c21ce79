"""The sender's dialogue: every kind of reply the reference names, and none at all."""

from __future__ import annotations

import pytest

from hl7console.errors import UsageError
from hl7console.hl7v2.acks import ReplyKind
from hl7console.mllp.framing import encode_frame
from hl7console.mllp.session import (
    Close,
    Note,
    Outcome,
    Reply,
    Send,
    SenderLimits,
    SenderSession,
)
from hl7console.settings import DestinationSettings

ORDER = b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ORM^O01|M1|P|2.3\rPID|||1\r"


def ack(code="AA", control_id="M1", more=b""):
    head = b"MSH|^~\\&|PACS|HOSP|RIS|HOSP|20260105||ACK|9|P|2.5\r"
    return head + f"MSA|{code}|{control_id}\r".encode() + more


def sending(limits=None, **options):
    session = SenderSession(limits, timed_out_ids=options.pop("timed_out_ids", ()))
    session.send(ORDER, "M1", 0.0, **options)
    return session


def outcomes(actions):
    return [action for action in actions if isinstance(action, Outcome)]


def kinds(actions):
    return [type(action).__name__ for action in actions]


def test_an_accepted_message():
    session = SenderSession()
    assert session.is_idle
    assert session.next_deadline_s is None
    assert session.send(ORDER, "M1", 10.0) == [Send(encode_frame(ORDER))]
    assert not session.is_idle
    assert session.next_deadline_s == 40.0
    actions = session.data_received(encode_frame(ack()), 11.0)
    assert kinds(actions) == ["Reply", "Outcome"]
    assert actions[0] == Reply(ack())
    outcome = actions[1]
    assert (outcome.state, outcome.control_id, outcome.ack_code) == ("accepted", "M1", "AA")
    assert outcome.kind == ReplyKind.ACCEPTED
    assert outcome.is_final
    assert session.is_idle
    assert session.next_deadline_s is None


@pytest.mark.parametrize(
    ("reply", "state", "can_retry"),
    [
        (ack("AA"), "accepted", False),
        (ack("CA"), "accepted", False),
        (ack("AE"), "rejected", False),
        (ack("CE"), "rejected", False),
        (ack("AR", more=b"ERR||MSH^1^12|203|E\r"), "rejected", False),
        (ack("AR", more=b"ERR|||207|E\r"), "rejected", True),
        (ack("CR"), "rejected", True),
        (ack("ZZ"), "unknown", True),
        (ack(control_id=""), "unknown", True),
        (b"MSH|^~\\&|A|B\rPID|1\r", "unknown", True),
        (b"no HL7", "unknown", True),
    ],
)
def test_replies_give_outcomes(reply, state, can_retry):
    session = sending()
    (outcome,) = outcomes(session.data_received(encode_frame(reply), 1.0))
    assert (outcome.state, outcome.can_retry) == (state, can_retry)
    assert outcome.text
    assert session.is_idle


def test_an_empty_frame_is_an_unreadable_answer():
    (outcome,) = outcomes(sending().data_received(b"\x0b\x1c\r", 1.0))
    assert outcome.kind == ReplyKind.UNREADABLE


def test_a_blank_msa_2_is_accepted_on_demand():
    session = sending(SenderLimits(lenient_msa2=True))
    (outcome,) = outcomes(session.data_received(encode_frame(ack(control_id="")), 1.0))
    assert outcome.state == "accepted"


def test_another_msa_2_ends_the_dialogue():
    session = sending()
    actions = session.data_received(encode_frame(ack(control_id="OTHER")), 1.0)
    assert kinds(actions) == ["Reply", "Outcome", "Close"]
    assert actions[1].state == "unknown"
    assert actions[2].reason_code == "wrong_id"
    assert session.is_closed
    assert not session.is_idle
    assert session.data_received(encode_frame(ack()), 2.0) == []
    assert session.eof(2.0) == []


def test_a_late_answer_is_dropped_and_the_wait_goes_on():
    session = sending(timed_out_ids={"M0"})
    actions = session.data_received(encode_frame(ack(control_id="M0")), 1.0)
    assert kinds(actions) == ["Reply", "Note"]
    assert actions[1].code == "late_ack"
    assert session.next_deadline_s == 30.0
    assert outcomes(session.data_received(encode_frame(ack()), 2.0))[0].state == "accepted"


def test_no_answer_in_time():
    session = sending()
    assert session.timed_out(29.0) == []
    actions = session.timed_out(30.0)
    assert kinds(actions) == ["Outcome", "Close"]
    assert (actions[0].state, actions[0].can_retry, actions[0].kind) == ("unknown", True, None)
    assert actions[1].reason_code == "response_timeout"
    assert session.timed_out(31.0) == []


def test_half_an_answer_in_time():
    session = sending()
    assert session.data_received(b"\x0bMSH|", 1.0) == []
    actions = session.timed_out(30.0)
    assert kinds(actions) == ["Reply", "Outcome", "Close"]
    assert actions[0] == Reply(b"MSH|", ("partial",))


def test_the_connection_is_closed_before_the_answer():
    actions = sending().eof(1.0)
    assert kinds(actions) == ["Outcome", "Close"]
    assert actions[0].state == "unknown"
    assert actions[0].can_retry
    actions = SenderSession().eof(1.0)
    assert kinds(actions) == ["Close"]


def test_an_answer_without_trailer_and_the_end_of_the_connection():
    session = sending()
    session.data_received(encode_frame(ack())[:-1], 1.0)
    actions = session.eof(1.1)
    assert kinds(actions) == ["Reply", "Outcome", "Close"]
    assert actions[0].flags == ("no_trailer",)
    assert actions[1].state == "accepted"


def test_an_answer_without_trailer_ends_after_the_grace():
    session = sending()
    session.data_received(encode_frame(ack())[:-1], 1.0)
    assert session.next_deadline_s == 1.5
    assert outcomes(session.timed_out(1.5))[0].state == "accepted"
    assert not session.is_closed


def test_an_answer_without_framing_ends_after_a_pause():
    session = sending()
    session.data_received(ack(), 1.0)
    assert session.next_deadline_s == 3.0
    actions = session.timed_out(3.0)
    assert actions[0].flags == ("unframed",)
    assert outcomes(actions)[0].state == "accepted"


def test_extra_bytes_after_the_answer_are_dropped_before_the_next_message():
    session = sending()
    actions = session.data_received(encode_frame(ack()) + b"rest\x0bhalf", 1.0)
    assert kinds(actions) == ["Reply", "Outcome", "Note"]
    actions = session.send(ORDER, "M2", 2.0)
    assert kinds(actions) == ["Note", "Send"]
    assert actions[0].code == "extra_bytes"
    reply = encode_frame(ack(control_id="M2"))
    assert outcomes(session.data_received(reply, 3.0))[0].state == "accepted"


def test_an_answer_too_many_is_noted():
    session = sending()
    actions = session.data_received(encode_frame(ack()) * 2, 1.0)
    assert actions[-1].code == "extra_reply"
    assert len(outcomes(actions)) == 1


def test_an_answer_that_is_begun_anew():
    session = sending()
    actions = session.data_received(b"\x0bhalf" + encode_frame(ack()), 1.0)
    assert kinds(actions) == ["Reply", "Note", "Reply", "Outcome"]
    assert actions[1].code == "restarted"
    assert kinds(sending().data_received(b"\x0b\x0b", 1.0)) == ["Note"]


def test_a_commit_and_an_application_acknowledgement():
    session = sending(wants_application_ack=True)
    (outcome,) = outcomes(session.data_received(encode_frame(ack("CA")), 5.0))
    assert (outcome.state, outcome.is_final) == ("committed", False)
    assert not session.is_idle
    assert session.next_deadline_s == 125.0
    actions = session.data_received(encode_frame(ack("CA")), 6.0)
    assert actions[-1].code == "repeated_commit"
    actions = session.data_received(encode_frame(ack(control_id="OTHER")), 7.0)
    assert actions[-1].code == "other_reply"
    (outcome,) = outcomes(session.data_received(encode_frame(ack("AA")), 8.0))
    assert (outcome.state, outcome.is_final) == ("accepted", True)


def test_an_application_acknowledgement_that_refuses():
    session = sending(wants_application_ack=True)
    session.data_received(encode_frame(ack("CA")), 5.0)
    (outcome,) = outcomes(session.data_received(encode_frame(ack("AE")), 8.0))
    assert (outcome.state, outcome.can_retry) == ("rejected", False)


@pytest.mark.parametrize("end", ["eof", "timed_out"])
def test_an_application_acknowledgement_that_does_not_come(end):
    session = sending(wants_application_ack=True)
    session.data_received(encode_frame(ack("CA")), 5.0)
    actions = getattr(session, end)(125.0)
    (outcome,) = outcomes(actions)
    assert (outcome.state, outcome.can_retry, outcome.is_final) == ("committed", False, True)
    assert session.is_closed


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (b"\x16\x03\x03\x00", "foreign_protocol"),
        (b"\x01\x00\x00\x00", "foreign_protocol"),
        (b"\x0b" + b"x" * 2000, "too_large"),
        (b"j" * 70_000, "junk_limit"),
    ],
)
def test_faults_of_the_receiver_end_the_dialogue(wire, code):
    actions = sending(SenderLimits(max_reply_bytes=1024)).data_received(wire, 1.0)
    assert outcomes(actions)[0].state == "unknown"
    assert actions[-1].reason_code == code
    idle = SenderSession(SenderLimits(max_reply_bytes=1024))
    actions = idle.data_received(wire, 1.0)
    assert not outcomes(actions)
    assert isinstance(actions[-1], Close)


def test_noise_beyond_the_limit_at_the_end_of_the_connection():
    session = sending()
    session.data_received(b"j" * 65_536 + encode_frame(ack()) + b"M", 1.0)
    assert [action.reason_code for action in session.eof(2.0)[1:]] == ["junk_limit"]


def test_nothing_more_is_taken_after_a_fault_within_one_read():
    session = sending()
    actions = session.data_received(
        encode_frame(ack(control_id="OTHER")) + encode_frame(ack()), 1.0
    )
    assert kinds(actions) == ["Reply", "Outcome", "Close"]


def test_noise_before_the_answer_is_noted():
    actions = sending().data_received(b"junk" + encode_frame(ack()), 1.0)
    assert kinds(actions) == ["Note", "Reply", "Outcome"]
    assert "junk" not in repr(actions)


def test_commit_blocks_are_dropped_in_release_1():
    actions = sending().data_received(b"\x0b\x06\x1c\r" + encode_frame(ack()), 1.0)
    assert actions[0].code == "commit_block"
    assert outcomes(actions)[0].state == "accepted"


RELEASE_2 = SenderLimits(release=2)


def test_release_2_waits_for_the_block_and_answers_the_acknowledgement_with_one():
    session = sending(RELEASE_2)
    assert session.data_received(b"\x0b\x06\x1c\r", 1.0) == []
    actions = session.data_received(encode_frame(ack()), 2.0)
    assert kinds(actions) == ["Reply", "Send", "Outcome"]
    assert actions[1] == Send(b"\x0b\x06\x1c\r")
    assert actions[2].state == "accepted"


def test_release_2_takes_a_negative_block_as_a_reason_to_try_again():
    session = sending(RELEASE_2)
    (outcome,) = outcomes(session.data_received(b"\x0b\x15\x1c\r", 1.0))
    assert (outcome.state, outcome.can_retry) == ("rejected", True)
    assert session.is_idle


def test_release_2_takes_an_acknowledgement_before_the_block():
    session = sending(RELEASE_2)
    actions = session.data_received(encode_frame(ack()), 2.0)
    assert kinds(actions) == ["Reply", "Send", "Note", "Outcome"]
    assert actions[2] == Note("no_commit_block", actions[2].text)
    assert actions[3].state == "accepted"


@pytest.mark.parametrize("byte", [b"\x0b", b"\x1c"])
def test_a_payload_with_framing_bytes_is_refused(byte):
    session = SenderSession()
    with pytest.raises(UsageError):
        session.send(b"MSH|" + byte, "M1", 0.0)
    assert session.is_idle


def test_one_message_at_a_time():
    session = sending()
    with pytest.raises(RuntimeError):
        session.send(ORDER, "M2", 1.0)


def test_limits_follow_the_settings():
    settings = DestinationSettings("pacs", response_timeout_s=7, lenient_msa2=True)
    assert SenderLimits.from_settings(settings) == SenderLimits(7, lenient_msa2=True)


def test_an_answer_in_single_bytes():
    session = sending()
    wire = encode_frame(ack())
    actions = []
    for at in range(len(wire)):
        actions += session.data_received(wire[at : at + 1], 1.0)
    assert kinds(actions) == ["Reply", "Outcome"]


def test_a_second_answer_to_an_earlier_message_is_dropped_and_told():
    session = sending()
    session.data_received(encode_frame(ack()), 1.0)
    session.send(b"MSH|2", "M2", 2.0)
    actions = session.data_received(encode_frame(ack()), 3.0)
    assert kinds(actions) == ["Reply", "Note"]
    assert actions[1].code == "double_ack"
    second = session.data_received(encode_frame(ack(control_id="M2")), 4.0)
    assert outcomes(second)[0].state == "accepted"
