from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from hl7console.cli import program
from hl7console.cli.deliveries import command_of
from hl7console.cli.opening import own
from hl7console.cli.options import Place
from hl7console.engine.console import ImportFiles
from hl7console.engine.repair_commands import ChangeDeliveries, HoldQueue, ReleaseQueue
from hl7console.errors import UsageError
from hl7console.store.connection import Database
from hl7console.store.workspace import Workspace

MESSAGE = b"MSH|^~\\&|RIS|HOSP|PACS|RAD|20260105120000||ADT^A08|C1|P|2.5.1\rPID|1||44^^^HOSP^MR\r"

ROWS = (
    (1, "PACS", "accepted", 0, 1, "AA", "Accepted.", 0),
    (2, "PACS", "rejected", 0, 1, "AE", "Refused because of its content.", 0),
    (3, "PACS", "unknown", 1, 2, "", "No answer came.", 0),
    (4, "RIS", "queued", 1, 0, "", "", 1),
)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    with own(Place(path), listeners=[]) as console:
        console.submit(ImportFiles(pasted=MESSAGE)).result(20)
    opened = Workspace.open(path, create=False)
    with closing(Database(opened.database_path, opened.key)) as database:
        for row in ROWS:
            database.execute(
                "INSERT INTO deliveries (id, destination, state, is_due, attempt_count, ack_code,"
                " text, repeat_of, message_id, created_at_us, changed_at_us)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, 1, 1)",
                row,
            )
    return path


@pytest.fixture
def run(workspace, capsys):
    def run(*arguments: str) -> str:
        code = program.run(["deliveries", "--workspace", str(workspace), *arguments], None)
        told = capsys.readouterr()
        assert code == 0, told.err
        return told.out

    return run


def listed(text: str) -> list[int]:
    return [json.loads(line)["id"] for line in text.splitlines()]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        ([], [1, 2, 3, 4]),
        (["--due"], [3, 4]),
        (["--due", "--destination", "RIS"], [4]),
        (["--failed"], [2]),
        (["--state", "unknown"], [3]),
        (["--limit", "2"], [3, 4]),
        (["--due", "--limit", "1"], [3]),
        (["--destination", "nowhere"], []),
    ],
)
def test_a_list_has_what_was_asked_for_in_the_order_of_queues(run, options, ids):
    assert listed(run("--json", *options)) == ids


def test_json_has_the_names_of_the_columns(run):
    row = json.loads(run("--json", "--limit", "1"))
    assert (row["state"], row["is_due"], row["repeat_of"]) == ("queued", True, 1)
    assert (row["control_id"], row["message_type"], row["patient_id"]) == ("C1", "ADT", "44")


def test_a_table_tells_state_and_answer(run):
    lines = run("--failed").splitlines()
    assert lines[0].split()[:3] == ["Id", "Destination", "State"]
    assert "rejected" in lines[1]
    assert lines[1].endswith("AE Refused because of its content.")
    assert "queued again" in run("--destination", "RIS")


def wanted(**given: object):
    usual = {"hold": "", "release": "", "retry": (), "skip": (), "cancel": (), "reason": "",
             "confirm": ""}  # fmt: skip
    return command_of(**(usual | given))


def test_options_become_one_command():
    assert wanted() is None
    assert wanted(hold="PACS", reason="upgrade") == HoldQueue("PACS", "upgrade")
    assert wanted(release="PACS", confirm="PACS") == ReleaseQueue("PACS", "PACS")
    assert wanted(skip=(3, 4)) == ChangeDeliveries("skip", (3, 4))
    for wrong in ({"hold": "A", "release": "B"}, {"reason": "why"}):
        with pytest.raises(UsageError):
            wanted(**wrong)
