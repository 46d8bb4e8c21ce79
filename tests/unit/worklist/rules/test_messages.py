"""Which rules a message is for, by its type."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.loading import shipped_profile
from hl7console.worklist.reading import View
from hl7console.worklist.rows import APPOINTMENT, DOCUMENT, ORDER, PATIENT, REPORT
from hl7console.worklist.rules.messages import apply
from hl7console.worklist.state import State
from hl7console.worklist.turn import RefusedError, Severity, Turn

PROFILE = shipped_profile("default")
PID = "PID|1||4711^^^HOSP^MR||DOE^JANE||19700203|F"
ORDER_LINES = (
    "ORC|NW|P1^RIS|F1^PACS||SC",
    "OBR|1|P1^RIS|F1^PACS|CTH^CT head^L|||||||||||||||A1|||||||||1^^^20261104093000",
)
REPORT_LINES = (
    "OBR|1|P1^RIS|F1^PACS|CTH^CT head^L||||||||||||||||||||20261104||CT|F",
    "OBX|1|TX|CTH^CT head^L||Nothing seen.||||||F",
)


def send(state: State, number: int, kind: str, *lines: str) -> Turn:
    head = f"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20261103080000||{kind}|M{number}|P|2.5.1"
    raw = "\r".join([head, *lines, ""]).encode()
    entry = MessageEntry(number, number, raw, "main")
    turn = Turn(state, entry)
    apply(turn, entry, View(raw), PROFILE)
    turn.finish()
    return turn


def count(state: State, kind: str) -> int:
    return len(list(state.all(kind)))


@pytest.mark.parametrize("kind", ["ORM^O01", "OMG^O19", "OMI^O23", "ORM", "ORM^O01^ORM_O01"])
def test_orders_make_orders(kind):
    state = State()
    send(state, 1, kind, PID, *ORDER_LINES)
    assert count(state, ORDER) == count(state, PATIENT) == 1


def test_adt_makes_a_person_and_no_order():
    state = State()
    send(state, 1, "ADT^A04", "EVN|A04|20261103080000", PID, "PV1|1|O")
    assert (count(state, PATIENT), count(state, ORDER)) == (1, 0)


def test_an_appointment_is_kept():
    state = State()
    send(
        state, 1, "SIU^S12", "SCH|AP1^RIS|||||CTH|||30|min|^^30^20261104093000^20261104100000",
        PID, "RGS|1", "AIS|1||CTH^CT head^L|20261104093000",
    )  # fmt: skip
    assert count(state, APPOINTMENT) == 1


def test_a_result_is_a_report_of_its_order():
    state = State()
    send(state, 1, "ORM^O01", PID, *ORDER_LINES)
    send(state, 2, "ORU^R01", PID, *REPORT_LINES)
    assert count(state, REPORT) == 1


def test_a_document_is_kept():
    state = State()
    send(state, 1, "ORM^O01", PID, *ORDER_LINES)
    send(
        state, 2, "MDM^T02", "EVN|T02|20261103080000", PID, "PV1|1|O",
        "TXA|1|RAD|TX|20261104||||||||D1^RIS||P1^RIS||||AU", "OBX|1|TX|||Nothing seen.||||||F",
    )  # fmt: skip
    assert count(state, DOCUMENT) + count(state, REPORT) == 1


@pytest.mark.parametrize("kind", ["ORR^O02", "ORG^O20", "ORI^O24", "ACK^O01", "ACK"])
def test_an_answer_makes_nothing(kind):
    state = State()
    send(state, 1, kind, "MSA|AA|X1", PID, "ORC|OK|P1^RIS|F1^PACS")
    assert count(state, ORDER) == count(state, PATIENT) == 0


@pytest.mark.parametrize(("kind", "told"), [("DFT^P03", "DFT"), ("QBP^Q22", "QBP"), ("", "")])
def test_any_other_type_is_told_to_have_no_effect(kind, told):
    state = State()
    turn = send(state, 1, kind, PID, *ORDER_LINES)
    (note,) = turn.notes
    assert (note.rule, note.severity, note.path) == ("no_effect", Severity.IGNORED, "MSH-9")
    assert note.args == {"type": told}
    assert count(state, PATIENT) == 0


def test_a_refusal_is_the_rules_own():
    with pytest.raises(RefusedError):
        send(State(), 1, "ORM^O01", *ORDER_LINES)
