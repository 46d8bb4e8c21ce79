from __future__ import annotations

import pytest

from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.store import deliveries, interfaces
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.records import DeliveryState, Origin


def call(store, function):
    return store.writer.call(function, label="test").result(10)


def test_an_attempt_from_start_to_end(store, message):
    store.put(message())
    delivery, attempt = call(
        store, lambda db: deliveries.start_attempt(db, 1, "PACS", 5, sent=b"other bytes")
    )
    made = store.reader()
    seen = made.attempts(1)[0]
    assert (seen.state, seen.finished_at_us, seen.sent) == ("sending", 0, b"other bytes")
    outcome = AttemptOutcome(DeliveryState.REJECTED, 9, "AR", b"MSA|AR", "Refused.")
    call(store, lambda db: deliveries.finish_attempt(db, attempt, outcome))
    call(store, lambda db: deliveries.start_attempt(db, 1, "PACS", 10, delivery_id=delivery))
    first, second = made.attempts(1)
    assert (first.state, first.ack_code, first.reply, first.text) == (
        "rejected", "AR", b"MSA|AR", "Refused.",
    )  # fmt: skip
    assert (first.delivery_id, second.delivery_id) == (delivery, delivery)
    assert made.message(1).attempts == (first, second)
    assert store.sql("SELECT state FROM deliveries") == [("sending",)]


def test_the_row_of_what_was_sent_from_here_tells_the_last_try(store, message):
    store.put(message(origin=Origin.SENT), message(), message(origin=Origin.SENT))
    refused = AttemptOutcome(DeliveryState.REJECTED, 9, "AE", b"MSA|AE", "Refused.")
    lost = AttemptOutcome(DeliveryState.UNKNOWN, 9, text="No answer came in time.")
    for message_id in (1, 2):
        for outcome in (lost, refused):
            call(
                store,
                lambda db, i=message_id, o=outcome: deliveries.record_attempt(db, i, "B", 5, o),
            )
    sent, received, not_tried = store.reader().rows([1, 2, 3])
    assert (sent.sending_state, sent.sending_code, sent.sending_text) == (
        "rejected", "AE", "Refused.",
    )  # fmt: skip
    assert sent.failure_text == "Refused."
    assert (received.sending_state, received.failure_text) == ("", "")
    assert (not_tried.sending_state, not_tried.failure_text) == ("", "")
    call(
        store,
        lambda db: deliveries.record_attempt(
            db, 1, "B", 6, AttemptOutcome(DeliveryState.ACCEPTED, 7, "AA", text="Accepted.")
        ),
    )
    (again,) = store.reader().rows([1])
    assert (again.sending_code, again.failure_text) == ("AA", "")


def test_what_was_cut_off_becomes_unknown(store, message):
    store.put(message())
    call(store, lambda db: deliveries.start_attempt(db, 1, "PACS", 5))
    call(
        store,
        lambda db: deliveries.record_attempt(
            db, 1, "B", 5, AttemptOutcome(DeliveryState.ACCEPTED, 6)
        ),
    )
    assert call(store, lambda db: deliveries.mark_interrupted(db, 99)) == 1
    assert call(store, lambda db: deliveries.mark_interrupted(db, 99)) == 0
    cut, other = store.reader().attempts(1)
    assert (cut.state, cut.finished_at_us) == ("unknown", 99)
    assert cut.text
    assert other.state == "accepted"
    assert store.sql("SELECT state FROM deliveries ORDER BY id") == [("unknown",), ("accepted",)]


def test_interfaces_are_kept_as_they_are(store):
    listener = ListenerSettings("RIS-in", port=0, allowed_addresses=("10.0.0.0/8",))
    destination = DestinationSettings("PACS", port=104)
    call(store, lambda db: interfaces.save_listener(db, listener))
    call(store, lambda db: interfaces.save_destination(db, destination))
    assert call(store, interfaces.load_listeners) == (listener,)
    assert call(store, interfaces.load_destinations) == (destination,)
    database = store.reader().database()
    assert interfaces.load_listeners(database) == (listener,)


def test_renaming_and_deleting(store):
    first, other = ListenerSettings("a"), ListenerSettings("b")
    call(store, lambda db: interfaces.save_listener(db, first))
    call(store, lambda db: interfaces.save_listener(db, other))
    renamed = ListenerSettings("c", port=1)
    call(store, lambda db: interfaces.save_listener(db, renamed, previous_name="a"))
    assert call(store, interfaces.load_listeners) == (other, renamed)
    for clash in (
        lambda db: interfaces.save_listener(db, ListenerSettings("b"), previous_name="c"),
        lambda db: interfaces.save_destination(db, DestinationSettings("b", port=1)),
    ):
        with pytest.raises(UsageError):
            call(store, clash)
    assert call(store, interfaces.load_listeners) == (other, renamed)
    assert call(store, lambda db: interfaces.delete_interface(db, "b")) is True
    assert call(store, lambda db: interfaces.delete_interface(db, "b")) is False


def test_settings_by_name(store):
    assert call(store, lambda db: interfaces.load_setting(db, "theme", "dark")) == "dark"
    call(store, lambda db: interfaces.save_setting(db, "theme", "light"))
    call(store, lambda db: interfaces.save_setting(db, "theme", "system"))
    assert call(store, lambda db: interfaces.load_setting(db, "theme")) == "system"
