from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from hl7console.cli.demo_summary import accepted, print_summary, summary_values
from hl7console.cli.reports import print_not_taken, print_results
from hl7console.engine.console import JobReport, Noticed, NotTaken, SendResult
from hl7console.engine.demo.forwarding import Forwarded
from hl7console.engine.demo.hospital import Tally, ToldStep
from hl7console.engine.demo.running import Kept, Stand
from hl7console.engine.demo.watching import ToldAlert

RESULT = SendResult(
    message_id=7,
    control_id="C\x1b7",
    state="accepted",
    ack_code="AA",
    text="",
    round_trip_s=0.0123456789,
    source="a.hl7",
)


def test_results_as_lines_hold_no_control_characters(capsys):
    print_results(JobReport(text="1 of 1 accepted.", results=(RESULT,)), as_json=False)
    shown = capsys.readouterr()
    assert shown.out == "C\u241b7  AA  accepted  12 ms  a.hl7\n"
    assert shown.err == "1 of 1 accepted.\n"


def test_results_as_json(capsys):
    print_results(JobReport(results=(RESULT,)), as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "message_id": 7,
        "control_id": "C\x1b7",
        "state": "accepted",
        "ack_code": "AA",
        "text": "",
        "round_trip_s": 0.012346,
        "source": "a.hl7",
        "receiver_text": "",
    }


def test_a_refusal_is_told_in_the_receivers_words_and_kept_out_of_the_repr(capsys):
    refused = replace(RESULT, state="rejected", ack_code="AE", receiver_text="No bed\x1b 7")
    print_results(JobReport(results=(refused,)), as_json=False)
    shown = capsys.readouterr().out
    assert shown == "C\u241b7  AE  rejected  12 ms  The receiver says: No bed\u241b 7  a.hl7\n"
    print_results(JobReport(results=(refused,)), as_json=True)
    assert json.loads(capsys.readouterr().out)["receiver_text"] == "No bed\x1b 7"
    assert "No bed" not in repr(JobReport(results=(refused,)))


def test_what_was_not_taken_is_told_with_place_and_reason(capsys):
    parts = (NotTaken("a.zip/b.txt", 1200, "It holds no message."), NotTaken("c", 0, "Too big."))
    report = JobReport(not_taken=parts, not_taken_total=5)
    print_not_taken(report, as_json=False)
    shown = capsys.readouterr()
    assert shown.out.splitlines() == [
        "not taken: a.zip/b.txt at byte 1,200: It holds no message.",
        "not taken: c: Too big.",
    ]
    assert "3 more" in shown.err
    print_not_taken(report, as_json=True)
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert first == {
        "kind": "not_taken",
        "source": "a.zip/b.txt",
        "offset_bytes": 1200,
        "reason": "It holds no message.",
    }


def test_what_was_noticed_is_told_apart(capsys):
    noticed = (Noticed("a.hl7", 898, "BTS-1 says 3 messages; there are 2."),)
    report = JobReport(noticed=noticed, noticed_total=2)
    print_not_taken(report, as_json=False)
    shown = capsys.readouterr()
    assert shown.out == "noticed: a.hl7 at byte 898: BTS-1 says 3 messages; there are 2.\n"
    assert "1 more that were noticed" in shown.err
    print_not_taken(report, as_json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[0])["kind"] == "noticed"


TALLY = Tally(
    sent=3,
    counts={("ORM^O01", "AA"): 1, ("", "AE"): 1, ("ORU^R01", "CA"): 1},
    steps=(
        ToldStep(5.0, "Second", "later", "ORM^O01", "radiology", ""),
        ToldStep(0.1, "First", "begins", "ADT^A04", "registration", "AA"),
    ),
)
KEPT = Kept(total=3, duplicates=1, counts=TALLY.counts)
STAND = Stand(
    total=3,
    by_state={"SCHEDULED": 2, "ON_HOLD": 1, "STARTED": 0},
    incomplete=1,
    problems=4,
    worth_a_look=(("A7", "replaced"),),
)


FORWARDED = (Forwarded("Billing out", taken=5, refused=2, waiting=1),)
ALERTS = (
    ToldAlert(
        25.0, "critical", "Interface down", "Archive out", "Archive out is down.", over_after_s=41.5
    ),
    ToldAlert(7.0, "warning", "Billing refuses many", "Billing out", "Many were refused."),
)


def test_the_summary_counts_by_type_and_answer(capsys):
    print_summary(TALLY, KEPT, STAND, FORWARDED, Path("/some where"))
    lines = capsys.readouterr().out.splitlines()
    table = [line.split() for line in lines[3:7]]
    assert table == [
        ["Type", "AA", "CA", "AE", "All"],
        ["(none)", "1", "1"],
        ["ORM^O01", "1", "1"],
        ["ORU^R01", "1", "1"],
    ]
    text = "\n".join(lines)
    assert text.index("First") < text.index("Second")
    assert "no answer  later" in text
    assert '--workspace "' in text
    assert ["Billing", "out", "5", "2", "1"] in [line.split() for line in lines]
    assert accepted(TALLY) == 2


def test_the_summary_tells_the_alerts(capsys):
    print_summary(TALLY, KEPT, STAND, FORWARDED, Path("w"), ALERTS)
    lines = capsys.readouterr().out.splitlines()
    at = lines.index("   25.0 s  critical  Interface down (over at 41.5 s)")
    assert lines[at + 1].strip() == "Archive out is down."
    assert "    7.0 s  warning   Billing refuses many (still open)" in lines
    print_summary(TALLY, KEPT, STAND, FORWARDED, Path("w"))
    assert "None was told." in capsys.readouterr().out
    values = summary_values(TALLY, KEPT, STAND, FORWARDED, Path("w"), ALERTS)["alerts"]
    assert [(one["rule"], one["after_s"], one["over_after_s"]) for one in values] == [
        ("Interface down", 25.0, 41.5),
        ("Billing refuses many", 7.0, None),
    ]


def test_the_summary_as_values():
    values = summary_values(TALLY, KEPT, STAND, FORWARDED, Path("w"))
    assert (values["sent"], values["stored"], values["duplicates"]) == (3, 3, 1)
    assert [story["story"] for story in values["stories"]] == ["First", "Second"]
    assert values["forwarded"] == [
        {"destination": "Billing out", "taken": 5, "refused": 2, "waiting": 1}
    ]
    assert values["worklist"] == {
        "lines": 3,
        "states": {"ON_HOLD": 1, "SCHEDULED": 2, "STARTED": 0},
        "incomplete": 1,
        "problems": 4,
        "worth_a_look": [{"accession": "A7", "flag": "replaced"}],
    }


def test_the_summary_says_where_the_worklist_stands_and_which_line_to_ask(capsys):
    print_summary(TALLY, KEPT, STAND, FORWARDED, Path("w"))
    lines = capsys.readouterr().out.splitlines()
    text = "\n".join(lines)
    assert ["on", "hold", "1"] in [line.split() for line in lines]
    assert ["started", "0"] not in [line.split() for line in lines]
    assert "no modality is told of them: 1." in text
    assert "In the error list: 4." in text
    at = lines.index("  hl7console worklist --workspace w --why A7")
    assert lines[at + 1] == "    Another order takes the place of this one."


def test_the_summary_of_an_empty_worklist_asks_nothing(capsys):
    print_summary(TALLY, KEPT, Stand(0), (), Path("w"))
    text = capsys.readouterr().out
    assert "No line stands on it yet." in text
    assert "--why" not in text
