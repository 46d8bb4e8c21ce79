"""What is said before sending, one finding after the other, on real databases."""

from __future__ import annotations

from dataclasses import replace

import pytest
from worklist_store_kit import follow, reading, received

from hl7console.engine.preflight import PreflightSubject, history, preflight
from hl7console.engine.preflight.checking import destination_finding
from hl7console.engine.preflight.findings import CODES, finding_of
from hl7console.engine.preflight.identity import identity_codes
from hl7console.errors import UsageError
from hl7console.hl7v2.message import Message
from hl7console.settings import DestinationSettings, Environment
from hl7console.store import resends
from hl7console.store.deliveries import AttemptOutcome

TEST = DestinationSettings(name="Test", port=1)


def order(number: int = 1, control: str = "NW", *, patient: str = "77001", status: str = "SC"):
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105093012||ORM^O01^ORM_O01|{control}{number}|P|2.5.1\r"
        f"PID|1||{patient}^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
        f"PV1|1|O\r"
        f"ORC|{control}|P{number}^REGRIS|F{number}^REGRIS||{status}\r"
        f"OBR|1|P{number}^REGRIS|F{number}^REGRIS|CTHEAD^CT HEAD^L|||20260105100000|||||||||||"
        f"A{number}"
        "||||||CT|||1^^^20260105100000^^R\r"
    ).encode()


def merge(survivor: str, retired: str) -> bytes:
    return (
        "MSH|^~\\&|ADT|NORTH|PACS|NORTH|20260106093012||ADT^A40^ADT_A39|G1|P|2.5.1\r"
        "EVN|A40|20260106093012\r"
        f"PID|1||{survivor}^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
        f"MRG|{retired}^^^NORTH^MR\r"
    ).encode()


def codes(store, subject: PreflightSubject, destination=TEST) -> dict[str, int]:
    follow(store)
    with reading(store) as worklist:
        found = preflight(store.reader(), worklist, subject, destination)
    assert found[0].code == "destination"
    assert all("MARLOWE" not in f.text and "77001" not in f.text for f in found)
    return {f.code: f.count for f in found[1:]}


def put(store, *raws: bytes, **columns: object) -> tuple[int, ...]:
    news = [received(raw, n, **columns) for n, raw in enumerate(raws)]
    return tuple(outcome.message_id for outcome in store.put(*news))


def sent(store, message_id: int, destination: str, state: str = "accepted") -> None:
    def write(database):
        (attempt,) = resends.begin_attempts(
            database, [resends.AttemptStart(message_id, destination, 1)]
        )
        outcome = AttemptOutcome(state, 2)
        resends.end_attempts(database, [resends.AttemptEnd(attempt, outcome)])

    store.writer.call(write, label="test").result(10)


@pytest.mark.parametrize(
    ("changes", "severity", "word"),
    [
        ({}, "ok", "test"),
        ({"environment": Environment.PRODUCTION}, "warn", "production"),
        ({"enabled": False}, "err", "switched off"),
    ],
)
def test_the_destination_is_named(changes, severity, word):
    found = destination_finding(replace(TEST, **changes))
    assert found.severity == severity
    assert word in found.text


def test_a_plain_order_raises_nothing(store):
    ids = put(store, order(1))
    assert codes(store, PreflightSubject(ids)) == {}


def test_a_control_id_that_was_sent_there_before(store):
    ids = put(store, order(1), order(2))
    sent(store, ids[0], "Test")
    sent(store, ids[1], "Test", "cancelled")
    assert codes(store, PreflightSubject(ids)) == {"control_id_sent": 1}
    assert codes(store, PreflightSubject(ids), replace(TEST, name="Other")) == {}
    assert codes(store, PreflightSubject(ids, new_control_ids=True)) == {}


def test_a_control_id_that_another_message_has_but_not_its_duplicate(store):
    first, other = put(store, order(1), order(2).replace(b"|NW2|", b"|NW1|"))
    assert codes(store, PreflightSubject((first,))) == {"control_id_shared": 1}
    store.sql("UPDATE messages SET duplicate_of = ? WHERE id = ?", first, other)
    assert codes(store, PreflightSubject((first,))) == {}


@pytest.mark.parametrize("few", [True, False])
def test_a_newer_message_for_the_order_which_is_not_sent_along(store, monkeypatch, few):
    if not few:
        monkeypatch.setattr(history, "FEW", 0)
    ids = put(store, order(1), order(2), order(1, "XO"))
    store.index_all()
    assert codes(store, PreflightSubject(ids[:1])) == {"newer_order": 1}
    assert codes(store, PreflightSubject(ids[1:])) == {}
    assert codes(store, PreflightSubject(ids)) == {}


