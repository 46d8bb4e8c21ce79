"""Orders on one port and DCMTK's findscu on the other, with nothing but the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

ORDER = (
    b"MSH|^~\\&|RIS|HOSP|PACS|RAD|20260105120000||ORM^O01|M1|P|2.3.1\r"
    b"PID|1||4711^^^HOSP^MR||Sampleson^Ole||19700101|M\rPV1|1|O\r"
    b"ORC|NW|P1^RIS|F1^RIS||SC||^^^20260106090000^^R||20260105115900\r"
    b"OBR|1|P1^RIS|F1^RIS|CTHEAD^CT HEAD^L||||||||||||||A1|RP1|SPS1||||CT|||"
    b"^^^20260106090000^^R\r"
    b"ZDS|1.2.3.4^HOSP^Application^DICOM\r"
)


def findscu(port: int, *keys: str, aet: str = "CT1", called: str = "RADWL") -> str:
    """Return what findscu printed; skip without it, or fail where all is required."""
    # pynetdicom brings a program of the same name into the environment; it is another one.
    own = Path(sys.executable).parent.resolve()
    places = [p for p in os.get_exec_path() if Path(p).resolve() != own]
    path = shutil.which("findscu", path=os.pathsep.join(places))
    if path is None:
        if os.environ.get("HL7CONSOLE_REQUIRE_ALL"):
            pytest.fail("findscu is not installed")
        pytest.skip("findscu of DCMTK is not installed")
    command = [path, "-W", "-aet", aet, "-aec", called]
    for key in keys:
        command += ["-k", key]
    done = subprocess.run(
        [*command, "127.0.0.1", str(port)], capture_output=True, timeout=60, check=False
    )
    return (done.stdout + done.stderr).decode("latin-1")


def seen_by(port: int, *keys: str, wanted: str, **options: str) -> str:
    """Ask until an answer has a text: an order is followed a moment after it was acknowledged."""
    tick = threading.Event()
    for _ in range(100):
        text = findscu(port, *keys, **options)
        if wanted in text:
            return text
        tick.wait(0.2)
    pytest.fail(f"never answered: {text}")


def ports(running, count: int = 2) -> list[int]:
    return [running.address()[1] for _ in range(count)]


def test_an_order_is_fed_on_one_port_and_asked_for_on_the_other(program, client, read_answer):
    running = program.start("listen", "--port", 0, "--mwl-port", 0, "--ae-title", "RADWL")
    hl7, dicom = ports(running)
    with client(("127.0.0.1", hl7)) as peer:
        assert read_answer(peer.send(ORDER)) == ("AA", "M1")
    keys = ("AccessionNumber", "PatientName", "ScheduledProcedureStepSequence[0].Modality=CT")
    text = seen_by(dicom, *keys, wanted="A1")
    assert "Sampleson^Ole" in text
    mr = findscu(dicom, "AccessionNumber", "ScheduledProcedureStepSequence[0].Modality=MR")
    assert "A1" not in mr
    assert running.end() == 0


def test_the_profile_says_what_an_order_means(program, client, read_answer, tmp_path):
    assert program.run("import", write_order(tmp_path, b"A1", b"A0")).returncode == 0
    write_profile(program, '[[station]]\nmodality = "CT"\naet = ["CTX"]\n')
    running = program.start("listen", "--port", 0, "--mwl-port", 0, "--profile", "ours")
    hl7, dicom = ports(running)
    with client(("127.0.0.1", hl7)) as peer:
        changed = ORDER.replace(b"|M1|", b"|M2|").replace(b"A1", b"A2").replace(b"P1", b"P2")
        changed = changed.replace(b"F1", b"F2").replace(b"1.2.3.4", b"1.2.3.5")
        assert read_answer(peer.send(changed)) == ("AA", "M2")
    keys = ("AccessionNumber=A2", "ScheduledProcedureStepSequence[0].ScheduledStationAETitle")
    assert "[CTX" in seen_by(dicom, *keys, wanted="A2", called="HL7CONSOLE")
    assert running.end() == 0


def test_what_is_answered_and_what_images_differ_in(program, client, read_answer, tmp_path):
    running = program.start("listen", "--port", 0)
    with client(running.address()) as peer:
        assert read_answer(peer.send(ORDER))[0] == "AA"
    running.end()

    done = program.run("worklist", "--answer", "A1", "--ae", "CT1")
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0, done.stderr
    assert lines[0].startswith("PatientName = ") or lines[0].startswith("Not served:")
    made = program.run("worklist", "--answer", "A1", "--ae", "CT1", "--json")
    told = json.loads(made.stdout)
    assert told["served"] == (told["why"] == "")
    assert "PatientName = Sampleson^Ole" in told["answer"]
    nothing = program.run("worklist", "--answer", "A9")
    assert nothing.returncode == 1
    assert b"There is no line" in nothing.stderr

    same, other, stray = (tmp_path / name for name in ("same.dcm", "other.dcm", "stray.dcm"))
    write_image(same)
    write_image(other, PatientID="4712")
    write_image(stray, StudyInstanceUID="9.9", AccessionNumber="")
    done = program.run("compare-images", same)
    assert (done.returncode, done.stdout.decode().strip()) == (0, "same.dcm: as the order says.")
    done = program.run("compare-images", same, other, stray, "--json")
    assert done.returncode == 1
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(f["file"], f["order"]) for f in found] == [
        ("same.dcm", True), ("other.dcm", True), ("stray.dcm", False),
    ]  # fmt: skip
    (difference,) = found[1]["differences"]
    assert difference == {
        "attribute": "PatientID", "column": "patient_id", "images": "4712", "order": "4711",
        "message": 1, "field": difference["field"],
    }  # fmt: skip
    assert difference["field"].startswith("PID-3")


def write_image(path, **changes: str) -> None:
    """Write a CT image without pixels, of the order unless `changes` say otherwise."""
    from pydicom.dataset import Dataset, FileMetaDataset

    image = Dataset()
    values = {
        "SOPClassUID": "1.2.840.10008.5.1.4.1.1.2", "SOPInstanceUID": "1.2.3.4.1",
        "StudyInstanceUID": "1.2.3.4", "AccessionNumber": "A1", "PatientID": "4711",
        "PatientName": "Sampleson^Ole", "PatientBirthDate": "19700101", "PatientSex": "M",
        "Modality": "CT",
    }  # fmt: skip
    for keyword, value in (values | changes).items():
        setattr(image, keyword, value)
    image.file_meta = FileMetaDataset()
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = image.SOPInstanceUID
    image.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1"
    image.save_as(path, enforce_file_format=True)


def test_serve_and_demo_serve_the_worklist_too(program, tmp_path):
    running = program.start("serve", "--mwl-port", 0)
    (dicom,) = ports(running, 1)
    assert "A1" not in findscu(dicom, "AccessionNumber", called="HL7CONSOLE")
    assert running.end() == 0
    running = program.start(
        "demo", "--headless", "--seed", 1, "--workspace", tmp_path / "demo",
        "--mwl-port", 0, "--ae-title", "RADWL",
    )  # fmt: skip
    *_, dicom = ports(running, 4)
    seen_by(dicom, "AccessionNumber", "PatientName", wanted="(0008,0050) SH [")
    assert running.end() == 0


def test_options_that_do_not_go_together_are_refused(program):
    for command in (["listen", "--port", "0"], ["serve"], ["demo", "--headless"]):
        done = program.run(*command, "--ae-title", "RADWL")
        assert done.returncode == 2
        assert b"--ae-title goes with --mwl-port." in done.stderr
    done = program.run("listen", "--port", 0, "--mwl-port", 0, "--ae-title", "TOO LONG FOR A TITLE")
    assert done.returncode == 2


def test_a_profile_that_cannot_be_used_is_refused_before_anything_is_received(program, tmp_path):
    assert program.run("import", write_order(tmp_path)).returncode == 0
    write_profile(program, "[options]\nno_such_option = 1\n")
    for command in (["listen", "--port", "0"], ["demo", "--headless", "--seconds", "1"]):
        done = program.run(*command, "--profile", "nonesuch")
        assert done.returncode == 2
        assert b"There is no mapping profile named nonesuch." in done.stderr
    done = program.run("listen", "--port", 0, "--profile", "ours")
    assert done.returncode == 2
    assert b"no_such_option" in done.stderr


def write_order(folder, old=b"", new=b""):
    path = folder / "order.hl7"
    path.write_bytes(ORDER.replace(old, new) if old else ORDER)
    return path


def write_profile(program, text):
    folder = program.workspace / "profiles"
    folder.mkdir(exist_ok=True)
    (folder / "ours.toml").write_text(f'base = "default"\n{text}', encoding="utf-8")
