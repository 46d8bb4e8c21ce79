"""Other people's messages, taken in by ``import --as`` as the program does it, on the worklist."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from hl7console.engine.console import SaveListener
from hl7console.engine.open_console import open_console
from hl7console.settings import ListenerSettings

sys.path.insert(0, str(Path(__file__).parents[1]))

from worklist_corpus_kit import CORPUS, EXPECTED, expected_path, files

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

TOGETHER = EXPECTED / "together.jsonl"
"""The worklist of all files, one after the other: read by eye, then kept."""
SHOWN = (
    "patient_name", "patient_id", "issuer", "birth_date", "sex", "accession", "placer_no",
    "filler_no", "rp_id", "rp_desc", "sps_id", "study_uid", "start_date", "start_time", "modality",
    "station_aet", "open", "priority", "state", "missing", "referring", "requesting",
    "admission_id",
)  # fmt: skip
"""Columns that don't depend on when a message came in."""
ALONE = [
    "derived-own/omi-three-steps.hl7", "derived-own/cyrillic-8859-5.hl7",
    "fhir-converter/data/SampleData/Hl7v2/ORM-O01-03.hl7",
]  # fmt: skip


@pytest.fixture
def listener(program):
    """The name of a listener that the workspace has."""
    console = open_console(program.workspace)
    try:
        console.submit(SaveListener(ListenerSettings(name="RIS in", port=0))).result(20)
    finally:
        console.stop()
    return "RIS in"


def worklist(program, *arguments: object) -> list[dict[str, object]]:
    done = program.run("worklist", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def shown(lines: list[dict[str, object]]) -> list[dict[str, object]]:
    """Return what is compared of lines, by their key: their order is another test's."""
    told = [{column: line[column] for column in SHOWN if line.get(column)} for line in lines]
    return sorted(told, key=lambda line: (str(line["study_uid"]), str(line["sps_id"])))


@pytest.mark.parametrize("name", ALONE)
def test_a_file_alone_gives_the_lines_kept(program, listener, name: str):
    done = program.run("import", CORPUS / name, "--as", listener)
    assert done.returncode == 0, done.stderr
    kept = json.loads(expected_path(CORPUS / name).read_text(encoding="utf-8"))["lines"]
    expected = [{c: v if c == "missing" else value_of(v) for c, v in line.items()} for line in kept]
    for line in expected:
        line["missing"] = value_of(line.get("missing", []))
    assert shown(worklist(program)) == shown(expected)


def value_of(kept: object) -> object:
    """Return the value of a kept column, which may have its path behind it."""
    if isinstance(kept, list) and len(kept) == 2 and isinstance(kept[1], str):
        return kept[0]
    return kept


def test_all_files_together_give_the_worklist_kept(program, listener):
    paths = files()
    done = program.run("import", *paths, "--as", listener, timeout_s=120)
    assert b"127 messages received, 3 of them refused by the listener's rules" in done.stdout
    assert b"not taken" not in done.stdout
    rows = program.messages()
    assert {(row["origin"], row["interface"]) for row in rows} == {("received", listener)}
    kept = [json.loads(line) for line in TOGETHER.read_text(encoding="utf-8").splitlines()]
    assert shown(worklist(program)) == shown(kept)
    problems = worklist(program, "--problems")
    rules = {note["rule"] for problem in problems for note in problem["notes"]}
    assert "order_incomplete" in rules
    assert "fault" not in rules
    assert all(problem["ask"] for problem in problems)
