"""The person and the conflicts that all orders of one message share."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rows import PATIENT
from hl7console.worklist.rules.orders_message import OrderMessage
from hl7console.worklist.rules.orders_told import told_by
from hl7console.worklist.turn import RefusedError, Severity

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import Worklist, order_of, person_of


def told(mapped):
    return told_by(mapped, "main|RIS|HOSP", {}, Options())


def message_for(worklist, person):
    turn = worklist.turn()
    entry = MessageEntry(turn.entry.number, turn.entry.at_us, b"", "main")
    return OrderMessage(turn, entry, worklist.profile, "main|RIS|HOSP", "RIS|HOSP", person)


@pytest.fixture
def worklist() -> Worklist:
    """A worklist with one order of patient 4711."""
    made = Worklist()
    made.send(order_of())
    return made


def test_identifiers_name_the_person_that_a_merged_one_has_become(worklist):
    (old,) = worklist.rows(PATIENT)
    turn = worklist.turn()
    survivor = turn.create(PATIENT, {"patient_name": "DOE^JANE"})
    turn.set(old, "merged_into", survivor.id)
    assert message_for(worklist, person_of("4711")).known_persons() == [survivor]
    assert message_for(worklist, person_of("999")).known_persons() == []
    assert message_for(worklist, None).known_persons() == []


def test_no_person_no_order(worklist):
    with pytest.raises(RefusedError):
        message_for(worklist, None).patient_of_new()


def test_a_person_is_made_once_for_all_orders_unless_the_profile_refuses_them():
    worklist = Worklist()
    message = message_for(worklist, person_of("4711"))
    assert message.patient_of_new() is message.patient_of_new()
    assert len(worklist.rows(PATIENT)) == 1
    strict = Worklist(unknown_patient="refuse")
    with pytest.raises(RefusedError):
        message_for(strict, person_of("4711")).patient_of_new()


@pytest.mark.parametrize(
    ("name", "values", "columns"),
    [
        ("DOE^JANE", {}, None),
        ("Doe^Jane", {}, None),
        ("ROE^JANE", {}, "patient_name"),
        ("DOE^JANE", {"birth_date": "19700204"}, "birth_date"),
        ("ROE^JANE", {"sex": "M"}, "patient_name, sex"),
        ("DOE^JANE", {"sex": ""}, None),
    ],
)
def test_what_differs_of_the_person_is_flagged_by_column(worklist, name, values, columns):
    message = message_for(worklist, person_of("4711", name, **values))
    order, (patient,) = worklist.order(), worklist.rows(PATIENT)
    message.flag_differences(order, patient)
    told_of = [n.args["columns"] for n in message.turn.notes if n.rule == "demographics_differ"]
    assert told_of == ([columns] if columns else [])
    assert patient.text("patient_name") == "DOE^JANE"


def test_somebody_else_s_message_leaves_a_conflict_that_names_both(worklist):
    worklist.send(order_of(placer_no="P2", filler_no="F2", accession="A2", rp_id="R2",
                           study_uid="1.2.4"), patient="815")  # fmt: skip
    message = message_for(worklist, person_of("815"))
    with pytest.raises(RefusedError) as refused:
        message.check_patient(worklist.order("P1"), told(order_of("XO")))
    first, second = (row.id for row in worklist.rows(PATIENT))
    assert refused.value.conflict["patients"] == [first, second]
    assert refused.value.conflict["rule"] == "order_of_other_patient"
    (note,) = message.turn.notes
    assert note.severity == Severity.ERROR
    assert "815" not in str(note.args)


@pytest.mark.parametrize(("how", "phone"), [("fill", "0123"), ("update", "0123"), ("ignore", "")])
def test_the_profile_says_whether_orders_tell_of_persons(how, phone):
    worklist = Worklist(demographics_from_orders=how)
    worklist.send(order_of())
    (patient,) = worklist.rows(PATIENT)
    message = message_for(worklist, person_of("4711", phone="0123"))
    message.fill_patient(patient, told(order_of()))
    assert patient.text("phone") == phone
