"""Results: hl7console.worklist.rules.results, hl7console.worklist.rules.observations,
hl7console.worklist.rules.subject and hl7console.worklist.reports.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

import base64

from results_kit import operator, order, oru, play

from hl7console.worklist.rows import KINDS, ORDER, PATIENT, REPORT
from hl7console.worklist.turn import Severity

LINES = (
    "@OBX 3=FIND^Findings 5=One.",
    "@OBX 1=2 3=FIND^Findings 5=Two.",
    "@OBX 1=3 3=IMP^Impression",
)


def text(*messages: str) -> str:
    return play(*messages).only(REPORT).text("text")


def test_lines_of_one_code_stand_together_under_its_name():
    assert text(oru("25=F", *LINES)) == "Findings\nOne.\nTwo.\n\nImpression\nNo fracture."


def test_lines_stand_in_the_order_of_their_numbers():
    assert text(oru("25=F", "@OBX 1=2 5=second", "@OBX 1=1 5=first")) == "first\nsecond"
    assert text(oru("25=F", "@OBX 1=1 5=second", "@OBX 1=1 5=first")) == "second\nfirst"


def test_a_correction_stands_where_the_corrected_line_stood():
    fixed = oru("25=C", "@OBX 3=FIND^Findings 5=Three. 11=C")
    assert text(oru("25=F", *LINES), fixed) == "Findings\nThree.\n\nImpression\nNo fracture."


def test_a_correction_leaves_the_other_sub_ids():
    first = oru("25=F", "@OBX 4=1 5=One.", "@OBX 1=2 4=2 5=Two.")
    assert text(first, oru("25=C", "@OBX 4=2 5=New. 11=C")) == "One.\nNew."


def test_a_correction_may_bring_a_further_line():
    added = oru("25=C", "@OBX 3=ADD^Addendum 5=More. 11=F")
    assert text(oru(), added) == "Report\nNo fracture.\n\nAddendum\nMore."


def test_a_report_that_is_told_anew_is_told_whole():
    assert text(oru("25=P", *LINES), oru("25=F", "@OBX 5=Only this.")) == "Only this."


def test_a_status_without_value_keeps_the_value():
    assert text(oru("25=P"), oru("25=F", "@OBX 5= 11=U")) == "No fracture."


def test_a_withdrawn_line_goes_and_stays_in_the_history():
    played = play(oru("25=F", *LINES), oru("25=C", "@OBX 3=IMP^Impression 11=W"))
    assert played.only(REPORT).text("text") == "One.\nTwo."
    changes = played.result.outcomes[-1].changes
    assert any(c.column == "text" and "Impression" in str(c.old) for c in changes)


@pytest.mark.parametrize(
    ("obx", "wanted"),
    [
        ("2=NM 5=5.1 6=mm", "5.1 mm"),
        ("2=SN 5=>^5 6=mm", "> 5 mm"),
        ("2=CE 5=R51^Headache^I10", "Headache"),
        (r"2=FT 5=One\.br\Two", "One\nTwo"),
        ("2=TX 5=One~Two", "One\nTwo"),
        ("2=TX 5=\"\"", ""),
    ],
)  # fmt: skip
def test_values_are_read_by_their_type(obx, wanted):
    assert text(oru("25=F", f"@OBX {obx}")) == wanted


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2=ED 5=^application^pdf^Base64^{0}", ["ED", "application", "pdf"]),
        ("2=RP 5=http://{0}^PACS^application^pdf", ["RP", "application", "pdf"]),
    ],
)
def test_documents_are_named_and_not_kept(value, kind):
    content = base64.b64encode(b"%PDF-1.4 of a patient").decode()
    message = oru("25=F", "@OBX", f"@OBX 1=2 3=PDF {value.format(content)}")
    played = play(message)
    report = played.only(REPORT)
    ((entry, path, *told),) = report.list("attachments")
    assert (entry, told) == (1, kind)
    assert path.startswith("OBX[2]-5")
    assert report.text("text") == "No fracture."
    for name in KINDS:
        assert not any(content in str(row.values) for row in played.rows(name))


def test_a_withdrawn_document_is_no_attachment():
    played = play(oru("25=F", "@OBX 2=ED 5=^application^pdf^Base64^AAAA 11=W"))
    assert not played.only(REPORT).list("attachments")


@pytest.mark.parametrize(("code", "rule"), [("Y", "result_of_query"), ("Z", "result_of_query")])
def test_answers_to_queries_are_errors(code, rule):
    played = play(order(), oru(f"25={code}"))
    assert played.errors() == [rule]
    assert not played.rows(REPORT)


def test_a_message_without_obr_is_an_error():
    assert play("@ORU\n@PID\n@OBX").errors() == ["result_without_obr"]


def test_a_result_without_any_number_is_kept_and_told():
    played = play(oru("2= 3= 18= 25=F"))
    assert played.errors() == ["result_without_keys"]
    assert played.only(REPORT).text("status") == "final"


def test_an_unknown_status_changes_no_status():
    played = play(order(), oru("25=P"), oru("25=Q"))
    assert played.only(ORDER).text("report_status") == "preliminary"
    assert "result_status_unknown" in played.codes(Severity.FLAG)


def test_an_older_report_changes_nothing():
    late = oru("25=P", "@OBX 5=old", head="@ORU at=20261103090000 received=20261103100500")
    played = play(oru("25=F", head="@ORU at=20261103100000"), late)
    assert played.codes() == ["message_older"]
    assert played.only(REPORT).text("status") == "final"


def test_each_obr_is_a_report_of_its_own():
    second = ("@OBR 4=OTHER^Other 25=P", "@OBX 5=Two.")
    played = play(order(), oru("25=F", "@OBX", *second))
    assert [r.text("status") for r in played.rows(REPORT)] == ["final", "preliminary"]
    assert [r.number("place") for r in played.rows(REPORT)] == [1, 2]


def test_two_obr_of_the_same_service_do_not_overwrite_each_other():
    played = play(order(), oru("25=F", "@OBX", "@OBR 25=F", "@OBX 5=Two."))
    assert [r.text("text") for r in played.rows(REPORT)] == ["No fracture.", "Two."]


def test_results_of_several_persons_in_one_message_go_to_each():
    other = "PID|||9999^^^HOSP^MR||ROE^RICHARD||19500101|M"
    message = oru("25=F", "@OBX", other, "@OBR 2=P2^RIS 3=F2^PACS 18=A2 25=F", "@OBX")
    first, second = play(order(), message).rows(REPORT)
    assert (first.number("order"), second.number("order")) == (1, 0)
    assert second.text("named_name") == "ROE^RICHARD"


def test_a_result_makes_no_person():
    assert play(oru()).rows(PATIENT) == []


def test_a_withdrawn_reading_leaves_the_step():
    played = play(order(), oru("25=X"), options="final_report_completes = true")
    assert played.state() == "SCHEDULED"
    assert played.only(ORDER).text("report_status") == "cancelled"
    assert "report_cancelled" in played.codes()


def test_a_final_report_completes_once():
    played = play(order(), oru(), oru("25=C"), options="final_report_completes = true")
    assert played.state() == "COMPLETED"
    assert played.errors() == []
    assert (
        play(order(), oru("25=P"), options="final_report_completes = true").state() == "SCHEDULED"
    )


def test_a_withdrawn_value_is_not_critical():
    assert "critical_result" not in play(oru("25=F", "@OBX 8=HH 11=D")).all_codes()


def test_one_of_several_flags_is_enough():
    assert "critical_result" in play(oru("25=F", "@OBX 8=A~HH")).codes()


def test_a_phrase_in_a_note_is_critical():
    options = 'critical_phrases = ["Called To"]'
    played = play(oru("25=F", "@OBX", "NTE|1||was called to the ward"), options=options)
    assert "critical_result" in played.codes()


def test_somebody_sees_to_a_critical_result_and_is_asked_again_by_a_new_one():
    critical = oru("25=F", "@OBX 8=HH")
    done = operator("acknowledge", report=2, note="told Dr Miller")
    played = play(order(), critical, done)
    report = played.only(REPORT)
    assert report.text("acknowledged_by") == "tester"
    assert report.number("acknowledged_at_us") > 0
    assert report.text("acknowledgement") == "told Dr Miller"
    played = play(order(), critical, done, oru("25=C", "@OBX 8=LL 11=C"))
    assert played.only(REPORT).text("acknowledged_by") == ""
    assert play(order(), oru(), done).errors() == ["not_critical"]
