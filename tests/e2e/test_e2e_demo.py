"""The demo as a user starts it."""

from __future__ import annotations

import json

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]


@pytest.fixture
def place(tmp_path):
    return ("--workspace", tmp_path / "demo")


def test_the_demo_runs_without_a_window_and_sums_up(program, place):
    done = program.run("demo", "--headless", "--seconds", 12, "--seed", 1, *place, "--json")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.decode().splitlines()
    assert [line.endswith(" tls") for line in lines[:3]] == [False, True, False]
    assert all(line.startswith("listening 127.0.0.1:") for line in lines[:3])
    summary = json.loads(lines[3])
    assert summary["sent"] == summary["stored"] >= 30
    assert summary["duplicates"] == 1
    answers = {entry["ack_code"] for entry in summary["messages"]}
    assert answers >= {"AA", "AE", "AR", "CA"}
    stories = {story["story"]: story["steps"] for story in summary["stories"]}
    assert len(stories) >= 18
    stat = stories["STAT CT from the emergency room"]
    assert [step["ack_code"] for step in stat] == ["AA"] * len(stat)
    early = [s for steps in stories.values() for s in steps if s["after_s"] < 1.5]
    assert early
    forwarded = {one["destination"]: one for one in summary["forwarded"]}
    assert forwarded["PACS out"]["taken"] > 0
    assert forwarded["Billing out"]["refused"] > 0
    rows = program.messages(*place)
    assert len(rows) == summary["stored"]
    assert {row["interface"] for row in rows} == {"Hospital in", "Imaging in"}


def test_the_summary_tells_how_to_look_further(program, place):
    done = program.run("demo", "--headless", "--seconds", 2, *place)
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr
    assert "STAT CT from the emergency room" in text
    assert f"hl7console messages --workspace {place[1]}" in text
    assert b"recovery code" not in done.stderr


def test_the_demo_stays_out_of_real_workspaces(program, tmp_path, make_order):
    path = tmp_path / "one.hl7"
    path.write_bytes(make_order("R1"))
    assert program.run("import", path).returncode == 0
    for options in ([], ["--fresh"]):
        done = program.run(
            "demo", "--headless", "--seconds", 2, "--workspace", program.workspace, *options
        )
        assert done.returncode == 2
        assert b"real messages" in done.stderr
    assert len(program.messages()) == 1


def test_the_demo_stays_out_of_other_folders(program, tmp_path):
    folder = tmp_path / "documents"
    folder.mkdir()
    (folder / "letter.txt").write_text("mine", encoding="utf-8")
    for options in ([], ["--fresh"]):
        done = program.run("demo", "--headless", "--seconds", 2, "--workspace", folder, *options)
        assert done.returncode == 2
        assert b"not empty" in done.stderr
    assert [p.name for p in folder.iterdir()] == ["letter.txt"]


def test_fresh_starts_over(program, place):
    first = program.run("demo", "--headless", "--seconds", 1, *place, "--json")
    again = program.run("demo", "--headless", "--seconds", 1, *place, "--json")
    kept = len(program.messages(*place))
    stored = [json.loads(d.stdout.splitlines()[-1])["stored"] for d in (first, again)]
    assert kept == sum(stored)
    fresh = program.run("demo", "--headless", "--seconds", 1, "--fresh", *place, "--json")
    assert len(program.messages(*place)) == json.loads(fresh.stdout.splitlines()[-1])["stored"]


def test_a_running_demo_is_not_cleared(program, place):
    running = program.start("demo", "--headless", *place)
    running.address()
    done = program.run("demo", "--headless", "--fresh", *place)
    assert done.returncode == 1
    assert b"running" in done.stderr
    assert running.end() == 0
    assert b"Traceback" not in running.errors


def test_without_a_display_it_says_what_works(program, place):
    done = program.run("demo", *place, QT_QPA_PLATFORM="", DISPLAY="", WAYLAND_DISPLAY="")
    assert done.returncode == 1
    assert b"--headless" in done.stderr
