"""Which order something belongs to: hl7console.worklist.linking and hl7console.worklist.reports."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from results_kit import (
    ROE,
    SECOND,
    STUDY,
    exam,
    exam_set,
    mdm,
    operator,
    order,
    orders,
    oru,
    play,
    siu,
)

from hl7console.worklist.linking import Keys, keys_of_order
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    DOCUMENT,
    EXAM,
    ORDER,
    REPORT,
    STEP,
    Row,
    key_of,
)


def test_keys_are_written_with_the_most_telling_first():
    keys = Keys("1.2", ("A1", "HOSP"), ("F1", "PACS"), ("", ""), "A1")
    assert keys.written() == [
        key_of("study", "1.2"), key_of("accession", "A1", "HOSP"), key_of("accession_value", "A1"),
        key_of("filler", "F1", "PACS"),
    ]  # fmt: skip


def test_an_order_is_found_under_each_of_its_numbers():
    row = Row(ORDER, 1, {"study_uid": "1.2", "placer_no": "P1", "placer_authority": "RIS"})
    assert keys_of_order(row) == [key_of("study", "1.2"), key_of("placer", "P1", "RIS")]


def test_a_report_of_a_shared_accession_is_told_to_all_its_orders():
    played = play(orders("", SECOND), oru("2= 3= 25=F"))
    assert [o.text("report_status") for o in played.rows(ORDER)] == ["final", "final"]
    report = played.only(REPORT)
    assert [report.number("order"), *report.list("also_orders")] == [1, 2]


def test_a_report_before_orders_of_one_accession_is_told_to_all_of_them():
    played = play(oru("2= 3= 25=P"), orders("", SECOND))
    assert [o.text("report_status") for o in played.rows(ORDER)] == ["preliminary", "preliminary"]


def test_a_newer_version_of_a_shared_report_is_told_to_all_its_orders():
    played = play(orders("", SECOND), oru("2= 3= 25=P"), oru("2= 3= 25=F"))
    assert [o.text("report_status") for o in played.rows(ORDER)] == ["final", "final"]


def test_the_filler_number_says_which_order_of_an_accession_is_meant():
    played = play(orders("", SECOND), oru("2= 3=F2^PACS 25=F"))
    assert [o.text("report_status") for o in played.rows(ORDER)] == ["", "final"]


def test_a_report_of_another_sender_finds_the_order_by_its_bare_accession():
    head = "@ORU from=PACS|RAD"
    pid = "@PID 3=4711"
    played = play(order(), oru("2= 3= 25=F", head=head, pid=pid))
    assert played.only(REPORT).number("order") == 1
    played = play(oru("2= 3= 25=F", head=head, pid=pid), order())
    assert played.only(REPORT).number("order") == 1


def test_nothing_is_joined_to_the_order_of_another_person():
    played = play(order(), oru(pid=f"@PID {ROE}"))
    report = played.only(REPORT)
    assert not report.number("order")
    assert played.only(ORDER).text("report_status") == ""
    assert played.errors() == ["report_names_other_patient"]
    assert played.only(CONFLICT).text("status") == "open"


def test_nor_is_it_when_the_order_comes_later():
    played = play(oru(pid=f"@PID {ROE}"), order())
    assert not played.only(REPORT).number("order")
    assert "report_names_other_patient" in played.errors()


def test_the_objection_is_told_once_only():
    played = play(order(), oru(pid=f"@PID {ROE}"), oru(pid=f"@PID {ROE}"))
    assert len(played.rows(CONFLICT)) == 1


def test_a_report_of_another_person_does_not_overwrite_this_ones():
    played = play(order(), oru(), oru("25=C", "@OBX 5=Of somebody else. 11=C", pid=f"@PID {ROE}"))
    first, second = played.rows(REPORT)
    assert first.text("text") == "No fracture."
    assert second.text("text") == "Of somebody else."
    assert played.only(ORDER).text("report_status") == "final"


def test_a_report_that_named_nobody_is_not_taken_over_by_somebody_else():
    played = play(order(), oru(pid="NTE|1"), oru("25=C", "@OBX 5=Other.", pid=f"@PID {ROE}"))
    assert [r.text("text") for r in played.rows(REPORT)] == ["No fracture.", "Other."]
    assert [r.number("order") for r in played.rows(REPORT)] == [1, 0]


def test_an_older_report_that_is_joined_later_does_not_count():
    old = oru("2= 3=F9^PACS 18= 4=OLD^Old 25=P")
    played = play(order(), old, oru("25=F"), operator("link_report", report=2))
    assert [r.number("order") for r in played.rows(REPORT)] == [1, 1]
    assert played.only(ORDER).text("report_status") == "final"


def test_two_waiting_reports_of_one_number_and_two_persons_stay_two():
    played = play(oru(), oru("25=C", "@OBX 5=Other.", pid=f"@PID {ROE}"))
    assert [r.text("text") for r in played.rows(REPORT)] == ["No fracture.", "Other."]


def test_an_operator_may_join_it_all_the_same():
    link = operator("link_report", report=2, reason="typed wrongly")
    played = play(order(), oru(pid=f"@PID {ROE}"), link)
    report = played.only(REPORT)
    assert report.number("order") == 1
    assert "report_names_other_patient" not in report.list("flags")
    conflict = played.only(CONFLICT)
    assert (conflict.text("status"), conflict.text("resolution")) == ("done", "typed wrongly")
    assert played.only(ORDER).text("report_status") == "final"


def test_what_was_joined_by_hand_gets_its_newer_versions():
    played = play(
        order(), oru(pid=f"@PID {ROE}"), operator("link_report", report=2),
        oru("25=C", pid=f"@PID {ROE}"),
    )  # fmt: skip
    assert played.only(REPORT).text("status") == "corrected"
    assert played.only(ORDER).text("report_status") == "corrected"


def test_a_report_that_is_joined_elsewhere_is_forgotten_where_it_was():
    other = "2=P2^RIS 3=F2^PACS 18=A2 19=RP2 20=S2 ZDS-1=1.2.3"
    played = play(
        order(), order(other), oru("25=F", "@OBX 8=HH"),
        operator("link_report", report=3, study_uid="1.2.3", sps_id="S2"),
    )  # fmt: skip
    first, second = played.rows(ORDER)
    assert (first.text("report_status"), second.text("report_status")) == ("", "final")
    assert "critical_result" not in first.list("flags")
    assert "critical_result" in second.list("flags")


def test_an_appointment_of_another_person_is_kept_apart():
    played = play(order(), siu(pid=f"@PID {ROE}"))
    assert not played.only(APPOINTMENT).number("order")
    assert played.step().text("start_time") == "093000"


def test_an_accession_guessed_from_an_appointment_is_no_conflict():
    played = play(order(), siu(sch="26=A1^RIS 27=", pid=f"@PID {ROE}"))
    assert not played.rows(CONFLICT)
    assert not played.only(APPOINTMENT).number("order")


def test_an_appointment_finds_its_order_by_the_accession():
    played = play(order("2=X^RIS 3=Y^PACS"), siu(sch="26= 27=A1"))
    assert played.only(APPOINTMENT).number("order") == 1
    assert played.step().text("start_time") == "140000"


def test_without_a_person_it_is_joined_but_to_be_checked():
    played = play(order(), oru(pid="NTE|1"))
    report = played.only(REPORT)
    assert report.number("order") == 1
    assert "patient_not_confirmed" in report.list("flags")


def test_a_merged_number_names_the_survivor():
    played = play(
        "@ADT A40\n@EVN\n@PID\n@MRG", order(head="@ORM at=20261103100000"),
        oru(pid="@PID 3=815^^^HOSP^MR", head="@ORU at=20261103110000"),
    )  # fmt: skip
    assert played.only(REPORT).number("order") == 1


def test_the_report_that_was_told_last_counts():
    played = play(
        order(), oru("25=F"), oru("4=OTHER^Other 25=P"), oru("25=C"),
    )  # fmt: skip
    assert len(played.rows(REPORT)) == 2
    assert played.only(ORDER).text("report_status") == "corrected"


def test_study_uid_counts_more_than_a_number():
    second = "2=P2^RIS 3=F2^PACS 18=A2 19=RP2 20=S2 ZDS-1=1.2.3"
    obx = f"OBX|1|HD|^Study Instance UID||{STUDY}||||||O"
    played = play(order(), order(second), oru("2=P2^RIS 3=F2^PACS 18=A2 25=F", obx))
    assert played.only(REPORT).number("order") == 1


REGISTER = "@ADT A04\n@EVN\n@PID 3=815^^^HOSP^MR\n@PV1 19=V815"
MERGE = "@ADT A40 at=20261103120000\n@EVN 2=20261103120000\n@PID\n@MRG"
AS_815 = "@PID 3=815^^^HOSP^MR"


def test_a_merge_joins_what_was_kept_apart():
    told = [exam(study=STUDY, sps="S1", patient="815", issuer="HOSP"), oru(pid=AS_815)]
    played = play(REGISTER, order(), *told)
    assert [c.text("status") for c in played.rows(CONFLICT)] == ["open", "open"]
    assert played.state() == "SCHEDULED"
    played = play(REGISTER, order(), *told, MERGE)
    assert [c.text("status") for c in played.rows(CONFLICT)] == ["done", "done"]
    assert played.only(REPORT).number("order") == 1
    assert played.state() == "STARTED"


def values(played, *kinds):
    """Return what rows of these kinds say, their numbers and entries aside."""
    names = ("status", "report_status", "state", "start_time", "text", "named_ids", "flags")
    return [
        sorted(str([row.values.get(name) for name in names]) for row in played.rows(kind))
        for kind in kinds
    ]


def test_what_was_joined_by_a_merge_is_apart_again_when_it_is_undone():
    kinds = (ORDER, STEP, REPORT, APPOINTMENT, EXAM, DOCUMENT, CONFLICT)
    undo = 'OPERATOR {"action": "void", "entry": 5}'
    without = play(REGISTER, order(), siu(), oru(pid=AS_815), exam(), exam_set(), mdm())
    undone = play(REGISTER, order(), siu(), oru(pid=AS_815), MERGE, exam(), exam_set(), mdm(), undo)
    assert not undone.is_refused
    assert values(undone, *kinds) == values(without, *kinds)
    assert not undone.only(REPORT).number("order")
    assert undone.only(DOCUMENT).number("order")
    assert undone.state() == "COMPLETED"