@pytest.mark.parametrize("few", [True, False])
def test_a_newer_message_for_the_patient_where_there_is_no_order(store, monkeypatch, few):
    if not few:
        monkeypatch.setattr(history, "FEW", 0)
    update = order(1).partition(b"PV1")[0].replace(b"ORM^O01^ORM_O01", b"ADT^A08^ADT_A01")
    ids = put(store, update, order(2))
    store.index_all()
    assert codes(store, PreflightSubject(ids[:1]))["newer_patient"] == 1
    own = put(store, order(3), origin="sent")
    assert "newer_order" not in codes(store, PreflightSubject(ids[1:]))
    assert own


def test_what_was_made_from_a_message_is_not_newer(store):
    ids = put(store, order(1))
    put(store, order(1, "XO"), origin="edited", parent_id=ids[0])
    assert codes(store, PreflightSubject(ids)) == {}


def test_an_order_that_is_final(store):
    ids = put(store, order(1), order(2), order(1, "CA", status="CA"))
    found = codes(store, PreflightSubject(ids[:2]))
    assert found["order_final"] == 1


def test_a_merge_since(store):
    ids = put(store, order(1), order(2, patient="77002"), merge("77002", "77001"))
    assert codes(store, PreflightSubject(ids[:2]))["merged_since"] == 1
    later = put(store, order(3))
    assert "merged_since" not in codes(store, PreflightSubject(later))


BEFORE = (
    b"MSH|^~\\&|RIS|N|PACS|N|20260105093012||ORM^O01^ORM_O01|A1|P|2.5.1\r"
    b"PID|1||77001^^^N^MR||MARLOWE^TESS||19680412|F||||||||||ACC1\r"
    b"ORC|NW|P1|F1\rOBR|1|P1|F1|CT||||||||||||||A1\rZDS|1.2.3\r"
)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (b"77001^", b"77009^", ["ids_not_linked"]),
        (b"|MARLOWE^", b"|MARLOW^", ["person_changed"]),
        (b"|F||||||||||ACC1", b"|F||||||||||ACC2", []),
        (b"OBR|1|P1|", b"OBR|1|P9|", ["order_ids_differ"]),
        (b"|A1\rZDS", b"|A9\rZDS", ["order_ids_differ"]),
        (b"|CT|", b"|MR|", []),
    ],
)
def test_identity_changed_in_one_place_only(old, new, expected):
    after = Message.parse(BEFORE.replace(old, new))
    assert after.raw != BEFORE
    assert identity_codes(Message.parse(BEFORE), after) == expected


def test_an_edited_message_is_held_against_its_parent_stored_or_not(store):
    edited = BEFORE.replace(b"77001^", b"77009^")
    (parent,) = put(store, BEFORE)
    subject = PreflightSubject(raw=edited, parent_id=parent, new_control_ids=True)
    assert "ids_not_linked" in codes(store, subject)
    (child,) = put(store, edited, origin="edited", parent_id=parent)
    found = codes(store, PreflightSubject((child,)))
    assert found["ids_not_linked"] == found["control_id_shared"] == 1


def test_what_a_recipe_would_make_is_checked_and_what_it_cannot_make_told(store):
    def edit(raw: bytes, _: str) -> bytes:
        if b"|NW2|" in raw:
            raise UsageError("No.")
        return raw.replace(b"MARLOWE^", b"MARLOW^")

    ids = put(store, order(1), order(2))
    found = codes(store, PreflightSubject(ids, edit=edit))
    assert found == {"person_changed": 1, "cannot_edit": 1}


def test_errors_and_what_is_no_message(store):
    ids = put(store, order(1).replace(b"ORC|NW|P1^REGRIS", b"ORC||P1^REGRIS"), b"no message")
    found = codes(store, PreflightSubject(ids))
    assert found["unreadable"] == 1
    assert found["invalid"] == 1


def test_a_filter_is_counted_and_told_how_far_it_is(store):
    put(store, *(order(n) for n in range(1, 101)))
    ids = put(store, *(order(n, "XO") for n in range(1, 11)))
    store.index_all()
    told: list[int] = []
    with reading(store) as worklist:
        found = preflight(
            store.reader(), worklist, PreflightSubject(filter="type:ORM -control:XO*"), TEST,
            told=told.append,
        )  # fmt: skip
    assert {f.code: (f.count, f.text) for f in found[1:]} == {
        "newer_order": (
            10,
            "10 messages have a newer message for the same order, which this resend leaves out.",
        )
    }
    assert told[0] < told[-1] == 100
    assert ids


def test_nothing_found_is_said(store):
    with reading(store) as worklist:
        found = preflight(store.reader(), worklist, PreflightSubject(filter="type:ADT"), TEST)
    assert [f.code for f in found] == ["destination", "nothing"]


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_is_whole(code):
    one, single, several = finding_of(code, 1, 1), finding_of(code, 1, 9), finding_of(code, 3, 9)
    assert one.text.endswith(".")
    assert single.text.startswith("1 message ")
    assert several.text.startswith("3 messages ")
    assert not single.text.startswith(("1 message were", "1 message have ", "1 message are "))
