"""A queue that drains while the program is killed: nothing is missing, and repeats say so."""

from __future__ import annotations

import os
import random
import threading
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from receiver_process import LONGEST_DRAIN_S, RecordingReceiver

from hl7console.engine.console import ImportFiles, SaveDestination, SaveListener
from hl7console.engine.open_console import open_console
from hl7console.engine.repair_commands import HoldQueue, QueueMessages, ReleaseQueue
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.store.connection import Database
from hl7console.store.workspace import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

IS_FULL = os.environ.get("HL7CONSOLE_FULL") == "1"
KILLS, MESSAGES = (20, 20_000) if IS_FULL else (3, 2_000)
SEED = 4


def prepare(workspace: Path, port: int, messages: list[bytes]) -> None:
    """Make a workspace with a queue that is held, and full."""
    engine = open_console(workspace, worklist="off")
    try:
        settings = DestinationSettings(
            "PACS", port=port, retry_first_s=0.05, retry_most_s=0.2, response_timeout_s=5.0,
            max_unknown=0,
        )  # fmt: skip
        engine.submit(SaveListener(ListenerSettings("In", port=0))).result(20)
        engine.submit(SaveDestination(settings)).result(20)
        engine.submit(HoldQueue("PACS", "A test")).result(20)
        kept = engine.submit(ImportFiles(pasted=b"\r".join(messages))).result(120)
        assert kept.messages == len(messages)
        ids = tuple(range(kept.first_message_id, kept.last_message_id + 1))
        engine.submit(QueueMessages(ids, ("PACS",))).result(60)
    finally:
        engine.stop()


def release(workspace: Path) -> None:
    """Have the running program send what waits."""
    console = open_console(workspace, create=False)
    try:
        console.submit(ReleaseQueue("PACS")).result(20)
    finally:
        console.stop()


class Records:
    """What the database says of deliveries and their tries, by control id."""

    def __init__(self, workspace: Path) -> None:
        opened = Workspace.open(workspace, create=False)
        with closing(Database(opened.database_path, opened.key, read_only=True)) as database:
            rows = database.all(
                "SELECT m.control_id, d.state, d.is_due, d.attempt_count FROM deliveries AS d"
                " JOIN messages AS m ON m.id = d.message_id ORDER BY d.id"
            )
            tried = database.all(
                "SELECT m.control_id, a.state, a.text FROM attempts AS a"
                " JOIN messages AS m ON m.id = a.message_id ORDER BY a.id"
            )
        self.states = {str(row[0]): str(row[1]) for row in rows}
        self.due = [str(row[0]) for row in rows if row[2]]
        self.counts = {str(row[0]): row[3] for row in rows}
        self.attempts: dict[str, list[tuple[str, str]]] = {}
        for control_id, state, text in tried:
            self.attempts.setdefault(str(control_id), []).append((str(state), str(text)))

    @property
    def accepted(self) -> set[str]:
        """Those whose acknowledgement is stored."""
        return {control_id for control_id, state in self.states.items() if state == "accepted"}


@pytest.mark.parametrize("misbehaves", [False, True], ids=["a good receiver", "a bad receiver"])
def test_what_is_queued_arrives_whatever_kills_the_program(
    program, make_order, tmp_path: Path, misbehaves: bool
):
    dice = random.Random(SEED)  # noqa: S311 - the same kills on each run
    expected = [f"Q{number:06d}" for number in range(MESSAGES)]
    arguments = ["--misbehave", str(SEED)] if misbehaves else []
    receiver = RecordingReceiver(tmp_path / "received.txt", *arguments)
    try:
        workspace = program.workspace
        prepare(workspace, receiver.port, [make_order(c) for c in expected])
        stored: list[tuple[set[str], int]] = []
        for number in range(KILLS):
            running = program.start("serve")
            if not number:
                running.address()  # by now it owns the workspace
                release(workspace)
            # All over the drain, so that none comes too late to interrupt it.
            receiver.wait_for((number * MESSAGES + dice.randrange(MESSAGES // 2)) // (KILLS + 1))
            threading.Event().wait(dice.random() * 0.03)
            running.kill()
            seen = receiver.count()
            records = Records(workspace)
            assert records.accepted <= set(receiver.control_ids())
            assert records.due, "it was over before it was killed"
            stored.append((records.accepted, seen))
        running = program.start("serve")
        deadline_s = time.monotonic() + LONGEST_DRAIN_S
        while Records(workspace).due:
            assert time.monotonic() < deadline_s, "the queue does not drain"
            threading.Event().wait(0.1)
        assert running.end() == 0
    finally:
        receiver.end()
    check(receiver, Records(workspace), expected, stored)


def check(
    receiver: RecordingReceiver,
    records: Records,
    expected: list[str],
    stored: list[tuple[set[str], int]],
) -> None:
    """Hold both sides' records together."""
    came = receiver.control_ids()
    assert list(dict.fromkeys(came)) == expected, "missing, or out of order"
    assert set(records.states) == set(expected)
    assert records.accepted == set(expected)
    for accepted, seen in stored:
        assert not accepted & set(came[seen:]), "sent again after its acknowledgement was stored"
    counts = Counter(came)
    for control_id in expected:
        attempts = records.attempts[control_id]
        states = [state for state, _ in attempts]
        assert states[-1] == "accepted"
        assert records.counts[control_id] == len(attempts)
        assert set(states[:-1]) <= {"unknown", "rejected"}
        if counts[control_id] > 1:
            assert len(attempts) >= counts[control_id], "a repeat that is not marked"
            if "unknown" in states:
                assert "A repeat" in attempts[states.index("unknown") + 1][1]
