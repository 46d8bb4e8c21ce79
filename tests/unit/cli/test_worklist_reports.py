from __future__ import annotations

from hl7console.cli.worklist_reports import effect_lines
from hl7console.store.worklist.records import EntryEffect
from hl7console.worklist.turn import Change, Note, Severity


def effect(
    *changes: Change, notes: tuple[Note, ...] = (), title: str = "ORM^O01 SC"
) -> EntryEffect:
    return EntryEffect(7, 1_767_225_600_000_000, "message", title, "RIS|A", False, changes, notes)


def lines(*changes: Change, **given: object) -> list[str]:
    return [line.strip() for line in effect_lines(effect(*changes, **given))][1:]


def test_the_state_comes_first_with_its_field_and_its_rule_in_words():
    told = lines(
        Change("order", 1, "accession", None, "A1", "OBR-18"),
        Change("step", 1, "state", "SCHEDULED", "STARTED", "ORC-5", "SC_IP"),
    )
    assert told == [
        "state: SCHEDULED → STARTED  "
        "[ORC-5: A status (SC) with the status IP: the step has started.]",
        "accession: A1  [OBR-18]",
    ]


def test_a_value_without_a_rule_names_its_field_only():
    assert lines(Change("step", 1, "start_time", None, "0930", "ORC-7.4")) == [
        "start time: 0930  [ORC-7.4]"
    ]


def test_what_rules_keep_for_themselves_is_left_out():
    assert not lines(
        Change("order", 1, "patient", 3, 4),
        Change("order", 1, "state_event", None, [["a", "b", "c"]]),
        Change("order", 1, "filler_authority", None, "RADIS"),
        Change("order", 1, "status_code", "SC", "IP", "ORC-5"),
    )


def test_a_sentence_is_told_once_before_the_values():
    note = Note("joined", Severity.INFO)
    told = lines(Change("order", 1, "rp_id", None, "R1"), notes=(note, note))
    assert told == ["Joined to its order by a number that both name.", "procedure number: R1"]


def test_a_message_without_a_type_is_named_as_such():
    (head,) = effect_lines(effect(title=""))
    assert "message 7  (no type)  RIS|A" in head
