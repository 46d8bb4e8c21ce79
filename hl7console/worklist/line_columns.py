"""The columns of a worklist line: which DICOM attribute each is, and where it comes from.

References:
    DICOM PS3.4 Table K.6-1; PS3.6 (data dictionary).
"""

from __future__ import annotations

from typing import NamedTuple


class Description(NamedTuple):
    """One column."""

    area: str
    """patient, visit, order or step: the row that holds it."""
    tag: str
    """``(gggg,eeee)``."""
    keyword: str
    vr: str
    return_type: str
    """1, 1C, 2, 2C or 3."""
    wanted_from: str
    """Where it should have come from, as a phrase: ``OBR-18, or IPC-1 of an OMI``."""


_TABLE = """
patient patient_name     0010,0010 PatientName PN 1 : PID-5
patient patient_id       0010,0020 PatientID LO 1 : PID-3.1
patient issuer           0010,0021 IssuerOfPatientID LO 3 : PID-3.4
patient issuer_oid       0010,0024 IssuerOfPatientIDQualifiersSequence SQ 3 : PID-3.4.2 and PID-3.4.3
patient other_ids        0010,1002 OtherPatientIDsSequence SQ 3 : the other repetitions of PID-3
patient birth_date       0010,0030 PatientBirthDate DA 2 : PID-7
patient sex              0010,0040 PatientSex CS 2 : PID-8
patient weight_kg        0010,1030 PatientWeight DS 2 : an OBX with the body weight
patient size_m           0010,1020 PatientSize DS 3 : an OBX with the body height
patient mother_name      0010,1060 PatientMotherBirthName PN 3 : PID-6
patient address          0010,1040 PatientAddress LO 3 : PID-11, where the profile names it
patient phone            0010,2154 PatientTelephoneNumbers SH 3 : PID-13 or PID-14, where the profile names them
patient language         0010,0101 PatientPrimaryLanguageCodeSequence SQ 3 : PID-15
patient patient_comments 0010,4000 PatientComments LT 3 : NTE-3 directly behind PID
patient medical_alerts   0010,2000 MedicalAlerts LO 2 : OBR-13, or AL1-3
patient allergies        0010,2110 Allergies LO 2 : AL1-3
patient pregnancy        0010,21C0 PregnancyStatus US 2 : PV1-15
patient patient_state    0038,0500 PatientState LO 2 : OBR-12
patient special_needs    0038,0050 SpecialNeeds LO 2 : PV1-15
patient confidentiality  0040,3001 ConfidentialityConstraintOnPatientDataDescription LO 2 : PV1-16, or PD1-12
visit   admission_id     0038,0010 AdmissionID LO 2 : PV1-19, or PID-18
visit   admission_issuer 0038,0014 IssuerOfAdmissionIDSequence SQ 3 : PV1-19.4, or PID-18.4
visit   patient_class    0038,0016 RouteOfAdmissions LO 3 : PV1-2
visit   location         0038,0300 CurrentPatientLocation LO 2 : PV1-3
visit   admit_date       0038,0020 AdmittingDate DA 3 : PV1-44
visit   admit_time       0038,0021 AdmittingTime TM 3 : PV1-44
visit   referring        0008,0090 ReferringPhysicianName PN 2 : PV1-8, ORC-12 or OBR-16
order   transport        0040,1004 PatientTransportArrangements LO 2 : OBR-30
order   accession        0008,0050 AccessionNumber SH 2 : OBR-18, or IPC-1 of an OMI; at most 16 characters
order   accession_issuer 0008,0051 IssuerOfAccessionNumberSequence SQ 3 : IPC-1.2 to IPC-1.4
order   placer_no        0040,2016 PlacerOrderNumberImagingServiceRequest LO 3 : ORC-2, or OBR-2
order   placer_issuer    0040,0026 OrderPlacerIdentifierSequence SQ 3 : ORC-2.2 to ORC-2.4
order   filler_no        0040,2017 FillerOrderNumberImagingServiceRequest LO 3 : ORC-3, or OBR-3
order   filler_issuer    0040,0027 OrderFillerIdentifierSequence SQ 3 : ORC-3.2 to ORC-3.4
order   rp_id            0040,1001 RequestedProcedureID SH 1 : OBR-19, or IPC-2 of an OMI; at most 16 characters
order   rp_desc          0032,1060 RequestedProcedureDescription LO 1C : OBR-44, or OBR-4
order   rp_code          0032,1064 RequestedProcedureCodeSequence SQ 1C : OBR-44.1 to OBR-44.3, or OBR-4.1 to OBR-4.3
order   study_uid        0020,000D StudyInstanceUID UI 1 : ZDS-1, or IPC-3 of an OMI
order   priority         0040,1003 RequestedProcedurePriority SH 2 : ORC-7.6, or TQ1-9
order   reason           0040,1002 ReasonForTheRequestedProcedure LO 3 : OBR-31, OBR-13 or DG1
order   reason_code      0040,100A ReasonForRequestedProcedureCodeSequence SQ 3 : OBR-31.1 to OBR-31.3, or DG1-3
order   rp_comments      0040,1400 RequestedProcedureComments LT 3 : NTE-3 behind OBR
order   requesting       0032,1032 RequestingPhysician PN 2 : OBR-16, or ORC-12
order   requesting_service 0032,1033 RequestingService LO 3 : PV1-10, PV1-3.1 or ORC-17.2
order   confid_code      0040,1008 ConfidentialityCode LO 3 : ORC-28
order   recipients       0040,1010 NamesOfIntendedRecipientsOfResults PN 3 : OBR-28
order   entered_by       0040,2008 OrderEnteredBy PN 3 : ORC-10
order   callback         0040,2010 OrderCallbackPhoneNumber SH 3 : ORC-14, or OBR-17
order   issue_date       0040,2004 IssueDateOfImagingServiceRequest DA 3 : ORC-9, or MSH-7
order   issue_time       0040,2005 IssueTimeOfImagingServiceRequest TM 3 : ORC-9, or MSH-7
order   institution      0008,0080 InstitutionName LO 3 : ORC-17.2, ORC-21 or MSH-4
order   institution_code 0008,0082 InstitutionCodeSequence SQ 3 : ORC-17
order   inst_address     0008,0081 InstitutionAddress ST 3 : ORC-22
order   department       0008,1040 InstitutionalDepartmentName LO 3 : ORC-13.9
step    sps_id           0040,0009 ScheduledProcedureStepID SH 1 : OBR-20, or IPC-4 of an OMI; at most 16 characters
step    start_date       0040,0002 ScheduledProcedureStepStartDate DA 1 : ORC-7.4, TQ1-7, OBR-27.4 or the appointment
step    start_time       0040,0003 ScheduledProcedureStepStartTime TM 1 : ORC-7.4, TQ1-7, OBR-27.4 or the appointment
step    modality         0008,0060 Modality CS 1 : OBR-24, or IPC-5 of an OMI, or the table of exam codes
step    station_aet      0040,0001 ScheduledStationAETitle AE 1 : IPC-9, ORC-18, or a station rule of the profile
step    station_name     0040,0010 ScheduledStationName SH 2 : IPC-7, ORC-18, or a station rule of the profile
step    sps_location     0040,0011 ScheduledProcedureStepLocation SH 2 : IPC-8, AIL-3, or a station rule of the profile
step    performer        0040,0006 ScheduledPerformingPhysicianName PN 2 : OBR-34, or AIP-3
step    sps_desc         0040,0007 ScheduledProcedureStepDescription LO 1C : OBR-4.5, IPC-6.2 or OBR-4.2
step    protocol         0040,0008 ScheduledProtocolCodeSequence SQ 1C : OBR-4.4 to OBR-4.6, or IPC-6
step    sps_status       0040,0020 ScheduledProcedureStepStatus CS 3 : ORC-1 with ORC-5
step    premedication    0040,0012 PreMedication LO 2C : a field that the profile names
step    contrast         0032,1070 RequestedContrastAgent LO 2C : a field that the profile names
step    sps_comments     0040,0400 CommentsOnTheScheduledProcedureStep LT 3 : NTE-3 behind IPC
"""  # noqa: E501 - a table


def _read() -> dict[str, Description]:
    found = {}
    for line in _TABLE.strip().splitlines():
        left, _, wanted = line.partition(" : ")
        area, column, tag, keyword, vr, kind = left.split()
        found[column] = Description(area, f"({tag})", keyword, vr, kind, wanted)
    return found


DESCRIPTIONS: dict[str, Description] = _read()
"""All columns by name, in the order in which they are shown."""
