"""Commands as a user types them, alone and beside a running engine."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hl7console.engine.console import SaveListener
from hl7console.engine.open_console import open_console
from hl7console.settings import ListenerSettings

pytestmark = pytest.mark.e2e


def test_the_corpus_is_imported_byte_for_byte(program, corpus: Path):
    files = sorted(p for p in corpus.rglob("*") if p.suffix in {".hl7", ".txt", ".bin", ".xml"})
    done = program.run("import", *files, "--json", timeout_s=120)
    assert done.returncode in (0, 1), done.stderr
    assert b"Traceback" not in done.stderr
    report = [json.loads(line) for line in done.stdout.splitlines()]
    summary, not_taken = report[-1], report[:-1]
    assert all(part["reason"] for part in not_taken)
    rows = program.messages("--raw")
    assert len(rows) == summary["messages"] > 200
    assert {row["origin"] for row in rows} == {"imported"}
    contents = {path.name: path.read_bytes() for path in files}
    taken = set()
    for row in rows:
        name = Path(row["interface"]).name
        assert base64.b64decode(row["raw_base64"]) in contents[name]
        taken.add(name)
    refused = {Path(part["source"]).name for part in not_taken}
    assert set(contents) <= taken | refused


def test_what_is_no_hl7_is_said_with_the_reason_and_exit_code_1(program, tmp_path, make_order):
    good, bad = tmp_path / "good.hl7", tmp_path / "picture.png"
    good.write_bytes(make_order("G1"))
    bad.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    done = program.run("import", good, bad, tmp_path / "missing.hl7")
    assert done.returncode == 1
    assert b"not taken: " in done.stdout
    assert b"picture.png" in done.stdout
    assert b"missing.hl7" in done.stdout
    assert program.run("import", good).returncode == 0
    assert len(program.messages()) == 2


def test_commands_hand_their_work_to_the_owner(program, tmp_path, client, make_order):
    owner = program.start("listen", "--port", 0)
    address = owner.address()
    path = tmp_path / "one.hl7"
    path.write_bytes(make_order("K1"))
    imported = program.run("import", path)
    assert imported.returncode == 0, imported.stderr
    with client(address) as peer:
        peer.send(make_order("R1"))
    sent = program.run("send", path, "--to", f"127.0.0.1:{address[1]}")
    assert sent.returncode == 0, sent.stderr
    assert [(row["control_id"], row["origin"]) for row in program.messages()] == [
        ("K1", "imported"), ("R1", "received"), ("K1", "sent"), ("K1", "received"),
    ]  # fmt: skip
    assert owner.end() == 0


def test_import_as_a_listener_goes_by_its_rules(program, tmp_path, make_order):
    owner = program.start("listen", "--port", 0, "--name", "RIS in")
    owner.address()
    path = tmp_path / "one.hl7"
    path.write_bytes(make_order("A1"))
    for _ in range(2):
        program.run("import", path, "--as", "RIS in")
    first, second = program.messages()
    assert (first["origin"], first["interface"], first["ack_code"]) == ("received", "RIS in", "AA")
    assert second["duplicate_of"] == first["id"]
    unknown = program.run("import", path, "--as", "Nobody")
    assert unknown.returncode == 2
    assert b"Nobody" in unknown.stderr


def store_listener(program, **settings: object) -> None:
    console = open_console(program.workspace)
    try:
        console.submit(SaveListener(ListenerSettings(**settings))).result(20)
    finally:
        console.stop()


def test_a_command_without_an_owner_opens_no_port(program, tmp_path, make_order):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        store_listener(program, name="RIS in", port=taken.getsockname()[1], enabled=False)
        path = tmp_path / "one.hl7"
        path.write_bytes(make_order("A1"))
        done = program.run("import", path, "--as", "RIS in")
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    (row,) = program.messages()
    assert (row["origin"], row["interface"]) == ("received", "RIS in")


def test_serve_starts_the_stored_listeners(program, tmp_path, client, make_order, read_answer):
    store_listener(program, name="RIS in", port=0)
    store_listener(program, name="EHR in", port=0)
    running = program.start("serve", "--show")
    addresses = [running.address(), running.address()]
    for number, address in enumerate(addresses):
        with client(address) as peer:
            assert read_answer(peer.send(make_order(f"S{number}")))[0] == "AA"
    assert "S0" in running.line()
    assert "S1" in running.line()
    assert running.end() == 0
    assert {row["interface"] for row in program.messages()} == {"RIS in", "EHR in"}


def test_a_second_owner_is_refused_in_a_sentence(program):
    owner = program.start("listen", "--port", 0)
    owner.address()
    second = program.run("listen", "--port", 0)
    assert second.returncode == 1
    assert f"process {owner.process.pid}" in second.stderr.decode()
    assert b"Traceback" not in second.stderr


def test_filters_find_messages_and_point_at_their_faults(program, tmp_path, make_order):
    path = tmp_path / "many.hl7"
    path.write_bytes(b"".join(make_order(f"F{n}", patient=str(100 + n)) for n in range(5)))
    assert program.run("import", path).returncode == 0
    assert [row["control_id"] for row in program.messages("patient:102")] == ["F2"]
    assert [row["control_id"] for row in program.messages("PID-3.1=103", "type:ORM")] == ["F3"]
    assert len(program.messages("sampleson")) == 5
    assert [row["control_id"] for row in program.messages("--limit", 2)] == ["F3", "F4"]
    assert program.messages("--field", "OBR-4.2", "patient:101")[0]["OBR-4.2"] == "CT HEAD"
    raw = program.run("messages", "--raw", "patient:100").stdout
    assert raw == make_order("F0", patient="100")
    table = program.run("messages", "patient:104").stdout.decode()
    assert "F4" in table
    assert "CT HEAD" in table
    wrong = program.run("messages", "type:ORM (from:RIS")
    assert wrong.returncode == 2
    told = wrong.stderr.decode().splitlines()
    assert told[0] == "  type:ORM (from:RIS"
    assert told[1].index("^") == told[0].index("(")
    assert program.run("messages", "--field", "nonsense").returncode == 2


def test_output_survives_a_narrow_encoding_and_a_closed_pipe(program, tmp_path, make_order):
    path = tmp_path / "names.hl7"
    message = make_order("N1").replace(b"|P|2.3.1", b"|P|2.3.1||||||UNICODE UTF-8")
    path.write_bytes(message.replace(b"Sampleson^Ole", "見本^Ole".encode()) * 300)
    assert program.run("import", path).returncode == 0
    narrow = program.run("messages", "--limit", 1, PYTHONUTF8="0", PYTHONIOENCODING="cp1252")
    assert narrow.returncode == 0, narrow.stderr
    assert b"\\u898b" in narrow.stdout
    reader = subprocess.Popen(
        [sys.executable, "-m", "hl7console", "messages", "--json"],
        env=program.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert reader.stdout
    assert reader.stderr
    reader.stdout.readline()
    reader.stdout.close()
    assert reader.stderr.read() == b""
    reader.stderr.close()
    assert reader.wait(30) == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no second signal for another process")
def test_a_second_signal_ends_hard_and_keeps_what_was_accepted(
    program, client, make_order, read_answer
):
    running = program.start("listen", "--port", 0)
    with client(running.address()) as peer:
        assert read_answer(peer.send(make_order("X1")))[0] == "AA"
        running.process.send_signal(signal.SIGTERM)
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(20) in (0, 130)
    running.join()
    assert [row["control_id"] for row in program.messages()] == ["X1"]


def test_a_new_workspace_shows_its_recovery_code_once(program, tmp_path, make_order):
    path = tmp_path / "one.hl7"
    path.write_bytes(make_order("R1"))
    first = program.run("import", path)
    second = program.run("import", path)
    assert b"recovery code" in first.stderr
    assert b"recovery code" not in second.stderr
    shown = program.run("key", "show-recovery").stdout.decode().strip()
    assert shown in first.stderr.decode()


def test_a_passphrase_protects_the_workspace(program, tmp_path, make_order):
    path, right, wrong = tmp_path / "one.hl7", tmp_path / "right.txt", tmp_path / "wrong.txt"
    path.write_bytes(make_order("R1"))
    right.write_text("correct horse\n", encoding="utf-8")
    wrong.write_text("battery staple\n", encoding="utf-8")
    assert program.run("import", path, "--passphrase-file", right).returncode == 0
    assert len(program.messages("--passphrase-file", right)) == 1
    for options in (["--passphrase-file", wrong], []):
        refused = program.run("messages", *options)
        assert refused.returncode == 1
        assert b"passphrase" in refused.stderr
        assert b"Traceback" not in refused.stderr


def test_a_changed_key_voids_the_old_recovery_code(program, tmp_path, make_order):
    path, codes = tmp_path / "one.hl7", tmp_path / "code.txt"
    path.write_bytes(make_order("R1"))
    assert program.run("import", path).returncode == 0
    old = program.run("key", "show-recovery").stdout.decode().strip()
    rotated = program.run("key", "rotate")
    assert rotated.returncode == 0, rotated.stderr
    new = rotated.stdout.decode().strip()
    assert new != old
    assert program.run("key", "show-recovery").stdout.decode().strip() == new
    assert [row["control_id"] for row in program.messages()] == ["R1"]
    codes.write_text(old, encoding="utf-8")
    assert program.run("key", "recover", "--code-file", codes).returncode == 1


def test_the_recovery_code_opens_a_workspace_whose_key_is_lost(program, tmp_path, make_order):
    path, codes, word = tmp_path / "one.hl7", tmp_path / "code.txt", tmp_path / "word.txt"
    path.write_bytes(make_order("R1"))
    assert program.run("import", path).returncode == 0
    codes.write_bytes(program.run("key", "show-recovery").stdout.lower())
    for key_file in Path(program.environment["HOME"]).rglob("*.key"):
        key_file.unlink()
    lost = program.run("messages")
    assert lost.returncode == 1
    assert b"Traceback" not in lost.stderr
    found = program.run("key", "recover", "--code-file", codes)
    assert found.returncode == 0, found.stderr
    assert [row["control_id"] for row in program.messages()] == ["R1"]
    word.write_text("correct horse", encoding="utf-8")
    locked = program.run("key", "recover", "--code-file", codes, "--passphrase-file", word)
    assert locked.returncode == 0, locked.stderr
    assert program.run("messages").returncode == 1
    assert len(program.messages("--passphrase-file", word)) == 1


def test_a_key_is_not_changed_under_a_running_engine(program):
    owner = program.start("listen", "--port", 0)
    owner.address()
    done = program.run("key", "rotate")
    assert done.returncode == 1
    assert b"uses this workspace" in done.stderr


def test_retention_deletes_what_its_rules_say(program, tmp_path, make_order):
    path = tmp_path / "many.hl7"
    path.write_bytes(b"".join(make_order(f"R{n}") for n in range(10)))
    assert program.run("import", path).returncode == 0
    assert b"Everything is kept." in program.run("retention", "show").stdout
    refused = program.run("retention", "set", "--max-messages", 4)
    assert refused.returncode == 2
    assert b"--yes" in refused.stderr
    assert len(program.messages()) == 10
    done = program.run("retention", "set", "--max-messages", 4, "--yes")
    assert done.returncode == 0, done.stderr
    assert [row["control_id"] for row in program.messages()] == ["R6", "R7", "R8", "R9"]
    shown = json.loads(program.run("retention", "show", "--json").stdout)
    assert shown["max_messages"] == 4
    assert program.run("import", path).returncode == 0
    assert program.run("retention", "run").returncode == 0
    assert len(program.messages()) == 4


def test_no_workspace_yet_is_said_with_what_to_do(program):
    done = program.run("messages")
    assert done.returncode == 1
    assert b"There is no workspace" in done.stderr
    assert b"hl7console demo" in done.stderr
    assert not program.workspace.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["nonsense"],
        ["listen"],
        ["listen", "--port", "70000"],
        ["listen", "--port", "0", "--tls-cert", "x.pem"],
        ["send", "x.hl7"],
        ["send", "x.hl7", "--to", "localhost:0"],
        ["send", "x.hl7", "--to", "localhost:2575", "--ca", "x.pem"],
        ["demo", "--seconds", "3"],
    ],
)
def test_wrong_usage_gives_exit_code_2_and_makes_nothing(program, arguments):
    done = program.run(*arguments)
    assert done.returncode == 2
    assert done.stdout == b""
    assert done.stderr
    assert b"Traceback" not in done.stderr
    assert not program.workspace.exists()
