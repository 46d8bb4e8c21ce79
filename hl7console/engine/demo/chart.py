"""A patient's visit and imaging order, and the segments that each system writes about them.

References:
    IHE RAD TF Vol 2, RAD-1, RAD-4, RAD-13 (2.3.1 with ZDS, 2.5.1 with IPC), RAD-48, RAD-128;
    IHE ITI TF Vol 2, ITI-30 and ITI-31.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hl7console.engine.demo.register import FACILITY, SYSTEMS, Person, Procedure, Staff, catalogue
from hl7console.engine.demo.segments import System, comp, seg, text, timestamp

AET = {"CT1": "FH_CT1", "CT2": "FH_CT2", "MR1": "FH_MR1", "MR2": "FH_MR2", "ECHO1": "FH_ECHO1"}
"""AE titles of the stations that have one of their own."""


@dataclass(slots=True)
class Visit:
    """One encounter; its place changes as the story goes on."""

    person: Person = field(repr=False)
    number: str
    patient_class: str
    location: str
    attending: Staff
    admitted: datetime
    mrn: str = ""
    """Another record number than the person's own (unidentified patients)."""

    @property
    def record_number(self) -> str:
        """The number that identifies the patient in this visit."""
        return self.mrn or self.person.mrn


@dataclass(slots=True)
class Order:
    """One imaging order with one procedure step."""

    visit: Visit
    procedure: Procedure
    placer: str
    filler: str
    accession: str
    study_uid: str
    ordering: Staff
    start: datetime
    reason: str
    priority: str = "R"
    """R routine, S STAT, A as soon as possible (HL7 table 0027)."""
    technologist: str = "Prototypova^Tess"

    @property
    def requested_procedure_id(self) -> str:
        """OBR-19 and IPC-2."""
        return f"RP{self.accession[2:]}"

    @property
    def step_id(self) -> str:
        """OBR-20 and IPC-4."""
        return f"SPS{self.accession[2:]}"

    @property
    def system(self) -> System:
        """The information system that schedules it."""
        return SYSTEMS["cardiology" if self.procedure.cardiology else "radiology"]


def authority(system: System) -> str:
    """Return the assigning authority as `system` writes it: with its OID from 2.5 on."""
    if system.version < "2.5":
        return FACILITY
    return f"{FACILITY}&{catalogue().oid}&ISO"


def pid(system: System, visit: Visit, *, name: str = "") -> str:
    """Return the PID segment."""
    person = visit.person
    city = catalogue().city
    born = person.born.strftime("%Y%m%d")
    return seg(
        "PID",
        {
            1: "1",
            3: comp(visit.record_number, "", "", authority(system), "MR"),
            5: name or person.name.xpn(system),
            7: "" if name else born,
            8: "U" if name else person.sex,
            11: "" if name else comp(text(person.street), "", city, "", "00000", "", "H"),
            13: "" if name else comp(person.phone, "PRN", "PH"),
            18: comp(f"AC{visit.number[1:]}", "", "", authority(system), "AN"),
        },
    )


def pv1(system: System, visit: Visit, *, prior: str = "", discharged: str = "") -> str:
    """Return the PV1 segment."""
    return seg(
        "PV1",
        {
            1: "1",
            2: visit.patient_class,
            3: visit.location,
            4: "E" if visit.patient_class == "E" else "R",
            6: prior,
            7: visit.attending.xcn(),
            19: comp(visit.number, "", "", authority(system), "VN"),
            44: timestamp(visit.admitted),
            45: discharged,
        },
    )


def evn(at: datetime) -> str:
    """Return the EVN segment of a 2.5.1 system (EVN-1 is not sent: IHE ITI-30)."""
    return seg("EVN", {2: timestamp(at), 6: timestamp(at)})


def mrg(system: System, prior: str, name: str) -> str:
    """Return the MRG segment: the number that ceases to be used."""
    return seg("MRG", {1: comp(prior, "", "", authority(system), "MR"), 7: name})


def patient(system: System, visit: Visit) -> list[str]:
    """Return PID and PV1."""
    return [pid(system, visit), pv1(system, visit)]


def order_message(order: Order, control: str, status: str, at: datetime) -> tuple[str, list[str]]:
    """Return MSH-9 and the segments of an order message in the dialect of its system.

    Args:
        order: What is ordered.
        control: ORC-1 (NW, XO, CA, SC, DC).
        status: ORC-5 (SC, IP, CM, CA).
        at: Time of the transaction.
    """
    if order.procedure.cardiology:
        return "OMI^O23^OMI_O23", _omi(order, control, status, at)
    return "ORM^O01", _orm(order, control, status, at)


def _orm(order: Order, control: str, status: str, at: datetime) -> list[str]:
    system = order.system
    timing = comp("", "", "", timestamp(order.start, seconds=False), "", order.priority)
    study = comp(order.study_uid, system.application, "Application", "DICOM")
    fields = _obr(order)
    fields.update({18: order.accession, 19: order.requested_procedure_id, 20: order.step_id})
    fields.update({24: order.procedure.modality, 27: timing})
    return [
        *patient(system, order.visit),
        seg("ORC", {**_orc(order, control, status, at), 7: timing}),
        seg("OBR", fields),
        seg("ZDS", {1: study}),
    ]


