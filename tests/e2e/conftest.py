"""The program as a process, and plain peers that talk to it over the wire."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

START_S = 30.0
"""Longest that a process may take to say that it is ready; the machine may be busy."""


class Running:
    """A running ``hl7console``; its standard output is read line by line as it comes."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hl7console", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        self.lines: queue.Queue[str | None] = queue.Queue()
        self.errors = b""
        self._readers = [
            threading.Thread(target=self._read_out), threading.Thread(target=self._read_errors)
        ]  # fmt: skip
        for reader in self._readers:
            reader.start()

    def _read_out(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.put(line.decode("utf-8").rstrip("\r\n"))
        self.lines.put(None)

    def _read_errors(self) -> None:
        assert self.process.stderr
        self.errors = self.process.stderr.read()

    def line(self, timeout_s: float = START_S) -> str:
        """Return the next line of standard output."""
        line = self.lines.get(timeout=timeout_s)
        if line is None:
            self.process.wait(10)
            self.join()
            pytest.fail(f"the program ended: {self.errors.decode('utf-8', 'replace')}")
        return line

    def address(self) -> tuple[str, int]:
        """Return where it listens, by its ready line."""
        words = self.line().split()
        assert words[0] == "listening", words
        host, _, port = words[1].rpartition(":")
        return host, int(port)

    def end(self, timeout_s: float = 20.0) -> int:
        """Ask it to end, as a service manager does, and return its exit code."""
        if self.process.poll() is None:
            number = signal.CTRL_BREAK_EVENT if os.name == "nt" else signal.SIGTERM
            self.process.send_signal(number)
        code = self.process.wait(timeout_s)
        self.join()
        return code

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait(10)
        self.join()

    def join(self) -> None:
        for reader in self._readers:
            reader.join(10)
        assert self.process.stdout
        assert self.process.stderr
        self.process.stdout.close()
        self.process.stderr.close()


class Program:
    """Starts ``hl7console`` with the test's own home and workspace."""

    def __init__(self, workspace: Path) -> None:
        self.workspace = workspace
        self.environment = dict(os.environ)
        self.environment["HL7CONSOLE_WORKSPACE"] = str(workspace)
        self.environment["PYTHONUTF8"] = "1"
        self.running: list[Running] = []

    def start(self, *arguments: object) -> Running:
        """Start a long-running command."""
        started = Running([str(a) for a in arguments], self.environment)
        self.running.append(started)
        return started

    def run(
        self, *arguments: object, timeout_s: float = 60.0, **environment: str
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "hl7console", *(str(a) for a in arguments)],
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout_s,
            check=False,
        )

    def messages(self, *arguments: object) -> list[dict[str, object]]:
        """Return what ``messages --json`` prints."""
        done = self.run("messages", "--json", *arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    """The program, whose every process is ended after the test."""
    made = Program(tmp_path / "workspace")
    yield made
    for running in made.running:
        if running.process.poll() is None:
            running.kill()


class Client:
    """A plain MLLP client: one connection, one message at a time."""

    def __init__(self, address: tuple[str, int], context: ssl.SSLContext | None = None) -> None:
        plain = socket.create_connection(address, timeout=20)
        self.socket = plain
        if context is not None:
            try:
                self.socket = context.wrap_socket(plain, server_hostname="localhost")
            except BaseException:
                plain.close()
                raise
        self._buffer = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, message: bytes) -> bytes:
        """Send one message and return the answer."""
        self.socket.sendall(b"\x0b" + message + b"\x1c\r")
        return self.answer()

    def answer(self) -> bytes:
        """Return the next answer, without its frame."""
        while b"\x1c\r" not in self._buffer:
            data = self.socket.recv(65536)
            if not data:
                raise ConnectionError("closed by the listener")
            self._buffer += data
        frame, _, self._buffer = self._buffer.partition(b"\x1c\r")
        assert frame.startswith(b"\x0b")
        return frame[1:]


def order(control_id: str, *, padding: int = 0, patient: str = "4471123") -> bytes:
    """Return a small order; `padding` adds that many bytes of a note."""
    note = f"NTE|1||{'x' * padding}\r" if padding else ""
    return (
        f"MSH|^~\\&|RIS|HOSP|PACS|RAD|20260105120000||ORM^O01|{control_id}|P|2.3.1\r"
        f"PID|1||{patient}^^^HOSP^MR||Sampleson^Ole||19700101|M\r"
        f"ORC|NW|P{control_id}|F{control_id}||SC\r"
        f"OBR|1|P{control_id}|F{control_id}|CTHEAD^CT HEAD^L||||||||||||||A{control_id}\r"
        f"{note}"
    ).encode()


def acknowledgement(answer: bytes) -> tuple[str, str]:
    """Return MSA-1 and MSA-2 of an answer."""
    for segment in answer.decode("latin_1").split("\r"):
        if segment.startswith("MSA|"):
            fields = segment.split("|")
            return fields[1], fields[2]
    return "", ""


@pytest.fixture
def client() -> type[Client]:
    return Client


@pytest.fixture
def make_order():
    return order


@pytest.fixture
def read_answer():
    return acknowledgement
