"""Messages to columns: patients, visits, orders and steps, good and bad.

Modules: hl7console.worklist.mapping.patient, hl7console.worklist.mapping.visit,
hl7console.worklist.mapping.orders, hl7console.worklist.mapping.numbers,
hl7console.worklist.mapping.procedures, hl7console.worklist.mapping.steps,
hl7console.worklist.mapping.groups, hl7console.worklist.mapping.observations,
hl7console.worklist.mapping.plan, hl7console.worklist.mapping.conversions,
hl7console.worklist.mapped.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import OBR, ORC, PID, entry, fields, profile, view_of

from hl7console.worklist.mapped import Mapped, MappedOrder, MappedPatient
from hl7console.worklist.mapping import studies
from hl7console.worklist.mapping.orders import map_orders
from hl7console.worklist.mapping.patient import map_patient, map_prior
from hl7console.worklist.mapping.visit import map_prior_visit, map_visit
from hl7console.worklist.reading import View

IPC = "IPC|A1^PACS|RP1^PACS|1.2.826.0.1.11^PACS|S1^PACS|CT|CTH1^Head plain^99PROT|ROOM 1|R1|CT1"


def nothing(_sender: str, _code: str, _system: str) -> None:
    return None


def orders(*segments: str, text: str = "", find=nothing) -> list[MappedOrder]:
    view, message = view_of(PID, *segments)
    return map_orders(view, profile(text), message, find)


def order(*segments: str, text: str = "", find=nothing) -> MappedOrder:
    (found,) = orders(*segments, text=text, find=find)
    return found


def patient(*segments: str, text: str = "") -> MappedPatient:
    view, message = view_of(*segments)
    pid = view.first("PID")
    assert pid is not None
    return map_patient(view, profile(text), pid, message)


def visit(pid: str = PID, pv1: str = "", text: str = "") -> Mapped:
    view, message = view_of(pid, pv1)
    return map_visit(view, profile(text), message, view.first("PV1"), view.first("PID"))


# Fallbacks and nulls.


def test_a_fallback_is_told_by_its_path_and_rule():
    found = order(ORC, fields(OBR, f18="")).order
    assert (found.values["accession"], found.paths["accession"]) == ("F1", "OBR-3")
    assert found.rules["accession"] == "fallback"
    found = order(ORC, OBR).order
    assert (found.paths["accession"], found.rules.get("accession")) == ("OBR-18", None)


def test_a_null_clears_only_where_no_other_field_has_a_value():
    found = order(fields(ORC, f3='""'), fields(OBR, f3="F9", f16='""', f30='""'))
    assert found.order.values["filler_no"] == "F9"
    assert found.order.values["requesting"] == ""
    assert found.order.rules["transport"] == "null"
    assert "priority" in found.order.values
    assert "recipients" not in found.order.values


def test_a_null_clears_both_parts_of_a_date():
    found = order(fields(ORC, f7='""', f9='""'), OBR)
    (step,) = found.steps
    assert (step.values["start_date"], step.values["start_time"]) == ("", "")


def test_the_path_names_the_occurrence():
    first, second = orders(ORC, OBR, fields(ORC, f2="P2^RIS"), fields(OBR, f18="A2"))
    assert first.order.paths["accession"] == "OBR-18"
    assert second.order.paths["accession"] == "OBR[2]-18"
    assert second.control_path == "ORC[2]-1"


# Patients.


def test_pid_2_by_profile():
    old = fields(PID, f2="77", f3="")
    assert [i.id_value for i in patient(old).identifiers] == ["77"]
    assert "identifier_in_pid_2" in patient(old).flags
    assert patient(old, text="[options]\nuse_pid_2 = false").identifiers == []


def test_untrusted_authorities_come_last_and_are_flagged():
    pid = fields(PID, f3="1^^^CITY^MR~2^^^HOSP^PI")
    found = patient(pid, text='[options]\ntrusted_authorities = ["HOSP"]')
    assert [i.id_value for i in found.identifiers] == ["2", "1"]
    assert "identifier_untrusted" in found.flags


@pytest.mark.parametrize(
    ("raw", "date", "flag"),
    [
        ("19700203", "19700203", ""), ("197002030815", "19700203", ""),
        ("1970", "", "birth_date_partial"), ("197002", "", "birth_date_partial"),
        ("19701332", "", "birth_date_invalid"), ("03.02.1970", "", "birth_date_invalid"),
    ],
)  # fmt: skip
def test_birth_dates(raw: str, date: str, flag: str):
    found = patient(fields(PID, f7=raw))
    assert found.patient.values["birth_date"] == date
    assert found.patient.values["birth_date_text"] == raw
    assert [f for f in found.flags if f.startswith("birth")] == ([flag] if flag else [])


@pytest.mark.parametrize(
    ("raw", "sex"),
    [("M", "M"), ("F", "F"), ("O", "O"), ("A", "O"), ("N", "O"), ("U", ""), ("f", "F"),
     ("W", ""), ("M^Y", "M")],
)  # fmt: skip
def test_sex(raw: str, sex: str):
    values = patient(fields(PID, f8=raw)).patient.values
    assert values["sex"] == sex
    assert values.get("sex_text", "") == ("" if sex else raw)


def test_a_patient_without_a_name_is_flagged():
    assert "name_missing" in patient(fields(PID, f5="")).flags
    assert "name_missing" in patient(fields(PID, f5="^^^")).flags


def test_unknown_patients_are_flagged():
    flags = patient(fields(PID, f31="Y", f32="AL")).flags
    assert {"identity_unknown", "identity_alias"} <= set(flags)


def test_notes_belong_to_what_they_follow():
    found = patient(PID, "NTE|1||one~two", "PV1|1", "NTE|1||visit", ORC, OBR, "NTE|1||order")
    assert found.patient.values["patient_comments"] == "one\ntwo"


def test_several_patients_are_kept_apart():
    view, message = view_of(
        PID, "NTE|1||first", "AL1|1|DA|X^Pollen", fields(PID, f3="2"), "NTE|1||second"
    )
    first, second = [map_patient(view, profile(), pid, message) for pid in view.all("PID")]
    assert first.patient.values["patient_comments"] == "first"
    assert second.patient.values["patient_comments"] == "second"
    assert "allergies" not in second.patient.values


@pytest.mark.parametrize(
    ("obx", "column", "value", "flags"),
    [
        ("OBX|1|NM|29463-7^W^LN||72,5|kg", "weight_kg", "72.5", []),
        ("OBX|1|NM|X^BODY WEIGHT||72.5|KG", "weight_kg", "72.5", []),
        ("OBX|1|NM|29463-7^W^LN||3250|g", "weight_kg", "3.25", []),
        ("OBX|1|NM|8302-2^H^LN||172|cm", "size_m", "1.72", []),
        ("OBX|1|NM|29463-7^W^LN||72|stone", "weight_kg", None, ["unit_unknown"]),
        ("OBX|1|NM|29463-7^W^LN||heavy|kg", "weight_kg", None, ["measure_invalid"]),
        ("OBX|1|NM|29463-7^W^LN||-5|kg", "weight_kg", None, ["measure_invalid"]),
        ("OBX|1|NM|29463-7^W^LN||nan|kg", "weight_kg", None, ["measure_invalid"]),
        ("OBX|1|NM|29463-7^W^LN||1e400|kg", "weight_kg", None, ["measure_invalid"]),
        ("OBX|1|NM|29463-7^W^LN||72.50000000000000000001|kg", "weight_kg", "72.5", []),
        ("OBX|1|NM|718-7^Hb^LN||12|kg", "weight_kg", None, []),
    ],
)
def test_measures(obx: str, column: str, value: str | None, flags: list[str]):
    found = patient(PID, obx).patient
    assert found.values.get(column) == value
    assert found.flags == flags


def test_pregnancy():
    assert patient(PID, "PV1|1" + "|" * 14 + "B6~A2").patient.values["pregnancy"] == 3
    assert patient(PID, "PV1|1" + "|" * 14 + "B6~A2").patient.values["special_needs"] == "A2"
    obx = "OBX|1|CE|82810-3^Pregnancy^LN||77386006^Pregnant^SCT"
    assert "pregnancy" not in patient(PID, obx).patient.values
    assert (
        patient(PID, obx, text="[options]\npregnancy_from_obx = true").patient.values["pregnancy"]
        == 3
    )


def test_the_prior_patient():
    view, message = view_of(PID, "MRG|815^^^HOSP^MR||ACC1^^^FIN|||V7^^^HOSP|OLD^NAME")
    mrg = view.first("MRG")
    assert mrg is not None
    found = map_prior(view, profile(), mrg, message)
    assert [i.id_value for i in found.identifiers] == ["815"]
    assert found.identifiers[0].path == "MRG-1"
    assert found.account == ("ACC1", "FIN")
    assert found.patient.values["patient_name"] == "OLD^NAME"
    assert map_prior_visit(view, profile(), mrg, message) == ("", "")
    view, message = view_of("MRG|815|||||V|".replace("|||||V|", "||||V7^^^HOSP"))
    mrg = view.first("MRG")
    assert mrg is not None
    assert map_prior_visit(view, profile(), mrg, message) == ("V7", "HOSP")


# Visits.


def test_visit_and_account_are_kept_apart():
    found = visit(fields(PID, f18="AC1^^^FIN&1.2&ISO"), fields("PV1|1|I", f19="V1", f50="ALT"))
    values = found.values
    assert (values["visit_no"], values["visit_authority"]) == ("V1", "HOSP")
    assert (values["account_no"], values["account_authority"]) == ("AC1", "FIN")
    assert values["account_issuer"] == ["FIN", "1.2", "ISO"]
    assert values["alternate_visit"] == "ALT"
    assert "aa_defaulted" in found.flags


def test_neither_visit_nor_account():
    assert visit(PID, "PV1|1|I").flags == []
    text = "[options]\nrequire_admission_id = true"
    assert visit(PID, "PV1|1|I", text).flags == ["admission_id_missing"]


def test_discharge_and_place():
    found = visit(PID, fields("PV1|1|I|3W^^2", f44="2026110119", f45="bad"))
    assert found.values["location"] == "3W-2"
    assert (found.values["admit_date"], found.values["admit_time"]) == ("20261101", "19")
    assert "discharge_date" not in found.values


# Orders.


def test_numbers_of_orc_win_and_differences_are_flagged():
    found = order(ORC, fields(OBR, f2="P9^RIS", f3="F9^PACS")).order
    assert (found.values["placer_no"], found.values["filler_no"]) == ("P1", "F1")
    assert {"placer_numbers_differ", "filler_numbers_differ"} <= set(found.flags)


def test_numbers_without_authority_are_the_senders():
    found = order(fields(ORC, f2="P1"), fields(OBR, f2="")).order
    assert found.values["placer_authority"] == "HOSP"
    assert found.rules["placer_authority"] == "aa_defaulted"
    assert "placer_issuer" not in found.values


@pytest.mark.parametrize(
    ("sent", "text", "value", "flags"),
    [
        ("A" * 16, "", "A" * 16, []),
        ("A" * 17, "", "A" * 17, ["accession_too_long"]),
        ("RAD-1", '[options]\naccession_prefix = "RAD-"', "1", []),
        ("RAD-", '[options]\naccession_prefix = "RAD-"', "RAD-", []),
        (
            "0123456789ABCDEFGH",
            '[options]\nlong_accessions = "tail"',
            "23456789ABCDEFGH",
            ["accession_tail"],
        ),
        ("A\\E\\1", "", "A\\1", ["accession_bad_character"]),
    ],
)
def test_accessions(sent: str, text: str, value: str, flags: list[str]):
    found = order(ORC, fields(OBR, f18=sent), text=text).order
    assert found.values["accession"] == value
    assert [flag for flag in found.flags if flag.startswith("accession")] == flags


def test_a_long_accession_is_no_procedure_number():
    found = order(ORC, fields(OBR, f18="A" * 17, f19="")).order
    assert found.rules["rp_id"] == "rp_generated"
    assert len(str(found.values["rp_id"])) <= 16


def test_long_numbers_are_kept_whole_and_flagged():
    found = order(ORC, fields(OBR, f19="R" * 17, f20="S" * 17))
    assert found.order.values["rp_id"] == "R" * 17
    assert "rp_id_too_long" in found.order.flags
    assert "sps_id_too_long" in found.steps[0].flags


@pytest.mark.parametrize("uid", ["1.2..3", "abc", "1." + "2" * 70, "1.02"])
def test_an_invalid_uid_is_not_taken(uid: str):
    found = order(ORC, OBR, f"ZDS|{uid}^RIS").order
    assert studies.is_uid(str(found.values["study_uid"]))
    assert found.rules["study_uid"] == "uid_derived"
    assert "study_uid_invalid" in found.flags


def test_a_derived_uid_stands_on_accession_procedure_and_domain():
    uid = order(ORC, OBR).order.values["study_uid"]
    assert (
        order(fields(ORC, f2="P9", f3="F9"), fields(OBR, f4="X", f2="", f3="")).order.values[
            "study_uid"
        ]
        == uid
    )
    assert order(ORC, fields(OBR, f18="A2")).order.values["study_uid"] != uid
    assert order(ORC, fields(OBR, f19="RP2")).order.values["study_uid"] != uid
    other = order(ORC, OBR, text='[options]\ndefault_authority = "CLINIC"')
    assert other.order.values["study_uid"] != uid


def test_an_order_without_anything_is_mapped_and_flagged():
    found = order("ORC|", "OBR|")
    assert "order_without_number" in found.order.flags
    assert studies.is_uid(str(found.order.values["study_uid"]))
    assert found.steps[0].values["sps_id"] == found.order.values["rp_id"]
    for column in ("start_date", "modality", "sps_desc"):
        assert column not in found.steps[0].values


def test_steps_that_disagree_about_the_study_are_flagged():
    found = order(ORC, OBR, IPC, fields(IPC, f3="1.2.9", f4="S2"))
    assert "study_uids_differ" in found.order.flags
    assert "study_uids_differ" not in order(ORC, OBR, IPC, fields(IPC, f4="S2")).order.flags


def test_a_step_for_each_ipc():
    found = order(
        ORC, "TQ1|1||||||20261105101500||S", OBR, IPC, "NTE|1||first", fields(IPC, f4="S2", f5="MR")
    )
    first, second = found.steps
    assert (first.values["sps_id"], second.values["sps_id"]) == ("S1", "S2")
    assert (first.values["modality"], second.values["modality"]) == ("CT", "MR")
    assert first.values["sps_comments"] == "first"
    assert "sps_comments" not in second.values
    assert second.paths["sps_id"] == "IPC[2]-4"
    assert second.values["start_date"] == "20261105"
    assert found.order.values["priority"] == "STAT"


def test_several_obr_share_the_orc_and_its_times():
    first, second = orders(ORC, "TQ1|1||||||20261105101500||S", OBR, fields(OBR, f18="A2"))
    assert (first.control, second.control) == ("NW", "NW")
    assert second.order.values["placer_no"] == "P1"
    assert second.steps[0].values["start_date"] == "20261105"
    assert second.order.values["priority"] == "STAT"


def test_notes_of_each_order_stay_with_it():
    first, second = orders(ORC, OBR, "NTE|1||one", ORC, OBR, "NTE|1||two", "OBX|1", "NTE|1||no")
    assert first.order.values["rp_comments"] == "one"
    assert second.order.values["rp_comments"] == "two"


def test_an_orc_alone_is_an_order():
    found = order(fields(ORC, f1="CA"))
    assert (found.control, found.order.values["placer_no"]) == ("CA", "P1")


def test_an_obr_without_an_orc_is_an_order():
    found = order(OBR)
    assert (found.control, found.order.values["placer_no"]) == ("", "P1")


def test_obr_25_stands_for_orc_5_by_profile():
    assert order(fields(ORC, f5=""), fields(OBR, f25="X")).status == ""
    text = "[options]\nuse_obr_25 = true"
    for code, status in {"X": "CA", "S": "SC", "O": "SC", "I": "IP", "F": "CM", "C": "CM"}.items():
        assert order(fields(ORC, f5=""), fields(OBR, f25=code), text=text).status == status
    assert order(ORC, fields(OBR, f25="X"), text=text).status == "SC"


def test_the_parent():
    found = order(fields(ORC, f8="P0&RIS^F0&PACS"), OBR)
    assert found.parent == ("P0", "RIS", "F0", "PACS")
    assert order(ORC, fields(OBR, f29="P0")).parent == ("P0", "HOSP", "", "")
    assert order(ORC, OBR).parent == ("", "", "", "")


def test_steps_without_numbers_are_counted_over_the_message():
    numbered = orders(ORC, fields(OBR, f20=""), ORC, fields(OBR, f20=""), ORC, OBR)
    ids = [step.values["sps_id"] for found in numbered for step in found.steps]
    assert ids == ["RP1-1", "RP1-2", "S1"]
    (one,) = orders(ORC, fields(OBR, f19="R" * 16, f20=""))
    assert one.steps[0].values["sps_id"] == "R" * 16
    two = orders(ORC, fields(OBR, f19="R" * 16, f20=""), ORC, fields(OBR, f19="R" * 16, f20=""))
    made = [step.values["sps_id"] for found in two for step in found.steps]
    assert len(set(made)) == 2
    assert all(len(str(number)) <= 16 for number in made)


def test_a_bad_date_gives_way_to_the_next_field():
    found = order(fields(ORC, f7="^^^tomorrow"), fields(OBR, f36="20261105101500"))
    assert found.steps[0].values["start_date"] == "20261105"
    assert "date_invalid" in found.steps[0].flags


def test_the_profiles_procedure_rules_translate():
    text = (
        '[[procedure]]\ncode = "CTH"\nsender = "RIS"\nmodality = "pt"\n'
        + 'local = ["L", "Local", "99L"]'
    )
    found = order(ORC, fields(OBR, f24=""), text=text)
    assert found.order.values["rp_code"] == ["L", "Local", "99L"]
    assert found.order.values["rp_code_raw"] == ["CTH", "CT head", "99RIS"]
    assert found.order.rules["rp_code"] == "procedure_rule"
    assert found.steps[0].values["modality"] == "PT"
    assert found.unmapped == ("", "", "", "")
    assert order(ORC, OBR, text=text).steps[0].values["modality"] == "CT"
    other = text.replace('"RIS"', '"LIS"')
    assert order(ORC, fields(OBR, f24=""), text=other).unmapped[1] == "CTH"


def test_the_exam_code_table_is_asked_for_each_code():
    asked = []

    def find(sender: str, code: str, system: str):
        asked.append((sender, code, system))
        return ("K1", "Head", "99LOC", "CT") if code == "CTH" else None

    found = order(ORC, fields(OBR, f24="", f44="NEW^New^99X"), find=find)
    assert asked == [("RIS|HOSP", "NEW", "99X"), ("RIS|HOSP", "CTH", "99RIS")]
    assert found.order.values["rp_code"] == ["K1", "Head", "99LOC"]
    assert found.steps[0].rules["modality"] == "code_table"


def test_an_unknown_code_is_told():
    assert order(ORC, OBR).unmapped == ("RIS|HOSP", "CTH", "99RIS", "CT head")


def test_500_orders_in_one_message():
    segments = []
    for number in range(500):
        segments += [fields(ORC, f2=f"P{number}^RIS"), fields(OBR, f18=f"A{number}", f20="")]
    found = orders(*segments)
    assert len(found) == 500
    assert found[499].order.values["accession"] == "A499"
    assert found[499].order.paths["accession"] == "OBR[500]-18"


@given(st.text(alphabet='ABC019^~&\\|\r"-. ORPIDSNT', max_size=200))
def test_no_order_is_too_odd(tail: str):
    raw = f"MSH|^~\\&|R|H|||20261103||ORM^O01|1|P|2.3\r{PID}\r{ORC}\rOBR|{tail}\rIPC|{tail}"
    view = View(raw.encode())
    message = entry(raw.encode())
    for found in map_orders(view, profile(), message, nothing):
        assert studies.is_uid(str(found.order.values["study_uid"]))
        for mapped in (found.order, *found.steps):
            assert set(mapped.paths) == set(mapped.values)
            assert set(mapped.rules) <= set(mapped.values) | {"status_code"}
    for pid in view.all("PID"):
        map_patient(view, profile(), pid, message)
        map_visit(view, profile(), message, view.first("PV1"), pid)


# Where it is odd.


@pytest.mark.parametrize(
    ("segments", "flag", "path"),
    [
        ([ORC, fields(OBR, f24="HM")], "modality_unknown", "OBR-24"),
        ([fields(ORC, f7="^^^20261104"), OBR], "time_unknown", "ORC-7.4"),
        ([fields(ORC, f2="P1"), fields(OBR, f2="P1")], "aa_defaulted", "ORC-2"),
        ([ORC, fields(OBR, f2="P9")], "placer_numbers_differ", "OBR-2"),
        ([fields(ORC, f21="x" * 65), OBR], "text_cut", "ORC-21"),
        ([ORC, fields(OBR, f18="A" * 17)], "accession_too_long", "OBR-18"),
        ([ORC, OBR, "NTE|1||" + "y" * 10_241], "text_cut", "NTE-3"),
        ([ORC, OBR, IPC, IPC.replace("1.2.826.0.1.11", "1.2.3")], "study_uids_differ", "IPC[2]-3"),
    ],
)
def test_a_flag_names_its_field(segments: list[str], flag: str, path: str):
    found = order(*segments)
    at = [part.flag_paths[flag] for part in (found.order, *found.steps) if flag in part.flags]
    assert at == [path] * len(at)
    assert at


def test_a_flag_of_a_skewed_clock_names_the_header():
    view, message = view_of(PID, ORC, OBR, msh="MSH|^~\\&|RIS|HOSP|C|RAD|20361103080000||ORM^O01|1")
    (found,) = map_orders(view, profile(), message, nothing)
    assert found.order.flag_paths == {"clock_skew": "MSH-7"}


def test_a_flag_of_an_account_names_its_field():
    found = visit(fields(PID, f18="7"), "PV1|1|I")
    assert found.flag_paths == {"aa_defaulted": "PID-18"}
