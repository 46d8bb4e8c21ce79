"""Every row of the mapping's tables, by the cases in `tests/worklist_cases`."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from worklist_kit import CASES, Case, all_cases, check, matrix_cases, run

ALL = all_cases()


@pytest.mark.parametrize("case", ALL, ids=str)
def test_case(case: Case):
    wrong = check(case, run(case))
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("case", matrix_cases(), ids=str)
def test_pair_of_states(case: Case):
    wrong = check(case, run(case))
    assert not wrong, "\n" + "\n".join(wrong)


def test_the_matrix_is_whole():
    assert len(matrix_cases()) == 110


def test_every_row_of_the_tables_has_a_case():
    tables = tomllib.loads((CASES / "rows.toml").read_text(encoding="utf-8"))
    wanted = [f"{table} {row}" for table, rows in tables.items() for row in rows["rows"]]
    assert len(wanted) == len(set(wanted))
    had = {row for case in ALL for row in case.rows}
    assert sorted(set(wanted) - had) == []
    assert sorted(had - set(wanted)) == []


def test_no_two_cases_have_the_same_name():
    names = [str(case) for case in ALL]
    assert sorted(names) == sorted(set(names))
