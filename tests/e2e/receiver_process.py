"""The recording receiver as a process, for tests that kill what sends to it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

LONGEST_DRAIN_S = 120.0
"""Longest that what is expected may take to arrive; the machine may be busy."""

RECEIVER = Path(__file__).with_name("recording_receiver.py")


class RecordingReceiver:
    """The receiver's process, and the file in which it writes down what it got."""

    def __init__(self, log: Path, *arguments: str) -> None:
        self.log = log
        self._process = subprocess.Popen(
            [sys.executable, str(RECEIVER), "--log", str(log), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout
        self.port = int(self._process.stdout.readline().split()[1])

    def count(self) -> int:
        """Return how many messages it got."""
        return self.log.read_bytes().count(b"\n")

    def control_ids(self) -> list[str]:
        """Return what it got, in order."""
        return [line.split()[0] for line in self.log.read_text().splitlines()]

    def wait_for(self, count: int) -> None:
        """Wait until it got so many."""
        deadline_s = time.monotonic() + LONGEST_DRAIN_S
        while self.count() < count:
            assert time.monotonic() < deadline_s, f"{self.count()} of {count} came"
            threading.Event().wait(0.002)

    def end(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(20)
        self._process.stdout.close()
