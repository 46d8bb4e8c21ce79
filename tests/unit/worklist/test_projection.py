"""Applying entries: faults hold nothing up, and a trial keeps nothing."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import InputEntry, MessageEntry
from hl7console.worklist.projection import Projection
from hl7console.worklist.rows import ORDER, PATIENT
from hl7console.worklist.state import State
from hl7console.worklist.turn import Severity
from hl7console.worklist.undo import MemoryHistory

ORDER_TEXT = (
    "MSH|^~\\&|RIS|HOSP|C|R|20261103080000||ORM^O01|M1|P|2.3.1\r"
    "PID|1||4711^^^HOSP^MR||DOE^JANE||19700203|F\r"
    "ORC|NW|P1^RIS|F1^PACS||SC\rOBR|1|P1^RIS|F1^PACS|CTH^CT head^L||||||||||||||A1|R1|S1\r"
)


def message(number=1, text=ORDER_TEXT, **options):
    return MessageEntry(number, number * 1_000_000, text.encode(), "main", **options)


@pytest.fixture
def projection() -> Projection:
    return Projection(State(), history=MemoryHistory())


def count(projection, kind):
    return len(list(projection.state.all(kind)))


def broken(*_):
    raise ZeroDivisionError("DOE^JANE")


def test_a_fault_of_a_rule_takes_its_entry_back_and_holds_nothing_up(projection, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("hl7console.worklist.rules.orders_new.got_keys", broken)
        outcome, rows = projection.apply(message(1))
    assert outcome.is_refused
    assert (rows, outcome.changes, count(projection, ORDER), count(projection, PATIENT)) == (
        [], [], 0, 0,
    )  # fmt: skip
    (note,) = outcome.notes
    assert (note.rule, note.severity, note.args) == (
        "fault", Severity.ERROR, {"kind": "ZeroDivisionError"},
    )  # fmt: skip
    assert not projection.apply(message(2))[0].is_refused
    assert count(projection, ORDER) == 1


def test_a_fault_in_a_trial_is_raised_and_leaves_nothing(projection, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("hl7console.worklist.rules.orders_new.got_keys", broken)
        with pytest.raises(ZeroDivisionError):
            projection.trial(message())
    assert projection.state.size() == 0 or count(projection, PATIENT) == 0


def test_a_trial_tells_what_would_come_of_it_and_keeps_nothing(projection):
    tried = projection.trial(message())
    assert tried.changes
    assert not tried.is_refused
    assert count(projection, ORDER) == count(projection, PATIENT) == 0
    done, _ = projection.apply(message())
    assert [(c.kind, c.row_id, c.column) for c in done.changes] == [
        (c.kind, c.row_id, c.column) for c in tried.changes
    ]


def test_a_refusal_is_told_in_a_trial_too(projection):
    tried = projection.trial(message(text=ORDER_TEXT.replace("PID|1||4711^^^HOSP^MR|", "PID|1|||")))
    assert tried.is_refused
    assert [n.severity for n in tried.notes] == [Severity.ERROR]


def test_a_duplicate_is_not_applied(projection):
    outcome, rows = projection.apply(message(is_duplicate=True))
    assert rows == []
    assert count(projection, ORDER) == 0
    assert not outcome.is_refused


def test_what_is_no_message_is_told_and_holds_nothing_up(projection):
    for number, text in enumerate(("", "hello", "MSH", "MSH|", "MSH|^~\\&|A"), start=1):
        outcome, _ = projection.apply(message(number, text))
        assert "fault" not in [note.rule for note in outcome.notes], text
    assert count(projection, PATIENT) == 0


def test_inputs_are_applied_too(projection):
    outcome, _ = projection.apply(InputEntry(-1, 1, "nothing_known", {}))
    assert [note.rule for note in outcome.notes] == ["unknown_input"]
