"""Rules on what a message says: observations, documents, orders, identifiers."""

from __future__ import annotations

import re

from hl7console.hl7v2.dictionary import table_value
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.validation.subject import SegmentText, Subject, rule

_BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}\Z")
_BLANKS = re.compile(r"\s+")
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*\Z")
_UID = re.compile(r"(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))+\Z", re.ASCII)
_LONGEST_UID = 64
_LONGEST_ACCESSION = 16
_ED_DATA = 4


@rule
def events_agree(subject: Subject) -> None:
    """Report an EVN-1 that names another event than MSH-9.2."""
    for segment in subject.segments:
        if segment.id == "EVN":
            event = subject.first_part(segment.written(1))
            if event and subject.event and event != subject.event:
                text = "EVN-1 names another event than MSH-9.2."
                subject.report(segment.path(1), Severity.WARNING, "event_differs", text)


@rule
def patient_can_be_told_from_others(subject: Subject) -> None:
    """Report a PID with a name, and neither date of birth nor sex.

    References: IHE RAD TF-2, 4.1 (PID-7 R2, PID-8 R); DICOM PS3.4 K.6 (both type 2).
    """
    for segment in subject.segments:
        if segment.id != "PID" or not subject.first_part(segment.written(5)):
            continue
        if not segment.written(7).strip() and not segment.written(8).strip():
            text = "PID-7 and PID-8 are empty: patients are matched by date of birth and sex."
            subject.report(segment.path(7), Severity.INFO, "patient_matching", text)


@rule
def observations_are_typed(subject: Subject) -> None:
    """Report OBX-5 without a type, of an unknown type, or a document that isn't there.

    References: HL7 v2.5.1 chapter 7, 7.4.2 (OBX), chapter 2A, 2.A.24 (ED).
    """
    for segment in subject.segments:
        if segment.id != "OBX":
            continue
        type_ = subject.plain(segment.written(2)).upper()
        value = segment.written(5)
        if not type_:
            if value.strip():
                text = "OBX-5 has a value, and OBX-2 doesn't say of which type."
                subject.report(segment.path(2), Severity.WARNING, "no_value_type", text)
        elif table_value("0125", type_) is None and subject.dictionary.datatype(type_) is None:
            text = "OBX-2 names no data type of HL7 v2."
            subject.report(segment.path(2), Severity.WARNING, "code_not_in_table", text)
        elif type_ == "ED" and value:
            _check_document(subject, segment, value)


def _check_document(subject: Subject, segment: SegmentText, value: str) -> None:
    repetitions = subject.repetitions(value)
    for index, repetition in enumerate(repetitions, 1):
        number = index if len(repetitions) > 1 else None
        parts = subject.components(repetition)
        data = parts[_ED_DATA] if len(parts) > _ED_DATA else ""
        if not data.strip():
            text = "The document is empty: OBX-5.5 has no data."
            path = segment.path(5, 5, repetition=number)
            subject.report(path, Severity.WARNING, "empty_document", text)
            continue
        problem = _document_problem(subject, subject.plain(parts[3]).upper(), data)
        if problem:
            path = segment.path(5, 5, repetition=number)
            subject.report(path, Severity.ERROR, "bad_document", problem)


def _document_problem(subject: Subject, encoding: str, data: str) -> str:
    if encoding not in ("BASE64", "HEX"):
        return ""
    if subject.delimiters.escape and subject.delimiters.escape in data:
        data = subject.plain(data)
    if any(blank in data for blank in " \t\r\n"):
        data = _BLANKS.sub("", data)
    if encoding == "HEX":
        return "" if _HEX.match(data) else "The document is not hexadecimal as OBX-5.4 says."
    if not _BASE64.match(data):
        return "The document is not base64 as OBX-5.4 says."
    return "" if len(data) % 4 == 0 else "The document's base64 is cut: its length is wrong."


@rule
def order_numbers_agree(subject: Subject) -> None:
    """Report ORC and OBR that name different orders. References: IHE RAD TF-2, 4.4."""
    common: SegmentText | None = None
    for segment in subject.segments:
        if segment.id == "ORC":
            common = segment
        elif segment.id == "OBR" and common is not None:
            for number, name in ((2, "placer"), (3, "filler")):
                mine = subject.first_part(segment.written(number))
                other = subject.first_part(common.written(number))
                if mine and other and mine != other:
                    text = f"ORC-{number} and OBR-{number} name different {name} orders."
                    path = segment.path(number)
                    subject.report(path, Severity.WARNING, "order_numbers_differ", text)
            common = None


@rule
def imaging_identifiers_fit_dicom(subject: Subject) -> None:
    """Report study UIDs that are none, and accession numbers that DICOM cannot hold.

    References: DICOM PS3.5, 6.2 (SH, UI) and 9.1; IHE RAD TF-2, 4.4 (ZDS, IPC).
    """
    for segment in subject.segments:
        if segment.id == "ZDS":
            _check_uid(subject, segment, 1)
        elif segment.id == "IPC":
            _check_uid(subject, segment, 3)
            accession = subject.first_part(segment.written(1))
            if len(accession) > _LONGEST_ACCESSION:
                text = f"The accession number has {len(accession)} characters; DICOM allows 16."
                subject.report(segment.path(1), Severity.WARNING, "accession_too_long", text)


def _check_uid(subject: Subject, segment: SegmentText, number: int) -> None:
    uid = subject.first_part(segment.written(number))
    if uid and (len(uid) > _LONGEST_UID or not _UID.match(uid)):
        text = f"{segment.id}-{number} is no DICOM UID: numbers and dots, 64 characters at most."
        subject.report(segment.path(number), Severity.WARNING, "bad_uid", text)
