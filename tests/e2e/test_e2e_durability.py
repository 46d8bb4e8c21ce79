"""What was accepted is there, whatever ends the process or fills the disk."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

CONNECTIONS = 8
ROUNDS = 20 if os.environ.get("HL7CONSOLE_FULL") == "1" else 3
ACCEPTED_BEFORE_KILL = 400
"""Accepted messages over all connections after which the process is killed."""


class Load:
    """Eight connections that each send one message after the other until the listener dies.

    The thread that gets the last answer kills the listener at once: what that answer promised must
    be on the disk at that moment, not soon after.
    """

    def __init__(
        self, running, name: str, kill_after: int, client, make_order, read_answer
    ) -> None:
        self._address = running.address()
        self._process = running.process
        self._name = name
        self._kill_after = kill_after
        self._client = client
        self._make_order = make_order
        self._read_answer = read_answer
        self.accepted: list[list[str]] = [[] for _ in range(CONNECTIONS)]
        self.others: list[str] = []
        self._count = 0
        self._counting = threading.Lock()
        self._threads = [threading.Thread(target=self._send, args=(n,)) for n in range(CONNECTIONS)]

    def run(self) -> None:
        for thread in self._threads:
            thread.start()
        for thread in self._threads:
            thread.join(60)

    def _send(self, connection: int) -> None:
        number = 0
        try:
            with self._client(self._address) as peer:
                while True:
                    number += 1
                    control_id = f"{self._name}C{connection}N{number:06d}"
                    code, answered = self._read_answer(peer.send(self._make_order(control_id)))
                    assert answered == control_id
                    if code != "AA":
                        self.others.append(code)
                        continue
                    self.accepted[connection].append(control_id)
                    with self._counting:
                        self._count += 1
                        if self._count == self._kill_after:
                            self._process.kill()
        except (ConnectionError, OSError):
            return  # the listener has died


def test_what_was_accepted_survives_kill_9(program, client, make_order, read_answer):
    loads = []
    for number in range(ROUNDS):
        running = program.start("listen", "--port", 0)
        kill_after = ACCEPTED_BEFORE_KILL + 37 * number
        load = Load(running, f"R{number:02d}", kill_after, client, make_order, read_answer)
        load.run()
        running.kill()
        assert load.others == []
        assert sum(map(len, load.accepted)) >= kill_after
        loads.append(load)
        stored = [row for row in program.messages("--raw") if not row["duplicate_of"]]
        place = {row["control_id"]: at for at, row in enumerate(stored)}
        assert len(place) == len(stored), "a message is there twice"
        for earlier in loads:
            for accepted in earlier.accepted:
                assert [c for c in accepted if c not in place] == []
                assert [place[c] for c in accepted] == sorted(place[c] for c in accepted)
        for row in stored[-50:]:
            assert base64.b64decode(row["raw_base64"]) == make_order(row["control_id"])


def must_skip(reason: str) -> None:
    if os.environ.get("HL7CONSOLE_REQUIRE_ALL") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def small_disk(tmp_path: Path):
    """A file system of a few MB."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        must_skip("only root on Linux can mount a small file system")
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if mount is None or umount is None:
        must_skip("there is no mount program")
        return
    folder = tmp_path / "disk"
    folder.mkdir()
    done = subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0:
        must_skip(f"mounting is not allowed here: {done.stderr.decode().strip()}")
    yield folder
    subprocess.run([umount, "--lazy", str(folder)], check=True)


def test_a_full_disk_accepts_nothing_and_serves_again_when_there_is_room(
    program, small_disk, client, make_order, read_answer
):
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"\0" * (3 * 1024 * 1024))
    place = ("--workspace", small_disk / "workspace")
    running = program.start("listen", "--port", 0, *place)
    accepted, refused = [], []
    with client(running.address()) as peer:
        for number in range(400):
            control_id = f"D{number:04d}"
            answer = peer.send(make_order(control_id, padding=60_000))
            code, answered = read_answer(answer)
            assert answered == control_id
            if code == "AA":
                accepted.append(control_id)
                assert not refused, "it took one after it had refused one, with no more room"
            else:
                refused.append(control_id)
                assert code == "AR"
                assert b"\rERR|^^^207&" in answer
                if len(refused) == 5:
                    break
        assert accepted
        assert len(refused) == 5
        assert running.process.poll() is None
        ballast.unlink()
        code, _ = read_answer(peer.send(make_order("AFTER", padding=60_000)))
        assert code == "AA"
        accepted.append("AFTER")
    assert running.end() == 0
    assert b"Traceback" not in running.errors
    stored = [row["control_id"] for row in program.messages(*place)]
    assert stored == accepted
