"""Tries an input on the worklist as it stands: what it would change, with nothing of it kept."""

from __future__ import annotations

import json
import time
from contextlib import closing
from pathlib import Path

from hl7console.engine.console import JobReport, TryWorklistInput
from hl7console.errors import ConsoleError
from hl7console.store.connection import Database
from hl7console.store.derived_file import load_meta
from hl7console.store.faults import SqlError, fault_of
from hl7console.store.worklist.loader import RowLoader
from hl7console.store.worklist.saving import load_place
from hl7console.store.worklist.schema import FORMAT, worklist_path
from hl7console.store.worklist.undo_history import SavedHistory
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.rows import ORDER, STEP, Row
from hl7console.worklist.state import State
from hl7console.worklist.turn import Outcome

_LINES = "lines"
"""Name of the detail that lists the steps whose line would change."""


def try_input(console_path: Path, key: bytes | None, command: TryWorklistInput) -> JobReport:
    """Run the rules over the current rows, and throw away what came of it. A job's thread.

    Args:
        console_path: The workspace's ``console.db``.
        key: Its key.
        command: What to try.

    Returns:
        `details` has ``lines`` with the numbers of the steps whose line would change, and for
        each kind of row how many would; `is_fault` tells that it would be refused, and the text
        why.

    Raises:
        ConsoleError: There is no worklist yet, or a file cannot be read.
    """
    path = worklist_path(console_path)
    if not path.exists():
        raise ConsoleError("There is no worklist yet.", hint="It is made with the first order.")
    try:
        with (
            closing(Database(console_path, key, read_only=True)) as console,
            closing(Database(path, key, read_only=True)) as database,
            database.transaction(immediate=False),
        ):
            if not FORMAT.is_current(database):
                raise ConsoleError("The worklist is being made again.", hint="Try again soon.")
            return _tried(database, console, command)
    except SqlError as error:
        raise fault_of(error).as_error() from None


def _tried(database: Database, console: Database, command: TryWorklistInput) -> JobReport:
    from hl7console.worklist import wording
    from hl7console.worklist.projection import Projection

    state = State(RowLoader(database), json.loads(load_meta(database, "next_ids") or "{}"))
    projection = Projection(state, history=SavedHistory(database, console))
    number = -(load_place(database).input_id + 1)
    entry = InputEntry(number, time.time_ns() // 1000, command.kind, dict(command.body))
    outcome = projection.trial(entry)
    if outcome.is_refused:
        reasons = [wording.sentence(note.rule, note.args) for note in outcome.notes]
        return JobReport(text=" ".join(reasons) or "It would be refused.", is_fault=True)
    return JobReport(text="Nothing was changed yet.", details=_details(state, outcome))


def _details(state: State, outcome: Outcome) -> tuple[tuple[str, str], ...]:
    rows: dict[str, dict[int, None]] = {}
    for part in outcome.parts:
        rows.setdefault(part.kind, {})[part.row_id] = None
    steps = dict.fromkeys(rows.get(STEP, {}))
    for order_id in rows.get(ORDER, {}):
        order: Row | None = state.get(ORDER, order_id)
        if order is not None:
            steps |= dict.fromkeys(step.id for step in state.find(STEP, "order", order_id))
    counts = [(kind, str(len(found))) for kind, found in rows.items()]
    return ((_LINES, ",".join(map(str, steps))), *counts)
