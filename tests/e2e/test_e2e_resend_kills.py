"""``hl7console resend`` killed while it sends: nothing is called accepted that did not arrive."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from receiver_process import RecordingReceiver

from hl7console.engine.console import ImportFiles
from hl7console.engine.open_console import open_console
from hl7console.store.connection import Database
from hl7console.store.workspace import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.expects_log]

IS_FULL = os.environ.get("HL7CONSOLE_FULL") == "1"
ROUNDS, MESSAGES = (20, 5_000) if IS_FULL else (1, 2_000)
SEED = 4


def keep(workspace: Path, messages: list[bytes]) -> None:
    """Make a workspace with messages."""
    engine = open_console(workspace, worklist="off")
    try:
        kept = engine.submit(ImportFiles(pasted=b"\r".join(messages))).result(120)
        assert kept.messages == len(messages)
    finally:
        engine.stop()


def start_again(workspace: Path) -> None:
    """Open the workspace as the next start does, and end."""
    open_console(workspace, worklist="off").stop()


def read(workspace: Path) -> tuple[list[tuple[int, str, str]], list[tuple[str, int]]]:
    """Return the attempts as id, control id and state, and the deliveries as state and due."""
    opened = Workspace.open(workspace, create=False)
    with closing(Database(opened.database_path, opened.key, read_only=True)) as database:
        attempts = database.all(
            "SELECT a.id, m.control_id, a.state FROM attempts AS a"
            " JOIN messages AS m ON m.id = a.message_id ORDER BY a.id"
        )
        deliveries = database.all("SELECT state, is_due FROM deliveries ORDER BY id")
    return (
        [(int(row[0]), str(row[1]), str(row[2])) for row in attempts],
        [(str(row[0]), int(row[1])) for row in deliveries],
    )


def test_a_resend_that_is_killed_calls_accepted_only_what_arrived(
    program, make_order, tmp_path: Path
):
    dice = random.Random(SEED)  # noqa: S311 - the same kills on each run
    expected = [f"R{number:06d}" for number in range(MESSAGES)]
    receiver = RecordingReceiver(tmp_path / "received.txt")
    last_id = 0
    try:
        keep(program.workspace, [make_order(control_id) for control_id in expected])
        for _ in range(ROUNDS):
            before = receiver.count()
            running = program.start(
                "resend", "type:ORM", "--to", f"127.0.0.1:{receiver.port}", "--force"
            )
            receiver.wait_for(before + dice.randrange(MESSAGES // 10, MESSAGES // 2))
            threading.Event().wait(dice.random() * 0.03)
            assert running.process.poll() is None, "it was over before it was killed"
            running.kill()
            came = receiver.control_ids()[before:]
            cut_off = [row for row in read(program.workspace)[0] if row[2] == "sending"]
            assert cut_off, "it was killed between two messages, with nothing in hand"

            start_again(program.workspace)

            attempts, deliveries = read(program.workspace)
            of_round = [row for row in attempts if row[0] > last_id]
            last_id = attempts[-1][0]
            check(of_round, came, expected, {row[0] for row in cut_off})
            assert {state for state, _ in deliveries} <= {"accepted", "unknown"}
            assert not any(is_due for _, is_due in deliveries), "no queue goes on with a resend"
            late = receiver.count() - before - len(came)
            assert late <= 1, "the next start sent some of it"  # one may have been on its way
    finally:
        receiver.end()


def check(
    attempts: list[tuple[int, str, str]],
    came: list[str],
    expected: list[str],
    cut_off: set[int],
) -> None:
    """Hold one round's attempts against what the receiver wrote down in it."""
    assert came == expected[: len(came)], "out of order, or twice"
    assert Counter(state for _, _, state in attempts).keys() <= {"accepted", "unknown"}
    assert {number for number, _, state in attempts if state == "unknown"} == cut_off
    accepted = [control_id for _, control_id, state in attempts if state == "accepted"]
    assert accepted
    assert {*accepted} <= {*came}, "called accepted, and never arrived"
    tried = [control_id for _, control_id, _ in attempts]
    assert tried == expected[: len(tried)], "one try for each message, in order"
    assert {*came} <= {*tried}, "sent before it was written down"
