"""DCMTK's findscu and echoscu get right answers."""

from __future__ import annotations

import subprocess

import pytest
from dicom_kit import findscu, line, need, rules, serving

SPS = "(0040,0100)[0]."
DATE, TIME = SPS + "ScheduledProcedureStepStartDate", SPS + "ScheduledProcedureStepStartTime"

LINES = (
    line(accession="A1", study_uid="1.2.3.1", patient_name="DOE^JANE", patient_id="P1"),
    line(
        accession="A2", study_uid="1.2.3.2", patient_name="Doe^John^M", patient_id="P2",
        modality="MR", station_aet=["MR1", "MR2"], start_date="20260706", start_time="090000",
    ),
    line(
        accession="A3", study_uid="1.2.3.3", patient_name="ROE^RICHARD", patient_id="P3",
        start_date="20260705", start_time="120000", performer="WHO^DR", admission_id="V7",
    ),
    line(
        accession="A4", study_uid="1.2.3.4", patient_name="POE^EDGAR", patient_id="P4",
        start_date="20260707", start_time="190000", state="ARRIVED", sps_location="ROOM 2",
    ),
    line(accession="OPEN", study_uid="1.2.3.5", station_aet="", open=1, patient_id="P5",
         patient_name="OPEN^MIND", modality="US", start_date="20260801"),
    line(accession="GONE", study_uid="1.2.3.6", state="COMPLETED"),
    line(accession="CANC", study_uid="1.2.3.7", state="CANCELED"),
    line(accession="HALF", study_uid="1.2.3.8", missing=("rp_desc",)),
    line(accession="UNKN", study_uid="1.2.3.9", patient_id="P9", patient_name="NO^TIME",
         start_date="20260901", start_time="000000", flags=["time_unknown"]),
)  # fmt: skip
ALL = ["A1", "A2", "A3", "A4", "OPEN", "UNKN"]


@pytest.fixture(scope="module")
def served():
    with serving(*LINES) as made:
        yield made


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ([], ALL),
        (["PatientName=*"], ALL),
        ([SPS + "Modality"], ALL),
        (["ScheduledProcedureStepSequence"], ALL),
        ([SPS + "ScheduledStationAETitle=CT1"], ["A1", "A3", "A4", "OPEN", "UNKN"]),
        ([SPS + "ScheduledStationAETitle=MR2"], ["A2", "OPEN"]),
        ([SPS + "ScheduledStationAETitle=M*"], ["A2", "OPEN"]),
        ([SPS + "Modality=MR"], ["A2"]),
        ([SPS + "Modality=M?"], ["A2"]),
        ([SPS + "Modality=mr"], []),
        ([SPS + "Modality=US\\MR"], ["A2", "OPEN"]),
        ([SPS + "ScheduledPerformingPhysicianName=who*"], ["A3"]),
        (["PatientName=doe^jane"], ["A1"]),
        (["PatientName=DOE^J*"], ["A1", "A2"]),
        (["PatientName=DOE^J"], []),
        (["PatientName=DOE*"], ["A1", "A2"]),
        (["PatientName=?OE^*"], ["A1", "A2", "A3", "A4"]),
        (["PatientName=ROE^RICHARD^^"], ["A3"]),
        (["PatientID=P2"], ["A2"]),
        (["PatientID=P?"], ALL),
        (["PatientID=p2"], []),
        ([DATE + "=20260105"], ["A1"]),
        ([DATE + "=20260705-20260706"], ["A2", "A3"]),
        ([DATE + "=20260707-"], ["A4", "OPEN", "UNKN"]),
        ([DATE + "=-20260705"], ["A1", "A3"]),
        ([DATE + "=20260*"], []),
        ([DATE + "=*"], ALL),
        ([DATE + "=20261399"], []),
        ([TIME + "=1015"], ["A1", "OPEN", "UNKN"]),
        ([TIME + "=080000-110000"], ["A1", "A2", "OPEN", "UNKN"]),
        ([DATE + "=20260705-20260707", TIME + "=100000-180000"], ["A2", "A3"]),
        ([DATE + "=20260706", TIME + "=100000-180000"], []),
        ([DATE + "=20260705-20260707", TIME + "=130000-"], ["A2", "A4"]),
        ([DATE + "=20260901", TIME + "=100000-110000"], ["UNKN"]),
        (["StudyInstanceUID=1.2.3.1\\1.2.3.4"], ["A1", "A4"]),
        (["StudyInstanceUID=1.2.3.*"], []),
        (["AccessionNumber=A3"], ["A3"]),
        (["AdmissionID=V7"], ["A3"]),
        ([SPS + "ScheduledProcedureStepStatus=ARRIVED"], ["A4"]),
        ([SPS + "ScheduledProcedureStepLocation=ROOM 2"], ["A4"]),
        (["PatientSex=F"], []),
        (["QueryRetrieveLevel=STUDY"], ALL),
        (["PatientComments=NONSENSE"], ALL),
        ([SPS + "ScheduledStationAETitle=CT1", SPS + "Modality=MR"], []),
    ],
)
def test_each_matching_rule(served, tmp_path, keys, expected):
    answers, text = findscu(served, tmp_path, "AccessionNumber", *keys)
    assert sorted(a.AccessionNumber for a in answers) == expected, text


def test_only_what_was_asked_for_is_answered(served, tmp_path):
    (answer,), _ = findscu(
        served, tmp_path, "PatientID=P1", "PatientBirthDate", "Occupation",
        "RequestedProcedureCodeSequence", SPS + "Modality", SPS + "ScheduledStationName",
    )  # fmt: skip
    assert {e.keyword for e in answer} == {
        "PatientID", "PatientBirthDate", "RequestedProcedureCodeSequence",
        "ScheduledProcedureStepSequence",
    }  # fmt: skip
    (step,) = answer.ScheduledProcedureStepSequence
    assert {e.keyword for e in step} == {"Modality", "ScheduledStationName"}
    assert answer.RequestedProcedureCodeSequence[0].CodeValue == "CTH"
    assert not answer.PatientBirthDate


