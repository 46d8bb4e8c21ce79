"""The listener's dialogue: bytes, answers and timers in, actions out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.mllp.framing import encode_frame
from hl7console.mllp.session import (
    Close,
    ListenerLimits,
    ListenerSession,
    Note,
    Send,
    StoreFrame,
    StorePartial,
)
from hl7console.settings import ListenerSettings

ORDER = b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ORM^O01|1|P|2.3\rPID|||1\r"
ACK = b"MSH|^~\\&|PACS|HOSP|RIS|HOSP|20260105||ACK|1|P|2.3\rMSA|AA|1\r"


def kinds(actions):
    return [type(action).__name__ for action in actions]


def codes(actions):
    return [
        action.code if isinstance(action, Note) else action.reason_code
        for action in actions
        if isinstance(action, Note | Close)
    ]


def frames(actions):
    return [action for action in actions if isinstance(action, StoreFrame)]


def test_lock_step():
    session = ListenerSession()
    assert session.data_received(encode_frame(ORDER), 1.0) == [StoreFrame(0, ORDER, (), 1.0)]
    assert session.unanswered == 1
    assert session.answered(0, ACK) == [Send(encode_frame(ACK))]
    assert session.unanswered == 0
    assert session.data_received(encode_frame(ORDER), 2.0) == [StoreFrame(1, ORDER, (), 2.0)]
    assert session.answered(1, None) == []
    assert session.next_deadline_s is None
    assert not session.is_ending


def test_answers_leave_in_the_order_of_arrival():
    session = ListenerSession()
    actions = session.data_received(encode_frame(b"m0") * 4, 0.0)
    assert [frame.token for frame in frames(actions)] == [0, 1, 2, 3]
    assert session.answered(2, b"a2") == []
    assert session.answered(1, None) == []
    assert session.unanswered == 4
    assert session.answered(0, b"a0") == [Send(encode_frame(b"a0") + encode_frame(b"a2"))]
    assert session.answered(3, b"a3") == [Send(encode_frame(b"a3"))]
    assert session.unanswered == 0


@given(order=st.permutations(range(6)), silent=st.sets(st.integers(0, 5)))
def test_any_order_of_answers_gives_the_same_bytes(order, silent):
    session = ListenerSession()
    session.data_received(encode_frame(b"m0") * 6, 0.0)
    sent = b""
    for token in order:
        ack = None if token in silent else b"ack %d" % token
        for action in session.answered(token, ack):
            sent += action.data
    assert sent == b"".join(encode_frame(b"ack %d" % n) for n in range(6) if n not in silent)
    assert session.unanswered == 0


def test_a_frame_in_pieces_keeps_the_time_of_its_first_byte():
    session = ListenerSession()
    wire = encode_frame(ORDER)
    assert session.data_received(wire[:20], 5.0) == []
    assert session.data_received(wire[20:40], 6.0) == []
    assert session.data_received(wire[40:] + wire, 7.0) == [
        StoreFrame(0, ORDER, (), 5.0),
        StoreFrame(1, ORDER, (), 7.0),
    ]


def test_deviations_are_noted_once_and_stay_on_the_frame():
    session = ListenerSession()
    first = session.data_received(b"\x0bm0\x1c\n\x0bm1\x1c\n\x0bm2\x1cx\x1c \r", 0.0)
    assert [frame.flags for frame in frames(first)] == [
        ("lf_trailer",),
        ("lf_trailer",),
        ("embedded_fs", "blank_trailer"),
    ]
    assert codes(first) == ["lf_trailer", "embedded_fs", "blank_trailer"]
    assert codes(session.data_received(b"\x0bm3\x1c\n", 0.0)) == []


def test_noise_heartbeats_and_commit_blocks_are_noted():
    session = ListenerSession()
    wire = b"junk\x0b\x1c\r\x0b\x1c\r\x0b\x06\x1c\r\x0b\x15\x1c\r\x0bm0\x1c\r"
    actions = session.data_received(wire, 0.0)
    assert codes(actions) == ["noise", "heartbeat", "commit_block"]
    assert actions[0].sample == b"junk"
    assert "junk" not in repr(actions)
    assert session.heartbeats == 2
    assert session.unanswered == 1


def test_the_grace_ends_a_frame_without_trailer():
    session = ListenerSession()
    assert session.data_received(b"\x0bm0\x1c", 10.0) == []
    assert session.next_deadline_s == 10.5
    assert session.timer_fired(10.4) == []
    actions = session.timer_fired(10.5)
    assert kinds(actions) == ["Note", "StoreFrame"]
    assert actions[1].flags == ("no_trailer",)
    assert session.timer_fired(11.0) == []
    assert frames(session.data_received(b"\r\x0bm1\x1c\r", 12.0))[0].payload == b"m1"


def test_silence_inside_a_frame_ends_the_dialogue():
    session = ListenerSession()
    session.data_received(b"\x0bhalf", 10.0)
    assert session.next_deadline_s == 70.0
    session.data_received(b" more", 60.0)
    assert session.next_deadline_s == 120.0
    actions = session.timer_fired(120.0)
    assert kinds(actions) == ["StorePartial", "Close"]
    assert actions[0].payload == b"half more"
    assert actions[0].reason == "timeout"
    assert actions[1].reason_code == "frame_timeout"
    assert session.next_deadline_s is None
    assert session.timer_fired(999.0) == []
    assert session.data_received(encode_frame(ORDER), 999.0) == []
    assert session.is_ending


def test_a_byte_a_second_meets_the_hard_limit():
    session = ListenerSession(ListenerLimits(frame_timeout_s=60, frame_cap_s=100))
    now = 0.0
    session.data_received(b"\x0b", now)
    while not (actions := session.timer_fired(now)):
        now += 1.0
        session.data_received(b"x", now)
    assert now == 100.0
    assert codes(actions) == ["frame_timeout"]


def test_an_empty_frame_that_does_not_end_is_noted_only():
    session = ListenerSession()
    session.data_received(b"\x0b", 0.0)
    assert codes(session.timer_fired(60.0)) == ["timeout", "frame_timeout"]


def test_idle_connections_are_closed_on_demand_and_not_while_an_answer_is_due():
    session = ListenerSession(ListenerLimits(idle_timeout_s=30), now_s=100.0)
    assert session.next_deadline_s == 130.0
    session.data_received(encode_frame(ORDER), 110.0)
    assert session.next_deadline_s == 140.0
    assert session.timer_fired(140.0) == []
    assert session.next_deadline_s == 170.0
    session.answered(0, ACK)
    assert session.timer_fired(169.0) == []
    assert codes(session.timer_fired(170.0)) == ["idle"]


def test_a_start_block_in_a_frame_stores_the_first_part():
    session = ListenerSession()
    actions = session.data_received(b"\x0bhalf\x0bm0\x1c\r\x0b\x0bm1\x1c\r", 0.0)
    assert kinds(actions) == ["StorePartial", "StoreFrame", "Note", "StoreFrame"]
    assert actions[0] == StorePartial(b"half", "restarted", actions[0].text)
    assert actions[2].code == "restarted"


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (b"\x16\x03\x01\x02\x00", "tls_on_plain"),
        (b"GET / HTTP/1.1\r\n", "http_client"),
        (b"\x01\x00\x00\x00\x00\xcd", "dicom_client"),
        (b"j" * 70_000, "junk_limit"),
        (b"MSH|^~\\&|\x1c\r", "unframed"),
        (b"\x0b" + b"x" * 2000, "too_large"),
    ],
)
def test_faults_that_end_the_dialogue(wire, code):
    session = ListenerSession(ListenerLimits(max_message_bytes=1024))
    actions = session.data_received(wire, 0.0)
    if code == "too_large":
        actions = session.answered(0, None)
    assert actions[-1].reason_code == code
    assert actions[-1].text
    assert actions[-1].is_peer_writing == (code == "too_large")
    assert session.data_received(encode_frame(ORDER), 0.0) == []
    assert session.eof_received(0.0) == []
    assert session.finish(0.0) == []


def test_a_fault_lets_earlier_frames_have_their_answer():
    session = ListenerSession(ListenerLimits(max_message_bytes=1024))
    actions = session.data_received(encode_frame(b"m0") + b"\x0b" + b"x" * 2000, 0.0)
    assert kinds(actions) == ["StoreFrame", "StorePartial"]
    assert actions[1].reason == "too_large"
    assert session.is_ending
    assert session.data_received(encode_frame(ORDER), 0.0) == []
    assert session.answered(0, ACK) == [Send(encode_frame(ACK))]
    assert kinds(session.answered(1, ACK)) == ["Send", "Close"]
    assert session.answered(2, ACK) == []


def test_a_frame_that_is_too_large_is_answered_before_the_end():
    session = ListenerSession(ListenerLimits(max_message_bytes=1024))
    (partial,) = session.data_received(b"\x0b" + ORDER + b"x" * 2000, 0.0)
    text = "A message is larger than 1,024 bytes."
    assert partial == StorePartial((ORDER + b"x" * 1024)[:1024], "too_large", text, 0)
    assert session.unanswered == 1
    assert session.is_ending
    assert session.next_deadline_s is None
    assert session.data_received(b"x" * 2000 + b"\x1c\r", 0.0) == []
    assert session.finish(0.0) == []
    send, close = session.answered(0, ACK)
    assert send == Send(encode_frame(ACK))
    assert close == Close("too_large", text, is_peer_writing=True)


def test_unframed_messages_are_taken_on_demand_and_end_with_a_pause():
    session = ListenerSession(ListenerLimits(accept_unframed=True))
    assert session.data_received(ORDER, 0.0) == []
    assert session.next_deadline_s == 2.0
    actions = session.timer_fired(2.0)
    assert frames(actions)[0].payload == ORDER
    assert codes(actions) == ["unframed"]


def test_unframed_messages_are_kept_when_they_are_refused():
    session = ListenerSession()
    session.data_received(ORDER, 0.0)
    actions = session.timer_fired(2.0)
    assert kinds(actions) == ["StorePartial", "Close"]
    assert actions[0].payload == ORDER


def test_the_end_of_the_connection_waits_for_the_answers():
    session = ListenerSession()
    session.data_received(encode_frame(b"m0"), 0.0)
    actions = session.eof_received(1.0)
    assert actions == []
    assert session.eof_received(1.0) == []
    assert kinds(session.answered(0, ACK)) == ["Send", "Close"]


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        (b"", ["Close"]),
        (b"\x0bhalf", ["StorePartial", "Close"]),
        (b"x", ["Note", "Close"]),
    ],
)
def test_the_end_of_the_connection_stores_what_there_is(wire, expected):
    session = ListenerSession()
    session.data_received(wire, 0.0)
    assert kinds(session.eof_received(1.0)) == expected


def test_the_end_of_the_connection_ends_a_frame_without_trailer():
    session = ListenerSession()
    session.data_received(b"\x0bm0\x1c", 0.0)
    assert kinds(session.eof_received(1.0)) == ["Note", "StoreFrame"]
    assert kinds(session.answered(0, ACK)) == ["Send", "Close"]


def test_three_unreadable_messages_end_the_dialogue():
    session = ListenerSession()
    session.data_received(encode_frame(b"??") * 3, 0.0)
    assert session.answered(0, None, is_unreadable=True) == []
    assert session.answered(1, None, is_unreadable=True) == []
    assert codes(session.answered(2, None, is_unreadable=True)) == ["unreadable"]


def test_the_first_reason_to_end_counts():
    session = ListenerSession(ListenerLimits(max_message_bytes=1024))
    session.data_received(encode_frame(b"??") * 3 + b"\x0b" + b"x" * 2000, 0.0)
    actions = [session.answered(token, None, is_unreadable=True) for token in range(4)]
    assert codes(actions[3]) == ["too_large"]


def test_finish_closes_an_idle_connection():
    session = ListenerSession()
    assert codes(session.finish(0.0)) == ["shutdown"]


def test_finish_waits_for_answers():
    session = ListenerSession()
    session.data_received(encode_frame(b"m0") * 2, 0.0)
    assert session.finish(0.0) == []
    assert session.finish(0.0) == []
    assert kinds(session.answered(0, ACK)) == ["Send"]
    assert kinds(session.answered(1, ACK)) == ["Send", "Close"]


def test_finish_takes_the_frame_under_way_and_no_later_one():
    session = ListenerSession()
    session.data_received(b"\x0bm", 0.0)
    assert session.finish(1.0) == []
    actions = session.data_received(b"0\x1c\r" + encode_frame(b"m1"), 2.0)
    assert [frame.payload for frame in frames(actions)] == [b"m0"]
    assert session.data_received(encode_frame(b"m2"), 2.0) == []
    assert kinds(session.answered(0, ACK)) == ["Send", "Close"]


def test_finish_closes_after_a_frame_under_way_that_needs_no_answer():
    session = ListenerSession()
    session.data_received(b"\x0b", 0.0)
    session.finish(1.0)
    assert kinds(session.data_received(b"\x1c\r", 2.0)) == ["Note", "Close"]


def test_limits_follow_the_settings():
    settings = ListenerSettings(
        "orders",
        max_message_bytes=2048,
        idle_timeout_s=9,
        frame_timeout_s=8,
        accept_unframed=True,
    )
    limits = ListenerLimits.from_settings(settings)
    assert limits == ListenerLimits(2048, True, 8, idle_timeout_s=9)


WIRES = st.lists(
    st.sampled_from(
        [encode_frame(b"m0"), b"\x0b", b"\x1c", b"\r", b"xy", b"\x0b\x1c\r", b"\x0b\x06\x1c\r"]
    ),
    max_size=12,
).map(b"".join)


@given(wire=WIRES, cuts=st.sets(st.integers(0, 60), max_size=8))
def test_any_split_gives_the_same_actions(wire, cuts):
    def run(at):
        session = ListenerSession()
        actions = []
        last = 0
        for cut in [*sorted(at), len(wire)]:
            actions += session.data_received(wire[last:cut], 1.0)
            last = cut
        return actions + session.eof_received(1.0)

    whole = run([])
    assert run([cut for cut in cuts if cut < len(wire)]) == whole
    assert run(range(len(wire))) == whole