def _omi(order: Order, control: str, status: str, at: datetime) -> list[str]:
    procedure = order.procedure
    priority = comp(order.priority, "STAT" if order.priority == "S" else "Routine", "HL70485")
    return [
        *patient(order.system, order.visit),
        seg("ORC", _orc(order, control, status, at)),
        seg("TQ1", {1: "1", 7: timestamp(order.start, seconds=False), 9: priority}),
        seg("OBR", _obr(order)),
        seg(
            "IPC",
            {
                1: comp(order.accession, FACILITY),
                2: comp(order.requested_procedure_id, order.system.application),
                3: comp(order.study_uid, order.system.application),
                4: comp(order.step_id, order.system.application),
                5: comp(procedure.modality, "", "DCM"),
                6: comp(procedure.protocol[0], text(procedure.protocol[1]), "L"),
                7: procedure.station,
                8: procedure.room,
                9: AET.get(procedure.station, ""),
            },
        ),
    ]


def _orc(order: Order, control: str, status: str, at: datetime) -> dict[int, str]:
    return {
        1: control,
        2: comp(order.placer, "EHR"),
        3: comp(order.filler, order.system.application),
        5: status,
        9: timestamp(at),
        10: comp("90011", "Bogusson", "Bo"),
        12: order.ordering.xcn(),
        17: comp(order.visit.location.partition("^")[0], "", "L"),
    }


def _obr(order: Order) -> dict[int, str]:
    return {
        1: "1",
        2: comp(order.placer, "EHR"),
        3: comp(order.filler, order.system.application),
        4: order.procedure.service(),
        13: text(order.reason),
        16: order.ordering.xcn(),
        30: "CART" if order.priority == "S" else "WALK",
        31: comp("", text(order.reason)),
        44: order.procedure.coded(),
    }


def report(order: Order, status: str, at: datetime, lines: list[tuple[str, str]]) -> list[str]:
    """Return the segments of an imaging result (ORU^R01, 2.5.1).

    Args:
        order: The order that is reported.
        status: OBR-25 and OBX-11: P preliminary, F final, C corrected.
        at: Time of the report.
        lines: Kind (``findings``, ``impression``, ``critical``) and text of each line.

    References:
        IHE RAD TF Vol 2, RAD-128 (Send Imaging Result).
    """
    system = SYSTEMS["reporting"]
    reader = order.ordering if order.procedure.cardiology else catalogue().staff[2]
    fields = _obr(order)
    fields.update(
        {
            4: order.procedure.coded(),
            7: timestamp(order.start),
            18: order.accession,
            19: order.requested_procedure_id,
            22: timestamp(at),
            24: order.procedure.modality,
            25: status,
            32: f"{reader.id}&{reader.family}&{reader.given}&&&Dr.",
        }
    )
    segments = [
        *patient(system, order.visit),
        seg("ORC", {1: "RE", 2: fields[2], 3: fields[3], 5: "CM" if status == "F" else "A"}),
        seg("OBR", fields),
        seg(
            "OBX",
            {
                1: "1",
                2: "HD",
                3: "113014^DICOM Study^DCM",
                5: comp("", order.study_uid, "ISO"),
                11: "O" if status == "P" else "F",
            },
        ),
    ]
    for number, (kind, line) in enumerate(lines, start=2):
        segments.append(_line(number, kind, line, status))
    return segments


_KINDS = {
    "findings": "59776-5^Procedure findings^LN",
    "impression": "19005-8^Impression^LN",
    "critical": "CRITICAL^Critical finding^L",
    "correction": "ADD^Addendum^L",
}


def _line(number: int, kind: str, line: str, status: str) -> str:
    fields = {1: str(number), 2: "TX", 3: _KINDS[kind], 5: text(line), 11: status}
    if kind == "critical":
        fields[8] = "AA"
    return seg("OBX", fields)


def report_lines(procedure: Procedure, *, with_findings: bool) -> list[tuple[str, str]]:
    """Return the lines of a report: the impression alone, or findings and impression."""
    findings = [("findings", x) for x in procedure.findings] if with_findings else []
    return findings + [("impression", x) for x in procedure.impression]


def appointment(order: Order, number: str, status: str, reason: str) -> list[str]:
    """Return the segments of an appointment message (SIU, 2.4).

    Args:
        order: The order that is booked.
        number: Filler's appointment number.
        status: SCH-25 (HL7 table 0278).
        reason: SCH-6 as CE.
    """
    system = SYSTEMS["scheduling"]
    procedure = order.procedure
    start = timestamp(order.start, seconds=False)
    end = timestamp(order.start + timedelta(minutes=procedure.minutes), seconds=False)
    minutes = str(procedure.minutes)
    contact = comp("86001", "Standin", "Stella")
    return [
        seg(
            "SCH",
            {
                1: comp(f"P{number[1:]}", "EHR"),
                2: comp(number, system.application),
                6: reason,
                7: comp(procedure.code, text(procedure.text), "L"),
                8: "Normal^Routine schedule request^HL70277",
                9: minutes,
                10: "min",
                11: comp("", "", minutes, start, end),
                16: contact,
                20: contact,
                25: status,
                26: comp(order.placer, "EHR"),
                27: comp(order.filler, order.system.application),
            },
        ),
        *patient(system, order.visit),
        seg("RGS", {1: "1"}),
        seg("AIS", {1: "1", 3: procedure.coded(), 4: start, 7: minutes, 8: "min"}),
        seg("AIG", {1: "1", 3: procedure.station, 4: comp(procedure.modality, "", "L")}),
        seg(
            "AIL",
            {1: "1", 3: comp("RAD", procedure.room, "", FACILITY), 4: "D^Department^HL70305"},
        ),
    ]
