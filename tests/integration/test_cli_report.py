"""``hl7console report``: numbers of messages that were really received, as JSON, HTML and PDF."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import pypdf
import pytest
from engine_kit import Client, Receiver, order, port, reply, wait_for
from queue_kit import kept, queue, save, states

from hl7console.cli import program
from hl7console.cli.opening import own
from hl7console.cli.options import Place
from hl7console.engine.console import LinkState, SaveListener
from hl7console.settings import ListenerSettings
from hl7console.store.alert_records import AlertRecord
from hl7console.store.connection import Database
from hl7console.store.workspace import Workspace

NAME = "RIS <b>in</b>"
ROOT = Path(__file__).parent.parent.parent
SENT = (40, 3, 5)
"""Accepted orders, messages that are refused, and orders that come a second time."""


def fill(path: Path) -> None:
    """Receive and deliver messages through a real engine."""
    accepted, refused, duplicates = SENT
    with own(Place(path)) as console, Receiver(reply) as receiver:
        console.submit(SaveListener(ListenerSettings(name=NAME, port=0))).result(20)
        wait_for(lambda: console.snapshot().interfaces[0].state == LinkState.LISTENING, "up")
        with Client(port(console, NAME)) as client:
            for number in range(accepted):
                assert b"|AA|" in client.ask(order(f"C{number}"))
            for number in range(refused):
                client.ask(order(f"R{number}").replace(b"|2.5.1\r", b"|9.9\r"))
            for number in range(duplicates):
                client.ask(order(f"C{number}"))
        save(console, receiver.port)
        queue(console, kept(console, "D1", "D2"), "PACS")
        wait_for(lambda: states(console) == ["accepted"] * 2, "delivered")
        last = console.snapshot().last_message_id
        wait_for(lambda: console.snapshot().last_message_id == last, "stored")


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("reported") / "workspace"
    before = dict(os.environ)
    home = str(path.parent)
    os.environ.update(HOME=home, USERPROFILE=home, XDG_CONFIG_HOME=home, XDG_DATA_HOME=home)
    try:
        fill(path)
        now_us = time.time_ns() // 1000
        down = AlertRecord(
            1, "Connection", "connection", "critical", "listener", NAME, now_us - 2_000_000,
            "Nobody <i>listens</i>.", ended_at_us=now_us - 1_000_000, note="secret note",
        )  # fmt: skip
        opened = Workspace.open(path, create=False)
        with closing(Database(opened.database_path, opened.key)) as database:
            values = asdict(down)
            marks = ", ".join("?" * len(values))
            database.execute(
                f"INSERT INTO alerts ({', '.join(values)}) VALUES ({marks})",  # noqa: S608
                tuple(values.values()),
            )
        return path
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture
def at_home(filled, monkeypatch):
    for name in ("HOME", "USERPROFILE", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(filled.parent))


@pytest.fixture
def report(filled, at_home, capsys):
    def report(*arguments: str) -> tuple[int, str, str]:
        code = program.run(["report", "--workspace", str(filled), *arguments], None)
        told = capsys.readouterr()
        return code, told.out, told.err

    return report


def numbers(answer: tuple[int, str, str]) -> dict:
    code, out, err = answer
    assert code == 0, err
    return json.loads(out)


def test_the_numbers_are_those_of_what_was_received(report):
    accepted, refused, duplicates = SENT
    values = numbers(report("--json", "--since", "2h"))
    received = values["received"]
    assert received["received"] == accepted + refused + duplicates
    assert received["refused"] == refused
    assert received["accepted"] == accepted + duplicates
    assert received["duplicates"] == duplicates
    assert received["size_bytes"] > 100 * accepted
    assert values["latency"]["count"] == accepted + refused + duplicates
    assert 0 < values["latency"]["p50_us"] <= values["latency"]["p99_us"]
    assert values["latency"]["p99_us"] <= values["latency"]["most_us"]
    assert values["delivered"]["accepted"] == 2
    assert values["round_trip"]["count"] == 2
    by_name = {i["name"]: i for i in values["interfaces"]}
    assert by_name[NAME]["counts"] == received
    assert by_name["PACS"]["counts"]["accepted"] == 2
    assert sum(cause["count"] for cause in values["causes"]) == refused
    assert {s["name"]: s["received"] for s in values["senders"]} == {
        "REGRIS|NORTH": accepted + refused + duplicates
    }
    assert values["types"][0]["name"] == "ORM^O01"
    assert sum(step["received"]["received"] for step in values["steps"]) == received["received"]
    assert sum(step["delivered"]["accepted"] for step in values["steps"]) == 2


def test_a_day_has_the_same_numbers_as_a_span_and_yesterday_has_none(report):
    span = numbers(report("--json", "--since", "2h"))
    week = numbers(report("--json", "--week", "today"))
    month = numbers(report("--json", "--month", "today"))
    assert week["received"] == month["received"] == span["received"]
    assert not week["is_over"]
    none = numbers(report("--json", "--day", "2026-01-05"))
    assert none["received"]["received"] == 0
    assert none["availability"]["share"] is None
    assert all(i["availability"]["share"] is None for i in none["interfaces"])


def test_availability_is_known_only_for_when_the_program_ran(report):
    values = numbers(report("--json", "--since", "2h"))
    whole = values["availability"]
    assert 0 < whole["known_s"] < 120
    assert whole["unknown_s"] > 7000
    found = next(i for i in values["interfaces"] if i["name"] == NAME)["availability"]
    assert found["known_s"] == whole["known_s"]
    assert values["alerts_total"] == 1
    assert values["rules"][0]["mean_recovery_s"] == 1.0


def test_one_interface_alone(report):
    accepted, refused, duplicates = SENT
    values = numbers(report("--json", "--since", "2h", "--interface", NAME))
    assert [i["name"] for i in values["interfaces"]] == [NAME]
    assert values["received"]["received"] == accepted + refused + duplicates
    assert values["delivered"]["received"] == 0
    assert values["senders"][0]["received"] == accepted + refused + duplicates
    assert values["senders"][0]["refused"] == refused
    values = numbers(report("--json", "--since", "2h", "--interface", "PACS"))
    assert (values["received"]["received"], values["delivered"]["accepted"]) == (0, 2)
    assert values["alerts_total"] == 0
    code, _, err = report("--json", "--interface", "nobody")
    assert code == 2
    assert "PACS" in err


def test_html_is_one_page_without_patient_data(report, tmp_path):
    path = tmp_path / "report.html"
    code, out, _ = report("--since", "2h", "-o", str(path))
    assert (code, out) == (0, "")
    page = path.read_text(encoding="utf-8")
    assert "RIS &lt;b&gt;in&lt;/b&gt;" in page
    assert "Nobody &lt;i&gt;listens&lt;/i&gt;." in page
    for secret in ("MARLOWE", "77001", "secret note", "C17", "<b>in"):
        assert secret not in page
    assert "<script" not in page


def test_a_file_is_replaced_whole_or_not_at_all(report, tmp_path):
    path = tmp_path / "report.json"
    path.write_text("old")
    assert report("--since", "2h", "-o", str(path))[0] == 0
    assert json.loads(path.read_text(encoding="utf-8"))["received"]["received"] == sum(SENT)
    code, _, err = report("--since", "2h", "-o", str(tmp_path / "none" / "report.html"))
    assert code == 1
    assert "cannot be written" in err
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize(
    "wrong",
    [
        [], ["-o", "report.txt"], ["--json", "-o", "report.html"], ["--json", "--day", "nonsense"],
        ["--json", "--day", "today", "--week", "today"], ["--json", "--until", "today"],
    ],
)  # fmt: skip
def test_wrong_usage_is_told(report, wrong, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, err = report(*wrong)
    assert (code, out) == (2, "")
    assert err.startswith("Error: ")
    assert not list(tmp_path.iterdir())


def test_pdf_from_the_command_line_without_a_screen(filled, at_home, tmp_path):
    path = tmp_path / "réport.pdf"
    environment = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    environment.pop("QT_QPA_PLATFORM", None)
    done = subprocess.run(
        [sys.executable, "-m", "hl7console", "report", "--workspace", filled, "--since", "2h",
         "-o", path],
        cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    document = pypdf.PdfReader(io.BytesIO(path.read_bytes()))
    text = " ".join("\n".join(page.extract_text() for page in document.pages).split())
    assert len(document.pages) >= 2
    assert "All interfaces" in document.metadata.title
    for told in ("All interfaces:", NAME, "Listeners", "Destinations", "PACS", "REGRIS, NORTH",
                 "Nobody <i>listens</i>.", "Page 1 of"):  # fmt: skip
        assert told in text, told
    assert "MARLOWE" not in text
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_it_works_beside_a_running_console(filled, at_home, report):
    with own(Place(filled), listeners=()) as console:
        assert console.snapshot().running
        assert numbers(report("--json", "--since", "2h"))["received"]["received"] == sum(SENT)
