"""Functions of the user's own: they run, and whatever they do, they harm nobody else."""

from __future__ import annotations

import hashlib
import json
import socket
import subprocess
import sys

import pytest

from hl7console.engine import recipes
from hl7console.engine.function_process import OPTION, FunctionLimits
from hl7console.engine.function_runner import FunctionRunner, function_file
from hl7console.errors import UsageError
from hl7console.hl7v2.recipes import FunctionCall, RecipeFault, load_recipe

RAW = b"MSH|^~\\&|A|B|C|D|20260101120000||ADT^A01|SECRET1|P|2.5\rPID|1||77001\r"

SOURCE = """
import os, subprocess, sys, time

COUNT = [0]

def good(message):
    print("noise", end="")
    sys.stdout.write("more noise")
    sys.stdout.flush()
    os.write(1, b"and more")
    return message.replace(b"A01", b"A08")

def counts(message):
    COUNT[0] += 1
    return message + b"ZZZ|%d" % COUNT[0]

def hangs(message):
    address = ("127.0.0.1", PORT)
    code = f"import socket, time; s = socket.create_connection({address}); time.sleep(600)"
    child = subprocess.Popen([sys.executable, "-c", code])
    time.sleep(5)
    while True:
        pass

def eats(message):
    kept = []
    while True:
        kept.append(bytearray(1 << 22))

def raises(message):
    raise ValueError(message)

def exits(message):
    raise SystemExit(0)

def ends(message):
    os._exit(0)

def text(message):
    return message.decode()

def nothing(message):
    return b""

def junk(message):
    return b"hello"

def large(message):
    return message * 100_000

def around(message):
    found = sorted(set(os.environ) - {"LC_CTYPE", "SYSTEMROOT"})
    return message + repr((found, os.listdir("."), sys.flags.isolated)).encode()

number = 5
"""


@pytest.fixture
def listening():
    """A port of this computer that what a function starts can connect to."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(20)
        yield server


@pytest.fixture
def run(tmp_path, listening):
    """Runs one function of the file on the message."""
    folder = tmp_path / "functions"
    folder.mkdir()
    port = listening.getsockname()[1]
    (folder / "own.py").write_text(f"PORT = {port}\n{SOURCE}", encoding="utf-8")
    limits = FunctionLimits(message_s=1.0, memory_bytes=256 << 20, result_bytes=1 << 20)
    runner = FunctionRunner(tmp_path, lambda _: True, limits)

    def made(name: str) -> bytes:
        context = recipes.context_of(tmp_path, lambda _: True)
        context = type(context)(context.now_us, context.new_control_id, run_function=runner)
        return load_recipe(f'[[step]]\nfunction = "own.py:{name}"').apply(RAW, context).raw

    yield made
    runner.close()


def test_one_process_serves_many_messages(run):
    assert run("good") == RAW.replace(b"A01", b"A08")
    assert run("counts").endswith(b"ZZZ|1")
    assert run("counts").endswith(b"ZZZ|2")


@pytest.mark.expects_log
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("hangs", "took longer than 1 s"),
        ("raises", "raised ValueError at line"),
        ("exits", "raised SystemExit at line"),
        ("ends", "ended its process"),
        ("text", "returned str and not bytes"),
        ("nothing", "returned nothing"),
        ("large", "more than a message may hold"),
        ("missing", "is not defined there"),
        ("number", "is not defined there"),
        pytest.param(
            "eats",
            "needed more memory",
            marks=pytest.mark.skipif(sys.platform != "linux", reason="limits itself on Linux"),
        ),
    ],
)
def test_whatever_it_does_it_is_told_and_the_next_one_runs(run, name, told, caplog):
    with pytest.raises(RecipeFault) as fault:
        run(name)
    assert told in fault.value.text
    assert fault.value.text.startswith(f"Step 1 (Run {name} of own.py)")
    assert "SECRET" not in fault.value.full_text + caplog.text
    assert run("good") == RAW.replace(b"A01", b"A08")


def test_what_is_no_message_is_refused(run):
    with pytest.raises(RecipeFault, match="returned no HL7 message"):
        run("junk")


@pytest.mark.expects_log
def test_what_it_started_ends_with_it(run, listening):
    with pytest.raises(RecipeFault):
        run("hangs")
    connection, _ = listening.accept()
    with connection:
        connection.settimeout(20)
        assert connection.recv(1) == b""


def test_it_sees_nothing_of_the_program(run):
    assert run("around").endswith(b"([], [], 1)")


@pytest.mark.expects_log
def test_a_file_that_is_no_python_is_told(tmp_path):
    (tmp_path / "functions").mkdir()
    (tmp_path / "functions" / "own.py").write_text("x = 1\ndef run(:\n", encoding="utf-8")
    runner = FunctionRunner(tmp_path, lambda _: True)
    with pytest.raises(RecipeFault, match="raised SyntaxError at line 2"):
        runner(FunctionCall("own.py", "run", RAW))
    runner.close()


def test_only_what_was_approved_runs(tmp_path):
    (tmp_path / "functions").mkdir()
    path = tmp_path / "functions" / "own.py"
    content = b"def run(m):\n    return m + b'ZZZ|1'\n"
    path.write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    assert function_file(tmp_path, "own.py").digest == digest
    runner = FunctionRunner(tmp_path, digest.__eq__)
    assert runner(FunctionCall("own.py", "run", RAW)) == RAW + b"ZZZ|1"
    path.write_bytes(content + b"#")
    assert runner(FunctionCall("own.py", "run", RAW)) == RAW + b"ZZZ|1"  # what was approved
    runner.close()
    with pytest.raises(RecipeFault, match="not been approved"):
        runner(FunctionCall("own.py", "run", RAW))


def test_the_program_itself_can_be_the_process():
    """As a packaged program, which brings no Python of its own."""
    setup = {"source": "run = bytes.lower", "file": "x.py", "function": "run"}
    body = json.dumps({**setup, "memory": 1 << 30, "files": 1 << 20}).encode()
    frames = b"S" + len(body).to_bytes(8, "big") + body + b"M" + (2).to_bytes(8, "big") + b"AB"
    done = subprocess.run(
        [sys.executable, "-m", "hl7console", OPTION], input=frames, capture_output=True, check=True
    )
    assert done.stdout == b"R" + bytes(8) + b"=" + (2).to_bytes(8, "big") + b"ab"


@pytest.mark.parametrize("name", ["../own.py", "own.txt", "C:\\own.py", ".own.py", "none.py"])
def test_files_come_from_their_folder_only(tmp_path, name):
    with pytest.raises(UsageError):
        function_file(tmp_path, name)
