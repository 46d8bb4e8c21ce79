"""``hl7console resend`` from the command line to a receiver and back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from engine_kit import Receiver, destination, order, reply

from hl7console.cli import program
from hl7console.cli.opening import own
from hl7console.cli.options import Place
from hl7console.engine.console import ImportFiles, SaveDestination
from hl7console.settings import Environment


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    with own(Place(path), listeners=[]) as console:
        pasted = b"\n".join(order(f"M{n}").replace(b"P1^", b"P%d^" % n) for n in range(3))
        console.submit(ImportFiles(pasted=pasted.replace(b"|||A1\r", b"|||\r"))).result(20)
    return path


@pytest.fixture
def run(workspace, capsys):
    def run(*arguments: str) -> tuple[int, list[dict], str]:
        code = program.run(["resend", "--workspace", str(workspace), "--json", *arguments], None)
        told = capsys.readouterr()
        return code, [json.loads(line) for line in told.out.splitlines()], told.err

    return run


def results(lines: list[dict]) -> list[str]:
    return [line["control_id"] for line in lines if line.get("kind") != "preflight"]


def found(lines: list[dict]) -> dict[str, int]:
    return {line["code"]: line["count"] for line in lines if line.get("kind") == "preflight"}


def test_a_filter_is_sent_oldest_first_and_warned_of_the_second_time(run):
    with Receiver(reply) as receiver:
        to = f"127.0.0.1:{receiver.port}"
        code, lines, err = run("type:ORM", "--to", to)
        assert code == 0, err
        assert results(lines) == ["M0", "M1", "M2"]
        assert found(lines) == {"destination": 1}
        code, lines, err = run("control:M1", "--to", to)
        assert code == 2
        assert results(lines) == []
        assert found(lines)["control_id_sent"] == 1
        assert "--force" in err
        assert len(receiver.received) == 3
        code, lines, _ = run("control:M1", "--to", to, "--force")
        assert (code, results(lines)) == (0, ["M1"])
        code, lines, _ = run("control:M1", "--to", to, "--new-ids")
        assert code == 0
        assert lines[-1]["original_id"] == 2
        assert receiver.received[-1] != receiver.received[-2]


def test_a_refusal_and_two_destinations(run):
    with Receiver(reply) as one, Receiver(lambda p: reply(p, "AE")) as two:
        addresses = [f"127.0.0.1:{r.port}" for r in (one, two)]
        code, lines, _ = run("type:ORM", "--limit", "1", "--to", addresses[0], "--to", addresses[1])
        assert code == 1
        assert [(line["destination"], line["ack_code"]) for line in lines[-2:]] == [
            (addresses[0], "AA"),
            (addresses[1], "AE"),
        ]


def test_a_recipe_of_a_file_is_previewed_and_applied(run, tmp_path):
    recipe = tmp_path / "there.toml"
    recipe.write_text('[[step]]\nset = "MSH-6"\nvalue = "TESTLAND"\n', encoding="utf-8")
    with Receiver(reply) as receiver:
        to = f"127.0.0.1:{receiver.port}"
        code, lines, err = run("control:M0", "--to", to, "--recipe", str(recipe))
        assert code == 0, err
        assert b"|TESTLAND|" in receiver.received[0]
        recipe.write_text('[[step]]\nset = "PID-5"\nvalue = "A"\n', encoding="utf-8")
        code, lines, _ = run("control:M1", "--to", to, "--recipe", str(recipe))
        assert code == 2
        assert found(lines)["person_changed"] == 1
        recipe.write_text("nonsense", encoding="utf-8")
        assert run("control:M1", "--to", to, "--recipe", str(recipe), "--force")[0] == 2
        assert len(receiver.received) == 1


def test_dates_are_checked_as_they_go_out(run, workspace):
    undated = b"\n".join(
        order(f"D{n}")
        .replace(b"20260105093012", date)
        .replace(b"P1^", b"P8%d^" % n)
        .replace(b"|||A1\r", b"|||\r")
        for n, date in enumerate((b"yesterday", b""))
    )
    with own(Place(workspace)) as console:
        console.submit(ImportFiles(pasted=undated)).result(20)
    with Receiver(reply) as receiver:
        to = ("--to", f"127.0.0.1:{receiver.port}")
        code, lines, _ = run("control:D0", *to)
        assert (code, found(lines)["invalid"]) == (2, 1)
        code, lines, _ = run("control:D1", *to, "--dates", "shift")
        assert (code, found(lines)["cannot_edit"]) == (2, 1)
        assert receiver.received == []
        code, lines, err = run("control:D0", *to, "--dates", "message")
        assert code == 0, err
        assert found(lines) == {"destination": 1}
        assert b"yesterday" not in receiver.received[0]


def test_production_needs_its_name(run, workspace):
    with Receiver(reply) as receiver:
        settings = destination(receiver.port, environment=Environment.PRODUCTION)
        with own(Place(workspace)) as console:
            console.submit(SaveDestination(settings)).result(10)
        code, _, err = run("type:ORM", "--to", "PACS")
        assert code == 2
        assert "typing its name" in err
        code, lines, _ = run("type:ORM", "--to", "PACS", "--confirm", "PACS", "--mark-handled")
        assert code == 0
        assert lines[0]["severity"] == "warn"
        code, lines, err = run("handled:no", "--to", "PACS", "--confirm", "PACS")
        assert results(lines) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("(type:ORM", "--to", "h:1"),
        ("type:ORM", "--to", "Nobody"),
        ("type:ORM", "--to", "h:1", "--to", "i:1", "--tls"),
        ("type:ORM", "--to", "h:1", "--rate", "1", "--speed", "2"),
        ("type:ORM", "--to", "h:1", "--speed", "0.01"),
        ("type:ORM", "--to", "h:1", "--nonsense"),
        ("type:ORM",),
    ],
)
def test_wrong_usage_sends_nothing(run, arguments):
    code, lines, err = run(*arguments)
    assert code == 2
    assert results(lines) == []
    assert err
