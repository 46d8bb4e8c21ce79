from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hl7console.engine.owner import LOCK_FILE_NAME, OwnerLock, owner_pid
from hl7console.errors import EnvironmentFaultError


def test_one_at_a_time_and_free_after_release(tmp_path: Path):
    lock = OwnerLock.acquire(tmp_path)
    assert lock is not None
    assert owner_pid(tmp_path) == os.getpid()
    assert OwnerLock.acquire(tmp_path) is None
    lock.release()
    lock.release()
    again = OwnerLock.acquire(tmp_path)
    assert again is not None
    again.release()


def test_a_file_left_behind_means_nothing(tmp_path: Path):
    (tmp_path / LOCK_FILE_NAME).write_text("999999")
    lock = OwnerLock.acquire(tmp_path)
    assert lock is not None
    lock.release()


def test_a_process_that_is_killed_gives_it_up(tmp_path: Path):
    code = (
        "import sys; from pathlib import Path; from hl7console.engine.owner import OwnerLock\n"
        "lock = OwnerLock.acquire(Path(sys.argv[1])); print(lock is not None, flush=True)\n"
        "sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert OwnerLock.acquire(tmp_path) is None
        assert owner_pid(tmp_path) == process.pid
        process.kill()
        process.wait()
    lock = OwnerLock.acquire(tmp_path)
    assert lock is not None
    lock.release()


def test_a_folder_that_cannot_be_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(EnvironmentFaultError, match="workspace cannot be used"):
        OwnerLock.acquire(tmp_path / "file" / "workspace")
    assert owner_pid(tmp_path / "nowhere") == 0
