"""``hl7console diff``: what is printed, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hl7console.cli import program

LEFT = b"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5.1\rPID|1||5||DOE^JOHN\r"
RIGHT = LEFT.replace(b"JOHN", b"JANE").replace(b"|1|P|", b"|2|P|")


def no_window(console, *, demo):
    raise AssertionError("no window was asked for")


def run(*arguments: object) -> int:
    return program.run(["diff", *map(str, arguments)], no_window)


@pytest.fixture
def files(tmp_path: Path, monkeypatch) -> tuple[Path, Path]:
    monkeypatch.setenv("HL7CONSOLE_WORKSPACE", str(tmp_path / "workspace"))
    (tmp_path / "a.hl7").write_bytes(LEFT)
    (tmp_path / "b.hl7").write_bytes(RIGHT)
    return tmp_path / "a.hl7", tmp_path / "b.hl7"


def test_two_messages_that_differ(files, capsys, tmp_path):
    assert run(*files) == 1
    shown = capsys.readouterr().out
    assert "~ PID-5.2  Patient Name · Given Name  (changed)\n  - JOHN\n  + JANE\n" in shown
    assert "MSH-10" in shown
    assert not (tmp_path / "workspace").exists()


def test_the_same(files, capsys):
    assert run(files[0], files[0]) == 0
    assert capsys.readouterr().out == "The messages are the same.\n"
    assert run(*files, "--ignore", "usual", "--ignore", "PID-5") == 0


def test_trailing_and_any_order(files, capsys):
    left, right = files
    left.write_bytes(LEFT + b"NTE|1||a\rNTE|2||b\r")
    right.write_bytes(LEFT + b"NTE|2||b|\rNTE|1||a\r")
    assert run(left, right) == 1
    assert run(left, right, "--any-order") == 0
    assert run(left, right, "--any-order", "--trailing") == 1
    assert "(trailing)" in capsys.readouterr().out


def test_json_of_two_messages(files, capsys):
    assert run(*files, "--ignore", "usual", "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["result"] == "different"
    assert found["differences"] == [
        {
            "kind": "changed", "path": "PID-5.2", "path_right": "PID-5.2",
            "name": "Patient Name · Given Name", "left": "JOHN", "right": "JANE",
        }
    ]  # fmt: skip


def test_folders_by_a_key(files, capsys, tmp_path):
    left, right = tmp_path / "l", tmp_path / "r"
    left.mkdir()
    right.mkdir()
    (left / "1.hl7").write_bytes(LEFT + LEFT.replace(b"|1|P|", b"|7|P|"))
    (right / "1.hl7").write_bytes(RIGHT.replace(b"|2|P|", b"|1|P|"))
    assert run(left, right) == 1
    shown = capsys.readouterr().out
    assert "1:\n" in shown
    assert "7: only in A\n" in shown
    assert shown.endswith("0 the same, 1 different, 1 only in A.\n")
    assert run(left, right, "--key", "PID-3", "--json") == 1
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["result"], row["key"]) for row in rows] == [
        ("different", "5"), ("only left", "5"),
    ]  # fmt: skip
    assert run(left, left) == 0


@pytest.mark.parametrize(
    "options", [["--key", "PID"], ["--ignore", "what?"], ["--nothing"]], ids=" ".join
)
def test_wrong_usage(files, options, capsys):
    assert run(*files, *options) == 2
    assert capsys.readouterr().err


def test_nothing_to_compare(files, tmp_path, capsys):
    assert run(files[0], tmp_path / "missing.hl7") == 2
    (tmp_path / "empty.hl7").write_bytes(b"")
    assert run(files[0], tmp_path / "empty.hl7") == 2
    assert "empty.hl7" in capsys.readouterr().err
    (tmp_path / "l").mkdir()
    assert run(tmp_path / "l", tmp_path / "l") == 2


def test_control_characters_reach_no_terminal(files, capsys):
    left, right = files
    right.write_bytes(LEFT.replace(b"JOHN", b"J\x1b[31mX"))
    assert run(left, right) == 1
    assert "\x1b" not in capsys.readouterr().out
