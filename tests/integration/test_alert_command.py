"""Programs that are told of alerts: what they get, and that they end."""

from __future__ import annotations

import json
import os
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from alert_channel_kit import a_message

from hl7console.engine.alerts.channels.attempt import Attempt
from hl7console.engine.alerts.channels.command import run_command
from hl7console.errors import ConsoleError
from hl7console.settings.alerts import CommandChannel


def run(*command: str, timeout_s: float = 20.0) -> str:
    channel = CommandChannel("script", command, timeout_s)
    with Attempt(timeout_s, timeout_s) as attempt:
        return run_command(channel, a_message(), attempt)


def python(code: str, *arguments: str, timeout_s: float = 20.0) -> str:
    return run(sys.executable, "-c", code, *arguments, timeout_s=timeout_s)


def failure(code: str, timeout_s: float = 20.0) -> str:
    with pytest.raises(ConsoleError) as caught:
        python(code, timeout_s=timeout_s)
    return caught.value.full_text


def test_it_gets_the_alert_as_json_and_little_else(tmp_path: Path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    out = tmp_path / "out.json"
    code = (
        "import sys, json, os; json.dump([json.load(sys.stdin), dict(os.environ), sys.argv[2:],"
        " os.listdir('.'), os.getcwd()], open(sys.argv[1], 'w'))"
    )
    arguments = ("a b", '"; rm -r *', "$HOME")
    assert python(code, str(out), *arguments) == ""
    got, environment, rest, files, folder = json.loads(out.read_text())
    assert got == a_message().payload
    assert "SECRET_OF_OURS" not in environment
    assert "PATH" in environment
    assert tuple(rest) == arguments
    assert files == []
    assert not Path(folder).exists()


def test_however_much_it_writes_it_ends():
    code = "import sys; sys.stdout.write('x' * 10_000_000); sys.stderr.write('y' * 10_000_000)"
    assert python(code) == ""


def test_one_that_reads_nothing_is_well():
    assert python("pass") == ""


def test_its_code_is_told():
    assert failure("import sys; sys.exit(3)").endswith("ended with code 3.")


def test_one_that_cannot_be_found_or_run_is_told(tmp_path: Path):
    with pytest.raises(ConsoleError, match="was not found"):
        run("no-such-program-anywhere")
    with pytest.raises(ConsoleError, match="names no program"):
        run()
    with pytest.raises(ConsoleError, match="cannot be started"):
        run(sys.executable, "a\0b")
    if os.name != "nt":
        (tmp_path / "bad").write_bytes(b"\x7fELF nonsense")
        (tmp_path / "bad").chmod(0o755)
        with pytest.raises(ConsoleError, match="cannot be started"):
            run(str(tmp_path / "bad"))


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


GRANDCHILD = (
    "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
    " s.sendall(b'here'); s.recv(1)"
)
STARTS_ANOTHER = (
    "import subprocess, sys, threading;"
    f" subprocess.Popen([sys.executable, '-c', {GRANDCHILD!r}, sys.argv[1]]); "
)


def ends(listening: socket.socket) -> bool:
    """Whether the grandchild was there, and its connection has ended with it."""
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(10)
        assert connection.recv(4) == b"here"
        try:
            return connection.recv(1) == b""
        except ConnectionError:
            return True


def test_one_that_takes_too_long_ends_with_all_it_started(listening: socket.socket):
    code = STARTS_ANOTHER + "threading.Event().wait()"
    port = str(listening.getsockname()[1])
    with pytest.raises(ConsoleError, match="had not ended within 2 s and was ended"):
        python(code, port, timeout_s=2.0)
    assert ends(listening)


def test_what_it_leaves_behind_ends_with_it(listening: socket.socket):
    code = STARTS_ANOTHER + (
        "import socket; s = socket.create_connection(('127.0.0.1', int(sys.argv[1])));"
        " s.sendall(b'self'); s.recv(1)"
    )

    def let_go() -> bool:
        """Let the program end once the other one is there; return whether that ends as well."""
        there = {}
        for _ in range(2):
            connection, _ = listening.accept()
            connection.settimeout(10)
            there[connection.recv(4)] = connection
        with there[b"here"] as other:
            there[b"self"].close()
            try:
                return other.recv(1) == b""
            except ConnectionError:
                return True

    with ThreadPoolExecutor(1) as watching:
        has_ended = watching.submit(let_go)
        assert python(code, str(listening.getsockname()[1])) == ""
        assert has_ended.result(10)


def test_another_thread_can_end_it(listening: socket.socket):
    port = str(listening.getsockname()[1])
    channel = CommandChannel("script", (sys.executable, "-c", GRANDCHILD, port))

    def cut() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.settimeout(10)
            assert connection.recv(4) == b"here"
            attempt.cut()
            with suppress(ConnectionError):
                assert connection.recv(1) == b""

    with ThreadPoolExecutor(1) as cutting, Attempt(20.0, 20.0) as attempt:
        done = cutting.submit(cut)
        with pytest.raises(ConsoleError, match="was ended"):
            run_command(channel, a_message(), attempt)
        done.result(10)
