"""Other people's messages, taken in as if a listener had got them, on the worklist."""

from __future__ import annotations

import json
import sys
from contextlib import closing
from pathlib import Path

import pytest
from engine_kit import running_engine, wait_for

from hl7console.engine.console import ImportFiles, ImportMode
from hl7console.engine.supervisor import Engine
from hl7console.settings import ListenerSettings
from hl7console.store.connection import Database
from hl7console.store.worklist.journal import JournalPlace, read_chunk
from hl7console.worklist.projection import Projection
from hl7console.worklist.rows import KINDS, Row
from hl7console.worklist.state import State
from hl7console.worklist.undo import MemoryHistory

sys.path.insert(0, str(Path(__file__).parents[1]))

from worklist_corpus_kit import CORPUS, as_text, expected_path, files, told


def replayed(path: Path, key: bytes | None) -> State:
    """Return the rows that the journal of a workspace gives in memory."""
    projection = Projection(State(), history=MemoryHistory())
    place = JournalPlace()
    with closing(Database(path, key, read_only=True)) as database:
        while True:
            chunk = read_chunk(database, place, 500)
            for item in chunk.items:
                if not item.is_not_accepted:
                    projection.apply(item.entry)
            place = chunk.place
            if chunk.is_last:
                return projection.state


def wait_until_projected(engine: Engine, last_message_id: int) -> None:
    wait_for(
        lambda: engine.snapshot().worklist_entry == last_message_id, "the worklist follows", 30
    )


def stored(engine: Engine) -> dict[str, list[Row]]:
    """Return the rows of the worklist in the store."""
    with closing(engine.open_worklist()) as reader:
        return {kind: reader._all_rows(kind) for kind in KINDS}


def plain(rows: list[Row]) -> list[tuple[int, dict[str, object]]]:
    return [(row.id, {c: _plain(v) for c, v in row.values.items() if v}) for row in rows]


def _plain(value: object) -> object:
    return [_plain(part) for part in value] if isinstance(value, list | tuple) else value


FILES = [
    "derived-own/omi-three-steps.hl7", "derived-own/cyrillic-8859-5.hl7",
    "derived-own/iso2022jp-ir87.hl7", "fhir-converter/data/SampleData/Hl7v2/ORM-O01-03.hl7",
    "fhir-converter/data/SampleData/Hl7v2/OMG-O19-02.hl7",
    "fhir-converter/data/SampleData/Hl7v2/ADT-A40-01.hl7",
    "fhir-converter/data/SampleData/Hl7v2/SIU-S12-02.hl7",
]  # fmt: skip
"""One of each kind; the rows of all others are compared with what the same rules give in memory."""


@pytest.mark.parametrize("name", FILES)
def test_a_file_taken_in_as_a_listener_gives_the_rows_kept(tmp_path: Path, name: str):
    path = CORPUS / name
    with running_engine(tmp_path, ListenerSettings("ris", port=0)) as engine:
        command = ImportFiles((path,), mode=ImportMode.RECEIVE, listener="ris")
        wait_until_projected(engine, engine.submit(command).result(20).last_message_id)
        state = State()
        for rows in stored(engine).values():
            for row in rows:
                state.add(row)
    rows = json.loads(as_text(told(state, [])))
    kept = json.loads(expected_path(path).read_text(encoding="utf-8"))
    kept["messages"] = []
    assert rows == kept


@pytest.mark.slow
def test_the_corpus_gives_the_rows_that_its_files_were_read_to_give(tmp_path: Path):
    paths = files()
    with running_engine(tmp_path, ListenerSettings("ris", port=0)) as engine:
        command = ImportFiles(tuple(paths), mode=ImportMode.RECEIVE, listener="ris")
        report = engine.submit(command).result(60)
        assert report.messages >= len(paths)
        wait_until_projected(engine, report.last_message_id)
        kept = {kind: plain(rows) for kind, rows in stored(engine).items()}
        memory = replayed(engine._opened.database_path, engine._opened.key)
    for kind in KINDS:
        assert kept[kind] == plain(list(memory.all(kind))), kind
