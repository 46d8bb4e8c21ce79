"""Waiting times, bytes and verdicts of delivery queues, without sockets or a store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.outbound import Exchange
from hl7console.engine.outcomes import state_of
from hl7console.engine.queues.backoff import delay_s
from hl7console.engine.queues.outcomes import settled, verdict_of
from hl7console.engine.queues.payloads import InHand, dialogue_of, in_hand, no_recipes
from hl7console.engine.queues.standing import Standing, Tally
from hl7console.errors import UsageError
from hl7console.hl7v2.ack_decisions import asks_application_ack
from hl7console.hl7v2.replies import ReplyKind
from hl7console.hl7v2.scan import scan
from hl7console.settings import DestinationSettings, OnRefusal
from hl7console.store.queue_records import Claimed, QueueCounts

RAW = b"MSH|^~\\&|A|B|C|D|20260105||ADT^A01|M1|P|2.5|||AL|AL\rPID|1||7\r"
SETTINGS = DestinationSettings("PACS")


def claimed(**changes: object) -> Claimed:
    values: dict[str, object] = {
        "id": 1, "message_id": 2, "state": "queued", "attempt_count": 0, "unknown_count": 0,
        "recipe_id": 0, "created_at_us": 3, "was_on_wire": True, "raw": RAW,
    }  # fmt: skip
    return Claimed(**{**values, **changes})  # type: ignore[arg-type]


def exchange(state: str, **changes: object) -> Exchange:
    values: dict[str, object] = {
        "ack_code": "", "text": "Text.", "started_at_us": 1, "finished_at_us": 2,
        "round_trip_s": 0.0,
    }  # fmt: skip
    return Exchange(state, **{**values, **changes})  # type: ignore[arg-type]


def test_waits_grow_to_the_longest_and_stay_there():
    settings = DestinationSettings("PACS", retry_jitter=0.0)
    assert [delay_s(n, settings, 0.5) for n in (1, 2, 3, 4, 5, 6, 7, 100)] == [
        1, 2, 5, 10, 30, 60, 60, 60,
    ]  # fmt: skip
    quick = DestinationSettings("PACS", retry_first_s=0.1, retry_most_s=0.7, retry_jitter=0.0)
    assert [delay_s(n, quick, 0.5) for n in (1, 3, 4, 9)] == [0.1, 0.5, 0.7, 0.7]


@given(st.floats(0, 1), st.integers(1, 20))
def test_waits_vary_by_the_jitter(chance: float, failures: int):
    settings = DestinationSettings("PACS", retry_jitter=0.2)
    middle = delay_s(failures, settings, 0.5)
    assert middle * 0.8 <= delay_s(failures, settings, chance) <= middle * 1.2


@given(
    st.sampled_from([b"|", b"!", b"#"]),
    st.lists(st.binary(max_size=6).filter(lambda b: not set(b) & set(b"|!#\r\n\x00^~\\&")),
             max_size=20),
)  # fmt: skip
def test_the_quick_look_at_a_header_is_that_of_scan(separator: bytes, fields: list[bytes]):
    raw = separator.join([b"MSH", b"^~\\&", *fields]) + b"\rPID\r"
    control_id, wants_more = dialogue_of(raw)
    seen = scan(raw)
    assert control_id == seen.msh_10.decode("utf-8", "replace")
    assert wants_more == asks_application_ack(seen.msh_16)


@pytest.mark.parametrize(
    ("msh_16", "more"),
    [(b"AL", True), (b" su ", True), (b"NE", False), (b"ER", False), (b"", False), (b"X", False)],
)
def test_queue_and_resend_agree_on_whether_more_is_due_after_a_commit(msh_16: bytes, more: bool):
    raw = RAW.replace(b"|AL|AL\r", b"|AL|%b\r" % msh_16)
    assert dialogue_of(raw) == ("M1", more)
    state = state_of(exchange("accepted", ack_code="CA"), scan(raw))
    assert state == ("committed" if more else "accepted")
    assert state_of(exchange("accepted", ack_code="AA"), scan(raw)) == "accepted"


def test_bytes_of_a_first_attempt_are_sent_again_as_they_were():
    hand = in_hand(claimed(sent=RAW.replace(b"M1", b"M2"), recipe_id=4), SETTINGS, no_recipes)
    assert (hand.control_id, hand.is_new, hand.fault) == ("M2", False, "")


def test_what_cannot_be_made_says_why():
    def fail(_recipe: int, _raw: bytes) -> bytes:
        raise UsageError("It does not fit.")

    assert in_hand(claimed(recipe_id=4), SETTINGS, fail).fault == "Not sent: It does not fit."
    assert "not in the store" in in_hand(claimed(raw=b""), SETTINGS, fail).fault
    made = in_hand(claimed(recipe_id=4), SETTINGS, lambda _n, raw: raw + b"ZZ1|1\r")
    assert (made.is_new, made.payload) == (True, RAW + b"ZZ1|1\r")


@pytest.mark.parametrize(
    ("ended", "settings", "expected"),
    [
        (exchange("accepted", ack_code="AA"), {}, ("accepted", False, False)),
        (exchange("committed", ack_code="CA"), {}, ("committed", False, False)),
        (exchange("rejected", ack_code="AE", kind=ReplyKind.CONTENT_REFUSED), {},
         ("rejected", False, False)),
        (exchange("rejected", ack_code="AE", kind=ReplyKind.CONTENT_REFUSED),
         {"on_refusal": OnRefusal.STOP}, ("rejected", True, True)),
        (exchange("rejected", ack_code="AR", kind=ReplyKind.SETUP_REFUSED), {},
         ("rejected", True, True)),
        (exchange("rejected", ack_code="AR", kind=ReplyKind.TRY_AGAIN, can_retry=True), {},
         ("queued", True, False)),
        (exchange("unknown"), {}, ("unknown", True, False)),
        (exchange("unknown"), {"max_unknown": 1}, ("unknown", True, True)),
        (exchange("unknown"), {"max_unknown": 1, "keep_order": False}, ("held", True, False)),
        (exchange("unknown"), {"max_unknown": 0}, ("unknown", True, False)),
    ],
)  # fmt: skip
def test_what_an_answer_makes_of_a_delivery(ended, settings, expected):
    verdict = verdict_of(ended, InHand(claimed()), DestinationSettings("PACS", **settings))
    assert (verdict.state, verdict.is_due, bool(verdict.stops_queue)) == expected
    assert verdict.is_retried == (expected[1] and not expected[2] and expected[0] != "held")


def test_what_we_ended_ourselves_does_not_count_against_the_receiver():
    hand = InHand(claimed(unknown_count=2))
    verdict = verdict_of(exchange("unknown"), hand, SETTINGS, counts_unknown=False)
    assert (verdict.state, verdict.unknown_count, verdict.stops_queue) == ("unknown", 2, "")


def test_a_cause_names_code_and_place_and_no_text():
    reply = b"MSH|^~\\&|A|B|C|D|1||ACK|1|P|2.5\rMSA|AE|M1\rERR||PID^1^3|101^Jane^HL70357|E|||Jane\r"
    ended = exchange("rejected", ack_code="AE", kind=ReplyKind.CONTENT_REFUSED, reply=reply)
    assert verdict_of(ended, InHand(claimed()), SETTINGS).cause == "AE 101 PID-3"


def test_a_record_tells_of_repeats_and_deviations_and_keeps_no_long_code():
    ended = exchange("accepted", ack_code="A" * 500, notes=("Odd.", "Odd."), reply=b"reply")
    hand = InHand(claimed(state="unknown"), changes=("Changed.",))
    row = settled(ended, verdict_of(ended, hand, SETTINGS), hand, "PACS", 0)
    assert row.text.startswith("A repeat")
    assert row.text.endswith("Text. Odd. Changed.")
    assert len(row.ack_code) == 20
    assert row.reply == b"reply"


def test_counts_follow_what_is_queued_and_written_down():
    standing = Standing(QueueCounts(2, 0, 0, 7, 70))
    assert not standing.queued(1)
    standing.in_hand = 3
    assert not standing.has_more
    tally = Tally()
    tally.count, tally.over, tally.accepted = 3, 3, 3
    standing.kept(tally)
    assert (standing.due, standing.in_hand, standing.head_id) == (0, 0, 0)
    assert standing.queued(1)
    assert standing.has_more
