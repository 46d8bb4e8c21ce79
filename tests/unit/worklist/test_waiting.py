"""What waits for its order."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from hl7console.worklist import waiting
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.rows import IDENTIFIER, PATIENT, WAITING
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn

sys.path.insert(0, str(Path(__file__).parent))

from orders_kit import bare, order_of, person_of

DAY_US = 86_400_000_000


def put(turn: Turn, mapped, days: int = 7, person=None):
    return waiting.put(turn, waiting.UPDATE, ["placer|P1|RIS"], mapped, "s", person, None, days)


def test_an_order_comes_back_as_it_was():
    mapped = order_of("XO", "SC", parent=("P0", "RIS", "", ""), priority="")
    mapped.order.flags.append("odd")
    held = json.loads(json.dumps(waiting.to_held(mapped)))
    assert waiting.from_held(held) == mapped


def test_what_waits_is_found_in_the_order_of_event_times_and_expires():
    state = State()
    late = put(Turn(state, MessageEntry(1, 0, b"")), bare("XO", at="20260102000000"))
    early = put(Turn(state, MessageEntry(2, 5, b"")), bare("XO", at="20260101000000"))
    short = put(Turn(state, MessageEntry(3, 0, b"")), bare("XO"), days=1)
    turn = Turn(state, MessageEntry(4, 2 * DAY_US, b""))
    assert waiting.under(turn, ["placer|P1|RIS", "placer|P1|RIS"]) == [early, late]
    assert [note.rule for note in turn.notes] == ["waiting_expired"]
    assert state.get(WAITING, short.id) is None


def test_it_is_for_whom_it_names_merges_followed():
    turn = Turn(State(), MessageEntry(1, 0, b""))
    survivor = turn.create(PATIENT, {"patient_name": "DOE"})
    merged = turn.create(PATIENT, {"patient_name": "DOE", "merged_into": survivor.id})
    turn.create(IDENTIFIER, {"id_value": "815", "authority": "HOSP", "patient": merged.id})
    named = put(turn, bare("XO"), person=person_of("815"))
    unknown = put(turn, bare("XO"), person=person_of("999"))
    nobody = put(turn, bare("XO"))
    assert waiting.is_for(turn, named, survivor.id)
    assert not waiting.is_for(turn, named, merged.id)
    assert not waiting.is_for(turn, unknown, survivor.id)
    assert waiting.is_for(turn, nobody, survivor.id)
    assert waiting.survivor_id(turn, merged.id) == survivor.id


def test_changes_name_the_entry_that_waited():
    turn = Turn(State(), MessageEntry(1, 0, b""))
    row = put(turn, bare("XO"))
    turn.entry = MessageEntry(9, 7, b"")
    patient = turn.create(PATIENT, {"sex": "F"})
    with waiting.as_of(turn, row):
        turn.set(patient, "sex", "M")
    assert patient.sources["sex"].entry == 1
    assert turn.entry.number == 9
