"""Metrics, status and report of a console that serves, each as its own process."""

from __future__ import annotations

import json
import urllib.request

import pytest
from prometheus_client.parser import text_string_to_metric_families

from hl7console.engine.console import SaveListener
from hl7console.engine.open_console import open_console
from hl7console.settings import ListenerSettings

pytestmark = pytest.mark.e2e

RECEIVED = "hl7console_interface_received_total"


def scrape(url: str) -> dict[tuple[str, str], float]:
    with urllib.request.urlopen(url, timeout=20) as answer:  # noqa: S310 - our own
        text = answer.read().decode("utf-8")
    return {
        (sample.name, sample.labels.get("interface", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_all_that_is_told_beside_a_console_that_serves(
    program, tmp_path, client, make_order, read_answer
):
    console = open_console(program.workspace)
    try:
        console.submit(SaveListener(ListenerSettings(name="RIS in", port=0))).result(20)
    finally:
        console.stop()
    running = program.start("serve", "--metrics-port", 0)
    address = running.address()
    word, url = running.line().split()
    assert word == "metrics"
    with client(address) as peer:
        for number in range(3):
            assert read_answer(peer.send(make_order(f"S{number}")))[0] == "AA"
        assert scrape(url)[RECEIVED, "RIS in"] == 3
        done = program.run("status", "--json")
        found = json.loads(done.stdout)
        assert (done.returncode, found["level"], found["is_running"]) == (0, "ok", True), found
    assert running.end() == 0
    done = program.run("status")
    assert done.returncode == 2
    assert done.stdout.startswith(b"CRITICAL: Nothing runs")
    path = tmp_path / "today.pdf"
    done = program.run("report", "--day", "today", "-o", path, timeout_s=120)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes().startswith(b"%PDF-")
    done = program.run("report", "--day", "today", "--json")
    assert json.loads(done.stdout)["received"]["received"] == 3
