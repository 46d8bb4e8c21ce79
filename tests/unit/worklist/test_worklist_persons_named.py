"""Whether two rows name one person: hl7console.worklist.persons_named."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.persons_named import (
    Agreement,
    agreement,
    is_somebody_else,
    known_persons,
    shares_number,
    survivor,
)
from hl7console.worklist.rows import IDENTIFIER, ORDER, PATIENT, REPORT, Row
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


@pytest.fixture
def turn() -> Turn:
    turn = Turn(State(), InputEntry(-1, 0, "test", {}))
    jane = turn.create(PATIENT, {"patient_name": "DOE^JANE", "birth_date": "19700203"})
    richard = turn.create(PATIENT, {"patient_name": "ROE^RICHARD", "birth_date": "19500101"})
    for person, number in ((jane, "4711"), (richard, "9999")):
        turn.create(
            IDENTIFIER,
            {"id_value": number, "authority": "HOSP", "namespace": "Hosp", "patient": person.id},
        )
    turn.create(ORDER, {"patient": jane.id})
    return turn


def named(number="", authority="HOSP", name="", date="", loosely=False) -> Row:
    values = {"named_name": name, "named_birth_date": date}
    if number:
        values["named_ids"] = [[number, authority]]
        values["named_loosely"] = [number] if loosely else []
    return Row(REPORT, 0, values)


@pytest.mark.parametrize(
    ("row", "wanted"),
    [
        (named("4711"), Agreement.SAME),
        (named("4711", ""), Agreement.SAME),
        (named("9999"), Agreement.OTHER),
        (named("1234"), Agreement.OTHER),
        (named("1234", "LAB"), Agreement.OTHER),
        (named("1234", "LAB", "Doe^Jane^Q", "19700203"), Agreement.SAME),
        (named("4711", "LAB"), Agreement.OTHER),
        (named("4711", "LAB", loosely=True), Agreement.SAME),
        (named("4711", "HOSP", "ROE^RICHARD", "19500101"), Agreement.OTHER),
        (named("4711", "HOSP", "NEW^JANE", "19700203"), Agreement.SAME),
        (named(name="DOE^JANE", date="19700203"), Agreement.SAME),
        (named(name="DOE^JANE"), Agreement.UNKNOWN),
        (named(), Agreement.UNKNOWN),
    ],
)
def test_agreement(turn: Turn, row: Row, wanted: Agreement):
    assert agreement(turn, row, turn.get(ORDER, 1)) is wanted


def test_a_withdrawn_number_names_nobody(turn: Turn):
    turn.set(turn.get(IDENTIFIER, 2), "status", "withdrawn")
    assert known_persons(turn, [["9999", "HOSP"]]) == []


def test_a_merged_person_is_the_survivor_and_a_circle_ends(turn: Turn):
    jane, richard = turn.get(PATIENT, 1), turn.get(PATIENT, 2)
    turn.set(richard, "merged_into", jane.id)
    assert survivor(turn, richard.id) is jane
    assert agreement(turn, named("9999"), turn.get(ORDER, 1)) is Agreement.SAME
    turn.set(jane, "merged_into", richard.id)
    assert survivor(turn, jane.id) in (jane, richard)
    assert survivor(turn, 77) is None


@pytest.mark.parametrize(
    ("one", "two", "wanted"),
    [
        (named("4711"), named("4711"), False),
        (named("4711"), named("9999"), True),
        (named("5", "A"), named("6", "A"), True),
        (named("5", "A", loosely=True), named("5", "B"), False),
        (named("5", "A"), named("5", "B"), True),
        (named("5", "A", "DOE^J", "1970"), named("6", "B", "DOE^J", "1970"), False),
        (named("5", "A", "DOE^J", "1970"), named("5", "A", "ROE^R", "1950"), True),
        (named("5"), named(), False),
        (named(), named(), False),
    ],
)
def test_two_rows_name_two_persons(turn: Turn, one: Row, two: Row, wanted: bool):
    assert is_somebody_else(turn, one, two) is wanted
    assert is_somebody_else(turn, two, one) is wanted


def test_two_numbers_of_one_person_are_one_person(turn: Turn):
    turn.create(IDENTIFIER, {"id_value": "L1", "authority": "LAB", "patient": 1})
    assert not is_somebody_else(turn, named("4711"), named("L1", "LAB"))
    assert not shares_number(named("4711"), named("L1", "LAB"))
