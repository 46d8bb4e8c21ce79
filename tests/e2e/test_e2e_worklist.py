"""The worklist by the command line, and after the program was killed in the middle of a load."""

from __future__ import annotations

import json
import os
import threading

import pytest

from hl7console.store.worklist.rebuild import compare
from hl7console.store.workspace import Workspace

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ROUNDS = 10 if os.environ.get("HL7CONSOLE_FULL") == "1" else 2
CONNECTIONS = 4
BEFORE_KILL = 250


def order(number: int, control: str = "NW", text: str = "CT HEAD") -> bytes:
    return (
        f"MSH|^~\\&|RIS|HOSP|PACS|RAD|20260105120000||ORM^O01|{control}{number}T{text[-1]}|P|2.3.1\r"
        f"PID|1||{4000 + number % 50}^^^HOSP^MR||Sampleson^Ole||19700101|M\r"
        f"PV1|1|O|||||||||||||||||V{number}^^^HOSP\r"
        f"ORC|{control}|P{number}^RIS|F{number}^RIS||SC||^^^20260106090000^^R||20260105115900\r"
        f"OBR|1|P{number}^RIS|F{number}^RIS|CTHEAD^{text}^L||||||||||||||A{number}|RP{number}|"
        f"SPS{number}||||CT|||^^^20260106090000^^R\r"
    ).encode()


class Load:
    """Orders and changes over some connections until the program dies."""

    def __init__(self, running, first: int, client, read_answer) -> None:
        self._running = running
        self._address = running.address()
        self._client = client
        self._read_answer = read_answer
        self._first = first
        self._count = 0
        self._counting = threading.Lock()
        self.accepted: set[int] = set()

    def run(self) -> None:
        threads = [threading.Thread(target=self._send, args=(n,)) for n in range(CONNECTIONS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)

    def _send(self, connection: int) -> None:
        number = self._first + connection
        try:
            with self._client(self._address) as peer:
                while True:
                    number += CONNECTIONS
                    for raw in (order(number), order(number, "XO", "CT NECK")):
                        code, _ = self._read_answer(peer.send(raw))
                        assert code == "AA"
                        self.accepted.add(number)
                        with self._counting:
                            self._count += 1
                            if self._count == BEFORE_KILL:
                                self._running.process.kill()
        except (ConnectionError, OSError):
            return  # the program has died


def worklist(program, *arguments: object) -> list[dict[str, object]]:
    done = program.run("worklist", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_after_kill_9_under_load_a_rebuild_equals_what_was_followed(program, client, read_answer):
    accepted: set[int] = set()
    for number in range(ROUNDS):
        running = program.start("serve" if number < 0 else "listen", "--port", 0)
        load = Load(running, 100_000 * (number + 1), client, read_answer)
        load.run()
        running.kill()
        accepted |= load.accepted
        lines = worklist(program)
        assert {f"A{n}" for n in accepted} <= {str(line["accession"]) for line in lines}
        path = program.workspace / "worklist.db"
        live = program.workspace / "live.db"
        live.write_bytes(path.read_bytes())
        done = program.run("worklist", "--rebuild")
        assert done.returncode == 0, done.stderr
        assert compare(live, path, Workspace.open(program.workspace, create=False).key) == []
        assert worklist(program) == lines


def test_the_worklist_is_listed_and_explained(program, client, read_answer):
    running = program.start("listen", "--port", 0)
    with client(running.address()) as peer:
        for raw in (order(1), order(1, "XO", "CT NECK"), order(2)):
            assert read_answer(peer.send(raw))[0] == "AA"
    running.end()
    (first,) = worklist(program, "--patient", 4001)
    assert (first["accession"], first["patient_name"]) == ("A1", "Sampleson^Ole")
    assert worklist(program, "--modality", "MR") == []
    assert len(worklist(program, "--modality", "ct", "--day", "2026-01-06")) == 2
    assert worklist(program, "--at", "2020-01-01") == []
    shown = program.run("worklist", "--why", "A1").stdout.decode()
    assert "ORM^O01 NW" in shown
    assert "OBR-4" in shown
    assert shown.index("CT HEAD") < shown.rindex("CT NECK")
    table = program.run("worklist", "--limit", 1)
    assert table.stdout.decode().splitlines()[0].startswith("Date")
    assert "1 more" in table.stderr.decode()
    for option, said in (("--problems", "No problems"), ("--merges", "No merges")):
        assert said in program.run("worklist", option).stderr.decode()
    missing = program.run("worklist", "--why", "A99")
    assert missing.returncode != 0
    assert "A99" in missing.stderr.decode()
    wrong = program.run("worklist", "--day", "soon")
    assert "Not a day" in wrong.stderr.decode()
