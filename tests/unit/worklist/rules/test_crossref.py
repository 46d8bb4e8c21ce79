"""Tables that tell which identifiers belong to one person."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.rows import CONFLICT, PATIENT

sys.path.insert(0, str(Path(__file__).parents[1]))

from persons_kit import Site, pid


@pytest.fixture
def site() -> Site:
    made = Site()
    made.adt("A04", pid("1"))
    return made


def table(site, *rows, replace=False):
    return site.tell("crossref", rows=list(rows), replace=replace, source="mpi.csv")


def counts(outcome):
    (args,) = [n.args for n in outcome.notes if n.rule == "crossref_applied"]
    return args["linked"], args["conflicts"], args["unusable"]


def persons(site):
    return len(list(site.state.all(PATIENT)))


@pytest.mark.parametrize(
    "row", [[["1", "HOSP"], ["77", "LAB"]], [["1", "hosp", "MR"], ["77", " lab "]]]
)
def test_a_row_gives_a_known_person_a_further_number(site, row):
    assert counts(table(site, row)) == ("1", "0", "0")
    assert site.person("77", "LAB") is site.person("1")
    assert persons(site) == 1


def test_a_row_of_names_and_numbers_will_do_and_makes_a_person(site):
    # A mapping of authority to number; each pair is (number, authority).
    assert counts(table(site, {"HOSP": "2", "LAB": "88"})) == ("1", "0", "0")
    assert site.person("88", "LAB") is site.person("2")
    assert persons(site) == 2


@pytest.mark.parametrize("row", ["text", 7, [], [["1", "HOSP"]], [["1", ""], ["", "LAB"]], [["1"]]])
def test_a_row_that_links_nothing_is_told_by_its_line(site, row):
    outcome = table(site, row)
    assert counts(outcome) == ("0", "0", "1")
    assert [n.args["line"] for n in outcome.notes if n.rule == "crossref_row_unusable"] == ["1"]


def test_a_row_that_names_two_persons_is_a_conflict_once_and_merges_nobody(site):
    site.adt("A04", pid("3"))
    row = [["1", "HOSP"], ["3", "HOSP"]]
    for _ in range(2):
        assert counts(table(site, row)) == ("0", "1", "0")
    assert [c.text("rule") for c in site.state.all(CONFLICT)] == ["crossref_conflict"]
    assert site.person("1") is not site.person("3")


def test_a_second_number_of_one_authority_is_a_conflict(site):
    assert counts(table(site, [["1", "HOSP"], ["2", "HOSP"]])) == ("0", "1", "0")
    assert persons(site) == 1


def test_a_new_table_withdraws_what_it_no_longer_tells(site):
    table(site, [["1", "HOSP"], ["77", "LAB"]], [["5", "HOSP"], ["55", "LAB"]])
    table(site, [["1", "HOSP"], ["77", "LAB"]], replace=True)
    assert site.identifier("77", "LAB").text("status") == "active"
    assert site.identifier("55", "LAB").text("status") == "withdrawn"
    table(site, [["1", "HOSP"], ["77", "LAB"]], replace=True)
    assert site.identifier("1").text("status") == "active"


@pytest.mark.parametrize("rows", [None, "rows", 7])
def test_a_table_without_rows_is_refused(site, rows):
    assert site.tell("crossref", rows=rows).is_refused
