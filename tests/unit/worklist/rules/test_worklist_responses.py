"""Answers to orders: hl7console.worklist.rules.responses."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from results_kit import ROE, order, oru, play

from hl7console.worklist.rows import ORDER, REPORT


def answer(orc: str, msa: str = "AA", head: str = "@ORR") -> str:
    return f"{head}\nMSA|{msa}|M77\n@PID\n@ORC {orc}"


def test_an_answer_stands_in_the_history_of_its_order():
    played = play(order(), answer("1=UA", "AE"))
    (note,) = played.result.outcomes[-1].notes
    assert (note.rule, note.kind, note.row_id) == ("response", ORDER, 1)
    assert note.args == {"code": "AE", "control": "UA", "message": "M77"}
    assert played.state() == "SCHEDULED"


def test_an_answer_to_an_unknown_order_is_told():
    assert play(answer("1=OK")).codes() == ["response_unknown"]


def test_a_number_that_an_order_has_is_not_changed():
    played = play(order(), answer("1=NA 3=F77^PACS"))
    assert played.only(ORDER).text("filler_no") == "F1"


def test_a_new_number_brings_what_waited_for_it():
    report = oru("2= 3=F77^PACS 18= 25=F")
    played = play(report, order("3="), answer("1=NA 3=F77^PACS"))
    assert played.only(ORDER).text("filler_no") == "F77"
    assert played.only(REPORT).number("order") == 1


def test_a_number_of_another_persons_order_is_not_taken():
    other = order("2=P2^RIS 3=F77^PACS 18=A2 19=RP2 20=S2 ZDS-1=1.2.3 "
                  + " ".join(f"PID-{change}" for change in ROE.split()))  # fmt: skip
    played = play(order("3="), other, answer("1=NA 3=F77^PACS"))
    assert played.errors() == ["filler_no_taken"]
    assert played.rows(ORDER)[0].text("filler_no") == ""


def test_an_answer_without_orders_says_how_it_went():
    assert play(order(), "@ORR\nMSA|AR|M1").codes() == ["response"]
