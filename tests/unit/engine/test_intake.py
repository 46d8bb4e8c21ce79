from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.intake import Answer, ControlIds, Intake
from hl7console.hl7v2.acks import read_ack
from hl7console.settings import AckMode, ListenerSettings
from hl7console.store.records import NewMessage, OnStored, StoreOutcome

ORDER = b"MSH|^~\\&|RIS|N|PACS|N|20260105||ORM^O01|%b|P|2.5.1\rPID|1||77^^^N^MR||M^T\r"


class FakeWriter:
    def __init__(self) -> None:
        self.items: list[tuple[NewMessage, OnStored | None]] = []

    def put(self, new: NewMessage, on_stored: OnStored | None) -> None:
        self.items.append((new, on_stored))


class FakeInbox:
    def __init__(self) -> None:
        self.answers: list[Answer] = []

    def put(self, answer: Answer) -> None:
        self.answers.append(answer)


def take(
    payload: bytes, outcome: StoreOutcome, **settings: object
) -> tuple[NewMessage, bytes | None]:
    """Return the row, and what the sender is told once the store said what became of it."""
    writer, inbox = FakeWriter(), FakeInbox()
    intake = Intake(
        ListenerSettings("in", **settings), writer, ControlIds(), clock_s=lambda: 1_700_000_000.25
    )
    intake.take(payload, (), (inbox, None, 0), "10.0.0.1:99", 7)  # type: ignore[arg-type]
    ((new, on_stored),) = writer.items
    assert not inbox.answers  # nothing is told before the store is done
    assert on_stored is not None
    on_stored(outcome)
    (answer,) = inbox.answers
    return new, intake.answer_bytes(answer)


def test_what_is_stored_is_what_is_told():
    new, told = take(ORDER % b"M1", StoreOutcome(1))
    assert told == new.ack
    assert read_ack(new.ack).code == new.ack_code == "AA"
    assert (new.interface, new.peer, new.connection) == ("in", "10.0.0.1:99", 7)
    assert new.received_at_us == 1_700_000_000_250_000
    assert (new.control_id, new.patient_id, new.sender) == ("M1", "77", "RIS|N")
    assert new.dedup_key
    assert len(new.content_hash) == 32


def test_a_store_that_fails_means_ar_207_and_a_locked_one_206():
    full = StoreOutcome(0, error="The disk is full.")
    locked = StoreOutcome(0, error="The database is locked.", is_locked=True)
    for outcome, code in ((full, "207"), (locked, "206")):
        new, told = take(ORDER % b"M1", outcome)
        assert new.ack_code == "AA"
        assert told is not None
        ack = read_ack(told)
        assert (ack.code, ack.control_id) == ("AR", "M1")
        assert [e.code for e in ack.errors] == [code]
    _, told = take(ORDER % b"M1", full, ack_mode=AckMode.ENHANCED)
    assert told is not None
    assert read_ack(told).code == "CR"


def test_a_message_that_would_be_refused_is_ar_as_well_when_it_is_not_stored():
    _, told = take(ORDER % b"M1", StoreOutcome(0, error="Full."), allowed_senders=("X",))
    assert told is not None
    assert read_ack(told).code == "AR"


def test_a_duplicate_is_told_what_the_first_was_told():
    _, told = take(ORDER % b"M1", StoreOutcome(2, duplicate_of=1, ack=b"the first answer"))
    assert told == b"the first answer"
    _, told = take(ORDER % b"M1", StoreOutcome(2, duplicate_of=1, ack=b""))
    assert told is None


def test_nothing_is_told_in_mode_none():
    new, told = take(ORDER % b"M1", StoreOutcome(1), ack_mode=AckMode.NONE)
    assert (told, new.ack, new.ack_code, new.status) == (None, b"", "", "ok")
    assert take(ORDER % b"M1", StoreOutcome(0, error="x"), ack_mode=AckMode.NONE)[1] is None


def test_an_acknowledgement_is_never_answered():
    ack = b"MSH|^~\\&|A|B|C|D|20260105||ACK|5|P|2.5.1\rMSA|AA|1\r"
    new, told = take(ack, StoreOutcome(1))
    assert told is None
    assert "unsolicited_ack" in new.flags
    assert new.dedup_key == 0


def test_what_has_no_header_is_kept_as_an_error():
    new, told = take(b"no message", StoreOutcome(1))
    assert told is None
    assert new.raw == b"no message"
    assert new.status == "error"
    assert new.error_text
    assert new.dedup_key == 0


def test_duplicates_are_tested_by_listener_sender_and_control_id():
    keys = {
        take(payload, StoreOutcome(1))[0].dedup_key
        for payload in (
            ORDER % b"M1",
            ORDER % b"M2",
            (ORDER % b"M1").replace(b"RIS", b"LAB"),
            (ORDER % b"M1").replace(b"|N|PACS", b"|S|PACS"),
        )
    }
    assert len(keys) == 4
    again = take((ORDER % b"M1").replace(b"M^T", b"X^Y"), StoreOutcome(1))[0]
    assert again.dedup_key in keys
    assert take((ORDER % b""), StoreOutcome(1))[0].dedup_key == 0


def test_a_partial_frame_is_kept_and_not_answered():
    writer = FakeWriter()
    intake = Intake(ListenerSettings("in"), writer, ControlIds())
    intake.take_partial(ORDER % b"M1", "eof", "It ended.", peer="p", connection=1)
    ((new, on_stored),) = writer.items
    assert on_stored is None
    assert (new.status, new.ack, new.error_text) == ("error", b"", "It ended.")
    assert new.flags == "eof truncated"


def refused_as_too_large(outcome: StoreOutcome) -> tuple[NewMessage, bytes | None]:
    writer = FakeWriter()
    intake = Intake(ListenerSettings("in"), writer, ControlIds())
    answer_to = (FakeInbox(), None, 7)
    intake.take_too_large(
        ORDER % b"M1", "It is larger than 9 bytes.", answer_to, peer="p", connection=1
    )
    ((new, on_stored),) = writer.items
    assert on_stored.token == 7
    on_stored(outcome)
    return new, intake.answer_bytes(on_stored)


def test_the_beginning_of_a_message_that_is_too_large_is_kept_and_refused():
    new, sent = refused_as_too_large(StoreOutcome(1))
    assert (new.status, new.ack_code) == ("error", "AE")
    assert new.error_text == "It is larger than 9 bytes."
    assert new.flags == "too_large truncated"
    assert new.dedup_key == 0
    assert sent == new.ack
    assert b"MSA|AE|M1\r" in sent
    assert b"|207^" in sent
    assert b"It is larger than 9 bytes." in sent


def test_what_is_too_large_and_not_stored_either_is_not_answered_ae():
    _, sent = refused_as_too_large(StoreOutcome(0, error="The disk is full."))
    assert sent is not None
    assert b"MSA|AR|M1\r" in sent


def test_control_ids_are_unique_and_short():
    ids = ControlIds()
    made = [ids.next() for _ in range(10_000)]
    assert len(set(made)) == 10_000
    assert all(len(i) <= 20 and i.isalnum() for i in made)
    assert ControlIds().next() not in made


@given(st.binary(max_size=400))
def test_any_bytes_are_taken(payload: bytes):
    new, _ = take(payload, StoreOutcome(1))
    assert new.raw == payload
    assert "MARLOWE" not in repr(new)
