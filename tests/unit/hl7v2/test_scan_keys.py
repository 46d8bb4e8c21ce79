from __future__ import annotations

import pytest

from hl7console.hl7v2.scan import Scan, scan

MSH = "MSH|^~\\&|EHR|HOSP|PACS|RAD|2026||ORM^O01|C1|P|2.5\r"


def scanned(body: str, header: str = MSH) -> Scan:
    return scan((header + body).encode())


@pytest.mark.parametrize(
    ("pid_3", "patient_id", "authority"),
    [
        ("", "", ""),
        ("7", "7", ""),
        (" 7 ^^^H", "7", "H"),
        ("007^^^HOSP&1.2.3&ISO^MR", "007", "HOSP"),
        ("7^^^&1.2.3&ISO", "7", "1.2.3"),
        ("7^^^&", "7", ""),
        ("1^^^N^NI~2^^^H^PI~3^^^H^MR", "3", "H"),
        ("1^^^N^NI~2^^^H^PI~3^^^H^PI", "2", "H"),
        ("1^^^N^NI~2^^^H^PT", "1", "N"),
        ("1^^^N^MR~2^^^H^MR", "1", "N"),
        ("1^^^N^PI~2^^^H^PI", "1", "N"),
        ("^^^H^MR~2^^^H^PI", "2", "H"),
        ('""^^^H^MR~2^^^H', "2", "H"),
        ('""', "", ""),
        ("~~", "", ""),
        ("A\\T\\B^^^H\\F\\", "A&B", "H|"),
        ("7&x^^^H", "7", "H"),
    ],
)
def test_which_identifier_is_the_patient(pid_3, patient_id, authority):
    found = scanned(f"PID|1|2|{pid_3}|4\r")
    assert (found.patient_id, found.patient_authority) == (patient_id, authority)


@pytest.mark.parametrize(
    ("pid_5", "name"),
    [
        ("", ""),
        ("DOE", "DOE"),
        ("DOE^JANE^Q^JR", "DOE^JANE"),
        ("van Doe&van&Doe^JANE", "van Doe^JANE"),
        ("^JANE", "^JANE"),
        ("X^Y^^^^^A~DOE^JANE^^^^^L", "DOE^JANE"),
        ("X^Y^^^^^A~DOE^JANE^^^^^B", "X^Y"),
        ("~DOE^JANE", "DOE^JANE"),
        ('""', ""),
    ],
)
def test_which_name_is_shown(pid_5, name):
    assert scanned(f"PID|1||7||{pid_5}\r").patient_name == name


def test_a_patient_segment_that_is_cut_short():
    assert scanned("PID\r").patient_id == ""
    assert scanned("PID|1\r").patient_id == ""
    assert scanned("PID|1||7\r").patient_id == "7"


@pytest.mark.parametrize(
    ("body", "placer", "filler", "accession"),
    [
        ("ORC|NW|P1^EHR|F1^RIS\rOBR|1|P2|F2\r", "P1", "F1", "F1"),
        ("ORC|NW\rOBR|1|P2|F2\r", "P2", "F2", "F2"),
        ("ORC|NW|P1\r", "P1", "", ""),
        ("OBR|1|P2|F2|||||||||||||||A18\r", "P2", "F2", "A18"),
        ("OBR|1|P2|F2|||||||||||||||A18\rIPC|A1^RIS\r", "P2", "F2", "A1"),
        ("OBR|1|P2|F2|||||||||||||||A18\rIPC|\r", "P2", "F2", "A18"),
        ("SCH|" + "|" * 25 + "P3|F3\r", "P3", "F3", "F3"),
        ("TXA|" + "|" * 13 + "P4|F4\r", "P4", "F4", "F4"),
        ("SCH|\rTXA|" + "|" * 13 + "P4|F4\r", "", "", ""),
        ("ORC|NW\rSCH|" + "|" * 25 + "P3|F3\r", "", "", ""),
        ("OBR|1|P1\rOBR|2|P9\r", "P1", "", ""),
        ("PV1|1\r", "", "", ""),
    ],
)
def test_order_numbers(body, placer, filler, accession):
    found = scanned(body)
    assert (found.placer_order, found.filler_order, found.accession) == (placer, filler, accession)


def test_without_components_or_repetitions_values_are_whole():
    header = "MSH||EHR|HOSP|PACS|RAD|2026||ORM^O01|C1|P|2.5\r"
    found = scanned("PID|1||7^^^H~8||DOE^JANE\r", header)
    assert found.message_type == "ORM^O01"
    assert found.event == ""
    assert found.patient_id == "7^^^H~8"
    assert found.patient_name == "DOE^JANE"
    found = scanned("PID|1||7^8~9^10\r", header.replace("MSH||", "MSH|~|"))
    assert found.patient_id == "7^8"
    only_repetition = "MSH#^~#EHR#HOSP#PACS#RAD#2026##ORM^O01#C1#P#2.5\r"
    assert scanned("PID#1##7^^^H&1\r", only_repetition).patient_authority == "H&1"


def test_other_separators():
    header = "MSH#!@%*#EHR!1#HOSP#PACS#RAD#2026##ORM!O01#C1#P#2.5\r"
    found = scanned("PID#1##7!!!H*1!MR##DOE!JANE\r", header)
    assert (found.patient_id, found.patient_authority) == ("7", "H")
    assert found.patient_name == "DOE!JANE".replace("!", "^")


def test_repetitions_without_a_component_separator():
    # MSH-2 whose first character cannot be used leaves only the repetition.
    header = "MSH|a~\\&|EHR|HOSP|PACS|RAD|2026||ORM|C1|P|2.5\r"
    assert scanned("PID|1||~8^9\r", header).patient_id == "8^9"


def test_only_so_many_repetitions_are_looked_at():
    many = "~".join(f"{n}^^^H^NI" for n in range(1, 200)) + "~X^^^H^MR"
    assert scanned(f"PID|1||{many}\r").patient_id == "1"
