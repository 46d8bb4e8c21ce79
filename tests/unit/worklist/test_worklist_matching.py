"""`worklist.matching`, `matching_values`, `answers` and `answer_attributes`, without a network."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.settings import AeRules
from hl7console.worklist import answer_attributes, wording
from hl7console.worklist.answers import answer, nearness
from hl7console.worklist.line_columns import DESCRIPTIONS
from hl7console.worklist.matching import compile_query
from hl7console.worklist.matching_values import Span, glob, name_test

LINE = {
    "patient_name": "DOE^JANE", "patient_id": "H-0123456789", "study_uid": "1.2", "rp_id": "R1",
    "rp_code": ["AVERYLONGCODE-OF-20", "CT head", "L"], "sps_id": "S1", "start_date": "20260105",
    "start_time": "101500", "modality": "CT", "station_aet": ["GROUP", "CT2"], "accession": "A-1",
    "state": "SCHEDULED", "rp_desc": "x" * 70, "sps_status": "SCHEDULED",
}  # fmt: skip


def step(**keys):
    names = {
        "aet": "ScheduledStationAETitle", "date": "ScheduledProcedureStepStartDate",
        "modality": "Modality",
    }  # fmt: skip
    return {"ScheduledProcedureStepSequence": [
        {names[k]: (v,) if v else () for k, v in keys.items()}]}  # fmt: skip


def why(identifier, line=None, missing=(), caller="CT1", today="20260105", **rules):
    query = compile_query(identifier, AeRules(**rules), caller=caller, today=today)
    reason = query.why_not(LINE | (line or {}), missing)
    return reason.code if reason else ""


@pytest.mark.parametrize(
    ("identifier", "line", "rules", "code"),
    [
        (step(), {}, {}, ""),
        (step(), {"state": "STARTED"}, {}, "state_not_shown"),
        (step(), {"state": "STARTED"}, {"shown_states": ("STARTED",)}, ""),
        (step(), {"state": "COMPLETED"}, {}, "state_not_shown"),
        (step(), {"station_aet": ""}, {}, "step_incomplete"),
        (step(), {"station_aet": "", "open": 1}, {}, ""),
        (step(), {"station_aet": "", "open": 1}, {"serve_open": False}, "open_not_served"),
        (step(), {"station_aet": "", "open": 1}, {"modalities": ("MR",)}, "open_to_other_modality"),
        (step(aet="CT1"), {}, {}, "other_station"),
        (step(aet="CT1"), {}, {"aliases": ("GROUP",)}, ""),
        (step(aet="CT9"), {}, {"aliases": ("GROUP",)}, "other_station"),
        (step(), {}, {"station_filter": "caller_if_absent"}, "other_station"),
        (step(aet="CT2"), {}, {"station_filter": "caller_if_absent"}, ""),
        (step(aet="CT2"), {}, {"station_filter": "caller"}, "other_station"),
        (step(modality="DX"), {"modality": "CR"}, {}, "key_differs"),
        (step(modality="DX"), {"modality": "CR"}, {"equivalents": ("CR=DX=DR",)}, ""),
        (step(date="20260105-20260105"), {}, {}, ""),
        (step(date="2026.01.05"), {}, {}, "outside_dates"),
        (step(date="2026.01.05"), {}, {"normalise_dates": True}, ""),
        (step(date="2026-01-01-2026-01-31"), {}, {"normalise_dates": True}, ""),
        (step(), {"start_date": "20260120"}, {"window_ahead_days": 7}, "outside_window"),
        (step(), {"start_date": "20260103"}, {"window_back_days": 1}, "outside_window"),
        (step(date="20260120"), {"start_date": "20260120"}, {"window_ahead_days": 7}, ""),
        ({"Modality": ("MR",)}, {}, {}, ""),
        ({"Modality": ("MR",)}, {}, {"step_keys_at_top": True}, "key_differs"),
        ({"PatientName": ("doe",)}, {}, {}, "key_differs"),
        ({"PatientName": ("doe",)}, {}, {"append_wildcard": True}, ""),
        ({"PatientName": ("Dœ*",)}, {"patient_name": "Doé^J"}, {}, "key_differs"),
        ({"PatientName": ("DOE^J",)}, {"patient_name": "DOÉ^J"}, {"fold_accents": True}, ""),
        ({"PatientID": ("456789",)}, {}, {}, "key_differs"),
        ({"PatientID": ("456789",)}, {}, {"patient_id_length": 6}, ""),
        ({"PatientBirthDate": ("19700101",)}, {}, {}, "key_differs"),
        ({"ScheduledProcedureStepSequence": []}, {}, {}, ""),
    ],
)
def test_the_first_reason(identifier, line, rules, code):
    assert why(identifier, line, **rules) == code
    if code:
        assert code in wording.codes()


def test_a_missing_value_keeps_a_step_off_whatever_is_asked():
    assert why(step(), missing=("rp_desc",)) == "step_incomplete"


def made(asked, **rules):
    return answer(LINE, compile_query(asked, AeRules(**rules), caller="CT1"))


def test_answers_are_shaped_for_the_ae():
    asked = {"PatientID": (), "AccessionNumber": (), "RequestedProcedureDescription": (),
             "PatientComments": (), "Occupation": (), "ReferencedStudySequence": [],
             "RequestedProcedureCodeSequence": [], **step(aet="")}  # fmt: skip
    plain = made(asked)
    assert plain["PatientID"] == ("H-0123456789",)
    assert "PatientComments" not in plain
    assert "Occupation" not in plain
    assert plain["ReferencedStudySequence"] == []
    assert plain["ScheduledProcedureStepSequence"][0]["ScheduledStationAETitle"] == ("GROUP", "CT2")
    assert plain["RequestedProcedureCodeSequence"][0]["LongCodeValue"] == ("AVERYLONGCODE-OF-20",)
    shaped = made(asked, fill_type2=True, truncate=True, first_value_only=True,
                  omit_empty_sequences=True, digits_only=True, patient_id_length=4)  # fmt: skip
    assert shaped["PatientID"] == ("6789",)
    assert shaped["PatientComments"] == shaped["Occupation"] == ()
    assert "ReferencedStudySequence" not in shaped
    assert len(shaped["RequestedProcedureDescription"][0]) == 64
    assert shaped["ScheduledProcedureStepSequence"][0]["ScheduledStationAETitle"] == ("GROUP",)


def test_only_the_terms_of_dicom_are_sent_as_a_state():
    query = compile_query(
        {"ScheduledProcedureStepSequence": [{"ScheduledProcedureStepStatus": ()}]}, AeRules()
    )
    (item,) = answer(LINE | {"state": "ON_HOLD"}, query)["ScheduledProcedureStepSequence"]
    assert item == {}


def test_name_groups_are_for_those_who_take_them():
    line = LINE | {"patient_name": "YAMADA^TARO=山田^太郎"}
    asked = {"PatientName": ()}
    assert answer(line, compile_query(asked, AeRules()))["PatientName"] == ("YAMADA^TARO",)
    both = answer(line, compile_query(asked, AeRules(pn_groups=True)))["PatientName"]
    assert both == ("YAMADA^TARO=山田^太郎",)
    assert name_test("山田*")("YAMADA^TARO=山田^太郎")


@given(st.text("ab*?", max_size=8), st.text("ab", max_size=8))
def test_wild_cards_are_what_regular_expressions_say(pattern, text):
    wanted = "".join({"*": ".*", "?": "."}.get(c, c) for c in pattern)
    assert glob(pattern, text) == bool(re.fullmatch(wanted, text))


@given(st.text(max_size=20), st.booleans(), st.booleans())
def test_any_text_is_a_span_or_none(text, is_time, is_loose):
    span = Span(text, is_time=is_time, is_loose=is_loose)
    assert span.is_valid or not span.holds("20260105")


def test_every_column_can_be_answered():
    columns = {
        a.column for a in (*answer_attributes.TOP.values(), *answer_attributes.STEP.values())
    }
    assert set(DESCRIPTIONS) - columns == set()
    for attribute in (*answer_attributes.TOP.values(), *answer_attributes.STEP.values()):
        if attribute.column in DESCRIPTIONS:
            about = DESCRIPTIONS[attribute.column]
            assert (about.keyword, about.vr) == (attribute.keyword, attribute.vr)


def test_nearness_counts_in_minutes_over_midnight():
    now = "20260228235900"
    assert nearness("20260301", "000100", now)[0] == 2
    assert nearness("20260227", "235900", now)[0] == 1440


def odd(identifier, **rules):
    return [r.code for r in compile_query(identifier, AeRules(**rules), caller="CT1").odd]


@pytest.mark.parametrize(
    ("identifier", "codes"),
    [
        ({"ScheduledProcedureStepSequence": [{}, {}]}, ["query_several_items"]),
        ({"Occupation": ("X",)}, ["query_without_known_key"]),
        ({"StudyInstanceUID": ("1.*",)}, ["query_key_nonsense"]),
        ({"PatientBirthDate": ("soon",)}, ["query_key_nonsense"]),
        ({"StudyInstanceUID": ("1.2",)}, []),
    ],
)
def test_nonsense_in_a_query_is_told(identifier, codes):
    assert odd(identifier) == codes
    assert all(code in wording.codes() for code in codes)


@pytest.mark.parametrize(
    ("date", "time", "code"),
    [
        ("20260104-20260106", "120000-130000", ""),
        ("20260105-20260106", "110000-", "outside_dates"),
        ("20260104-20260105", "-100000", "outside_dates"),
        ("20260104-20260105", "-1015", ""),
        ("20260105", "1015", ""),
        ("20260105", "1016", "outside_dates"),
        ("", "10-11", ""),
        ("", "11-12", "outside_dates"),
        ("20260105", "noon", "outside_dates"),
    ],
)
def test_ranges_of_date_and_time_are_one_span(date, time, code):
    asked = {"ScheduledProcedureStepSequence": [{
        "ScheduledProcedureStepStartDate": (date,), "ScheduledProcedureStepStartTime": (time,),
    }]}  # fmt: skip
    assert why(asked) == code


def test_a_step_whose_time_nobody_knows_is_answered_on_its_day():
    asked = {"ScheduledProcedureStepSequence": [{
        "ScheduledProcedureStepStartDate": ("20260105",),
        "ScheduledProcedureStepStartTime": ("08-09",),
    }]}  # fmt: skip
    assert why(asked) == "outside_dates"
    assert why(asked, {"flags": ["time_unknown"]}) == ""


def test_a_star_or_blanks_ask_for_everything():
    assert why({"PatientName": ("*",), "AccessionNumber": (" ",)}) == ""


def test_an_ae_is_answered_by_its_alias_where_it_asked_for_itself():
    asked = step(aet="CT1")
    query = compile_query(
        asked, AeRules(aliases=("GROUP",), answer_asked_aet=True), caller="CT1", today="20260105"
    )
    (item,) = answer(LINE | {"station_aet": ["GROUP"]}, query)["ScheduledProcedureStepSequence"]
    assert item["ScheduledStationAETitle"] == ("CT1",)


def test_names_and_backslashes_are_made_fit_to_send():
    line = LINE | {"patient_name": "Doe^Jane", "rp_desc": "A\\B", "rp_code": "", "other_ids": [
        ["P9", "HOSP", "PI"]]}  # fmt: skip
    asked = {
        "PatientName": (), "RequestedProcedureDescription": (),
        "RequestedProcedureCodeSequence": [],
        "OtherPatientIDsSequence": [{"PatientID": (), "TypeOfPatientID": ()}],
    }  # fmt: skip
    made_up = answer(line, compile_query(asked, AeRules(uppercase_names=True)))
    assert made_up["PatientName"] == ("DOE^JANE",)
    assert made_up["RequestedProcedureDescription"] == ("A/B",)
    assert "RequestedProcedureCodeSequence" not in made_up
    assert made_up["OtherPatientIDsSequence"] == [
        {"PatientID": ("P9",), "TypeOfPatientID": ("TEXT",)}
    ]


def test_names_are_cut_group_by_group():
    line = LINE | {"patient_name": "A" * 70 + "=" + "B" * 70}
    query = compile_query({"PatientName": ()}, AeRules(truncate=True, pn_groups=True))
    assert answer(line, query)["PatientName"] == ("A" * 64 + "=" + "B" * 64,)


def test_a_code_without_meaning_or_scheme_gets_both():
    line = LINE | {"rp_code": ["CTH", "", ""]}
    query = compile_query({"RequestedProcedureCodeSequence": []}, AeRules())
    assert answer(line, query)["RequestedProcedureCodeSequence"] == [
        {"CodeValue": ("CTH",), "CodingSchemeDesignator": ("L",), "CodeMeaning": ("CTH",)}
    ]
    query = compile_query({"RequestedProcedureCodeSequence": []}, AeRules())
    assert "RequestedProcedureCodeSequence" not in answer(
        LINE | {"rp_code": ["", "CT head", ""]}, query
    )


def test_what_is_no_date_counts_as_far_away():
    assert nearness("soon", "", "20260105100000")[0] > 10**8
