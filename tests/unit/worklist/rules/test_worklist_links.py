"""Links between two persons, by A24 and A37."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.rows import LINK, PATIENT

sys.path.insert(0, str(Path(__file__).parents[1]))

from persons_kit import Site

EVN = "EVN|A24|20261103080000"
ONE = "PID|1||1^^^HOSP^MR||DOE^JANE||19700203|F"
TWO = "PID|2||2^^^LAB^MR||DOE^JANE||19700203|F"


@pytest.fixture
def site() -> Site:
    made = Site()
    made.adt("A24", EVN, ONE, TWO)
    return made


def rules(outcome):
    return [note.rule for note in outcome.notes]


def links(site):
    return list(site.state.all(LINK))


def test_a_link_makes_both_persons_where_need_be_and_moves_nothing(site):
    (link,) = links(site)
    persons = list(site.state.all(PATIENT))
    assert link.list("patients") == [person.id for person in persons]
    assert link.text("cause") == "A24"
    assert not any(person.number("merged_into") for person in persons)


def test_two_persons_are_linked_once(site):
    assert "linked_already" in rules(site.adt("A24", EVN, TWO, ONE))
    assert len(links(site)) == 1


def test_nobody_is_linked_with_themselves(site):
    assert "link_with_itself" in rules(site.adt("A24", EVN, ONE, ONE))
    assert len(links(site)) == 1


def test_a_link_is_taken_away(site):
    assert "unlinked" in rules(site.adt("A37", EVN, ONE, TWO))
    assert links(site) == []
    assert "link_unknown" in rules(site.adt("A37", EVN, ONE, TWO))


def test_unlinking_makes_nobody(site):
    stranger = "PID|2||9^^^LAB^MR||ROE^RICHARD"
    assert "link_unknown" in rules(site.adt("A37", EVN, ONE, stranger))
    assert len(list(site.state.all(PATIENT))) == 2


@pytest.mark.parametrize("event", ["A24", "A37"])
def test_one_person_alone_is_refused(site, event):
    outcome = site.adt(event, EVN, ONE)
    assert outcome.is_refused
    assert rules(outcome) == ["link_without_second"]