def test_an_empty_step_sequence_returns_all_of_the_step(served, tmp_path):
    (answer,), _ = findscu(served, tmp_path, "PatientID=P1", "ScheduledProcedureStepSequence")
    (step,) = answer.ScheduledProcedureStepSequence
    assert step.ScheduledProcedureStepID == "S1"
    assert step.ScheduledStationAETitle == "CT1"
    assert "SpecificCharacterSet" not in answer


def test_an_open_step_is_answered_with_the_asked_station_else_the_caller(served, tmp_path):
    station = SPS + "ScheduledStationAETitle"
    (answer,), _ = findscu(served, tmp_path, "AccessionNumber=OPEN", station + "=US7", aet="X")
    assert answer.ScheduledProcedureStepSequence[0].ScheduledStationAETitle == "US7"
    (answer,), _ = findscu(served, tmp_path, "AccessionNumber=OPEN", station, aet="US3")
    assert answer.ScheduledProcedureStepSequence[0].ScheduledStationAETitle == "US3"


def test_nearest_to_now_comes_first(tmp_path):
    starts = [("20260104", "100000"), ("20260105", "093000"), ("20260105", "110000"),
              ("20260105", "101000"), ("20260106", "080000")]  # fmt: skip
    lines = [line(accession=f"N{n}", start_date=d, start_time=t) for n, (d, t) in enumerate(starts)]
    with serving(*lines) as served:
        answers, _ = findscu(served, tmp_path, "AccessionNumber")
    assert [a.AccessionNumber for a in answers] == ["N3", "N1", "N2", "N4", "N0"]


NAMES = {
    "Müller^Jörg": "ISO_IR 100",
    "Иванов^Иван": "ISO_IR 144",
    "Παπαδόπουλος^Γιώργος": "ISO_IR 126",
    "山田^太郎": "ISO 2022 IR 87",
    "王^小明": "GB18030",
}


@pytest.mark.parametrize(("name", "charset"), NAMES.items())
@pytest.mark.parametrize("asked", ["", "own", "utf8"])
def test_names_arrive_readable(tmp_path, name, charset, asked):
    known = {"own": (charset,), "utf8": ("ISO_IR 192",)}.get(asked, ())
    with serving(line(patient_name=name), rules=[rules(charsets=known)]) as served:
        (answer,), _ = findscu(served, tmp_path, "PatientName", SPS + "Modality")
    assert str(answer.PatientName) == name
    got = answer.SpecificCharacterSet
    expected = charset if asked == "own" else "ISO_IR 192"
    if name.startswith("M") and not asked:
        expected = "ISO_IR 100"
    assert expected in ([got] if isinstance(got, str) else list(got))


def test_the_character_set_of_the_request_is_used_for_the_answer(tmp_path):
    with serving(line(patient_name="Иванов^Иван")) as served:
        (answer,), _ = findscu(served, tmp_path, "SpecificCharacterSet=ISO_IR 144", "PatientName")
    assert (answer.SpecificCharacterSet, str(answer.PatientName)) == ("ISO_IR 144", "Иванов^Иван")


@pytest.mark.parametrize(
    ("how", "name", "expected"),
    [
        ("ascii", "Иванов^Иван", "Ivanov^Ivan"),
        ("ascii", "Müller^Jörg", "Mueller^Joerg"),
        ("latin1", "Łukasz^Jörg", "Lukasz^Jörg"),
        ("ascii", "山田^太郎", "__^__"),
    ],
)
def test_an_ae_without_utf8_gets_letters_it_can_show(tmp_path, how, name, expected):
    with serving(line(patient_name=name), rules=[rules(transliterate=how)]) as served:
        (answer,), _ = findscu(served, tmp_path, "PatientName")
    assert str(answer.PatientName) == expected


def test_a_limit_ends_with_out_of_resources_and_is_told(tmp_path):
    lines = [line(accession=f"L{n}") for n in range(5)]
    with serving(*lines, rules=[rules(max_answers=3)]) as served:
        answers, text = findscu(served, tmp_path, "AccessionNumber")
    assert len(answers) == 3
    assert "Refused: OutOfResources" in text or "0xa700" in text.lower()
    assert "query_limit" in served.codes
    with serving(*lines, rules=[rules(max_answers=3, limit_is_success=True)]) as served:
        answers, text = findscu(served, tmp_path, "AccessionNumber")
    assert len(answers) == 3
    assert "query_limit" in served.codes
    assert "OutOfResources" not in text


def test_a_huge_answer_is_cancelled(tmp_path):
    lines = [line(accession=f"C{n}") for n in range(20_000)]
    with serving(*lines) as served:
        findscu(served, tmp_path, "AccessionNumber", options=["--cancel", "3"])
        assert served.queries[0].status == 0xFE00
        assert served.queries[0].answers < 20_000


def test_echo_and_a_calling_ae_that_is_not_allowed():
    echo = need("echoscu")
    with serving(line(), allowed_aets=("CT1",)) as served:
        where = ["-aec", "RADWL", "127.0.0.1", str(served.port)]
        assert subprocess.run([echo, "-aet", "CT1", *where], check=False).returncode == 0
        refused = subprocess.run(
            [echo, "-aet", "CT2", *where], check=False, capture_output=True, text=True
        )
        assert refused.returncode != 0
        assert "Calling AE Title Not Recognized" in refused.stderr
        assert served.codes == ["calling_ae_refused"]
