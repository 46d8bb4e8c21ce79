"""What other people's messages make of the worklist: read once by eye, and kept."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2]))

from worklist_corpus_kit import EXPECTED, as_text, expected_path, files, project, raws_of, told

FILES = files()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_the_corpus_makes_the_rows_that_were_read(path: Path):
    rows = told(*project(raws_of(path)))
    kept = json.loads(expected_path(path).read_text(encoding="utf-8"))
    assert json.loads(as_text(rows)) == kept


def test_every_file_has_its_rows_kept_and_no_other():
    kept = set(EXPECTED.rglob("*.json"))
    assert kept == {expected_path(path) for path in FILES}


def test_no_message_of_the_corpus_makes_a_rule_fail():
    for path in FILES:
        _, outcomes = project(raws_of(path))
        assert not [n for outcome in outcomes for n in outcome.notes if n.rule == "fault"], (
            path.name
        )
